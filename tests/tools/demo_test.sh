#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# demo_test.sh TOP
#
# That tools/demo believes a demo only when what it claims did happen: an evtcpd of cardboard
# prints the ladder and the client's output of the demo's chapter, whole or with one thing
# amiss, and the demo must pass or fail. And that the chapters are what the scripts make of
# them. Says what was wrong; exit status 1 if anything was.
set -u
top=$1 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export EVTCP_DEMO_BUILD=$work/build PATH=$work/bin:$PATH LC_ALL=C.UTF-8
mkdir -p "$work"/build/src/{evtcpd,ladder} "$work/bin"

# cardboard FILE: a program, on stdin, that may use $work.
cardboard() {
	{
		printf '#!/bin/sh\nwork=%s\n' "$work"
		cat
	} >"$1"
	chmod +x "$1"
}

cardboard "$work/build/src/evtcpd/evtcpd" <<'END'
cat "$work/ladder" >&2
cat "$work/client"
END
cardboard "$work/build/src/ladder/evtcp-ladder" <<'END'
while [ "$1" != --svg ]; do shift; done
cp "$work/picture" "$2"
END
cardboard "$work/bin/tshark" <<'END'
cat "$work/frames"
END
printf 'accepted\t\nsent: new data\t\n' >"$work/frames"
echo '<svg></svg>' >"$work/picture"

# chapter NAME N: the N-th block of a chapter.
chapter() {
	awk -v start="^## [0-9]+[.] $1: " -v wanted="$2" '
		/^## / { inside = $0 ~ start; block = 0 }
		/^```text$/ { block++; next }
		/^```$/ { block += 0.5; next }
		inside && block == (wanted - 1) * 1.5 + 1 { print }' "$top/tools/demos/README.md"
}

# demo NAME [REST]: what follows is about it; its chapter stands ready, and must be believed. REST are
# rows that an excerpt lacks.
demo() {
	name=$1
	chapter "$name" 1 >"$work/good"
	printf '%s' "${2:-}" >>"$work/good"
	chapter "$name" 2 >"$work/page"
	cp "$work/good" "$work/ladder"
	cp "$work/page" "$work/client"
	expect PASS 'the ladder of its chapter'
}

# expect PASS|FAIL WHAT: plays the demo with what stands ready.
expect() {
	local status outcome=FAIL
	"$top/tools/demo" "$name" >"$work/out" 2>&1
	status=$?
	if [ $status -eq 77 ]; then
		cat "$work/out"
		exit 77
	fi
	[ $status -ne 0 ] || outcome=PASS
	[ "$outcome" != "$1" ] || return 0
	printf '%s: expected %s with %s\n' "$name" "$1" "$2"
	cat "$work/out"
	failed=1
}

# change FILE SED: FILE in $work, changed by a sed script that has something to change.
change() {
	LC_ALL=C sed -E "$2" "$work/$1" >"$work/changed"
	if cmp -s "$work/$1" "$work/changed"; then
		printf '%s: the change "%s" changed nothing\n' "$name" "$2"
		failed=1
	fi
	mv "$work/changed" "$work/$1"
}

# amiss SED WHAT: the good ladder, changed, must not be believed.
amiss() {
	cp "$work/good" "$work/ladder"
	change ladder "$1"
	expect FAIL "$2"
	cp "$work/good" "$work/ladder"
}

