#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Many segments in one packet, both ways, between evtcpd and the kernel: what arrives is what
# was sent, with offload and without, over both families. That there are such packets, and none
# without, is seen on the device.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl tcpdump
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
bytes=30000000
yes "$(seq 9999)" | head -c $bytes >"$E2E_TMP/expected"

# watch: from here on the lengths of packets on tun0 are written down. watched: no more.
watch() {
	e2e_start watcher tcpdump -i tun0 -nn -B 8192 -s 96 -w "$E2E_TMP/seen" tcp
	e2e_wait 10 grep -q 'listening on' "$E2E_TMP/watcher.log"
}
watched() { e2e_stop "$watcher" INT 10; }
# longer_than_mtu SOURCE: how many packets from there were.
longer_than_mtu() {
	tcpdump -nn -r "$E2E_TMP/seen" "src host $1 and greater 1501" 2>/dev/null | wc -l
}

# transfers WHAT OPTIONS...: a page and an upload are what they should be.
transfers() {
	local what=$1
	shift
	serve "$@"
	watch
	ok "$what: a page arrives as it is" \
		cmp <(curl -s -m 60 $url/bytes/$bytes) "$E2E_TMP/expected"
	ok "$what: what is posted comes back as it is" \
		cmp <(curl -s -m 60 --data-binary @"$E2E_TMP/expected" $url/echo) "$E2E_TMP/expected"
	watched
	equal "$what: no checksum was wrong" "$(serve_value tcp_checksum)" 0
	equal "$what: nothing odd came" "$(serve_value link_offload)" 0
	serve_ends "$what"
}

transfers "with offload"
least "we send many segments as one" "$(longer_than_mtu $server)" 100
least "and get them so" "$(longer_than_mtu $client)" 100

transfers "without" --no-offload
equal "no packet of ours is longer than the MTU" "$(longer_than_mtu $server)" 0
equal "nor one of the kernel's" "$(longer_than_mtu $client)" 0

# Who is to see packets sees those that a wire would carry.
transfers "watched" --pcap "$E2E_TMP/capture"
equal "none is longer than the MTU" "$(longer_than_mtu $server)" 0

# A device keeps the offloads of its last owner; here, all of them.
if [ "$E2E_ROOT" = 1 ]; then
	# shellcheck disable=SC2086 # none, or one word
	ip tuntap add dev tun0 mode tun $E2E_QUEUES
	serve
	serve_ends "an owner with offload"
	transfers "the same device without" --no-offload
	equal "no packet of ours is longer than the MTU there" "$(longer_than_mtu $server)" 0
	equal "nor one of the kernel's there" "$(longer_than_mtu $client)" 0
	transfers "and with it again"
	least "we send many segments as one there" "$(longer_than_mtu $server)" 100
	# shellcheck disable=SC2086 # none, or one word
	ip tuntap del dev tun0 mode tun $E2E_QUEUES
fi

e2e_end
