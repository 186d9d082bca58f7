#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A stack that is driven by poll(2), without libevent's loop, over a TUN.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl

e2e_start hand "$E2E_BIN/tun_by_hand" tun7 10.77.0.1 10.77.0.2
log=$E2E_TMP/hand.log
ok "it starts" e2e_wait 5 grep -q '^ready' "$log"

answers() {
	local i
	for ((i = 0; i < "$1"; i++)); do curl -s -m 5 http://10.77.0.2/; done | grep -c '^by hand$'
}
equal "it answers one connection after the other" "$(answers 50)" 50
many() { seq 100 | xargs -P 20 -I{} curl -s -m 10 http://10.77.0.2/ | grep -c '^by hand$'; }
equal "and many at once" "$(many)" 100
ok "and an echo request" ping -c 1 -W 5 10.77.0.2
before=$(e2e_cpu_ms "$hand")
sleep 1
most "idle it costs next to nothing: milliseconds of a second" $(($(e2e_cpu_ms "$hand") - before)) 50

ip link set tun7 down
ip link set tun7 up
ip addr add 10.77.0.1/24 dev tun7 2>/dev/null
equal "it answers after the device was down" "$(answers 1)" 1

ip link del tun7
ok "it is told when the device is gone" e2e_wait 5 grep -q '^failed ENODEV' "$log"
e2e_wait 10 e2e_gone "$hand" || e2e_stop "$hand"
wait "$hand"
equal "and ends in order" $? 0

e2e_end
