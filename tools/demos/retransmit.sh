# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title='The first data segment is lost four times: how TCP waits'
demo_rfc='RFC 6298, section 5: managing the RTO timer; RFC 8985, section 7: tail-loss probe'

demo_about() {
	cat <<'END'
curl asks for a page. A fault script takes the server's answer away four times:

    out data nth 1: drop 4

Look for the arrows that end in ╳ on their way: those segments left the server and
never arrived. Nobody tells the server. All it knows is that no ACK has come. First it
sends the segment once more to find out: a tail-loss probe, which would save most of
the waiting had only one segment been lost. Then its retransmission timer fires (dotted
lines); it sends the same bytes again, and waits twice as long as before: one RTO, two,
four (RFC 6298 5.5, "back off the timer"). The fifth copy arrives, and curl gets its page
as if nothing had happened.

The client is not silent meanwhile. The ACK of its request was to travel with the
answer, so it misses that and sends the request once more; the server, which has it
already, answers with the ACK alone.
END
}

demo_play() {
	printf 'out data nth 1: drop 4\n' >"$demo_dir/faults"
	demo_serve --fault "$demo_dir/faults" -- curl -sS --max-time 20 http://10.0.0.2/
}

# The numbers of an answer's first segment, in a row of the ladder.
retransmit_first=' 1:[0-9]+ \([0-9]+\)'

# The third wait is four times the first, the second twice.
retransmit_backs_off() {
	local first second third
	first=$(demo_span 'RTO #1')
	second=$(demo_span 'RTO #2')
	third=$(demo_span 'RTO #3')
	printf '       (the server waited %d ms, %d ms, %d ms)\n' \
		$((first / 1000)) $((second / 1000)) $((third / 1000))
	demo_about_equal "$second" $((first * 2)) 3 && demo_about_equal "$third" $((first * 4)) 3
}

# What the timer was set to is what passed between the copies.
retransmit_waits_as_long_as_it_says() {
	local lost again
	lost=$(demo_time "╳.*$retransmit_first.*RTO #2")
	again=$(demo_time "◀.*$retransmit_first.*RTO #3")
	demo_about_equal $((again - lost)) "$(demo_span 'RTO #3')" 10
}

demo_claims() {
	demo_claim "the server's first data segment was lost four times" \
		demo_shows "╳.*$retransmit_first" 4
	demo_claim 'the second copy was a tail-loss probe' \
		demo_shows "╳.*$retransmit_first.*tail-loss probe" 1
	demo_claim 'then the retransmission timer fired each time, and the segment was sent again' \
		demo_shows "│.*$retransmit_first.*RTO #[123] after" 3
	demo_claim 'it waited twice as long each time: 1x, 2x, 4x' retransmit_backs_off
	demo_claim 'the last wait took as long as the timer said' retransmit_waits_as_long_as_it_says
	demo_claim 'the fifth copy arrived' demo_shows "◀.*$retransmit_first.*RTO #3"
	demo_claim 'curl got its page' test "$(cat "$demo_dir/stdout")" = 'Hello World!'
	demo_claim 'and succeeded' test "$demo_status" = 0
}
