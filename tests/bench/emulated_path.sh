#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# emulated_path: what the benches measure over is what was asked for. Delay within a
# millisecond, rate within two percent, the same packets lost for the same seed; what the
# kernel's TCP sends again is counted.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
e2e_begin "$@"
e2e_need ping nsenter python3

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
client=10.99.0.1 server=10.99.0.2
path= server_=

# path_starts SPEC: the path, this namespace being the server's.
path_starts() {
	: >"$E2E_TMP/path.log"
	e2e_start path "$BENCH_BIN/emulated_path" --client $client/24 --server $server/24 --impair "$1"
	if ! e2e_wait 10 grep -q '^ready' "$E2E_TMP/path.log"; then
		e2e_say not "the path starts"
		e2e_show "$E2E_TMP/path.log"
		e2e_end
	fi
}

# path_ends SENTENCE: it tells what it has seen.
path_ends() {
	e2e_stop "$path"
	equal "$1: status" $? 0
	tail -n 1 "$E2E_TMP/path.log" >"$E2E_TMP/path.json"
}

# told EXPRESSION: of what it told, as Python has it: path['late']
told() {
	python3 -c "import json, sys; path = json.load(open(sys.argv[1])); print($1)" "$E2E_TMP/path.json"
}

in_client() {
	nsenter --net="/proc/$path/ns/net" "$@"
}

# ---- delay, with nothing else on the path; a busy machine can be late, so one of several
# must do

median_us() {
	ping -n -i 0.02 -c 51 $client | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1 } END { printf "%d\n", t[int((NR + 1) / 2)] * 1000 }'
}
for _ in 1 2 3 4 5; do
	path_starts 'tx.delay=7ms,rx.delay=13ms'
	off=$(($(median_us) - 20000)) off=${off#-}
	path_ends "a path of 20 ms"
	[ "$off" -gt 1000 ] || break
done
most "20 ms of round trip are 20 ms, off by so many microseconds" "$off" 1000
equal "all that went in came out at the client" "$(told "path['to_client']['delivered']")" 51
equal "and the answers at the server" "$(told "path['to_server']['delivered']")" 51
least "it knows how late it was" "$(told "path['most_late_us']")" 1

# ---- loss: on the server's packets only, the same with the same seed

# answered FILE SPEC: which pings to the client are answered over such a path, by number.
answered() {
	path_starts "$2"
	ping -n -i 0.005 -c 200 -W 1 $client | sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' | sort -n >"$1"
	path_ends "a lossy path"
}
answered "$E2E_TMP/first" 'tx.loss=20%,seed=7'
lost=$(told "path['to_client']['impair_loss']")
answered "$E2E_TMP/again" 'tx.loss=20%,delay=3ms,seed=7'
answered "$E2E_TMP/other" 'tx.loss=20%,delay=3ms,seed=8'
ok "the same seed loses the same packets" diff "$E2E_TMP/first" "$E2E_TMP/again"
fails "another seed loses others" diff "$E2E_TMP/first" "$E2E_TMP/other"
equal "what was not answered was lost" "$(wc -l <"$E2E_TMP/first")" $((200 - lost))
least "some were lost" "$lost" 10

# ---- rate: payload that arrives between the first and the third second

# download SPEC SECONDS: from the kernel's TCP; client.json and server_.log tell of it.
download() {
	path_starts "$1"
	e2e_start server_ "$BENCH_BIN/kernel_server" 80 cubic
	e2e_wait 5 grep -q '^ready' "$E2E_TMP/server_.log"
	ok "a download of $2 s" in_client "$BENCH_BIN/bulk_client" $server 80 "$2"
	cp "$E2E_TMP/claim.out" "$E2E_TMP/client.json"
	ok "of which the server tells" e2e_wait 5 grep -q '^{' "$E2E_TMP/server_.log"
	e2e_stop "$server_"
	path_ends "a download"
}

for _ in 1 2 3 4 5; do
	download 'tx.rate=20mbit,tx.queue=100,delay=5ms' 3
	permille=$(python3 -c "
import json, sys
tenths = json.load(open(sys.argv[1]))['tenths']
print(round((tenths[29] - tenths[9]) * 8 / 2 / (20e6 * 1448 / 1500) * 1000))" "$E2E_TMP/client.json")
	[ "$permille" -lt 980 ] || [ "$permille" -gt 1020 ] || break
done
least "20 Mbit/s are 20 Mbit/s, in permille of the payload they could carry" "$permille" 980
most "and no more" "$permille" 1020

# ---- what was sent again: the path and the kernel agree, but for what the kernel did after
# it was last asked

download 'tx.loss=2%,delay=5ms,seed=3' 2
equal "the path knows of one connection" "$(told "len(path['flows'])")" 1
again=$(told "path['flows'][0]['again_segments']")
kernel=$(sed -n 's/.*"retransmits":\([0-9]*\).*/\1/p' "$E2E_TMP/server_.log")
least "the kernel's TCP sent some segments again" "$again" 5
most "as many as it says itself" "$kernel" "$again"
least "or a few more" $((kernel + 20)) "$again"
least "nearly all that was lost" $((again + 20)) "$(told "path['flows'][0]['lost_segments']")"

# ---- what cannot be

# with CLIENT ARGUMENT...
with() {
	"$BENCH_BIN/emulated_path" --server "$server/24" --client "$@"
}
fails "no specification" with $client/24
fails "a wrong one" with $client/24 --impair loss=20
fails "no prefix" with $client --impair loss=20%
fails "no address" with localhost/24 --impair loss=20%
"$BENCH_BIN/kernel_server" 80 nosuch 2>"$E2E_TMP/nosuch"
equal "a congestion control that the kernel lacks has a status of its own" $? 3
e2e_end
