#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The trace of --trace: every line is one of its schema, whatever happens on the network; with
# several workers, too; and whatever becomes of the file, serving goes on.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl python3
python3 -c 'import jsonschema' 2>/dev/null || e2e_skip_all "python3-jsonschema is not installed"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checker=${1:-$here/qlog_check.py}
schema=$here/../../src/trace/qlog.schema.json trace=$E2E_TMP/trace daemon=''

# traced ARGUMENTS...: a run of evtcpd with --trace; what is in the trace is in $seen.
traced() {
	timeout 60 "$E2E_EVTCPD" --trace "$trace" "$@" >"$E2E_TMP/out" 2>"$E2E_TMP/err"
	seen=$(python3 "$checker" "$schema" "$trace" "${sequence[@]}")
	status=$?
}
sequence=()

# counted NAME: how many there are.
counted() { sed -n "s/^$1 //p" <<<"$seen" | grep . || echo 0; }

# ---- what happens to a connection

traced -- curl -s http://10.0.0.2/
equal "a page: every line is of the schema" "$status" 0
[ "$status" = 0 ] || note "$seen"
equal "and it came" "$(<"$E2E_TMP/out")" "Hello World!"
equal "of one connection" "$(counted connections)" 1
least "what comes and goes is told" "$(counted transport:packet_received)" 4
least "and all states" "$(counted connectivity:connection_state_updated)" 4
least "and what an ACK has changed" "$(counted recovery:metrics_updated)" 2
least "timers are told as they are set" "$(grep -c '"event_type":"set"' "$trace")" 2
least "and cancelled" "$(grep -c '"event_type":"cancelled"' "$trace")" 2
equal "none expires" "$(grep -c '"event_type":"expired"' "$trace")" 0

echo 'out data nth 2: drop 2' >"$E2E_TMP/faults"
traced --fault "$E2E_TMP/faults" -- curl -s -o /dev/null http://10.0.0.2/bytes/100000
equal "a segment that is lost twice: the schema holds" "$status" 0
[ "$status" = 0 ] || note "$seen"
equal "each loss is told once" "$(counted transport:packet_dropped)" 2
least "it is noticed" "$(counted recovery:packet_lost)" 1
before=$(grep -B 1 packet_dropped "$trace" | grep -c packet_sent)
equal "right behind the segment that is lost" "$before" 2

for rule in 'in ack nth 3: drop 1' 'out data nth 2: reset' 'out data nth 3: corrupt payload' \
	'out data nth 2: duplicate' 'out data nth 2: delay 30ms' 'in syn conn 1: refuse'; do
	echo "$rule" >"$E2E_TMP/faults"
	traced --fault "$E2E_TMP/faults" -- curl -s -m 5 -o /dev/null http://10.0.0.2/bytes/30000
	equal "$rule: the schema holds" "$status" 0
	[ "$status" = 0 ] || note "$seen"
done

traced --impair delay=5ms,tx.loss=3%,rx.loss=1%,seed=5 -- curl -s -o /dev/null http://10.0.0.2/bytes/500000
equal "a bad link: the schema holds" "$status" 0
[ "$status" = 0 ] || note "$seen"
least "losses are told" "$(counted transport:packet_dropped)" 5
least "and believed" "$(counted recovery:packet_lost)" 3
least "the window moves" "$(counted recovery:metrics_updated)" 50

traced --rto-min 50 --impair tx.mtu=1300/silent -- curl -s -o /dev/null http://10.0.0.2/bytes/30000
equal "a black hole: the schema holds" "$status" 0
[ "$status" = 0 ] || note "$seen"
equal "segments become smaller, step by step" "$(counted connectivity:mtu_updated)" 2
match "to what passes" "$(tail -n 1 < <(grep mtu_updated "$trace"))" '"old":1440,"new":1260,"mss":1220'
least "after timers have expired" "$(grep -c '"timer_type":"retransmit","event_type":"expired"' "$trace")" 3

traced -- curl -s 'http://[fd00:e7::2]/'
equal "over IPv6: the schema holds" "$status" 0
[ "$status" = 0 ] || note "$seen"
match "with the addresses" "$(<"$trace")" '"group_id":"\[fd00:e7::2\]:80 \[fd00:e7::1\]:[0-9]+"'

