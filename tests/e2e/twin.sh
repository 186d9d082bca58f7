#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The twin test: the same curl request to a kernel server that sends the same bytes, and
# to evtcpd; both captured on the client's side and compared segment by segment. What
# may differ, and why, stands in twin_diff.c. Then the same for an answer of many
# segments, of one each: the kernel may not leave it to the device to cut them (GSO).
#
#      client's namespace            client's namespace
#        c0 10.0.0.1                   tun0 10.0.0.1
#         | veth                        | TUN
#        s0 10.0.0.2, twin_server      10.0.0.2, evtcpd
#      namespace of its own

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl tcpdump nsenter taskset ping
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

# Who closes first, and the options of curl that make it so: where it is the server, curl
# waits for its FIN, as it would not if it knew how long the answer is.
modes=(keep-alive close)
options=("" "-H Connection:close --ignore-content-length")

# All on one processor: on two, the kernel's veth swaps segments now and then, and its TCP
# sends some again.
processor=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
taskset -cp "$processor" $$ >/dev/null

# Of 70 segments.
page=bytes/100000

# Two FINs, and the last segment is none: its ACK.
is_whole() {
	tcpdump -n -r "$1" tcp 2>/dev/null |
		awk '/Flags \[F/ { fins++ } { last = $0 } END { exit !(fins == 2 && last !~ /Flags \[F/) }'
}

# capture INTERFACE FILE OPTIONS [PAGE]: one request, from its SYN to its last ACK.
capture() {
	e2e_start tcpdump tcpdump -i "$1" --immediate-mode -s 2000 -B 16384 -U -w "$2" tcp
	e2e_wait 10 grep -q 'listening on' "$E2E_TMP/tcpdump.log"
	# shellcheck disable=SC2086
	curl -s -m 10 $3 -i "$url/${4:-}" >"$2.response"
	e2e_wait 10 is_whole "$2"
	e2e_stop "$tcpdump" INT
}

# Whether the server sent nothing twice: where the machine is busy, an ACK may be so late that
# a tail-loss probe asks for it.
is_undisturbed() {
	tcpdump -n -r "$1" tcp src port 80 2>/dev/null |
		sed -n 's/.* seq \([0-9]*\):\([0-9]*\),.*/\1 \2/p' |
		awk '$1 < end { late = 1 } { end = $2 } END { exit late }'
}

# ---- evtcpd

# undisturbed ...: as capture, until nobody was late; five times at most.
undisturbed() {
	local i
	for ((i = 0; i < 5; i++)); do
		capture tun0 "$@"
		is_undisturbed "$1" && return
	done
}

serve --no-offload # tcpdump is to see segments
for i in 0 1; do undisturbed "$E2E_TMP/evtcpd.${modes[i]}" "${options[i]}"; done
for i in 0 1; do undisturbed "$E2E_TMP/evtcpd.long.${modes[i]}" "${options[i]}" $page; done
serve_ends "evtcpd stops in order"
for i in 0 1; do
	equal "the answer says Hello World! (${modes[i]})" \
		"$(tail -n 1 "$E2E_TMP/evtcpd.${modes[i]}.response")" "Hello World!"
done

# ---- its twin

unshare --net sleep 600 &
holder=$!
in_other="nsenter --net=/proc/$holder/ns/net"
namespaces_differ() { [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
e2e_wait 10 namespaces_differ
ip link add c0 type veth peer name s0 netns $holder
if [ "${E2E_FAMILY:-4}" = 6 ]; then prefix="64 nodad"; else prefix=24; fi
# shellcheck disable=SC2086
ip addr add $client/$prefix dev c0
ip link set c0 up
# shellcheck disable=SC2086
$in_other ip addr add $server/$prefix dev s0
$in_other ip link set s0 gso_max_segs 1 up
e2e_wait 10 ping -c 1 -W 1 $server # an IPv6 address serves a moment after its link is up

# twin FILE MODE OPTIONS RESPONSE [PAGE]: one request to a server that answers with
# RESPONSE.
twin() {
	# shellcheck disable=SC2086
	e2e_start twin $in_other "$E2E_BIN/twin_server" 80 "$4" "$2"
	e2e_wait 10 grep -q ready "$E2E_TMP/twin.log"
	capture c0 "$1" "$3" "${5:-}"
	e2e_stop "$twin"
}

for i in 0 1; do
	twin "$E2E_TMP/twin.${modes[i]}" "${modes[i]}" "${options[i]}" \
		"$E2E_TMP/evtcpd.${modes[i]}.response"
	twin "$E2E_TMP/twin.long.${modes[i]}" "${modes[i]}" "${options[i]}" \
		"$E2E_TMP/evtcpd.long.${modes[i]}.response" "$page"
done
twin "$E2E_TMP/twin.long.pieces" pieces "" "$E2E_TMP/evtcpd.long.keep-alive.response" "$page"
kill $holder

# ---- both

for i in 0 1; do
	ok "no segment differs (${modes[i]})" \
		"$E2E_BIN/twin_diff" "$E2E_TMP/twin.${modes[i]}" "$E2E_TMP/evtcpd.${modes[i]}"
	sed 's/^/#   /' "$E2E_TMP/claim.out"
done
for i in 0 1; do
	ok "no segment of a long answer differs (${modes[i]})" "$E2E_BIN/twin_diff" --long \
		"$E2E_TMP/twin.long.${modes[i]}" "$E2E_TMP/evtcpd.long.${modes[i]}"
	note "$(tail -n 1 "$E2E_TMP/claim.out")"
done
# The comparison itself sees a difference where there is one.
fails "the two ways to close differ" \
	"$E2E_BIN/twin_diff" "$E2E_TMP/twin.keep-alive" "$E2E_TMP/twin.close"
fails "segments of other sizes differ" \
	"$E2E_BIN/twin_diff" --long "$E2E_TMP/twin.long.pieces" "$E2E_TMP/evtcpd.long.keep-alive"

e2e_end
