#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# ECN with the kernel's client, over a link whose full queue marks (RFC 3168 6.1): each side
# obeys what the other tells, and nothing is lost. The server would speak Accurate ECN; a client
# that asks by RFC 3168 gets that (RFC 9768 3.1.2).

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl tshark
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
sysctl -qw net.ipv4.tcp_ecn=1 || e2e_skip_all "this kernel has no ECN"
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

# frames FILTER: how many packets of the capture pass.
frames() { tshark -r "$E2E_TMP/capture" -Y "$1" 2>/dev/null | wc -l; }
# syn_flags SIDE: the flags of the first SYN of this address, in hex.
syn_flags() {
	tshark -r "$E2E_TMP/capture" -Y "tcp.flags.syn == 1 && ip.src == $1" -T fields \
		-e tcp.flags 2>/dev/null | head -n 1
}
bytes() { yes "$(seq 9999)" | head -c "$1" | sha256sum; }

# ---- marks on what the server sends, and on what it is sent

# A queue that marks drops what would be twice its size, and so it does when slow start ends too
# late for it: but it marks more than it drops.
serve --ecn accurate --pcap "$E2E_TMP/capture" --impair delay=5ms,rate=20mbit,queue=20,ecn
equal "a page comes as it should over a queue that marks" \
	"$(curl -s -m 60 $url/bytes/3000000 | sha256sum)" "$(bytes 3000000)"
least "it marked, and the client told, so the window was reduced" "$(serve_value cc_ecn)" 1
lost=$(serve_value impair_queue_full)
equal "nothing marked came" "$(serve_value ecn_ce)" 0
yes "$(seq 9999)" | head -c 500000 >"$E2E_TMP/posted"
equal "what is posted comes back" \
	"$(curl -s -m 60 --data-binary @"$E2E_TMP/posted" $url/echo | sha256sum)" \
	"$(sha256sum <"$E2E_TMP/posted")"
least "marks came with it" "$(serve_value ecn_ce)" 1
serve_ends "it stops"
least "more was marked than lost" \
	"$(frames 'ip.src == 10.0.0.2 && ip.dsfield.ecn == 3')" $((lost + 1))
equal "the client asks by CWR and ECE" "$(syn_flags 10.0.0.1)" 0x00c2
equal "the server agrees by ECE" "$(syn_flags 10.0.0.2)" 0x0052
least "what it sends says when the window was reduced" \
	"$(frames 'ip.src == 10.0.0.2 && tcp.flags.cwr == 1 && tcp.len > 0')" 1
least "so does what it is sent, for it told of marks" \
	"$(frames 'ip.src == 10.0.0.1 && tcp.flags.cwr == 1 && tcp.len > 0')" 1
equal "AE is nowhere" "$(frames 'tcp.flags & 0x100')" 0
equal "no ACK has ECT" "$(frames 'ip.src == 10.0.0.2 && tcp.len == 0 && ip.dsfield.ecn != 0')" 0

# ---- none

serve --ecn none --pcap "$E2E_TMP/capture" --impair delay=5ms,rate=20mbit,queue=20,ecn
equal "without ECN a page comes, too" \
	"$(curl -s -m 60 $url/bytes/1000000 | sha256sum)" "$(bytes 1000000)"
least "so what is too much is lost" "$(serve_value impair_queue_full)" 1
serve_ends "it stops"
equal "the server does not agree" "$(syn_flags 10.0.0.2)" 0x0012
equal "nothing has ECT" "$(frames 'ip.src == 10.0.0.2 && ip.dsfield.ecn != 0')" 0

# ---- unless told otherwise

serve --pcap "$E2E_TMP/capture"
equal "by default it is served" "$(curl -s -m 20 $url/)" "Hello World!"
serve_ends "it stops"
equal "and agrees" "$(syn_flags 10.0.0.2)" 0x0052

e2e_end
