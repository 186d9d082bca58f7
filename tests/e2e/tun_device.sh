#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The TUN device as a link: packets of every shape both ways (ATTACKS.md P12), a device
# that is set down and up again, one that is deleted; and no burning of CPU meanwhile.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"

probe=$E2E_BIN/tun_probe
log=$E2E_TMP/probe.log

# probe_start ARGUMENTS: runs tun_probe; file descriptor 7 is its stdin.
probe_start() {
	rm -f "$E2E_TMP/in"
	mkfifo "$E2E_TMP/in"
	"$probe" "$@" <"$E2E_TMP/in" >"$log" 2>&1 &
	pid=$!
	exec 7>"$E2E_TMP/in"
	e2e_wait 10 grep -Eq '^(ready|error)' "$log"
}

# probe_ask COMMAND ANSWER: the words after ANSWER in the first new line that has it.
probe_ask() {
	local lines
	lines=$(wc -l <"$log")
	echo "$1" >&7
	e2e_wait 5 probe_answered "$lines" "$2"
	tail -n +$((lines + 1)) "$log" | sed -n "s/^$2 //p" | head -n 1
}

probe_answered() {
	tail -n +$(($1 + 1)) "$log" | grep -q "^$2 "
}

probe_stop() {
	echo quit >&7
	exec 7>&-
	e2e_wait 10 e2e_gone "$pid"
	wait "$pid"
}

probe_cpu_of_a_second() {
	local before
	before=$(probe_ask cpu cpu)
	sleep 1
	echo $(($(probe_ask cpu cpu) - before))
}

count() {
	grep -c "$1" "$log"
}

ok "the device is made and set up" probe_start tun7 1400 host 10.77.0.1 24 own 10.77.0.2 24
match "it has the MTU" "$(ip link show tun7)" ' mtu 1400 '
match "it is up" "$(ip link show tun7)" '[<,]UP[,>]'
match "its queue holds 10,000 packets" "$(ip link show tun7)" 'qlen 10000'
match "it has the address" "$(ip -4 addr show tun7)" 'inet 10.77.0.1/24 '
equal "it has no IPv6 address" "$(ip -6 addr show tun7)" ""
match "the kernel routes the prefix to it" "$(ip route)" '10.77.0.0/24 dev tun7'

printf 12345678 >/dev/udp/10.77.0.2/9
ok "a packet of the kernel comes in" e2e_wait 5 grep -q '^in 36 45' "$log"
ok "its batch ends" e2e_wait 5 grep -q '^end' "$log"
equal "nothing else came in: no router solicitation" "$(count '^in')" 1

# P12, towards us: the kernel's own IP layer would not send these.
frames=() wanted=
for length in 1 9 19 1400; do
	for ((nibble = 0; nibble < 16; nibble++)); do
		first=$(printf '%x0' $nibble)
		frames+=("$length" "$first")
		wanted+="in $length $(printf '%02x' 0x"$first")"$'\n'
	done
done
lines=$(wc -l <"$log")
equal "the kernel takes frames of 1 to 1400 bytes, any version" \
	"$("$E2E_BIN/send_frame" tun7 "${frames[@]}")" ""
e2e_wait 5 eval "[ \$(count '^in') -ge 65 ]"
equal "each comes in once, whole, in order" \
	"$(tail -n +$((lines + 1)) "$log" | grep '^in')" "${wanted%$'\n'}"
refused=$("$E2E_BIN/send_frame" tun7 0 0)
if [ -z "$refused" ]; then
	ok "an empty frame comes in as one" e2e_wait 5 grep -q '^in 0 00' "$log"
else
	equal "the kernel refuses to send an empty frame" "$refused" "0 EINVAL"
fi

# P12, from us.
for ((nibble = 0; nibble < 16; nibble++)); do
	hex=$(printf '%x' $nibble)5000014000000004006000000000000
	case $nibble in
	4 | 6) equal "version $nibble is sent" "$(probe_ask "send $hex" sent)" ok ;;
	*) equal "version $nibble is refused" "$(probe_ask "send $hex" sent)" EINVAL ;;
	esac
done
match "an empty packet does no harm" "$(probe_ask "send -" sent)" '^(ok|EINVAL)$' # by offload
equal "one byte is taken" "$(probe_ask "send 45" sent)" ok

# More than a batch at once.
lines=$(wc -l <"$log")
frames=()
for ((i = 0; i < 200; i++)); do frames+=(100 45); done
kill -STOP "$pid"
"$E2E_BIN/send_frame" tun7 "${frames[@]}"
kill -CONT "$pid"
e2e_wait 5 eval "[ \$(tail -n +$((lines + 1)) $log | grep -c ^in) -ge 200 ]"
equal "200 packets are 3 batches of 64 and one of 8" \
	"$(tail -n +$((lines + 1)) "$log" | uniq -c | awk '{print $1 $2}' | tr '\n' ' ')" \
	"64in 1end 64in 1end 64in 1end 8in 1end "

# Down and up.
packet=4500001400000000400600000a4d00020a4d0001
ip link set tun7 down
ok "a device that is set down is told" e2e_wait 5 grep -q '^state down' "$log"
equal "on a device that is down a packet is refused" "$(probe_ask "send $packet" sent)" EIO
most "an idle link burns no CPU while it is down (µs in a second)" \
	"$(probe_cpu_of_a_second)" 10000
ip link set tun7 up
ok "and that it is up again" e2e_wait 5 grep -q '^state up' "$log"
equal "up again, a packet is sent" "$(probe_ask "send $packet" sent)" ok
before=$(count '^in')
printf 12345678 >/dev/udp/10.77.0.2/9
ok "and one comes in" e2e_wait 5 eval "[ \$(count '^in') -gt $before ]"
equal "it has not failed" "$(count '^failed')" 0
ip link set tun7 mtu 1300
ip link set lo down
ip link set lo up
sleep 0.2
equal "other changes are not told" "$(count '^state')" 2

# Deleted.
ip link delete tun7
ok "a device that is deleted fails the link with ENODEV" e2e_wait 5 grep -q '^failed ENODEV' "$log"
most "it burns no CPU after that (µs in a second)" "$(probe_cpu_of_a_second)" 10000
equal "it failed once" "$(count '^failed')" 1
equal "a packet is refused with ENODEV" "$(probe_ask "send $packet" sent)" ENODEV
ok "the link can still be freed" probe_stop

probe_start tun7 65535 host 10.77.0.1 24 own 10.77.0.2 24
equal "the kernel takes the largest frame" "$("$E2E_BIN/send_frame" tun7 65535 45)" ""
ok "it comes in whole" e2e_wait 5 grep -q '^in 65535 45' "$log"
ok "a link that is freed" probe_stop
fails "takes the device with it" ip link show tun7

e2e_end
