#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd --control and evtcpctl: each command, for a person and as JSON, with one worker and with
# two; the socket's mode, and that it goes; captures in a file that evtcpctl has opened; a link that
# becomes a bad one and a good one again; the end in order.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_WORKERS=
e2e_begin "$@"
e2e_need curl ping jq tshark setpriv
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"
: "${E2E_EVTCPCTL:?is not set: the path of evtcpctl}"

export EVTCPD_CONTROL=$E2E_TMP/socket
load='' other='' watcher=''

# ctl WORD...: its stdout is $out, its stderr $err, its exit status $status.
ctl() {
	"$E2E_EVTCPCTL" "$@" >"$E2E_TMP/out" 2>"$E2E_TMP/err"
	status=$? out=$(<"$E2E_TMP/out") err=$(<"$E2E_TMP/err")
}

# said "SENTENCE" REGEX: the last one went well, and that is on its stdout. refused: it failed with
# status 1, and that is on its stderr.
said() {
	equal "$1: status" "$status" 0
	match "$1" "$out" "$2"
}
refused() {
	equal "$1: status" "$status" "${3:-1}"
	match "$1" "$err" "$2"
}

# ping_us: how long one takes. pings_are_quick: this one is.
ping_us() {
	ping -c 1 -W 2 $server | sed -n 's/.*time=\([0-9.]*\) ms.*/\1/p' | awk '{ print int($1 * 1000) }'
}
pings_are_quick() { [ "$(ping_us)" -le 15000 ]; }

# ---- nobody there

ctl connections
refused "without a daemon it says so" 'there is no socket .*: is evtcpd running' 3
EVTCPD_CONTROL='' ctl connections
refused "without a socket it asks which" 'which evtcpd\?' 2
ctl bogus
refused "a command that is none is told" "unknown command 'bogus'" 2

# ---- the socket

mask=$(umask)
umask 0
serve --control "$EVTCPD_CONTROL"
umask "$mask"
equal "only its owner may use the socket" "$(stat -c '%a %F' "$EVTCPD_CONTROL")" "600 socket"
if [ "$E2E_ROOT" = 1 ]; then
	setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_EVTCPCTL" cc >"$E2E_TMP/out" 2>&1
	equal "another user is refused" $? 3
	match "and told why" "$(<"$E2E_TMP/out")" 'no permission to use .*: only who has started evtcpd'
fi
"$E2E_EVTCPD" -i tun1 -a 10.9.0.2/24 --control "$EVTCPD_CONTROL" >"$E2E_TMP/second" 2>&1
equal "a second daemon cannot take the socket" $? 12
match "and says why" "$(<"$E2E_TMP/second")" 'another process listens there'
ctl cc
said "the first has still got it" 'cc: cubic'

# ---- looking

e2e_start load curl -s -o /dev/null --limit-rate 500k $url/bytes/20000000
open_connections() { "$E2E_EVTCPCTL" connections | grep -c '^ESTABLISHED'; }
is_open() { [ "$(open_connections)" = "$1" ]; }
ok "a connection is seen" e2e_wait 10 is_open 1
ctl connections
match "with its addresses" "$out" "^ESTABLISHED +0 +[0-9]+  $server:80 +$client:[0-9]+$"
match "and its numbers, as ss has them" "$out" \
	'^[[:space:]]+ts sack cubic wscale:[0-9]+,7 rto:[0-9.]+ rtt:[0-9.]+/[0-9.]+ mss:1460 .*cwnd:[0-9]+ '
ctl --json connections
equal "as JSON it has the same addresses" \
	"$(jq -r 'select(.connection) | .connection.local' <<<"$out")" "$server:80"
equal "the last line says how many there are" \
	"$(jq -c 'select(has("ok")) | [.ok, .connections, .omitted, .missing]' <<<"$out")" '[true,1,0,[]]'
e2e_start watcher "$E2E_EVTCPCTL" watch
is_shown() { [ "$(grep -c '^ESTABLISHED' "$E2E_TMP/watcher.log")" -ge "$1" ]; }
ok "watch shows it again and again" e2e_wait 20 is_shown 2
e2e_stop "$watcher"
ctl counters
said "counters tell what has happened" '^ +[0-9]+  opened_passive +handshake complete$'
fails "not what has not" grep -q ' paws ' "$E2E_TMP/out"
ctl counters --all
said "but with --all" '^ +0  paws '
ctl --json counters
equal "as JSON, too" "$(jq -c 'select(.counter.cause == "opened_passive") | .counter.count' <<<"$out")" 1
ctl --json connections 0
equal "none if that is asked for" \
	"$(jq -c '[.connections, .omitted]' <<<"$out" | tail -n 1)" '[0,1]'
