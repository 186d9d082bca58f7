#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bench_test.sh TOP
#
# That tools/bench says what there is, on stdout if it was asked for that, else on stderr,
# builds nothing for it, and that each bench in its list is there. Exit status 1 if something
# was wrong.
set -u
top=$1 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# says STATUS REGEX ARGUMENTS...
says() {
	local wanted=$1 regex=$2 status
	shift 2
	"$top/tools/bench" "$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	cat "$work/stdout" "$work/stderr" >"$work/out"
	if [ $status -ne "$wanted" ] || ! grep -Eq -e "$regex" "$work/out" ||
		! grep -q '^  loss ' "$work/out" || grep -q building "$work/out" ||
		[ -s "$work/$([ "$wanted" -eq 0 ] && echo stderr || echo stdout)" ]; then
		printf 'tools/bench %s: status %d, wanted %d and "%s"\n' "$*" $status "$wanted" "$regex"
		cat "$work/out"
		failed=1
	fi
}

says 0 '^Usage: tools/bench NAME' --help
says 0 '^Usage: tools/bench NAME' -h
says 1 'bench: which bench\?'
says 1 "bench: there is no bench 'nosuch'" nosuch
says 1 "bench: there is no bench '--quick'" --quick loss
says 1 "bench: there is no bench '../bench/loss'" ../bench/loss

for name in $("$top/tools/bench" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
	if ! python3 -B "$top/tests/bench/$name.py" --help >"$work/help" 2>&1 ||
		! grep -q "^usage: tools/bench $name " "$work/help"; then
		printf 'tools/bench %s --help does not help:\n' "$name"
		cat "$work/help"
		failed=1
	fi
done
exit $failed
