#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What README.md shows is what there is to see: its ladder and its lines of the log
# beside those of a real run, and each option and demo that it names.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_WORKERS= # what it changes takes one
e2e_begin "$@"
e2e_need curl
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
: "${E2E_LADDER:?is not set: the path of evtcp-ladder}" "${E2E_EVTCPCTL:?is not set: the path of evtcpctl}"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readme=$top/README.md daemon=

# Ladders without what no two runs have in common: numbers, and how long that makes an
# arrow.
masked() {
	sed -nE 's/^ *(#[0-9]+ .*)/\1/p' | sed -E 's/[0-9]+(\.[0-9]+)?/N/g; s/(─)+/─/g; s/ +/ /g'
}

# ---- the ladder: where the machine is busy the client's timer may be quicker than the
# server's, so one run of several must do

echo 'out data nth 1: drop 1' >"$E2E_TMP/faults"
wanted=$(masked <"$readme")
for _ in 1 2 3 4 5; do
	env -u COLUMNS "$E2E_EVTCPD" --ladder --fault "$E2E_TMP/faults" -- \
		curl -s -m 10 http://10.0.0.2/ >"$E2E_TMP/page" 2>"$E2E_TMP/ladder"
	seen=$(masked <"$E2E_TMP/ladder")
	[ "$seen" != "$wanted" ] || break
done
equal "the ladder is the one of the README" "$seen" "$wanted"
equal "so is the page" "$(<"$E2E_TMP/page")" "$(grep -m 1 -o 'Hello World!$' "$readme")"
ok "and the fault script" grep -q "echo '$(<"$E2E_TMP/faults")' > /tmp/faults" "$readme"

# ---- in a narrow terminal the arrows get shorter

# widest: of the lines on stdin that are a ladder's, in columns.
widest() { tr -d '\r' | grep '^#' | LC_ALL=C.UTF-8 wc -L; }

narrow=$(COLUMNS=80 "$E2E_EVTCPD" --ladder --fault "$E2E_TMP/faults" -- \
	curl -s -m 10 http://10.0.0.2/ 2>&1 >/dev/null | widest)
most "COLUMNS is how wide a ladder may be" "$narrow" 80
least "and how wide it is" "$narrow" 72
if command -v script >/dev/null; then
	narrow=$(env -u COLUMNS script -qec "stty cols 76; '$E2E_EVTCPD' --ladder -- \
		curl -s -m 10 http://10.0.0.2/" /dev/null </dev/null | widest)
	most "else the terminal is" "$narrow" 76
	least "if there is one" "$narrow" 66
fi

# ---- the log of a server that is started and stopped

e2e_start daemon "$E2E_EVTCPD"
e2e_wait 10 grep -q serving "$E2E_TMP/daemon.log"
curl -s -m 10 http://10.0.0.2/no-such-page >"$E2E_TMP/pages"
e2e_stop "$daemon" INT
equal "Ctrl-C ends it in order" $? 0
equal "its log is the one of the README" "$(<"$E2E_TMP/daemon.log")" \
	"$(sed -nE 's/^ +(evtcpd: .*)/\1/p' "$readme")"

# ---- what evtcpctl answers

answers() { # the lines that stand in the README below one that begins so
	grep -A1 -F "$ evtcpctl $1" "$readme" | tail -n 1 | sed 's/^ *//'
}
equal "an emulated link is told as in the README" "$("$E2E_EVTCPD" --control "$E2E_TMP/control" -- \
	"$E2E_EVTCPCTL" impair delay=20ms,tx.loss=1% 2>/dev/null)" "$(answers impair)"
equal "so is a rule" "$("$E2E_EVTCPD" --control "$E2E_TMP/control" -- \
	"$E2E_EVTCPCTL" fault add out data after sent 5000000: stall 3s 2>/dev/null)" "$(answers fault)"

# ---- what it names

"$E2E_EVTCPD" --help >"$E2E_TMP/help"
for option in $(grep -E 'evtcpd|tools/serve|^`--' "$readme" | sed 's/ -- .*//' | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
	grep -q -- "$option" "$E2E_TMP/help" || unknown="${unknown:-} $option"
done
equal "evtcpd has every option that it names" "${unknown:-}" ""
"$E2E_LADDER" --help >"$E2E_TMP/help"
unknown=
for option in $(grep 'tools/ladder' "$readme" | grep -oE -- ' --?[a-z][a-z-]*' | grep -v -- '-[iUw]$' | sort -u); do
	grep -q -- "$option" "$E2E_TMP/help" || unknown="$unknown $option"
done
equal "so has evtcp-ladder" "$unknown" ""
least "the daemon tells its pages to who asks for another" \
	"$(grep -oE ' /[^ ]*' "$E2E_TMP/pages" | wc -l)" 11
for page in $(grep -oE ' /[a-z_]*/?' "$E2E_TMP/pages"); do
	ok "the README has $page" grep -qE "(\`|10\.0\.0\.2|\])$page" "$readme"
done
for demo in $(grep -oE 'tools/demo [a-z-]+' "$readme" | cut -d' ' -f2 | sort -u); do
	[ "$demo" = all ] || ok "there is a demo called $demo" test -r "$top/tools/demos/$demo.sh"
done
e2e_end