ctl connections all
refused "an argument that is none is told" "connections: a whole number, .* not 'all'"
ctl drain now
refused "as one is where none belongs" "drain takes no argument, but 'now' was given"

# ---- the link

ctl impair
said "the link is a good one" '^impair: none$'
ok "pings are quick" e2e_wait 10 pings_are_quick
ctl impair delay=30ms
said "it becomes a bad one" '^impair: delay=30ms,seed=1$'
least "pings take longer" "$(ping_us)" 60000
ctl impair
said "which it tells" '^impair: delay=30ms,seed=1$'
ctl impair dela=30ms
refused "a mistake is told with its column" "impair: column 1: expected a verb.*found 'dela=30ms'"
least "and changes nothing" "$(ping_us)" 60000
ctl fault add out data port 20000 nth 1: drop 2
said "a rule is added" '^fault: rule 1$'
ctl fault add out dta: drop
refused "a mistake is told with its column" "fault add: column 5: expected a kind of segment"
curl -s -m 10 -o /dev/null --local-port 20000 $url/
ctl fault list
said "a rule tells what it does" 'On each connection from port 20000: the 1st data segment that the server sends is lost'
said "and how often it has" '^   1  out data port 20000 nth 1: drop 2  \(2 times\)$'
ctl fault remove 2
refused "one that is not there cannot go" 'there is no rule 2'
ctl fault remove 1
said "it is removed" '^fault: rule 1 is no more$'
ctl --json fault
equal "as JSON: there is none any more" "$(jq -c . <<<"$out")" '{"ok":true,"rules":0}'
ctl --json impair none
equal "as JSON: a good one again" "$(jq -c . <<<"$out")" '{"ok":true,"impair":"none"}'
ok "pings are quick again" e2e_wait 10 pings_are_quick

# Of one megabyte that a kernel sends, few packets come: many segments are one, as if there were no
# emulator. While it is at work, each is one.
writes() {
	local before
	before=$(awk '/ wchar|syscw/ { print $2 }' "/proc/$evtcpd/io" | tail -n 1)
	curl -s -m 20 -o /dev/null $url/bytes/10000000
	echo $(($(awk '/syscw/ { print $2 }' "/proc/$evtcpd/io") - before))
}
if grep -q syscw "/proc/$evtcpd/io" 2>/dev/null; then
	most "ten megabytes are few writes" "$(writes)" 3000
	ctl impair delay=1us
	least "on a bad link a write for each segment" "$(writes)" 6500
	ctl impair none
	most "and few again" "$(writes)" 3000
fi
before=$(sha256sum <<<"$(yes "$(seq 9999)" | head -c 3000000)")
ctl impair tx.loss=2%,seed=3
(sleep 0.1 && "$E2E_EVTCPCTL" impair none >/dev/null) &
equal "a download during which it changes is whole" \
	"$(sha256sum <<<"$(curl -s -m 60 $url/bytes/3000000)")" "$before"
wait $!

# ---- congestion control, log

ctl cc bbr
said "another congestion control" '^cc: bbr$'
e2e_start other curl -s -o /dev/null --limit-rate 500k $url/bytes/20000000
ok "there are two connections" e2e_wait 10 is_open 2
equal "is for connections that come later" \
	"$("$E2E_EVTCPCTL" --json connections | jq -r 'select(.connection) | .connection.cc' | sort | xargs)" \
	"bbr cubic"
ctl cc vegas
refused "one that there is not" 'cc: the congestion control is cubic, newreno or bbr'
kill "$other" "$load"
wait "$other" "$load" 2>/dev/null
ctl log
said "the log has a level" '^log: notice$'
curl -s -o /dev/null $url/
fails "which leaves most of it out" grep -q 'opened_passive\|handshake complete' "$E2E_TMP/evtcpd.log"
ctl log info
said "another one" '^log: info$'
curl -s -o /dev/null $url/
ok "tells more" grep -q 'handshake complete' "$E2E_TMP/evtcpd.log"
ctl log loud
refused "one that there is not" 'log: a level is error, warning, notice, info or debug'
ctl log notice
curl -s -o /dev/null $url/
equal "and less again" "$(grep -c 'handshake complete' "$E2E_TMP/evtcpd.log")" 1

# ---- captures

