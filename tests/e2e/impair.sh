#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd --impair: the link emulator in real time, seen by the kernel's ping and curl. Delay
# and rate are what was asked for, the same seed loses the same packets, and what was lost
# stands in the capture.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need ping curl tshark
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

# What the kernel says to routers and groups by itself would meet the dice, too, at moments
# of its own.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

# The median round trip of 51 pings, in microseconds.
median_us() {
	ping -n -i 0.02 -c 51 10.0.0.2 | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1 } END { printf "%d\n", t[int((NR + 1) / 2)] * 1000 }'
}

# within SENTENCE GOT WANTED BOUND
within() {
	local off=$(($2 - $3))
	most "$1: $2, wanted $3" ${off#-} "$4"
}

# ---- delay

# A busy machine can make any one of them late, so one of several must do.
for _ in 1 2 3 4 5; do
	serve --impair 'loss=0%'
	plain=$(median_us)
	serve_ends "a perfect link"
	serve --impair 'tx.delay=7ms,rx.delay=13ms'
	added=$(($(median_us) - plain))
	serve_ends "a link of 20 ms"
	[ $((added > 20000 ? added - 20000 : 20000 - added)) -gt 1000 ] || break
done
within "20 ms of delay are 20 ms, in microseconds" "$added" 20000 1000

# ---- loss

# The numbers of the pings that are answered.
answered() {
	ping -n -i 0.005 -c 200 -W 1 10.0.0.2 | sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' | sort -n
}
serve --impair 'rx.loss=20%,seed=7'
answered >"$E2E_TMP/first"
serve_ends "a lossy link"
serve --impair 'rx.loss=20%,rx.delay=3ms,dup=10%,seed=7'
answered | uniq >"$E2E_TMP/again"
serve_ends "a lossy link once more"
ok "the same seed loses the same packets, though others come twice and late" \
	diff "$E2E_TMP/first" "$E2E_TMP/again"
least "some are answered" "$(wc -l <"$E2E_TMP/first")" 130
most "some are not" "$(wc -l <"$E2E_TMP/first")" 190

# ---- rate

# 2,500,000 bytes at 20 Mbit/s are a second of payload; headers are 52 of 1,500 bytes.
serve --impair 'tx.rate=20mbit,tx.queue=200,delay=2ms'
for _ in 1 2 3 4 5; do
	ms=$(curl -s -o /dev/null -m 30 -w '%{time_total}\n' $url/bytes/2500000 |
		awk '{ printf "%d\n", $1 * 1000 }')
	[ $((ms > 1044 ? ms - 1044 : 1044 - ms)) -gt 60 ] || break
done
within "2.5 MB at 20 Mbit/s take their time, in ms" "$ms" 1044 60
serve_ends "a slow link"

# ---- congestion control

# 2 MB at 20 Mbit/s are 0.8 s; CUBIC, to which each of 3 losses in a hundred says that it is too
# fast, takes three times as long and more.
serve --cc bbr --impair 'tx.loss=3%,tx.rate=20mbit,tx.queue=100,delay=10ms,seed=5'
for _ in 1 2 3 4 5; do
	ms=$(curl -s -o "$E2E_TMP/body" -m 30 -w '%{time_total}\n' $url/bytes/2000000 |
		awk '{ printf "%d\n", $1 * 1000 }')
	[ "$ms" -gt 1500 ] || break
done
equal "2 MB come over a lossy link with BBR" "$(sha256sum <"$E2E_TMP/body")" \
	"$(yes "$(seq 9999)" | head -c 2000000 | sha256sum)"
most "nearly as fast as it can carry them, in ms" "$ms" 1500
match "and the connection says what governs it" "$(curl -s -m 5 $url/connections)" '"cc":"bbr"'
serve_ends "BBR"

# ---- the capture, and damage

serve -v --pcap "$E2E_TMP/capture" --impair 'tx.loss=10%,corrupt=2%,truncate=1%,dup=2%,delay=1ms,seed=3'
equal "a page comes over a link that does everything" \
	"$(curl -s -m 60 $url/bytes/300000 | sha256sum)" "$(yes "$(seq 9999)" | head -c 300000 | sha256sum)"
serve_ends "a link that does everything"
tshark -r "$E2E_TMP/capture" -T fields -E separator='|' -e frame.interface_name -e frame.comment \
	>"$E2E_TMP/frames" 2>/dev/null
lost=$(grep -c '^dropped|sent: .*; lost on the way out: random loss' "$E2E_TMP/frames")
least "the capture has what was lost" "$lost" 5
match "as many as the emulator counted" "$(grep 'link emulator, tx' "$E2E_TMP/evtcpd.log")" \
	"impair_loss $lost\$|impair_loss $lost,"
least "what was damaged says so" \
	"$(grep -c '^wire|.*; bits flipped (link emulator)' "$E2E_TMP/frames")" 1
least "and what was duplicated" \
	"$(grep -c '^wire|.*; duplicated (link emulator)' "$E2E_TMP/frames")" 1

# ---- path MTU: the kernel hears of it

serve --impair 'mtu=1000'
ping -n -c 1 -W 2 -M 'do' -s 1200 10.0.0.2 >"$E2E_TMP/ping" 2>&1
match "the kernel is told the path's MTU" "$(cat "$E2E_TMP/ping")" 'mtu ?= ?1000'
serve_ends "a narrow link"

# ---- and so do we: RFC 1191, RFC 8201; and RFC 4821 where nobody says anything

for path in 'mtu=1300' 'mtu=1300/silent'; do
	serve --impair "$path"
	match "$path: all of it arrives" \
		"$(curl -s -m 20 $url/bytes/300000 | wc -c)" '^ *300000$'
	match "$path: a ping in fragments is answered" \
		"$(ping -n -c 1 -W 2 -s 2000 10.0.0.2 2>&1)" '0% packet loss|1 received'
	serve_ends "$path"
done
e2e_end
