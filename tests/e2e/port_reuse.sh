#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The same client port, again and again, while the server holds TIME-WAIT for it: a new
# SYN takes the entry over (RFC 6191), so that no client waits.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

# The client's kernel must not hold TIME-WAIT itself, or it would refuse the port.
sysctl -qw net.ipv4.tcp_max_tw_buckets=0
serve
# Nor may it still wait for the ACK of its FIN, which a busy machine brings late.
port_is_free() { [[ $(</proc/net/tcp) != *:AFC8\ * ]]; }
for ((i = 0; i < 200; i++)); do
	e2e_wait 10 port_is_free
	curl -s -m 10 --local-port 45000 -H 'Connection: close' -o /dev/null \
		-w '%{http_code} %{time_total}\n' $url/
done >"$E2E_TMP/reuse"
equal "200 requests from one port are all answered" \
	"$(cut -d ' ' -f 1 "$E2E_TMP/reuse" | sort | uniq -c | tr -s ' ')" " 200 200"
slowest=$(cut -d ' ' -f 2 "$E2E_TMP/reuse" | sort -n | tail -n 1)
most "none takes the second after which a SYN comes again: ms" \
	"$(awk "BEGIN { print int($slowest * 1000) }")" 950
least "TIME-WAIT was reused each time (RFC 6191)" "$(serve_value time_wait_reused)" 199
serve_ends "evtcpd stops in order"
e2e_end
