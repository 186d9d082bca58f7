#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd --pcap: the capture beside what tcpdump saw on the same TUN, and beside what
# tshark thinks of it. Each segment once; each with its cause; what tshark takes for a
# retransmission of ours is one, and the other way round.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
e2e_need tshark tcpdump capinfos curl

capture=$E2E_TMP/evtcp.pcapng tcpdump=$E2E_TMP/tcpdump.pcap
cat >"$E2E_TMP/faults" <<'END'
out data nth 1: drop 2     # each answer is lost twice
in fin nth 1: drop 1       # and each client's FIN once
END

# tcpdump must see the first SYN and the last ACK, and lose nothing between: frames of
# its usual size leave room for eight in its buffer.
cat >"$E2E_TMP/client" <<'END'
tcpdump --immediate-mode -s 2000 -B 16384 -U -Z root -i tun0 -w "$1" tcp 2>"$1.log" &
until grep -q 'listening on' "$1.log"; do sleep 0.02; done
seq 8 | xargs -P 8 -I{} curl -sS --max-time 20 http://10.0.0.2/
until [ "${size:-}" = "$(stat -c %s "$1")" ]; do
	size=$(stat -c %s "$1")
	sleep 2
done
kill $!
wait $!
END
answers=$("$E2E_EVTCPD" --pcap "$capture" --fault "$E2E_TMP/faults" -- \
	bash "$E2E_TMP/client" "$tcpdump" 2>"$E2E_TMP/err" | grep -c '^Hello World!$')
equal "all eight clients are served over a link that loses" "$answers" 8
e2e_show "$E2E_TMP/err"

# What tshark sees in each frame, one line each.
tshark -r "$capture" -T fields -E separator='|' -e frame.interface_name -e tcp.srcport -e tcp.len \
	-e tcp.flags.fin -e tcp.analysis.retransmission -e tcp.analysis.fast_retransmission \
	-e tcp.analysis.spurious_retransmission -e _ws.malformed -e frame.comment \
	>"$E2E_TMP/frames" 2>/dev/null

# count CONDITION: how many frames meet it, in awk's words and with these names.
count() {
	awk -F '|' '{ wire = $1 == "wire"; dropped = $1 == "dropped"; ours = $2 == 80
		data = $3 > 0; fin = $4 == 1 || $4 == "True"; again = $5 $6 $7 != ""
		malformed = $8 != "" || $2 == ""; comment = $9 }
		'"$1"' { n++ } END { print n + 0 }' "$E2E_TMP/frames"
}

ok "capinfos reads it" capinfos "$capture"
equal "tcpdump reads it to its end" "$(tcpdump -nr "$capture" 2>/dev/null | wc -l)" \
	"$(wc -l <"$E2E_TMP/frames")"
least "there are frames" "$(count 'wire')" 80
equal "each is on one of the two interfaces" "$(count '!wire && !dropped')" 0
equal "none is malformed" "$(count 'malformed')" 0
equal "each has a comment" "$(count 'comment == ""')" 0

# What passed the TUN, as either side wrote it down. A field more than the numbers
# would differ where the kernel leaves a checksum to the device.
segments=(-T fields -e ip.src -e tcp.srcport -e tcp.dstport -e tcp.flags -e tcp.seq_raw
	-e tcp.ack_raw -e tcp.len -e tcp.options.timestamp.tsval)
tshark -r "$capture" -Y 'tcp && frame.interface_name == "wire"' "${segments[@]}" 2>/dev/null |
	sort >"$E2E_TMP/ours"
tshark -r "$tcpdump" -Y tcp "${segments[@]}" 2>/dev/null | sort >"$E2E_TMP/theirs"
# What came in and was lost stands on "dropped", but did pass the TUN.
tshark -r "$capture" -Y 'tcp && frame.interface_name == "dropped" && tcp.dstport == 80' \
	"${segments[@]}" 2>/dev/null | sort - "$E2E_TMP/ours" >"$E2E_TMP/ours+lost"