traced -- sh -c 'curl -s -m 2 http://10.0.0.2:81/; printf x >/dev/udp/10.0.0.2/9; ping -c 1 -W 1 10.0.0.9; true'
equal "packets of no connection: the schema holds" "$status" 0
[ "$status" = 0 ] || note "$seen"
least "they are told" "$(counted transport:packet_dropped)" 1

traced --workers 2 -- sh -c 'seq 24 | xargs -P 8 -I{} curl -s -o /dev/null http://10.0.0.2/bytes/20000'
equal "two workers: every line is whole" "$status" 0
[ "$status" = 0 ] || note "$seen"
equal "both tell" "$(counted workers)" 2
equal "of all connections" "$(counted connections)" 24

trace=$E2E_TMP/trace.sqlog sequence=(--sequence)
traced -- curl -s http://10.0.0.2/
equal "as a JSON text sequence" "$status" 0
[ "$status" = 0 ] || note "$seen"
trace=$E2E_TMP/trace sequence=()

# ---- what becomes of the file

"$E2E_EVTCPD" --trace /nonexistent/x -- true 2>"$E2E_TMP/err"
equal "a trace that cannot be written: status" $? 125
match "and why" "$(<"$E2E_TMP/err")" '^evtcpd: --trace /nonexistent/x: cannot open the trace for writing: No such'

said=$("$E2E_EVTCPD" --trace /dev/full -- curl -s http://10.0.0.2/ 2>"$E2E_TMP/err")
equal "on a disk that is full the page comes" "$said" "Hello World!"
equal "and one line says so" "$(<"$E2E_TMP/err")" \
	"evtcpd: the trace has stopped, serving goes on without it: No space left on device"
said=$("$E2E_EVTCPD" --workers 2 --trace /dev/full -- sh -c \
	'for i in 1 2 3 4 5 6; do curl -s http://10.0.0.2/; done' 2>"$E2E_TMP/err" | grep -c Hello)
equal "with two workers, too" "$said $(grep -c 'the trace has stopped' "$E2E_TMP/err")" "6 1"

# A disk that is full in the middle of a line: what is there are whole ones.
(
	ulimit -f 8
	timeout 60 "$E2E_EVTCPD" --workers 2 --trace "$trace" -- \
		curl -s -o /dev/null http://10.0.0.2/bytes/300000
) 2>"$E2E_TMP/err"
match "a disk that gets full" "$(<"$E2E_TMP/err")" "the trace has stopped, .*: File too large"
least "has part of a trace" "$(wc -l <"$trace")" 5
equal "and of that each line is whole" "$(tail -c 1 "$trace" | od -An -c | tr -d ' ')" '\n'

mkfifo "$E2E_TMP/fifo"
sh -c 'exec sleep 30' <"$E2E_TMP/fifo" &
reader=$!
size=$(timeout 60 "$E2E_EVTCPD" --trace "$E2E_TMP/fifo" -- \
	curl -s -o /dev/null -w '%{size_download}' http://10.0.0.2/bytes/8000000)
equal "who does not read the trace holds nobody up" "$size" 8000000
kill "$reader"
wait "$reader" 2>/dev/null

# A reader that begins late: what it missed is told as the schema has it.
exec 8<>"$E2E_TMP/fifo"
e2e_start daemon "$E2E_EVTCPD" --trace "$E2E_TMP/fifo"
e2e_wait 10 grep -q serving "$E2E_TMP/daemon.log"
curl -s -o /dev/null http://10.0.0.2/bytes/8000000
cat <&8 >"$trace" &
reader=$!
# shellcheck disable=SC2317 # it is called, by e2e_wait
read_on() {
	curl -s -o /dev/null http://10.0.0.2/
	grep -q 'lines dropped' "$trace"
}
ok "a reader that was late is told how many lines he lacks" e2e_wait 20 read_on
e2e_stop "$daemon"
# Neither an end nor a line more will come: when he has read all that is there, he has it all.
is_read() { python3 -c 'import fcntl, termios; exit(any(fcntl.ioctl(8, termios.FIONREAD, bytes(4))))'; }
ok "and reads to the last of them" e2e_wait 10 is_read
e2e_wait 10 grep -q '^State:.S' "/proc/$reader/status" # in read(2): it has written that
kill "$reader"
wait "$reader" 2>/dev/null
exec 8>&-
seen=$(python3 "$checker" "$schema" "$trace")
equal "in a line of the schema, as all others are" "$?" 0
least "which is a warning" "$(counted loglevel:warning)" 1

e2e_end
