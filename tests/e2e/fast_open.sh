#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# TCP Fast Open (RFC 7413 3) with the kernel's client: curl asks for a cookie with its first
# connection, and from the second on sends its request with the SYN. That it gets its answer
# a round trip earlier is seen over a link on which one takes 200 ms.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl tshark
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
curl --version | grep -q '^Features' && curl --tcp-fastopen --version >/dev/null 2>&1 ||
	e2e_skip_all "this curl has no --tcp-fastopen"
sysctl -qw net.ipv4.tcp_fastopen=1 || e2e_skip_all "this kernel has no TCP Fast Open"
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

# The kernel remembers cookies, and when one did not work, for each address: where it is to
# know nothing.
forget() { ip tcp_metrics flush >/dev/null 2>&1; }
fast() { curl -s -m 20 --tcp-fastopen "$@"; }

# frames PORT-ORDER...: of the n-th connection in the capture the first packets, each as
# "in|out flags payload ack", with relative numbers.
connection() {
	tshark -r "$E2E_TMP/capture" -Y "tcp.stream == $1" -T fields -E separator=' ' \
		-e ip.src -e tcp.flags.str -e tcp.len -e tcp.ack 2>/dev/null |
		sed 's/^10.0.0.1/in/; s/^10.0.0.2/out/; s/·//g'
}

# ---- what is on the wire

forget
serve --fast-open --pcap "$E2E_TMP/capture"
equal "the first connection asks for a cookie" "$(fast $url/)" "Hello World!"
equal "the second brings it, with the request" "$(fast $url/)" "Hello World!"
equal "so does the third: more than an initial window" \
	"$(fast $url/bytes/100000 | sha256sum)" "$(yes "$(seq 9999)" | head -c 100000 | sha256sum)"
equal "what curl posts is posted" "$(fast --data-binary 'a short text' $url/echo)" "a short text"
equal "one cookie was given" "$(serve_value fast_open_cookie)" 1
equal "three SYNs brought it" "$(serve_value fast_opened)" 3
equal "and were answered so" "$(serve_value syn_ack_fast_open)" 3
equal "none is under way any more" "$(serve_value fast_open)" 0
serve_ends "it stops"
connection 0 | head -n 4 >"$E2E_TMP/first"
connection 1 | head -n 4 >"$E2E_TMP/second"
equal "the first has a handshake, then the request" "$(cut -d ' ' -f 1,2 "$E2E_TMP/first" | tr '\n' ' ')" \
	"in S out AS in A in AP "
match "the second has the request in its SYN" "$(sed -n 1p "$E2E_TMP/second")" '^in S 7[0-9] 0$'
equal "the SYN-ACK acknowledges it" "$(sed -n 2p "$E2E_TMP/second")" \
	"out AS 0 $(($(awk 'NR == 1 { print $3 }' "$E2E_TMP/second") + 1))"
match "and the answer leaves before the third segment" "$(sed -n 3p "$E2E_TMP/second")" '^out AP 1[0-9][0-9] '
equal "which is next" "$(cut -d ' ' -f 1,2 <(sed -n 4p "$E2E_TMP/second"))" "in A"

# ---- a round trip earlier

# first_byte_ms [CURL OPTION...]: when the first byte of an answer was here.
first_byte_ms() {
	curl -s -m 20 -o /dev/null -w '%{time_starttransfer}\n' "$@" $url/ |
		awk '{ printf "%d\n", $1 * 1000 }'
}
forget
serve --fast-open --impair delay=100ms
fast -o /dev/null $url/
for _ in 1 2 3 4 5; do
	plain=$(first_byte_ms) quick=$(first_byte_ms --tcp-fastopen)
	[ "$plain" -gt 450 ] || [ "$quick" -gt 250 ] || break # a busy machine makes both late
done
least "with a handshake an answer takes two round trips: milliseconds" "$plain" 400
most "with the request in the SYN one" "$quick" 300
least "that one has its time, too" "$quick" 200
serve_ends "it stops"

# ---- off unless it was asked for

forget
serve
equal "without --fast-open" "$(fast $url/)$(fast $url/)" "Hello World!Hello World!"
equal "no cookie is given" "$(serve_value fast_open_cookie)$(serve_value fast_opened)" 00
serve_ends "it stops"

# ---- a cookie of a server that is no more: the data comes again, and a new one with the SYN-ACK

forget
serve --fast-open
fast -o /dev/null $url/
serve_ends "it stops"
serve --fast-open
equal "a cookie of an earlier server costs nothing" "$(fast $url/)" "Hello World!"
equal "it was no good" "$(serve_value fast_open_bad_cookie)" 1
equal "the new one is" "$(fast $url/)$(serve_value fast_opened)" "Hello World!1"
serve_ends "it stops"

# ---- the limit: two are under way for a while, since their SYN-ACKs are slow to arrive

forget
serve --fast-open --limit fast_open_pending=2 --impair delay=300ms
fast -o /dev/null $url/
for i in 1 2 3 4 5 6; do fast $url/ >"$E2E_TMP/page.$i" & done
wait $(jobs -p | grep -vx "$evtcpd")
equal "beyond the limit all are served" "$(cat "$E2E_TMP"/page.*)" \
	"$(for i in 1 2 3 4 5 6; do echo "Hello World!"; done)"
equal "two at once" "$(serve_value fast_opened)" 2
equal "and four with a handshake first" "$(serve_value fast_open_limit)" 4
serve_ends "it stops"

e2e_end
