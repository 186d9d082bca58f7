#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# More clients that keep their connections than the daemon has room for: those that are
# idle give way to who comes (ATTACKS.md E06).

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
e2e_need curl

# Nobody's time is over while all come, however long that takes.
serve --limit connections=64 --limit http_keepalive=600
# Clients come three at a time and never close. Their kernel acknowledges our end only
# after 40 ms, so a SYN may be refused now and then, and is sent again a second later.
mkfifo "$E2E_TMP/stdin"
exec 7<>"$E2E_TMP/stdin"
come() {
	"$E2E_BIN/many_connections" -h 10.0.0.2 80 3 <"$E2E_TMP/stdin" >"$E2E_TMP/held.$1" 2>&1 &
	e2e_wait 20 grep -q '^answered 3 failed 0 ' "$E2E_TMP/held.$1" && sleep 0.1
}
all_come() {
	local i
	for ((i = 0; i < 50; i++)); do come $i || return 1; done
}
ok "150 clients that stay are served where there is room for 64" all_come
most "each soon: milliseconds" "$(sed 's/.*slowest \([0-9]*\).*/\1/' "$E2E_TMP"/held.* | sort -n | tail -n 1)" 3500
before=$(e2e_now_ms)
equal "and one more" "$(curl -s -m 5 $url/)" "Hello World!"
most "soon: milliseconds" $(($(e2e_now_ms) - before)) 3500
least "the idle were closed for them" "$(serve_value made_room)" 80
most "not more than was needed" "$(serve_value made_room)" 100
note "handshakes refused: $(serve_value connection_limit)"
exec 7>&-

serve_ends "it stops"

e2e_end
