#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# How evtcpd ends under load: in order on a first signal, at once on a second, and by
# itself when its device is deleted; and that it does not spin on a device that is down.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl wrk ss
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

# The signal that was sent was heard, and something has to be waited for.
is_draining() { grep -q 'finishing open connections' "$E2E_TMP/evtcpd.log"; }

# ---- SIGTERM under load

serve
# The download last, so that most of it is still to come; and as slow as the server makes it, for
# curl's --limit-rate may let some megabytes pass at once.
e2e_start load wrk -t 1 -c 32 -d 20 $url/
ok "load is under way" e2e_wait 10 serve_has 20
e2e_start slow curl -s -o "$E2E_TMP/slow" "$url/drip?bytes=4000000&seconds=4"
ok "and a slow download" e2e_wait 10 test -s "$E2E_TMP/slow"
began=$(e2e_now_ms)
kill -TERM "$evtcpd"
e2e_wait 10 is_draining
fails "a new connection is not accepted" curl -s -m 1 $url/
wait "$slow"
equal "the download that was under way is finished" \
	"$? $(stat -c %s "$E2E_TMP/slow")" "0 4000000"
e2e_wait 15 e2e_gone "$evtcpd"
wait "$evtcpd"
equal "evtcpd ends in order" $? 0
most "within 11 s" $(($(e2e_now_ms) - began)) 11000
fails "its device is gone" ip link show tun0
equal "no report of a sanitizer" "$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""
e2e_stop "$load" KILL
rm -f "$E2E_TMP/slow"

# ---- a client that has just gone

for _ in 1 2 3 4 5; do
	serve --impair delay=3ms
	curl -s -m 10 -o /dev/null $url/
	e2e_stop "$evtcpd" INT
	said="$? $(tail -n 1 "$E2E_TMP/evtcpd.log")"
	is_draining || break # on a busy machine they may take more than 100 ms
done
equal "its last segments are still under way: there is nothing to wait for" \
	"$said" "0 evtcpd: SIGINT: stopping"

# ---- one that would take for ever

serve
e2e_start slow curl -s --limit-rate 10k -o /dev/null $url/bytes/100000000
e2e_wait 10 serve_has 1
began=$(e2e_now_ms)
e2e_stop "$evtcpd" TERM 15
equal "evtcpd ends in order though a client is slow" $? 0
match "and says what it waits for, and how long" "$(<"$E2E_TMP/evtcpd.log")" \
	'^evtcpd: SIGTERM: finishing open connections, for at most 10 s; a second signal'
most "within 13 s" $(($(e2e_now_ms) - began)) 13000
least "but not before its 10 s" $(($(e2e_now_ms) - began)) 9000
is_reset() { [ -z "$(ss -Htn state established dst $server)" ]; }
ok "the client's connection was reset" e2e_wait 1 is_reset
match "and evtcpd says so" "$(tail -n 1 "$E2E_TMP/evtcpd.log")" \
	'^evtcpd: connections that were still open and have been reset: 1$'
e2e_stop "$slow" KILL

# ---- one that is not waited for

serve --limit http_drain=0.05
e2e_start slow curl -s --limit-rate 10k -o /dev/null $url/bytes/100000000
e2e_wait 10 serve_has 1
e2e_stop "$evtcpd" TERM
equal "a drain of 50 ms is told, too, and what came of it" "$? $(tail -n 2 "$E2E_TMP/evtcpd.log" | cut -d ' ' -f 2-5)" \
	$'0 SIGTERM: finishing open connections,\nconnections that were still'
e2e_stop "$slow" KILL

# ---- a second signal

serve
e2e_start slow curl -s --limit-rate 10k -o /dev/null $url/bytes/100000000
e2e_wait 10 serve_has 1
kill -TERM "$evtcpd"
e2e_wait 10 is_draining
began=$(e2e_now_ms)
e2e_stop "$evtcpd" TERM 15
equal "a second signal ends it at once" $? 143
most "that is, long before the 10 s are over" $(($(e2e_now_ms) - began)) 5000
e2e_stop "$slow" KILL

# ---- the device

serve
e2e_start load wrk -t 1 -c 32 -d 20 $url/
e2e_wait 10 serve_has 20
ip link set tun0 down
ok "a device that is set down is told" \
	e2e_wait 5 grep -q 'tun0 was set down' "$E2E_TMP/evtcpd.log"
before=$(e2e_cpu_ms "$evtcpd")
sleep 2
most "meanwhile it burns little CPU (ms in 2 s)" $(($(e2e_cpu_ms "$evtcpd") - before)) 100
ip link set tun0 up
ok "that it is up again, too" e2e_wait 5 grep -q 'tun0 is up again' "$E2E_TMP/evtcpd.log"
equal "and it serves again" "$(curl -s -m 10 $url/)" "Hello World!"
ip link delete tun0
e2e_wait 5 e2e_gone "$evtcpd"
wait "$evtcpd"
equal "when the device is deleted it ends with a status of its own" $? 3
match "and says so" "$(tail -n 3 "$E2E_TMP/evtcpd.log")" 'tun0 is gone'
e2e_stop "$load" KILL

e2e_end
