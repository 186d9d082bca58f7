#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each verb of the fault language, on one of 32 connections at once: the capture shows it on
# the segment that the rule names and on no other, curl ends with the exit status that such a server
# deserves, and the other 31 clients do not notice.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
e2e_need tshark curl sha256sum

head -c 300000 /dev/zero | tr '\0' 'u' >"$E2E_TMP/upload"

# The client that the rule means has port 20000; it and 31 others, all at the same time.
# $1: where results go; $2...: what it asks for.
cat >"$E2E_TMP/clients" <<'END'
results=$1
shift
for i in $(seq 31); do
	(curl -sS -m 20 http://10.0.0.2/bytes/200000 | sha256sum >>"$results/others") 2>>"$results/errors" &
done
curl -sS -m 3 --local-port 20000 -o "$results/body" -w '%{time_total}' "$@" \
	>"$results/time" 2>"$results/error"
echo $? >"$results/status"
wait
END

sha_of() { # of /bytes/N
	yes "$(seq 9999)" 2>/dev/null | head -c "$1" | sha256sum | cut -d' ' -f1
}
wanted=$(sha_of 200000)

# frames FILTER: how many of the capture's frames it is true of. The rule is told in comments.
frames() {
	tshark -r "$E2E_TMP/pcapng" -Y "$1" 2>/dev/null | wc -l
}

# verb RULE STATUS BODY N FILTER [CURL ARGUMENT...]: BODY is 'right', 'other' or '-'; N frames are
# marked with the rule, '+' for one or more, and FILTER is true of all of them.
verb() {
	local rule=$1 status=$2 body=$3 n=$4 filter=$5 results=$E2E_TMP/results sha
	shift 5
	[ $# -gt 0 ] || set -- http://10.0.0.2/bytes/300000
	rm -rf "$results" "$E2E_TMP/pcapng"
	mkdir "$results"
	echo "$rule" >"$E2E_TMP/rule"
	"$E2E_EVTCPD" --fault "$E2E_TMP/rule" --pcap "$E2E_TMP/pcapng" -- \
		bash "$E2E_TMP/clients" "$results" "$@" 2>"$results/log"
	equal "$rule: curl's exit status" "$(cat "$results/status")" "$status"
	sha=$(sha256sum <"$results/body" | cut -d' ' -f1)
	case $body in
	right) equal "  its body is right" "$sha" "$(sha_of 300000)" ;;
	other) fails "  its body is another" test "$sha" = "$(sha_of 300000)" ;;
	esac
	equal "  the other 31 are served" \
		"$(sort "$results/others" | uniq -c | tr -s ' ' | cut -d' ' -f2,3)" "31 $wanted"
	equal "  no other connection is touched" \
		"$(frames 'frame.comment contains "rule 1" && tcp.port != 20000')" 0
	case $n in
	+) least "  frames are marked" "$(frames 'frame.comment contains "rule 1"')" 1 ;;
	*) equal "  so many frames are marked" "$(frames 'frame.comment contains "rule 1"')" "$n" ;;
	esac
	equal "  they are what the rule names" \
		"$(frames "frame.comment contains \"rule 1\" && !($filter)")" 0
}

# took MS: how long the client of the last verb was served, at least.
took() {
	least "  it took its time" "$(awk '{ printf "%d", $1 * 1000 }' "$E2E_TMP/results/time")" "$1"
}

