#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A daemon in its sandbox, made to do all that it can do: none of that is forbidden. The daemon is
# one without sanitizers, which make system calls of their own.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl jq script
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
serve_plain

export EVTCPD_CONTROL=$E2E_TMP/control
mkdir "$E2E_TMP/root"
seq 200000 >"$E2E_TMP/root/numbers"
chmod -R a+rX "$E2E_TMP/root"

# is_confined: every thread of it has a filter of its own.
is_confined() {
	[ "$(cat "/proc/$evtcpd/task/"*/status | sed -n 's/^Seccomp:\t//p' | sort -u)" = 2 ]
}

# may_say: no thread of it blocks SIGSYS, which would be the end without a word.
may_say() {
	local blocked
	for blocked in $(cat "/proc/$evtcpd/task/"*/status | sed -n 's/^SigBlk:\t//p'); do
		[ $((16#$blocked >> 30 & 1)) = 0 ] || return 1
	done
}

# alive SENTENCE: nothing of what was done so far was forbidden.
alive() {
	ok "$1" kill -0 "$evtcpd"
	equal "nor is a word said" "$(grep -E 'stopped by|sandbox:' "$E2E_TMP/evtcpd.log")" ""
}

# ---- one thread, everything that watches, files

serve --sandbox require --root "$E2E_TMP/root" --control "$EVTCPD_CONTROL" \
	--pcap-stack "$E2E_TMP/b.pcapng" --trace "$E2E_TMP/trace" --access-log "$E2E_TMP/access" \
	--ladder -v
ok "all of it is confined" is_confined
equal "a file" "$(curl -s -m 20 $url/numbers | sha256sum)" "$(sha256sum <"$E2E_TMP/root/numbers")"
equal "a file that is not there" "$(curl -s -m 10 -o /dev/null -w '%{http_code}' $url/none)" 404
for page in bytes/1000000 delay/0.1 'drip?bytes=100&seconds=0.2' status/500 connections metrics ''; do
	ok "the page /_/$page" curl -s -m 10 -o /dev/null "$url/_/$page"
done
equal "an upload" "$(curl -s -m 20 -T "$E2E_TMP/root/numbers" $url/_/echo | sha256sum)" \
	"$(sha256sum <"$E2E_TMP/root/numbers")"
curl -s -m 1 -o "$E2E_TMP/events" $url/_/events
least "the live page is told" "$(grep -c ^data: "$E2E_TMP/events")" 1
for command in connections counters 'cc newreno' 'impair delay=1ms' 'fault add out data nth 3: drop 1' \
	'log debug' 'log notice' "capture start $E2E_TMP/c.pcapng"; do
	# shellcheck disable=SC2086 # words
	ok "evtcpctl $command" "$E2E_EVTCPCTL" $command
done
ok "a page in between" curl -s -m 10 -o /dev/null $url/_/bytes/10000
ok "evtcpctl capture stop" "$E2E_EVTCPCTL" capture stop
alive "the daemon is there"
ok "evtcpctl drain" "$E2E_EVTCPCTL" drain
e2e_wait 10 e2e_gone "$evtcpd"
wait "$evtcpd"
equal "and ends in order" $? 0
fails "its control socket is gone" test -e "$EVTCPD_CONTROL"
fails "so is its device" ip link show tun0
for file in b c; do
	ok "the capture $file is whole" tshark -r "$E2E_TMP/$file.pcapng" -c 1
done

# ---- several threads, a device that goes down and up

serve --sandbox require --workers 12 --control "$EVTCPD_CONTROL" --access-log -
ok "all threads are confined" is_confined
ok "and say so if it ends them" may_say
equal "they have names" "$(cat "/proc/$evtcpd/task/"*/comm | sort -V | tail -n 1)" evtcpd/11
one() { curl -s -m 30 -o /dev/null "$url/bytes/30000"; }
export -f one
export url
ok "a hundred clients" bash -c "seq 100 | xargs -P 16 -I{} bash -c one"
ok "the workers are asked" "$E2E_EVTCPCTL" connections
ip link set tun0 down
e2e_wait 5 grep -q 'set down' "$E2E_TMP/evtcpd.log"
ip link set tun0 up
e2e_wait 5 grep -q 'is up again' "$E2E_TMP/evtcpd.log"
ok "a page" curl -s -m 10 -o /dev/null $url/
alive "they are there"
serve_ends "several threads"

# ---- a COMMAND, which knows nothing of it

equal "COMMAND is free, and its status is ours" \
	"$("$E2E_EVTCPD" --sandbox require -- sh -c 'grep ^Seccomp: /proc/self/status; exit 7' 2>&1)|$?" \
	"Seccomp:	0|7"
e2e_start evtcpd "$E2E_EVTCPD" --sandbox require -- sh -c 'echo serving; exec sleep 60'
e2e_wait 10 grep -q serving "$E2E_TMP/evtcpd.log"
e2e_stop "$evtcpd" TERM
equal "it is sent our signals" $? 143

# ---- off

serve --sandbox off
equal "--sandbox off has no filter" "$(sed -n 's/^Seccomp:\t//p' "/proc/$evtcpd/status")" 0
serve_ends "off"

e2e_end