curl -s -o /dev/null $url/before
ctl capture stop
refused "without a capture there is none to stop" 'capture: there is none to stop'
ctl capture start "$E2E_TMP/no/where"
refused "a file that cannot be is told" 'cannot open .*no/where: No such file' 4
ctl capture start "$E2E_TMP/a.pcapng"
said "a capture begins" 'the capture has begun'
curl -s -o /dev/null $url/during
ctl capture start "$E2E_TMP/a.pcapng"
refused "another one beside it does not" 'capture: one is being written already'
ctl capture start "$E2E_TMP/never.pcapng"
refused "nor in another file" 'capture: one is being written already'
fails "which is not left there" test -e "$E2E_TMP/never.pcapng"
ctl capture stop
said "and ends" 'the capture has ended'
curl -s -o /dev/null $url/after
requests() { tshark -r "$1" -Y http.request -T fields -e http.request.uri 2>"$E2E_TMP/tshark" | xargs; }
equal "it has what came in between" "$(requests "$E2E_TMP/a.pcapng")" /during
equal "each frame with the stack's reason" \
	"$(tshark -r "$E2E_TMP/a.pcapng" -Y 'not frame.comment' 2>/dev/null | wc -l)" 0
fails "and is whole" grep -i 'cut short\|malformed' "$E2E_TMP/tshark"
equal "the daemon has no file open any more" \
	"$(find "/proc/$evtcpd/fd" -lname '*pcapng' | wc -l)" 0
ctl capture start "$E2E_TMP/a.pcapng"
curl -s -o /dev/null $url/again
ctl capture stop
equal "the same file begins anew" "$(requests "$E2E_TMP/a.pcapng")" /again
if command -v script >/dev/null; then
	match "bytes are kept from a terminal" \
		"$(script -qec "'$E2E_EVTCPCTL' capture start -" /dev/null </dev/null)" \
		'^evtcpctl: a capture is nothing for a terminal'
fi
"$E2E_EVTCPCTL" capture start - >"$E2E_TMP/b.pcapng" 2>/dev/null
curl -s -o /dev/null $url/stdout
"$E2E_EVTCPCTL" capture stop >/dev/null
equal "'-' is stdout" "$(requests "$E2E_TMP/b.pcapng")" /stdout
"$E2E_EVTCPCTL" impair 'tx.loss=3%,seed=5' >/dev/null
"$E2E_EVTCPCTL" capture start "$E2E_TMP/e.pcapng" >/dev/null
curl -s -m 20 -o /dev/null $url/bytes/2000000
"$E2E_EVTCPCTL" capture stop >/dev/null
"$E2E_EVTCPCTL" impair none >/dev/null
least "what happened to windows is told, too" \
	"$(tshark -r "$E2E_TMP/e.pcapng" -T fields -e frame.comment 2>/dev/null | grep -c cwnd)" 1
(ulimit -f 8 && exec "$E2E_EVTCPCTL" capture start /dev/full) >"$E2E_TMP/out" 2>&1
equal "a file that is full is refused" $? 1
match "and why" "$(<"$E2E_TMP/out")" 'capture: cannot write to the file: No space left'
ctl capture
refused "capture alone says what it wants" "capture: 'start FILE' or 'stop'"

# ---- the protocol, by hand

# What a client that is none of ours says.
raw() {
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode("latin-1").decode("unicode_escape").encode("latin-1"))
s.shutdown(socket.SHUT_WR)
sys.stdout.write(b"".join(iter(lambda: s.recv(65536), b"")).decode())' "$EVTCPD_CONTROL" "$1"
}
equal "lines are answered in order" "$(raw 'cc\nlog\ncc\n' | jq -c .)" \
	'{"ok":true,"cc":"bbr"}
{"ok":true,"log":"notice"}
{"ok":true,"cc":"bbr"}'
match "bytes that are none of a language do no harm" "$(raw '\xff\x01"\n' | jq -c .)" \
	'^\{"ok":false,"error":"unknown command'
equal "a capture needs an open file" "$(raw 'capture start\n' | jq -r .error)" \
	"capture: no open file came with the request"
equal "half a line is no request" "$(raw 'drain')" ""
equal "a line without end ends the connection" "$(raw "$(printf 'a%.0s' {1..5000})" 2>/dev/null)" ""

# ---- the end

e2e_start load curl -sS -o "$E2E_TMP/got" -w '%{http_code} %{size_download}' \
	"$url/drip?bytes=30000000&seconds=3"
ok "a download is under way" e2e_wait 10 is_open 1
ctl drain
said "drain begins the end" 'no more connections are taken'
ctl drain
[ "$status" = 3 ] || refused "which is told who asks again" 'drain: evtcpd is about to end already'
curl -s -m 2 -o /dev/null $url/
least "nobody else is let in" $? 7
wait "$load"
equal "the download is finished" "$(<"$E2E_TMP/load.log")" "200 30000000"
wait "$evtcpd"
equal "then it ends, with status 0" $? 0
equal "no report of a sanitizer" "$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""
match "the log says who asked" "$(<"$E2E_TMP/evtcpd.log")" 'evtcpctl drain: finishing open connections'
fails "and the socket is gone" test -e "$EVTCPD_CONTROL"

# ---- what a daemon that was killed leaves

serve --control "$EVTCPD_CONTROL"
kill -KILL "$evtcpd"
wait "$evtcpd" 2>/dev/null
gone() { ! [ -e "$EVTCPD_CONTROL" ]; }
if [ "$E2E_ROOT" = 1 ]; then
	ok "who was to give up root has its socket taken away though it was killed" e2e_wait 5 gone
else
	ctl cc
	refused "nobody listens any more" 'nobody listens at .*: the evtcpd that made it has ended' 3
fi
serve --control "$EVTCPD_CONTROL" --pcap "$E2E_TMP/c.pcapng" --impair delay=30ms
ctl impair none
said "what the command line asked for can be taken back" 'impair: none'
ctl capture stop
said "so can its capture" 'the capture has ended'
serve_ends "and it ends in order"
fails "with its socket" test -e "$EVTCPD_CONTROL"

# ---- two workers

serve --workers 2 --control "$EVTCPD_CONTROL"
seq 40 | xargs -P 8 -I{} curl -s -o /dev/null $url/
for _ in $(seq 20); do # that all are one worker's is half as likely with each
	curl -s -o /dev/null --limit-rate 200k $url/bytes/9000000 &
	flows[$!]=1
done
ok "connections of both are seen" e2e_wait 10 is_open 20
equal "which says whose they are" "$("$E2E_EVTCPCTL" --json connections |
	jq -r 'select(.connection) | .connection.worker' | sort -u | xargs)" "0 1"
