#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# /metrics, read by the parser of Prometheus' own client: every family is as OpenMetrics has it, and
# numbers are those of what was done, of one worker and of two.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_WORKERS=
e2e_begin "$@"
e2e_need curl
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

python=
for candidate in python3 /usr/bin/python3; do
	"$candidate" -c 'import prometheus_client' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || e2e_skip_all "python3-prometheus-client is not installed"

cat >"$E2E_TMP/read.py" <<'END'
"""Reads OpenMetrics text from stdin and prints each sample as "name{label=value} number"."""
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family.name
    for sample in family.samples:
        labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
        print(f"{sample.name}{{{labels}}} {sample.value:.15g}")
END

# scrape: the page, read. value SAMPLE: its number in what was read last.
scrape() {
	curl -s -m 10 $url/metrics >"$E2E_TMP/page" && "$python" "$E2E_TMP/read.py" \
		<"$E2E_TMP/page" >"$E2E_TMP/samples"
}
# That a client has gone a worker may hear after another was asked.
is_alone() { scrape && [ "$(value 'evtcp_connections{state=ESTABLISHED}')" = 1 ]; }
value() {
	awk -v name="$1" '$1 == name { print $2 }' "$E2E_TMP/samples" | grep . || echo none
}

seen=
for workers in 1 2; do
	serve --workers $workers
	of="with $workers workers"
	match "the type is that of OpenMetrics, $of" "$(curl -sI -m 10 $url/metrics)" \
		'^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8'
	ok "the client of Prometheus reads the page, $of" scrape
	opened=$(value 'evtcp_TcpPassiveOpens_total{}')
	requests=$(value 'evtcp_http_requests_total{}')
	seq 100 | xargs -P 8 -I{} curl -s -m 10 -o /dev/null $url/
	curl -s -m 10 -o /dev/null $url/bytes/1000000
	curl -s -m 10 -o /dev/null http://$server:81/
	ok "and again, $of" scrape
	equal "connections are counted, $of" \
		"$(value 'evtcp_TcpPassiveOpens_total{}')" $((opened + 102))
	equal "requests, too, $of" "$(value 'evtcp_http_requests_total{}')" $((requests + 102))
	equal "who knocked in vain got a RST, $of" "$(value 'evtcp_TcpOutRsts_total{}')" 1
	equal "which is told by its cause as well, $of" \
		"$(value 'evtcp_sent_total{cause=rst_no_connection}')" 1
	least "a megabyte took many segments, $of" "$(value 'evtcp_sent_total{cause=data}')" 680
	least "round trips are measured, $of" "$(value 'evtcp_rtt_seconds_count{}')" 101
	equal "and all of them are in the last bucket, $of" \
		"$(value 'evtcp_rtt_seconds_bucket{le=+Inf}')" "$(value 'evtcp_rtt_seconds_count{}')"
	ok "one is open: that of the page, $of" e2e_wait 10 is_alone
	equal "workers, $of" "$(value 'evtcp_workers{}')" $workers
	seen="$seen $(cut -d' ' -f1 "$E2E_TMP/samples" | sha256sum | cut -c1-8)"
	serve_ends "evtcpd, $of, ends in order"
done
# What links below the stack alter they count themselves.
echo 'out data nth 1: duplicate' >"$E2E_TMP/rules"
serve --fault "$E2E_TMP/rules" --impair tx.dup=100%
curl -s -m 10 -o /dev/null $url/
ok "the page of a daemon with a bad link is read" scrape
least "it counts what a rule has altered" "$(value 'evtcp_altered_total{cause=fault_duplicated}')" 1
least "and what the emulated link has" "$(value 'evtcp_altered_total{cause=impair_duplicated}')" 5
serve_ends "evtcpd with a bad link ends in order"
read -r one two <<<"$seen"
equal "there are the same samples with one and with two" "$one" "$two"
e2e_end
