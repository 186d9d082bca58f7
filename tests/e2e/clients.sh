#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Real clients against evtcpd: curl, a fresh connection for each of thousands of
# requests, ab, wrk, 500 connections at once, large bodies both ways, clients that are
# killed. With E2E_LONG=1 as much of it as the project promises.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl ab wrk xargs sha256sum ping
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

if [ "${E2E_LONG:-0}" = 1 ]; then
	fresh=20000 ab_requests=20000 wrk_seconds=10 large=1073741824
elif [ "${E2E_FAMILY:-4}" = 6 ]; then
	fresh=2000 ab_requests=2000 wrk_seconds=1 large=16777216
else
	fresh=2000 ab_requests=4000 wrk_seconds=3 large=67108864
fi

[ "${E2E_LONG:-0}" = 0 ] || serve_plain
serve
ok "ping is answered" ping -c 3 -i 0.2 -W 2 $server
equal "curl reads Hello World!" "$(curl -s -m 10 $url/)" "Hello World!"

# ---- fresh connections

# Each line: HTTP status, and how long it took. In blocks of 2,000, so that the last can
# be compared with the second: nothing may pile up.
block_ms=() rss=()
for ((i = 0; i < fresh; i += 2000)); do
	began=$(e2e_now_ms)
	seq 2000 | xargs -P 64 -I{} \
		curl -s -m 60 -o /dev/null -w '%{http_code} %{time_total}\n' $url/
	block_ms+=($(($(e2e_now_ms) - began))) rss+=("$(e2e_rss_kib "$evtcpd")")
done >"$E2E_TMP/fresh"
equal "$fresh fresh connections, 64 at a time, are all answered" \
	"$(cut -d ' ' -f 1 "$E2E_TMP/fresh" | sort | uniq -c | tr -s ' ')" " $fresh 200"
note "slowest: $(cut -d ' ' -f 2 "$E2E_TMP/fresh" | sort -n | tail -n 1) s"
note "each 2,000 took, in ms: ${block_ms[*]}; RSS then, in KiB: ${rss[*]}"
if [ $fresh -ge 6000 ]; then
	most "the last 2,000 take at most 1.25 times as long as the second" \
		"${block_ms[-1]}" $((block_ms[1] * 125 / 100))
	most "memory does not grow by more than 1 MiB after 6,000" "${rss[-1]}" $((rss[2] + 1024))
fi

# ---- ab and wrk

# ab_is_content OPTIONS...: ab's own summary has nothing to complain about.
ab_is_content() {
	ab -q -s 60 -n $ab_requests -c 64 "$@" $url/ >"$E2E_TMP/ab" 2>&1 || return 1
	cat "$E2E_TMP/ab"
	grep -q "^Complete requests: *$ab_requests\$" "$E2E_TMP/ab" &&
		grep -q '^Failed requests: *0$' "$E2E_TMP/ab" &&
		! grep -Eq 'Non-2xx|Write errors' "$E2E_TMP/ab"
}

wrk_is_content() {
	wrk -t 2 -c 64 -d "$wrk_seconds" $url/ >"$E2E_TMP/wrk" 2>&1 || return 1
	cat "$E2E_TMP/wrk"
	grep -q '^ *[1-9][0-9]* requests in' "$E2E_TMP/wrk" &&
		! grep -Eq 'Socket errors|Non-2xx' "$E2E_TMP/wrk"
}

ok "ab: no failed request" ab_is_content
note "$(grep '^Requests per second' "$E2E_TMP/ab")"
ok "ab -k: no failed request" ab_is_content -k
note "$(grep '^Requests per second' "$E2E_TMP/ab")"
ok "wrk: no socket error, no non-2xx" wrk_is_content
note "$(grep '^Requests/sec' "$E2E_TMP/wrk")"

# ---- at once

ok "500 connections opened at once are all served" \
	"$E2E_BIN/many_connections" $server 80 500
note "$(cat "$E2E_TMP/claim.out")"
ok "and 500 that the server closes" "$E2E_BIN/many_connections" -c $server 80 500
note "$(cat "$E2E_TMP/claim.out")"

# ---- large bodies

wanted=$(yes "$(seq 9999)" | head -c $large | sha256sum)
equal "/bytes/$large arrives with the right SHA-256" \
	"$(curl -s -m 300 $url/bytes/$large | sha256sum)" "$wanted"
echoes() {
	curl -s -m 120 -H 'Content-Type: application/octet-stream' "$@" $url/echo |
		cmp - "$E2E_TMP/body"
}
head -c 67108864 /dev/urandom >"$E2E_TMP/body"
ok "64 MiB through /echo come back identical" echoes --data-binary "@$E2E_TMP/body"
ok "also chunked" echoes -X POST -H 'Transfer-Encoding: chunked' -T "$E2E_TMP/body"
rm "$E2E_TMP/body"

# What was read counts as read where the end is decided on: it is not unread input, whose client
# would be reset.
closes_behind_uploads() {
	local i
	for ((i = 0; i < 8; i++)); do
		[ "$(curl -s -m 30 -H 'Expect:' -H 'Connection: close' \
			--data-binary "@$E2E_TMP/body" $url/sink)" = "3000000 bytes" ] || return 1
	done
}
head -c 3000000 /dev/zero >"$E2E_TMP/body"
ok "uploads that the server closes behind are answered" closes_behind_uploads
rm "$E2E_TMP/body"

# ---- clients that are killed

pids=()
for ((i = 0; i < 20; i++)); do
	e2e_start pid curl -s --limit-rate 200k -o /dev/null $url/bytes/1000000000
	pids+=("$pid")
done
ok "20 slow downloads are under way" e2e_wait 10 serve_has 20
disown "${pids[@]}" # bash need not tell of each
kill -KILL "${pids[@]}"
ok "killed in mid-transfer, they leave nothing behind" e2e_wait 10 serve_is_idle
equal "and others are served" "$(curl -s -m 10 $url/)" "Hello World!"

# ---- who it was

match "/connections names both ends" "$(curl -s -m 5 $url/connections)" \
	"\"(\[$server\]|$server):80\".*\"(\[$client\]|$client):[0-9]+\""
serve_ends "evtcpd stops in order"
e2e_end