ctl --json counters
equal "counters are of both" \
	"$(jq -c 'select(.counter.cause == "opened_passive") | .counter.count' <<<"$out")" 60
kill "${!flows[@]}"
wait "${!flows[@]}" 2>/dev/null
ctl cc newreno
said "congestion control is that of both" 'cc: newreno'
for _ in 1 2 3 4 5 6 7 8; do
	curl -s -o /dev/null --limit-rate 200k $url/bytes/9000000 &
	later[$!]=1
done
ok "connections that come later" e2e_wait 10 is_open 8
equal "have it" "$("$E2E_EVTCPCTL" --json connections |
	jq -r 'select(.connection) | .connection.cc' | sort -u | xargs)" newreno
kill "${!later[@]}"
wait "${!later[@]}" 2>/dev/null
for _ in 1 2 3; do
	ctl capture start "$E2E_TMP/d.pcapng"
	said "a capture of both" 'the capture has begun'
	seq 40 | xargs -P 8 -I{} curl -s -o /dev/null $url/
	ctl capture stop
	said "ends" 'the capture has ended'
done
equal "and has the requests of both" "$(requests "$E2E_TMP/d.pcapng" | wc -w)" 40
ctl log info
said "the log is that of both" 'log: info'
seq 40 | xargs -P 8 -I{} curl -s -o /dev/null $url/
ctl log notice
least "each tells of its connections" "$(grep -c 'handshake complete' "$E2E_TMP/evtcpd.log")" 20
ctl fault list
refused "a fault script is for one worker" 'fault: a rule counts segments in one order'
ctl impair delay=30ms
refused "an emulated link is for one worker" 'impair: an emulated link has all packets in one order'
ctl drain
said "drain ends both" 'no more connections are taken'
wait "$evtcpd"
equal "with status 0" $? 0
equal "and no report of a sanitizer" "$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""

# ---- COMMAND finds the socket

# shellcheck disable=SC2016
match "COMMAND has the variable, and evtcpd ends as by SIGTERM" "$(env -u EVTCPD_CONTROL "$E2E_EVTCPD" \
	--control "$E2E_TMP/private" -- sh -c '"$0" cc && "$0" drain && sleep 5' "$E2E_EVTCPCTL" 2>&1
	echo "status $?")" 'cc: cubic'
fails "its socket is gone" test -e "$E2E_TMP/private"
# shellcheck disable=SC2016
equal "also where it goes to another directory" "$(cd "$E2E_TMP" && env -u EVTCPD_CONTROL "$E2E_EVTCPD" \
	--control private -- sh -c 'cd / && echo "$EVTCPD_CONTROL" && "$0" cc' "$E2E_EVTCPCTL" 2>&1)" \
	"$(realpath "$E2E_TMP")/private"$'\n''cc: cubic'
# A name of a socket has 107 bytes: where the absolute one does not fit the relative one stays.
deep=$E2E_TMP/$(printf 'd%.0s' {1..100})
mkdir "$deep"
# shellcheck disable=SC2016
equal "as far as a socket's name can say that" "$(cd "$deep" && env -u EVTCPD_CONTROL "$E2E_EVTCPD" \
	--control private -- sh -c 'echo "$EVTCPD_CONTROL" && "$0" cc' "$E2E_EVTCPCTL" 2>&1)" \
	$'private\ncc: cubic'
e2e_end