ok "each segment that passed the TUN stands in the capture, once" \
	diff "$E2E_TMP/ours+lost" "$E2E_TMP/theirs"

equal "sixteen answers were lost on the way out" "$(count 'dropped && ours && data')" 16
equal "eight FINs on the way in" "$(count 'dropped && !ours && fin')" 8
equal "and nothing else" "$(count 'dropped')" 24
equal "a lost answer says why it was sent" \
	"$(count 'dropped && ours && comment ~ /^sent: (new data|tail-loss probe.*); lost on the way out: fault script, rule 1$/')" 16
equal "a lost FIN says why it was lost" \
	"$(count 'dropped && !ours && comment ~ /^lost on the way in: fault script, rule 2$/')" 8

# The first time an answer is sent again is by a tail-loss probe (RFC 8985 7.2 rule 2), the second by
# the timer.
equal "sixteen of our segments are retransmissions" \
	"$(count 'ours && comment ~ /tail-loss probe|RTO #1 after/')" 16
equal "tshark takes each of them for one" \
	"$(count 'ours && comment ~ /tail-loss probe|RTO #1 after/ && again')" 16
equal "and no other" "$(count 'ours && again')" 16
equal "half of them are by RTO" "$(count 'ours && comment ~ /RTO #1 after/')" 8
# What the stack has sent, before the fault script took some of it: all of it stands there as sent, and
# what was taken on the way in does not.
stack=$E2E_TMP/stack.pcapng
"$E2E_EVTCPD" --pcap "$capture" --pcap-stack "$stack" --fault "$E2E_TMP/faults" -- \
	curl -sS -o /dev/null --max-time 20 http://10.0.0.2/ 2>"$E2E_TMP/err"
# segments FILE FILTER: numbers of the segments for which it is true, in their order.
segments() {
	tshark -r "$1" -Y "$2" -T fields -e tcp.seq_raw -e tcp.flags -e tcp.len 2>/dev/null
}
equal "the stack's own capture has all that it sent" "$(segments "$stack" 'tcp.srcport == 80')" \
	"$(segments "$capture" 'tcp.srcport == 80')"
equal "and of what came what reached it" "$(segments "$stack" 'tcp.dstport == 80')" \
	"$(segments "$capture" 'tcp.dstport == 80 && frame.interface_name == "wire"')"
equal "nothing is lost there" "$(segments "$stack" 'frame.interface_name != "wire"')" ''
equal "each has a comment" "$(segments "$stack" '!frame.comment')" ''

# Without COMMAND stdout is free.
"$E2E_EVTCPD" --pcap - >"$capture" 2>"$E2E_TMP/err" &
daemon=$!
e2e_wait 10 grep -q serving "$E2E_TMP/err"
curl -sS -o /dev/null --max-time 20 http://10.0.0.2/
e2e_stop $daemon INT
if command -v script >/dev/null; then
	match "but for a terminal" "$(script -qec "'$E2E_EVTCPD' --pcap -" /dev/null </dev/null)" \
		'^evtcpd: --pcap -: a capture is nothing for a terminal'
fi
equal "'-' is stdout" "$(segments "$capture" 'tcp.flags.syn == 1' | wc -l)" 2

# Files that may not grow any more end the captures, and nothing else.
size=$(sh -c 'ulimit -f 64; exec "$@"' - "$E2E_EVTCPD" --pcap "$capture" --pcap-stack "$stack" -- \
	curl -s -o /dev/null -w '%{size_download}' http://10.0.0.2/bytes/2000000 2>"$E2E_TMP/err")
equal "a capture at the limit of its file holds nobody up" "$size" 2000000
equal "both captures say so" "$(grep -c 'has stopped, serving goes on without it: File too large' \
	"$E2E_TMP/err")" 2
equal "one is that of the stack" "$(grep -c 'the capture of the stack has stopped' "$E2E_TMP/err")" 1
ok "what is there can be read" capinfos "$capture"
ok "in both" capinfos "$stack"

e2e_end
