#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# demo_test.sh TOP
#
# That tools/demo believes a demo only when what it claims did happen: an evtcpd of
# cardboard prints a ladder, whole or with one thing amiss, and the demo must pass
# or fail. Says what was wrong; exit status 1 if anything was.
set -u
top=$1 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export EVTCP_DEMO_BUILD=$work/build
mkdir -p "$work/build/src/evtcpd"
cat >"$work/build/src/evtcpd/evtcpd" <<END
#!/bin/sh
cat "$work/ladder" >&2
echo "\$(cat "$work/page")"
END
chmod +x "$work/build/src/evtcpd/evtcpd"

# expect PASS|FAIL DEMO WHAT: plays DEMO with the ladder and page that stand ready.
expect() {
	local status outcome=FAIL
	"$top/tools/demo" "$2" >"$work/out" 2>&1
	status=$?
	if [ $status -eq 77 ]; then
		cat "$work/out"
		exit 77
	fi
	[ $status -ne 0 ] || outcome=PASS
	[ "$outcome" != "$1" ] || return 0
	printf '%s: expected %s with %s\n' "$2" "$1" "$3"
	cat "$work/out"
	failed=1
}

# amiss DEMO SED WHAT: the good ladder, changed by a sed script, must not be believed.
amiss() {
	sed -E "$2" "$work/good" >"$work/ladder"
	if cmp -s "$work/good" "$work/ladder"; then
		printf '%s: the change "%s" changed nothing\n' "$1" "$2"
		failed=1
	fi
	expect FAIL "$1" "$3"
}

# says STATUS REGEX ARGUMENTS...: tools/demo with them ends so, and says so, on stdout if
# it was asked for that, else on stderr.
says() {
	local wanted=$1 regex=$2 status
	shift 2
	"$top/tools/demo" "$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	cat "$work/stdout" "$work/stderr" >"$work/out"
	if [ $status -ne "$wanted" ] || ! grep -Eq -e "$regex" "$work/out" ||
		! grep -q '^  time-wait ' "$work/out" ||
		[ -s "$work/$([ "$wanted" -eq 0 ] && echo stderr || echo stdout)" ]; then
		printf 'tools/demo %s: status %d, wanted %d and "%s"\n' "$*" $status "$wanted" "$regex"
		cat "$work/out"
		failed=1
	fi
}

says 0 '^Usage: tools/demo NAME' --help
says 0 '^Usage: tools/demo NAME' -h
says 1 'demo: which demo\?'
says 1 "demo: there is no demo 'nosuch'" nosuch
says 1 "demo: there is no demo '--list'" --list
says 1 'demo: too many arguments' retransmit a b

cat >"$work/good" <<'END'
evtcpd: a line of its log
#1      0.000400 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script
#1      0.200400 ┊                    200 ms                    ┊ tail-loss probe timer
#1      0.200400 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ tail-loss probe (RFC 8985); lost: fault script
#1      0.400500 ┊                    200 ms                    ┊ retransmission timer #1
#1      0.400500 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ RTO #1 after 200 ms; lost: fault script
#1      0.800600 ┊                    400 ms                    ┊ retransmission timer #2
#1      0.800600 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ RTO #2 after 400 ms; lost: fault script
#1      1.600600 │◀────────────────── PSH 1:160 (159)  ACK 75 ──│ RTO #3 after 800 ms
END
cp "$work/good" "$work/ladder"
echo 'Hello World!' >"$work/page"
expect PASS retransmit 'a good ladder'
sed -E 's/^(.*; lost:) (fault script)$/\1\n#1               │                          │ \2/' \
	"$work/good" >"$work/ladder"
expect PASS retransmit 'a ladder whose notes are broken, as in a narrow terminal'
amiss retransmit '2d' 'one loss fewer'
amiss retransmit 's/tail-loss probe \(/RTO (/' 'no probe'
amiss retransmit 's/after 800 ms/after 700 ms/' 'a wait that is too short'
amiss retransmit 's/after 400 ms/after 200 ms/' 'no backoff'
amiss retransmit 's/1\.600600/1.200000/' 'a copy sent too early'
amiss retransmit 's/◀─/╳─/' 'a fifth loss'
cp "$work/good" "$work/ladder"
echo 'Hello Worl' >"$work/page"
expect FAIL retransmit 'a page that is cut'

cat >"$work/good" <<'END'
#1      0.001000 │◀───────────────────────── FIN 160  ACK 102 ──│ → FIN-WAIT-1 (application closed)
#1      0.001500 │── FIN 102  ACK 161 ─────────────────────────▶│ → FIN-WAIT-2 → TIME-WAIT (FIN arrived)
#1      0.001600 │◀────────────────────────────────── ACK 103 ──│ FIN received
#1               ┊                    299 ms                    ┊
#1      0.301000 │── FIN 102  ACK 161 ─────────────────────────╳│ refused: old duplicate
#1      0.301100 │◀────────────────────────────────── ACK 103 ──│ segment in TIME-WAIT
#1      0.301200 │── RST 103 ──────────────────────────────────╳│ refused: RST in TIME-WAIT (RFC 1337)
#1               ┊                     1 s                      ┊
#1      1.301100 │                                              │ → CLOSED (2 MSL passed)
END
cp "$work/good" "$work/ladder"
echo 'Hello World!' >"$work/page"
expect PASS time-wait 'a good ladder'
amiss time-wait '1d' 'the client closing first'
amiss time-wait 's/→ TIME-WAIT//' 'no TIME-WAIT'
amiss time-wait '5d' 'no late FIN'
amiss time-wait '6d' 'no answer to the late FIN'
amiss time-wait '7d' 'no RST'
amiss time-wait 's/1\.301100/0.850000/' 'TIME-WAIT that ends early'
amiss time-wait 's/1\.301100/1.001600/' 'TIME-WAIT that does not begin anew'
amiss time-wait '$d' 'TIME-WAIT that does not end'
exit $failed
