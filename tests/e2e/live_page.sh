#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The live page in a real browser, during lossy transfers: a large window and one of a phone, light
# and dark, by keyboard. E2E_SCREENSHOTS=DIRECTORY keeps what it looked like.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_WORKERS= # an emulated link takes one
e2e_begin "$@"
e2e_need curl python3
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

here=$(dirname "${BASH_SOURCE[0]}")
python3 -B "$here/browser.py" || e2e_skip_all "no Chromium is installed"
loads=() load='' pictures=${E2E_SCREENSHOTS:-$E2E_TMP}

serve --impair 'delay=20ms,tx.loss=2%,rate=8mbit,seed=7'
for port in 41001 41002; do
	e2e_start load curl -s --local-port $port -o /dev/null "$url/bytes/1099511627776"
	loads+=("$load")
done
e2e_start load curl -s --local-port 41003 -N -o /dev/null "$url/drip?bytes=3600&seconds=3600"
loads+=("$load")
e2e_wait 10 serve_has 3

# What the browser has found, as variables page_*.
facts=$(PAGE_SERVER=$evtcpd timeout 200 python3 -B "$here/live_page.py" "$url/_/" "$client:41001" "$pictures" \
	2>"$E2E_TMP/browser.log")
equal "a browser opens the page and goes through it" "$? $(<"$E2E_TMP/browser.log")" "0 "
eval "$facts"

equal "all connections are in the table" "${page_rows:-}" 4
equal "one of them is marked as this page's own" "${page_own:-}" 1
match "the chosen one is told as ss would" "${page_row:-}" \
	'10.0.0.1:41001.*ESTABLISHED.*cubic.* ms.*kB.*Mbit/s'
least "the graph has points" "${page_points:-0}" 100
least "and retransmissions" "${page_again:-0}" 1
match "which say why" "${page_why:-}" '^sent again: (RACK|fast retransmit|RTO|tail-loss probe)'
least "what the link lost is marked" "${page_lost_marks:-0}" 1
match "and says why" "${page_fate:-}" '^lost on the way out: random loss \(link emulator\)$'
match "also in the list" "${page_lost_note:-}" \
	'lost on the way out: [0-9  ]+–[0-9  ]+ +random loss \(link emulator\)$'
match "and so does the list of what happened" "${page_note:-}" 'sent again [0-9  ]+–[0-9  ]+ +[A-Za-z]'
equal "its state is lit in the diagram" "${page_lit:-}" ESTABLISHED
least "the congestion window is drawn" "${page_cwnd:-0}" 10
least "and the round-trip time" "${page_rtt:-0}" 5
equal "space stops it" "${page_stopped:-}" "true still"
match "the arrows go to what was lost" "${page_told_lost:-}" \
	'^[0-9.]+ s: [0-9  ]+–[0-9  ]+ lost on the way out: random loss \(link emulator\)$'
match "and to what was sent again" "${page_told_again:-}" '^[0-9.]+ s: [0-9  ]+–[0-9  ]+ sent again: [A-Za-z]'
equal "one after the other" "${page_told_in_order:-}" True
equal "and where they are stands out" "${page_stands_out:-}" 1
equal "End goes on" "${page_goes_on:-}" false
equal "Escape closes it" "${page_closed:-}" true
equal "arrow and return choose by keyboard" "${page_keyboard:-}" true
equal "everything that can be used has a name" "${page_nameless-?}" ""
equal "a window of a desktop does not scroll sideways" "${page_wide:-}" "1440 1440"
equal "nor does one of a phone" "${page_narrow:-}" "390 390"
match "dark is dark" "${page_dark:-}" '^rgb\(([0-4]?[0-9], ){2}[0-4]?[0-9]\)$'
match "light is light" "${page_light:-}" '^rgb\((2[0-9]{2}, ){2}2[0-9]{2}\)$'
equal "a connection that ends is followed to its end" "${page_end:-}" "CLOSED"
equal "a page without a server says so" "${page_lost:-}" lost
equal "the browser has nothing to complain of" "${page_complaints-?}" ""
equal "three pictures were taken" "$(cd "$pictures" && echo live-*.png)" \
	"live-desktop-dark.png live-desktop-light.png live-phone.png"

for load in "${loads[@]}"; do e2e_stop "$load" KILL; done
e2e_stop "$evtcpd" KILL 2>/dev/null

e2e_end
