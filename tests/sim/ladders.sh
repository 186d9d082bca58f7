#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ladders.sh SIM EVTCP-LADDER
#
# Two runs of one seed are told by the same ladder, line for line, times, numbers and reasons;
# those of two seeds are not. Says what was wrong; exit status 1 if anything was.
set -u
sim=$1 ladder=$2 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# draw SEED FILE: the ladder of a run.
draw() {
	"$sim" --seed "$1" --capture "$work/capture" >"$work/log" 2>&1 &&
		"$ladder" --width 0 --color never "$work/capture" >"$2" && [ -s "$2" ] && return
	echo "seed $1: no ladder"
	cat "$work/log"
	failed=1
}

: >"$work/before"
for seed in 1 2 3 4 5 6 7 8; do
	draw $seed "$work/first"
	draw $seed "$work/second"
	if ! cmp -s "$work/first" "$work/second"; then
		echo "seed $seed: two runs, two ladders"
		diff "$work/first" "$work/second" | head -n 20
		failed=1
	fi
	if cmp -s "$work/first" "$work/before"; then
		echo "seed $seed: the ladder of the seed before"
		failed=1
	fi
	mv "$work/first" "$work/before"
done
exit $failed
