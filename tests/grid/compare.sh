#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# compare.sh GOODPUT TABLE RATE...: the rows of these rates are the ones of the reviewed
# table. A difference is a change of behaviour, for better or worse: look at it, and if it
# is what you want, write the table anew: goodput > tests/grid/goodput.txt
set -u
goodput=$1 table=$2
shift 2
failed=0
for rate in "$@"; do
	grep -qE "^ *$rate " "$table" || { echo "no row of $rate Mbit/s in $table"; failed=1; }
	diff <(grep -E "^ *$rate " "$table") <("$goodput" "$rate" | grep -v '^#') || failed=1
done
exit $failed
