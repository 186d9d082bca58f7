#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/mutants/run.sh [--apply] SOURCE
#
# Puts one defect after the other into a copy of SOURCE and sees the test that the defect
# names fail; with --apply only sees that each can be put there. See README.md beside this
# file.
set -u
only_apply=
if [ "$1" = --apply ]; then
	only_apply=1
	shift
fi
source=$(cd "$1" && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/evtcp-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

verdict() { # verdict NAME OUTCOME: anything but "killed" has failed
	printf '%-34s %s\n' "$1" "$2"
	if [ "$2" = killed ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# The executable that a test runs; building only that keeps a mutant cheap.
target_of() {
	case $1 in
	scenario/*) echo tests/sim/sim ;;
	*/*) echo tests/trace/trace-run ;;
	attack_*) echo "tests/attacks/$1" ;;
	*) echo "tests/unit/unit_$1" ;;
	esac
}

build() {
	ninja -C "$work/build" "$(target_of "$1")" >"$work/log" 2>&1
}

test_passes() {
	meson test -C "$work/build" --no-rebuild "$1" >"$work/log" 2>&1
}

try_mutant() {
	local patch=$1 name killer
	name=$(basename "$patch" .patch)
	killer=$(sed -n 's/^Killed by: //p' "$patch")
	if ! build "$killer" || ! test_passes "$killer"; then
		verdict "$name" "$killer fails without it"
	elif ! patch -s -p1 -d "$work/tree" <"$patch" >"$work/log" 2>&1; then
		verdict "$name" 'does not apply any more'
		return
	elif ! build "$killer"; then
		verdict "$name" 'does not compile'
	elif test_passes "$killer"; then
		verdict "$name" "LIVES: $killer passed"
	else
		verdict "$name" killed
	fi
	patch -s -R -p1 -d "$work/tree" <"$patch" >/dev/null 2>&1
}

see_apply() { # in the source itself, which is not changed
	local patch=$1
	if patch -s -p1 --dry-run -d "$source" <"$patch" >/dev/null 2>&1; then
		passed=$((passed + 1))
	else
		verdict "$(basename "$patch" .patch)" 'does not apply any more'
	fi
}

finish() {
	printf '\n%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ]
	exit
}

if [ -n "$only_apply" ]; then
	for patch in "$source"/tests/mutants/*.patch; do
		see_apply "$patch"
	done
	finish
fi

mkdir "$work/tree"
tar -C "$source" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$work/tree" -xf -
meson setup "$work/build" "$work/tree" -Db_sanitize=address,undefined -Db_lundef=false \
	>"$work/log" 2>&1 || {
	cat "$work/log"
	exit 1
}
for patch in "$source"/tests/mutants/*.patch; do
	try_mutant "$patch"
done
finish
