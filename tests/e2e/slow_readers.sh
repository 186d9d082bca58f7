#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Whoever reads the daemon's stderr and does not: clients are served all the same, and
# when he reads again, he learns how much he missed.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
e2e_need curl

# pipe_start OPTIONS...: the daemon with a stderr that nobody reads, behind fd 8.
pipe_start() {
	local who=()
	if [ "$E2E_SANITIZED" = 1 ] && [ "$E2E_ROOT" = 1 ]; then who=(--user root); fi
	rm -f "$E2E_TMP/stderr"
	mkfifo "$E2E_TMP/stderr"
	exec 8<>"$E2E_TMP/stderr"
	"$E2E_EVTCPD" "${who[@]}" "$@" 2>"$E2E_TMP/stderr" </dev/null >/dev/null 8>&- &
	evtcpd=$!
	e2e_wait 10 curl -s -m 5 -o /dev/null $url/
}

fetch() {
	[ "$(curl -sS -m 30 "$url/bytes/$1" | wc -c)" = "$1" ]
}

ok "a daemon starts whose stderr nobody reads" pipe_start --ladder -vv
ok "a page comes whose ladder a pipe cannot hold" fetch 1000000
ok "and one whose ladder nobody will hold" fetch 30000000
before=$(e2e_now_ms)
ok "and a small one" fetch 13
most "soon: milliseconds" $(($(e2e_now_ms) - before)) 5000
most "what it holds for the reader is bounded: KiB" "$(e2e_rss_kib "$evtcpd")" \
	$((E2E_SANITIZED ? 400000 : 30000))
timeout 5 cat <&8 >"$E2E_TMP/read"
match "the reader is told what he missed" "$(grep -m 1 dropped "$E2E_TMP/read")" \
	'^evtcpd: [0-9]+ lines dropped$'
ok "and reads on" fetch 13
match "from where it is now" "$(timeout 2 cat <&8)" '/ESTABLISHED|→ ESTABLISHED'
ok "it stops in order although nobody reads" fetch 1000000
e2e_stop "$evtcpd" TERM 15
equal "with status" $? 0
exec 8>&-

# ---- a capture that goes through a pipe

mkfifo -m 0666 "$E2E_TMP/capture"
exec 9<>"$E2E_TMP/capture"
serve --pcap "$E2E_TMP/capture"
ok "pages come although nobody reads the capture" fetch 10000000
log_says() { grep -Eq "$1" "$E2E_TMP/evtcpd.log"; }
ok "the log says that it lacks packets" e2e_wait 5 log_says 'packets missing from the capture.*: [0-9]+$'
cat <&9 >"$E2E_TMP/pcapng" &
reader=$!
e2e_wait 5 [ -s "$E2E_TMP/pcapng" ]
ok "pages come while it is read again" fetch 10000
serve_ends "it stops"
e2e_stop $reader
exec 9>&-
if command -v tshark >/dev/null; then
	tshark -r "$E2E_TMP/pcapng" -T fields -e frame.comment >"$E2E_TMP/comments" 2>"$E2E_TMP/tshark.err"
	equal "what came out is whole, says tshark" "$?$(grep -v 'Running as' "$E2E_TMP/tshark.err")" 0
	match "and says where packets are missing" "$(grep -m 1 missing "$E2E_TMP/comments")" \
		'[0-9]+ packets before this one are missing here'
fi

e2e_end
