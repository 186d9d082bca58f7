#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# /_/events as any client sees it: a stream of server-sent events in which connections appear with
# their states, a chosen one with its segments and their causes; who reads slowly costs no memory,
# and the stream ends when the server stops. With E2E_WORKERS=2, of connections of any worker.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl python3
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

here=$(dirname "${BASH_SOURCE[0]}")
reader='' load='' slow='' port=41000
# What was told so far, by one who knows what server-sent events are: events.py says more.
told() { python3 -B "$here/events.py" "$E2E_TMP/$1.log" "${@:2}"; }
watch() { e2e_start "$1" curl -sN "$url/_/events$2"; }
at() { # at PORT: the client's end as the query wants it
	case $client in *:*) echo "[$client]:$1" ;; *) echo "$client:$1" ;; esac
}

# ---- connections, and one of them

serve
watch reader "?conn=$(at $port)"
ok "the stream begins" e2e_wait 10 told reader connections
equal "nobody has that port yet" "$(told reader chosen | tail -n 1)" "none"
e2e_start load curl -s --local-port $port -o /dev/null "$url/drip?bytes=1500000&seconds=3"
ok "a connection that comes is in the list" e2e_wait 10 told reader listed "$(at $port)"
ok "that of the reader is marked" told reader own
ok "the chosen one is told of by itself" e2e_wait 10 told reader state ESTABLISHED
wait "$load"
ok "its states come one after the other" e2e_wait 10 told reader states \
	SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED
ok "and every byte of it was told as sent" told reader sent 1500000
ok "all of it is well-formed, and nothing was too much" told reader sound

# ---- the end

kill -TERM "$evtcpd"
ok "the stream ends when the server stops" e2e_wait 10 e2e_gone "$reader"
wait "$reader"
equal "in order" $? 0
ok "and says so" told reader ended
e2e_wait 15 e2e_gone "$evtcpd"
wait "$evtcpd"
equal "the daemon is not kept from stopping" $? 0
equal "no report of a sanitizer" "$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""

# ---- what links do to segments, where there is one that can: it takes one worker

if [ -z "${E2E_WORKERS:-}" ]; then
	port=$((port + 1))
	cat >"$E2E_TMP/faults" <<-END
		out data nth 2 port $port: drop
		in data nth 1 port $port: drop
		out data nth 4 port $port: corrupt payload
		out fin port $port: delay 20ms
	END
	serve --fault "$E2E_TMP/faults"
	watch reader "?conn=$(at $port)"
	ok "where a script does something" e2e_wait 10 told reader connections
	curl -s --local-port $port -o /dev/null "$url/bytes/20000"
	ended() { [ "$(told reader links | grep -c fault_held_back)" = 1 ]; }
	ok "to segments" e2e_wait 10 ended
	segment=$([ "${E2E_FAMILY:-4}" = 6 ] && echo 1428 || echo 1448)
	equal "each is told with its rule, lost or altered" "$(told reader links | sed 's/ [0-9]* lost/ N lost/')" \
		"in fault 2 N lost
out fault 1 N lost
out fault_corrupted 3 $segment
out fault_held_back 4 0"
	ok "and by words that are known" told reader sound
	kill -TERM "$evtcpd"
	wait "$evtcpd" "$reader"
fi

# ---- who reads slowly

# Without a sanitizer, which keeps what was freed.
serve_plain
serve
port=$((port + 1))
e2e_start slow bash -c "exec 3<>/dev/tcp/$server/80
	printf 'GET /_/events?conn=%s HTTP/1.1\r\nHost: a\r\n\r\n' '$(at $port)' >&3; sleep 60"
watch reader "?conn=$(at $port)"
e2e_start load curl -s --local-port $port -o /dev/null "$url/bytes/1099511627776"
many() { [ "$(told reader frames)" -ge "$1" ]; }
ok "a second of a bulk transfer passes" e2e_wait 30 many 4
before=$(e2e_rss_kib "$evtcpd")
ok "and six more" e2e_wait 60 many 28
most "a reader that takes nothing costs no more than it may, in KiB" \
	$(($(e2e_rss_kib "$evtcpd") - before)) 4096
e2e_stop "$load" KILL
e2e_stop "$slow" KILL
e2e_stop "$reader" KILL
e2e_stop "$evtcpd" TERM 15
equal "the daemon stops in order" $? 0

e2e_end
