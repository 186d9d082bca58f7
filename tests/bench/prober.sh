#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# prober: what the benches take for the ceiling really answers. A kernel's TCP gets every
# octet that it asked for, with offload and without, and has nothing to object to.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
e2e_begin "$@"
e2e_need curl python3

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
server=10.98.3.2 client=10.98.3.1
prober=

prober_starts() {
	e2e_start prober "$BENCH_BIN/prober" probe0 $server $client "$@"
	if ! e2e_wait 10 grep -q '^ready' "$E2E_TMP/prober.log"; then
		e2e_say not "the prober starts"
		e2e_show "$E2E_TMP/prober.log"
		e2e_end
	fi
	ip address add $client/24 dev probe0
	ip link set probe0 txqueuelen 10000 up
}

# told NAME: of what it told when it ended.
told() {
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$E2E_TMP/prober.log"
}

# fetch FORMAT ARGUMENT...: what curl says of it; the body is in $E2E_TMP/body.
fetch() {
	curl --silent --max-time 20 --output "$E2E_TMP/body" --write-out "$1" "${@:2}"
}

# counter NAME: of the kernel's TCP in this namespace.
counter() {
	awk -v name="$1" '$1 == "Tcp:" && !n { for (i = 2; i <= NF; i++) if ($i == name) n = i; next }
		$1 == "Tcp:" { print $n }' /proc/net/snmp
}

head -c 3000001 /dev/zero >"$E2E_TMP/upload"
for how in offload plain; do
	errors=$(counter InErrs) resets=$(counter OutRsts)
	if [ $how = plain ]; then prober_starts plain; else prober_starts; fi

	equal "$how: an answer" "$(fetch '%{http_code} %{size_download} ' http://$server/)" "200 13 "
	equal "$how: of the octets that all servers answer with" "$(cat "$E2E_TMP/body")" "Hello World!"
	equal "$how: two on one connection" \
		"$(fetch '%{num_connects} ' "http://$server/?[1-2]")" "1 0 "
	equal "$how: a client of HTTP/1.0 sees the end" \
		"$(fetch '%{http_code} %{size_download} ' --http1.0 http://$server/)" "200 13 "
	equal "$how: a thousand one after the other, each with a connection" \
		"$(curl --silent --max-time 60 --http1.0 "http://$server/?[1-1000]" | wc -c)" 13000

	equal "$how: a download" \
		"$(fetch '%{http_code} %{size_download} ' http://$server/bytes/5000001)" "200 5000001 "
	equal "$how: of x alone" "$(tr -d x <"$E2E_TMP/body" | wc -c)" 0
	equal "$how: a client that is slow, in its own time" \
		"$(fetch '%{http_code} %{size_download} ' --limit-rate 5M http://$server/bytes/7000003)" \
		"200 7000003 "
	equal "$how: an upload" \
		"$(fetch '%{http_code} %{size_upload} ' --request POST --header Expect: \
			--upload-file "$E2E_TMP/upload" http://$server/echo)" "200 3000001 "

	e2e_stop "$prober"
	equal "$how: status" $? 0
	equal "$how: nothing was sent again" "$(told resent)" 0
	equal "$how: the kernel found no wrong checksum, nor any other error" "$(counter InErrs)" "$errors"
	equal "$how: and had nothing to reset" "$(counter OutRsts)" "$resets"
	eval "writes_$how=$(told writes)"
done
# Twelve million octets are 8,200 segments, and with offload a few hundred writes.
# shellcheck disable=SC2154 # set by eval
most "with offload many segments are one write" $((writes_offload + 4000)) "$writes_plain"

fails "no device without a name" "$BENCH_BIN/prober"
fails "no address" "$BENCH_BIN/prober" probe0 localhost $client
fails "no other way than plain" "$BENCH_BIN/prober" probe0 $server $client fancy
e2e_end
