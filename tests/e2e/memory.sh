#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What an idle connection and a TIME-WAIT entry cost: resident memory of the daemon with
# and without 10,000 of them.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
serve_plain

n=10000
sources=()
serve --limit http_keepalive=600 --limit http_send_idle=8
for ((i = 0; i < 8; i++)); do
	source=${client%1}$((100 + i)) # 10.0.0.100 or fd00:e7::100
	ip addr add "$source/$([ "${E2E_FAMILY:-4}" = 6 ] && echo 64 || echo 24)" dev tun0 nodad
	sources+=(-s "$source")
done

# crowd NUMBER: that many idle connections; they end with the file descriptor 8.
crowd() {
	rm -f "$E2E_TMP/hold"
	mkfifo "$E2E_TMP/hold"
	"$E2E_BIN/many_connections" -h -w 100 "${sources[@]}" $server 80 "$1" \
		<"$E2E_TMP/hold" >"$E2E_TMP/crowd.log" 2>&1 &
	crowd=$!
	exec 8>"$E2E_TMP/hold"
	e2e_wait 60 grep -q '^answered' "$E2E_TMP/crowd.log"
}

crowd_ends() {
	exec 8>&-
	wait "$crowd"
}

# What has to be there once, is there before the first figure.
crowd 100
crowd_ends
e2e_wait 10 serve_is_idle
before=$(e2e_rss_kib "$evtcpd")
crowd $n
equal "$n connections are open and idle" "$(cut -d ' ' -f 1-4 "$E2E_TMP/crowd.log")" \
	"answered $n failed 0"
sleep 3 # the server looks after an eighth of http_send_idle whether each has its answer
after=$(e2e_rss_kib "$evtcpd")
# Each worker beyond the first has slabs that it has begun and blocks that it keeps free: a MiB.
own=$(((${E2E_WORKERS:-1} - 1) * 1024))
most "an idle connection costs at most 1 KB" $(((after - before - own) * 1024 / n)) 1024
least "and all that are beyond limits.awake rest" "$(serve_value resting)" $((n - 1024))
note "RSS $before KiB before, $after KiB with $n idle connections"
crowd_ends
e2e_wait 20 serve_is_idle
serve_ends "evtcpd stops in order"

# The buffers of 100 connections at a time come and go: first until they are there.
serve
port=1024
closed_by_server() {
	for ((i = 0; i < $1 / 100; i++, port += 100)); do
		"$E2E_BIN/many_connections" -c -b $port $server 80 100
	done >"$E2E_TMP/rounds"
}
closed_by_server 5000
entries=$(serve_value time_wait) bytes=$(serve_value memory_bytes)
rss=$(e2e_rss_kib "$evtcpd")
closed_by_server $n
equal "$n connections are closed by the server" \
	"$(grep -c '^answered 100 failed 0' "$E2E_TMP/rounds")" $((n / 100))
equal "and are held as TIME-WAIT entries" $(($(serve_value time_wait) - entries)) $n
most "an entry costs at most 64 bytes by the stack's own account" \
	$((($(serve_value memory_bytes) - bytes) / n)) 64
# The pages that a heap happens to touch only ever add: the smaller of two figures counts.
rss="$rss $(e2e_rss_kib "$evtcpd")"
closed_by_server $n
rss="$rss $(e2e_rss_kib "$evtcpd")"
most "and by the memory of the process" "$(echo "$rss" | awk -v n=$n '{
	first = $2 - $1; second = $3 - $2
	print int((first < second ? first : second) * 1024 / n) }')" 64
note "RSS in KiB, each after $n TIME-WAIT entries more: $rss"
serve_ends "evtcpd stops in order"
e2e_end
