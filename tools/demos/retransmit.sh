# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='The first data segment is lost four times: how TCP waits'
demo_title_ja='最初のデータセグメントが4回失われる: TCP はどう待つか'
demo_rfc='RFC 6298 §5; RFC 8985 §7'

demo_about_en() {
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

demo_about_ja() {
	cat <<'END'
curl がページを要求する。フォールトスクリプトがサーバーの応答を4回奪う:

    out data nth 1: drop 4

途中で ╳ に終わる矢印に注目。サーバーを出たが届かなかったセグメントである。誰もそれをサーバーに教えない。
サーバーに分かるのは、ACK が来ないことだけだ。まず様子を見るためにもう一度送る。これがテールロスプローブで、
失われたのが1つだけなら、待ち時間の大半を省けたはずである。次に再送タイマーが満了し (点線)、同じバイト列を
再送し、前の2倍待つ。RTO の1倍、2倍、4倍 (RFC 6298 5.5 の指数バックオフ)。5つ目の複製が届き、curl は何事も
なかったかのようにページを受け取る。

その間、クライアントも黙ってはいない。要求への ACK は応答に相乗りするはずだったので、それを受け取れない
クライアントは要求を再送する。すでに受け取っているサーバーは、ACK だけを返す。
END
}

demo_play() {
	demo_serve --fault "$(demo_faults <<<'out data nth 1: drop 4')" -- \
		curl -sS --max-time 20 http://10.0.0.2/
}

# The numbers of an answer's first segment, in a row of the ladder.
retransmit_first=' 1:[0-9]+ \([0-9]+\)'

# The third wait is four times the first, the second twice.
retransmit_backs_off() {
	local first second third
	first=$(demo_span 'RTO #1')
	second=$(demo_span 'RTO #2')
	third=$(demo_span 'RTO #3')
	demo_figure 'the server waited %d ms, %d ms, %d ms' '待ち時間: %d ms、%d ms、%d ms' \
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
		'サーバーの最初のデータセグメントは4回失われた' demo_shows "╳.*$retransmit_first" 4
	demo_claim 'the second copy was a tail-loss probe' '2つ目の複製はテールロスプローブだった' \
		demo_shows "╳.*$retransmit_first.*tail-loss probe" 1
	demo_claim 'then the retransmission timer fired each time, and the segment was sent again' \
		'その後は毎回、再送タイマーが満了して再送した' \
		demo_shows "│.*$retransmit_first.*RTO #[123] after" 3
	demo_claim 'it waited twice as long each time: 1x, 2x, 4x' '待ち時間は毎回2倍になった: 1、2、4倍' \
		retransmit_backs_off
	demo_claim 'the last wait took as long as the timer said' '最後の待ち時間はタイマーの値どおりだった' \
		retransmit_waits_as_long_as_it_says
	demo_claim 'the fifth copy arrived' '5つ目の複製が届いた' \
		demo_shows "◀.*$retransmit_first.*RTO #3"
	demo_claim 'curl got its page' 'curl はページを受け取った' demo_says 'Hello World!'
	demo_claim 'and succeeded' '終了ステータスは 0 だった' demo_succeeds
}