# misled SED WHAT: the client's output, changed, must not be believed.
misled() {
	change client "$1"
	expect FAIL "$2"
	cp "$work/page" "$work/client"
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

says 0 '^Usage: tools/demo .*NAME' --help
says 0 '^Usage: tools/demo .*NAME' -h
says 0 '^使い方: tools/demo .*NAME' --lang ja --help
LC_ALL='' LANG=ja_JP.UTF-8 says 0 '^使い方: tools/demo .*NAME' --help
says 1 'demo: which demo\?'
says 1 "demo: there is no demo 'nosuch'" nosuch
says 1 "demo: there is no demo '--list'" --list
says 1 "demo: there is no language 'fr'" --lang fr retransmit
says 1 'demo: too many arguments' retransmit a b

"$top/tools/demo" --check-chapters || failed=1
for script in "$top"/tools/demos/*.sh; do
	name=$(basename "$script" .sh)
	if ! grep -qx "$name" "$top/tools/demos/order" || ! grep -q "^demo $name\\b" "$0"; then
		printf '%s: not in tools/demos/order, or not tested here\n' "$name"
		failed=1
	fi
done

demo handshake
amiss 's/SACK, timestamps, win scale 7/SACK/' 'a SYN-ACK without options'
amiss '/→ ESTABLISHED/d' 'no ACK of the SYN-ACK'
amiss '/◀.*FIN/d' 'a server that does not close'
misled 's/World/Worl/' 'a page that is cut'
# What every demo claims.
amiss 's/^(#[0-9]+ +[0-9.]+) /\1 x/' 'another drawing than in the chapter'
printf 'accepted\t\n\t\n' >"$work/frames"
expect FAIL 'a frame without a reason'
printf 'accepted\t\nsent: new data\t[Malformed Packet]\n' >"$work/frames"
expect FAIL 'a malformed frame'
: >"$work/frames"
expect FAIL 'a capture without frames'
printf 'accepted\t\nsent: new data\t\n' >"$work/frames"
echo '<svg>' >"$work/picture"
expect FAIL 'half a picture'
echo '<svg></svg>' >"$work/picture"
"$top/tools/demo" --lang ja handshake >"$work/out" || failed=1
grep -q 'ハンドシェイク' "$work/out" || failed=1

demo retransmit
cp "$work/good" "$work/ladder"
change ladder 's/^(.*; lost:) (fault script.*)$/\1\n#1               │                          │ \2/'
expect PASS 'a ladder whose notes are broken, as in a narrow terminal'
amiss '0,/╳/{/╳/d}' 'one loss fewer'
amiss 's/tail-loss probe \(/RTO (/' 'no probe'
amiss 's/after 800 ms/after 700 ms/' 'a wait that is too short'
amiss 's/after 400 ms/after 200 ms/' 'no backoff'
amiss '/◀.*RTO #3/s/ [0-9]\.[0-9]+ / 1.200000 /' 'a copy sent too early'
amiss '/RTO #3/s/◀─/╳─/' 'a fifth loss'
misled 's/World/Worl/' 'a page that is cut'

demo fast-retransmit
amiss '0,/── ACK 2897 /{/── ACK 2897 /d}' 'two duplicates only'
amiss 's/\) .*fast retransmit/&x/; s/fast retransmitx/RTO #1 after 200 ms/' 'a timer instead'
amiss 's/mss 1460, timestamps/mss 1460, SACK, timestamps/' 'a client with SACK'
amiss '/fast recovery left/d' 'recovery that does not end'

demo sack
amiss 's/ 4345:7241//' 'one SACK block only'
amiss '/◀.*7241:8689.*RACK/d' 'one hole left open'
amiss '/◀.*7241:8689.*RACK/{s/^/#1      0.000000 │── ACK 4345 ────────▶│\n/}' 'a round trip between'
amiss 's/(◀.* 8689:10137 .*)new data/\1RACK: lost/' 'something else sent again'

demo tail-loss-probe
amiss 's/tail-loss probe timer/retransmission timer #1/' 'another timer'
amiss 's/tail-loss probe \(RFC 8985\)/RTO #1 after 200 ms/' 'no probe'
amiss '/repaired a loss/d' 'a loss that is taken for none'

demo spurious-rto
amiss '/nothing was lost/d' 'a window that stays small'
amiss 's/(◀─.* 1449:2897 .*)new data/\1RTO #1 after 200 ms/' 'more sent again'
amiss '0,/new data/s/new data/&; lost: fault script, rule 1/' 'a loss'

demo zero-window
amiss '/zero-window probe #2/d' 'one probe only'
amiss 's/400 ms( .*persist timer #2)/200 ms\1/' 'no backoff'
amiss 's/  win 0 /        /' 'a window that is open'
misled 's/10000/9000/' 'a page that is cut'

demo silly-window
amiss 's/win 2000/win 1000/' 'a window that opens too little'
# shellcheck disable=SC2016 # a line of sed
amiss '$s/$/\n#1      9.000000 │── PSH 1:2 (1)  ACK 1 ──╳│ refused: outside the receive window/' 'a client that asks too much'
amiss 's/\(1000\)/(900)/' 'other portions'

demo nagle-delayed-ack
amiss '/^#1.*delayed ACK timer after/s/delayed ACK timer after 40 ms/new data/' 'an ACK at once'
amiss '/^#2.*── PSH 17:/d' 'a client with Nagle'
amiss 's/^(#2.*)new data/\1delayed ACK timer after 40 ms/' 'an ACK waited for'

demo half-close
amiss 's/→ CLOSE-WAIT/→ CLOSED/' 'no half-close'
amiss '0,/◀.*\(1\)/{/◀.*\(1\)/d}' 'a byte fewer'
amiss 's/→ CLOSED/→ TIME-WAIT/' 'TIME-WAIT'

demo simultaneous-close
amiss 's/→ CLOSING/→ FIN-WAIT-2/' 'FINs that do not cross'
amiss '/2 MSL passed/d' 'TIME-WAIT that does not end'

demo reset
amiss '/challenge ACK/d' 'no challenge'
amiss 's/→ CLOSED \(RST arrived\)/refused: RST outside the window/' 'a third RST that does nothing'
amiss '/RST in window/s/╳/▶/' 'an RST that is believed'
misled '2d' 'a page fewer'

demo time-wait
amiss '/◀.*FIN/d' 'the client closing first'
amiss 's/→ TIME-WAIT//' 'no TIME-WAIT'
amiss '/refused: old duplicate/d' 'no late FIN'
amiss '/segment in TIME-WAIT/d' 'no answer to the late FIN'
amiss '/RST in TIME-WAIT/d' 'no RST'
amiss '/2 MSL passed/s/ [0-9]\.[0-9]+ / 0.850000 /' 'TIME-WAIT that ends early'
amiss '/2 MSL passed/s/ [0-9]\.[0-9]+ / 1.001600 /' 'TIME-WAIT that does not begin anew'
amiss '/2 MSL passed/d' 'TIME-WAIT that does not end'

demo time-wait-reuse
amiss '/segment in TIME-WAIT/d' 'no answer to the old SYN'
amiss '/^#3.*→ ESTABLISHED/d' 'a new SYN that is refused'
misled '2d' 'a page fewer'

demo keepalive
amiss '/unacceptable segment/d' 'no answer'
amiss '0,/╳ .*lost/{/╳ .*lost/d}' 'one probe fewer'
misled 's/timed out/reset/' 'another error'

demo syn-flood
amiss 's/^(#9.*handshake complete) by SYN/\1/' 'no cookie taken'
amiss '/^#7.*SYN cookie/d' 'a SYN that is not answered'
amiss 's/^(#5.*▶│)$/\1 → SYN-RECEIVED (SYN arrived)/' 'a fifth that is remembered'

demo pmtu-black-hole
amiss '/╳.*\(1388\)/s/1389 \(1388\)/1449 (1448)/' 'a step fewer'
amiss 's/◀(.*)1:1209 \(1208\)/◀\11:1449 (1448)/' 'a large segment that passes'

demo slow-start
amiss '0,/\(8948\)/{/\(8948\)/d}' 'a window of one segment'
amiss '0,/◀─/s//╳─/' 'a loss'

# Its chapter is an excerpt: what it leaves out is put in.
rest=$(for i in 1 2; do
	echo "#$i      9.000000 │◀──────────────── 4345:5793 (1448)  ACK 85 ──│ RACK: lost"
done)
demo congestion "$rest"$'\n'
amiss '/^#2.*lost: queue/d' 'losses of one only'
amiss '/^#2.*cwnd/d' 'a window that stays as it is'
amiss '/^#2.*RACK/d' 'a loss that is not mended'
misled 's/ [0-9]\.[0-9]+ s/ 0.600000 s/' 'a link that is faster than it can be'
misled '1d' 'one client only'
misled '1s/ [0-9]\.[0-9]+ s/ 0.300000 s/' 'one that had it all'
exit $failed
