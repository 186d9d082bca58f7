#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# IPv4 and IPv6 side by side; what happens where there is no IPv6, or no right to add its
# address, or an MTU too small for it.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
[ -e /proc/net/if_inet6 ] || e2e_skip_all "this kernel has no IPv6"
v4=http://10.0.0.2/ v6='http://[fd00:e7::2]/'

hello() { curl -s -m 5 "$1"; }
# exits ARGUMENTS...: the daemon's status in $status, its words in $said.
exits() {
	said=$(timeout 10 "$E2E_EVTCPD" "$@" 2>&1 >/dev/null)
	status=$?
}

serve --access-log -
equal "it says where it serves" "$(grep -o 'serving http.*' "$E2E_TMP/evtcpd.log")" \
	$'serving http://10.0.0.2:80/ on tun0\nserving http://[fd00:e7::2]:80/ on tun0'
equal "over IPv4" "$(hello $v4)" "Hello World!"
equal "over IPv6" "$(hello "$v6")" "Hello World!"
ok "the access log names an IPv6 client" \
	e2e_wait 5 grep -q '^fd00:e7::1 - - .*"GET / HTTP/1.1" 200 ' "$E2E_TMP/evtcpd.log"
match "a name with a bracket is a host" \
	"$(curl -s -m 5 -o /dev/null -w '%{http_code}' -H 'Host: [fd00:e7::2]' "$v6")" 200
ip link set tun0 down
ip link set tun0 up
equal "over IPv6 once the device was down" "$(hello "$v6")" "Hello World!"
serve_ends "both stop in order"
equal "nothing is left behind" "$(ip -6 addr show | grep fd00)" ""

serve -a fd00:77::2/64
equal "IPv6 alone" "$(hello 'http://[fd00:77::2]/')" "Hello World!"
equal "there is no IPv4 then" "$(ip -4 addr show tun0)" ""
serve_ends "that stops in order"

serve --mtu 1279
equal "below 1,280 bytes there is IPv4" "$(hello $v4)" "Hello World!"
equal "and nothing else" "$(grep -c 'serving http' "$E2E_TMP/evtcpd.log")" 1
serve_ends "that stops in order, too"

ip addr add fd00:e7::2/128 dev lo nodad
exits
equal "the kernel owns the server's address: status" $status 10
match "and which" "$said" 'fd00:e7::2 belongs to the kernel already \(on lo\)'
ip addr del fd00:e7::2/128 dev lo

sysctl -qw net.ipv6.conf.default.disable_ipv6=1
serve
match "without IPv6 it says so" "$(<"$E2E_TMP/evtcpd.log")" \
	'^evtcpd: serving IPv4 only: giving tun0 the address fd00:e7::1/64 failed, as IPv6 is turned off'
equal "and serves IPv4" "$(hello $v4)" "Hello World!"
serve_ends "it stops in order"
exits -a fd00:e7::2/64
equal "who asks for it gets a status of its own" $status 13
match "and why" "$said" 'IPv6 is turned off there: turn it on \(sysctl'
sysctl -qw net.ipv6.conf.default.disable_ipv6=0

if [ "$E2E_ROOT" = 1 ]; then
	# shellcheck disable=SC2086 # none, or one word
	ip tuntap add dev tun0 mode tun $E2E_QUEUES user 65534
	ip addr add 10.0.0.1/24 dev tun0
	ip link set tun0 up
	cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
	e2e_start evtcpd setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_TMP/evtcpd"
	ok "on a device that has IPv4 alone, and is not ours to change" \
		e2e_wait 10 grep -q 'serving http://10.0.0.2:80/' "$E2E_TMP/evtcpd.log"
	match "what root could do is said" "$(<"$E2E_TMP/evtcpd.log")" \
		'serving IPv4 only: .*ip addr add fd00:e7::1/64 dev tun0'
	equal "it serves that" "$(hello $v4)" "Hello World!"
	e2e_stop "$evtcpd"
	ip addr add fd00:e7::1/64 dev tun0 nodad
	e2e_start evtcpd setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_TMP/evtcpd"
	ok "on one that has both" e2e_wait 10 grep -q 'serving http://\[' "$E2E_TMP/evtcpd.log"
	equal "it serves both" "$(hello "$v6")" "Hello World!"
	e2e_stop "$evtcpd"
else
	skip "devices of an ordinary user" "needs root to become another user"
fi
e2e_end