upload=(--data-binary "@$E2E_TMP/upload" http://10.0.0.2/sink)
segment='tcp.srcport == 80 && tcp.len > 0'
me='port 20000'

# Segments. The twentieth with data begins behind a head and 19 whole segments.
verb "out data $me nth 20: drop" 0 right 1 "$segment && frame.interface_name == \"dropped\""
verb "out data $me nth 20: delay 20ms" 0 right 1 "$segment && frame.comment contains \"held back\""
verb "out data $me nth 20: duplicate" 0 right 2 "$segment"
verb "out data $me nth 20: reorder 3" 0 right 1 "$segment && frame.comment contains \"held back\""
verb "out data $me nth 20: corrupt payload" 0 other 1 "$segment && frame.comment contains \"corrupted\""
verb "out data $me nth 20: corrupt checksum" 0 right 1 "$segment && frame.comment contains \"corrupted\""
verb "out data $me nth 20: corrupt seq" 0 right 1 'tcp.srcport == 80'
verb "out data $me nth 20: corrupt ack" 0 right 1 "$segment && frame.comment contains \"corrupted\""
verb "out data $me nth 20: corrupt window" 0 right 1 "$segment && frame.comment contains \"corrupted\""
verb "out data $me nth 20: corrupt options" 0 right 1 "$segment && frame.comment contains \"corrupted\""
verb "out data $me nth 20: truncate 100" 0 right 1 'frame.len < 200'
verb "in data $me nth 1: drop 2" 0 right 2 'tcp.dstport == 80 && tcp.len > 0'
verb "in ack $me nth 2: duplicate" 0 right 1 'tcp.dstport == 80 && tcp.len == 0'
verb "out syn $me nth 1: delay 300ms" 0 right 1 'tcp.flags.syn == 1 && tcp.flags.ack == 1'
took 300

# Ends.
verb "out data $me nth 20: reset" 56 other + 'tcp.flags.reset == 1 || frame.interface_name == "dropped"'
verb "in data $me nth 1: reset" 56 - + 'tcp.flags.reset == 1 || frame.interface_name == "dropped"'
verb "out data $me nth 20: reset in-window" 0 right 1 'tcp.flags.reset == 1 && tcp.srcport == 80'
verb "out data $me nth 20: reset blind" 0 right 1 'tcp.flags.reset == 1 && tcp.srcport == 80'
verb "out data $me nth 20: fin" 18 other + 'tcp.flags.fin == 1 || tcp.len == 0 || frame.interface_name == "dropped"'
verb "out data $me nth 1: fin" 52 - + 'tcp.flags.fin == 1 || tcp.len == 0 || frame.interface_name == "dropped"'
equal "  the client got no byte" "$(cat "$E2E_TMP/results/body" 2>/dev/null | wc -c)" 0
verb "in syn $me: refuse always" 7 - 2 'tcp.flags.syn == 1 || tcp.flags.reset == 1'
verb "in syn $me: black-hole" 28 - + 'tcp.flags.syn == 1 && frame.interface_name == "dropped"'
verb "out data $me after sent 100000: black-hole" 28 other + 'frame.interface_name == "dropped"'
verb "out fin $me: never-close" 0 right + \
	'tcp.flags.fin == 1 && frame.interface_name == "dropped" || frame.comment contains "without its FIN"' \
	-H 'Connection: close' http://10.0.0.2/bytes/300000

# Times without something.
verb "out data $me after sent 100000: stall 500ms" 0 right + 'tcp.srcport == 80 && tcp.len > 0'
took 500
verb "out segment $me state ESTABLISHED: window 3000 for 300ms" 0 - + \
	'tcp.srcport == 80 && tcp.window_size <= 3000 || frame.comment contains "is over"' "${upload[@]}"
verb "out segment $me state ESTABLISHED: zero-window 300ms" 0 - + \
	'tcp.srcport == 80 && tcp.window_size == 0 || frame.comment contains "is over"' "${upload[@]}"
took 300
verb "in data $me nth 5: ignore 300ms" 0 - + 'tcp.srcport == 80' "${upload[@]}"
took 300

# Options.
verb "out syn $me: mss 300" 0 - 1 'tcp.flags.syn == 1 && tcp.options.mss_val == 300' "${upload[@]}"
equal "  the client's segments are small" \
	"$(frames 'tcp.srcport == 20000 && tcp.len > 300')" 0
verb "in syn $me: mss 300" 0 right 1 'tcp.flags.syn == 1 && tcp.srcport == 20000'
equal "  the server's segments are small" "$(frames 'tcp.dstport == 20000 && tcp.len > 300')" 0

# Replies: nothing is done to segments; the first one of the reply is marked. The request names the
# fault, or its path does.
begins='tcp.srcport == 80 && tcp.len > 0'
tagged=(-H 'x-evtcp-fault: broken' http://10.0.0.2/bytes/300000)
verb "reply tag broken: cut 1000" 18 other 1 "$begins" "${tagged[@]}"
equal "  it was cut there" "$(stat -c %s "$E2E_TMP/results/body")" 1000
verb "reply path /bytes/3*: length +10" 18 right 1 "$begins"
verb "reply tag broken: length -10" 0 other 1 "$begins" "${tagged[@]}"
equal "  the client believes the length" "$(stat -c %s "$E2E_TMP/results/body")" 299990
verb "reply path /bytes/300000: drip 100000 every 150ms" 0 right 1 "$begins"
took 300
verb "reply tag broken: cut 2" 18 other 1 "$begins" -H 'x-evtcp-fault: broken' http://10.0.0.2/

e2e_end
