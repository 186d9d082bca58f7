#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Setting a TUN up: each error of evtcp/tun.h with its message, and that a refusal
# changes nothing; devices that exist already: what is right is left alone, what was
# added is taken back.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"

# Where an ordinary user finds it, whatever the rights of the build directory.
cp "$E2E_BIN/tun_probe" "$E2E_TMP/tun_probe"
probe=$E2E_TMP/tun_probe
usual="host 10.77.0.1 24 own 10.77.0.2 24"

# The errors of evtcp/tun.h, in its order; tun_probe exits with 10 + number.
no_device_node=11 no_permission=12 busy=13 not_tun=14 bad_name=15 address_taken=16
prefix_overlap=17 no_ipv6=18 system=19

# Everything a set-up can change: names, up or not, MTU, queue; addresses; routes. Not
# what follows from somebody having the device open: carrier, link-local addresses.
state_of_kernel() {
	ip -o link show | awk '{
		split($3, flags, "[<,>]"); up = "down"
		for (i in flags) if (flags[i] == "UP") up = "up"
		print $2, up, $5, queue($0)
	}
	function queue(line) { sub(/.*qlen /, "", line); sub(/[^0-9].*/, "", line); return line }'
	ip -o addr show scope global | awk '{ print $2, $4 }'
	ip route show table all | grep -Ev 'fe80|ff00' | sed 's/ linkdown//'
}

# runs COMMAND...: its exit status in $status, its output in $said.
runs() {
	said=$(echo quit | "$@" 2>&1)
	status=$?
}

as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# refused SENTENCE STATUS REGEX COMMAND...: one claim for status, message and state.
refused() {
	local sentence=$1 wanted=$2 regex=$3 before after
	shift 3
	before=$(state_of_kernel)
	runs "$@"
	after=$(state_of_kernel)
	if [ "$before" != "$after" ]; then
		equal "$sentence" "$after" "$before"
	elif [ "$status" -ne "$wanted" ]; then
		equal "$sentence" "status $status: $said" "status $wanted"
	else
		match "$sentence" "$said" "$regex"
	fi
}

# held ARGUMENTS...: tun_probe stays, fd 7 is its stdin, $pid its process.
held() {
	rm -f "$E2E_TMP/in"
	mkfifo -m 0666 "$E2E_TMP/in"
	"$@" <"$E2E_TMP/in" >"$E2E_TMP/held.log" 2>&1 &
	pid=$!
	exec 7>"$E2E_TMP/in"
	e2e_wait 10 grep -q '^ready' "$E2E_TMP/held.log"
}

let_go() {
	exec 7>&-
	e2e_wait 10 e2e_gone "$pid"
	wait "$pid"
}

# ---- what can be seen without a device

for name in "" . sixteen-letters- a/b "a b" tun%d; do
	refused "\"$name\" is no name" $bad_name 'cannot be the name of an interface' \
		"$probe" "$name" 1500
done
refused "an MTU of 67 is refused" $system 'MTU of 67 ' "$probe" tun7 67
refused "lo is no TUN" $not_tun 'lo exists already and is not a TUN' "$probe" lo 1500
refused "an address of 127.0.0.0/8 is the kernel's" $address_taken \
	'127.0.0.9 belongs to the kernel already \(on lo\)' "$probe" tun7 1500 own 127.0.0.9 32

# ---- other interfaces

ip link add veth7 type veth peer name veth8
ip addr add 10.77.0.2/32 dev veth7
# shellcheck disable=SC2086
refused "an address of a veth that is down is the kernel's" $address_taken \
	'10.77.0.2 belongs to the kernel already \(on veth7\)' "$probe" tun7 1500 $usual
ip addr flush dev veth7
ip addr add 10.77.0.200/32 dev veth7
# shellcheck disable=SC2086
refused "an address of another interface in the prefix is an overlap" $prefix_overlap \
	'10.77.0.2/24 overlaps 10.77.0.200 .an address of veth7.,' "$probe" tun7 1500 $usual
ip addr flush dev veth7
ip addr add 10.1.1.1/24 dev veth7
ip link set veth7 up
ip link set veth8 up
ip route add 10.0.0.0/8 via 10.1.1.2
# shellcheck disable=SC2086
refused "a route that contains the prefix is an overlap" $prefix_overlap \
	'10.77.0.2/24 overlaps 10.0.0.0/8 .routed to veth7.,' "$probe" tun7 1500 $usual
ip route del 10.0.0.0/8
ip route add 10.77.0.64/26 via 10.1.1.2
# shellcheck disable=SC2086
refused "a route inside the prefix is an overlap" $prefix_overlap \
	'10.77.0.2/24 overlaps 10.77.0.64/26' "$probe" tun7 1500 $usual
ip route del 10.77.0.64/26
ip route add blackhole 10.77.0.0/24
# shellcheck disable=SC2086
refused "a blackhole is an overlap" $prefix_overlap \
	'overlaps 10.77.0.0/24 .routed to no single interface.' \
	"$probe" tun7 1500 $usual
ip route del blackhole 10.77.0.0/24
ip route add default via 10.1.1.2
before=$(state_of_kernel)
# shellcheck disable=SC2086
runs "$probe" tun7 1500 $usual
equal "a default route is none" "$status $said" "0 ready"
equal "a device that was made leaves nothing behind" "$(state_of_kernel)" "$before"
ip route add 10.9.0.0/16 via 10.1.1.2
for ((i = 0; i < 2000; i++)); do echo "route add 172.16.$((i / 250)).$((i % 250))/32 via 10.1.1.2"; done |
	ip -batch -
ip route add 10.77.0.128/25 via 10.1.1.2
# shellcheck disable=SC2086
refused "it is found among 2,000 other routes" $prefix_overlap \
	'overlaps 10.77.0.128/25' "$probe" tun7 1500 $usual
ip link del veth7

runs "$probe" tun7 1500 host fd00:e7::1 64 own fd00:e7::2 64 host 10.77.0.1 24
equal "IPv6 and IPv4 stand side by side" "$status $said" "0 ready"
refused "a host address that is the stack's" $address_taken \
	'10.77.0.2 belongs to the kernel already \(it was given as the kernel.s side\)' \
	"$probe" tun7 1500 host 10.77.0.2 24 own 10.77.0.2 24

# ---- other TUNs and TAPs

ip tuntap add dev tap7 mode tap
refused "a TAP is no TUN" $not_tun 'tap7 exists already and is not a TUN' "$probe" tap7 1500
ip link del tap7
# shellcheck disable=SC2086
held "$probe" tun7 1500 $usual
refused "a second opener finds it busy" $busy 'tun7 is in use by another process' \
	"$probe" tun7 1500
refused "another TUN for the same prefix is an overlap" $prefix_overlap \
	'10.77.0.2/24 overlaps 10.77.0.1 .an address of tun7.,' "$probe" tun9 1500 own 10.77.0.2 24
ok "a TUN that was made goes away in order" let_go

ip tuntap add dev tun7 mode tun multi_queue
# shellcheck disable=SC2086
held "$probe" tun7 1500 $usual
match "a device of several queues is opened as one" "$(cat "$E2E_TMP/held.log")" '^ready'
refused "a second opener finds that busy, too" $busy 'tun7 is in use' "$probe" tun7 1500
ok "a device of several queues is let go" let_go
ip link del tun7

# ---- a device that exists and is root's

ip tuntap add dev tun7 mode tun vnet_hdr
before=$(state_of_kernel)
# shellcheck disable=SC2086
held "$probe" tun7 1400 $usual
match "an existing device is set up" "$(ip -o addr show tun7)" '10.77.0.1/24'
match "with the MTU" "$(ip link show tun7)" 'UP.* mtu 1400 '
match "and its queue is left as it was" "$(ip link show tun7)" 'qlen 500'
printf 12345678 >/dev/udp/10.77.0.2/9
ok "packets come without the header that its last owner wanted" \
	e2e_wait 5 grep -q '^in 36 45' "$E2E_TMP/held.log"
ok "it is let go" let_go
equal "what was added is taken back" "$(state_of_kernel)" "$before"

ip addr add 10.77.0.1/24 dev tun7
ip link set tun7 up
before=$(state_of_kernel)
runs "$probe" tun7 1400 host 10.77.0.1 24 host 10.78.0.1 24 own 10.77.0.2 24
equal "what is missing is added" "$status ${said%%$'\n'*}" "0 ready"
equal "what was right stays when the rest is taken back" "$(state_of_kernel)" "$before"
ip addr add 10.77.0.2/32 dev tun7
# shellcheck disable=SC2086
refused "the stack's address on the device itself is the kernel's" $address_taken \
	'10.77.0.2 belongs to the kernel already \(on tun7\)' "$probe" tun7 1500 $usual
ip link del tun7
ip tuntap add dev tun7 mode tun
echo 1 >/proc/sys/net/ipv6/conf/tun7/disable_ipv6
refused "if an address cannot be added, the one before it is taken back" $no_ipv6 \
	'giving tun7 the address fd00:e7::1/64 failed, as IPv6 is turned off there' \
	"$probe" tun7 1400 host 10.77.0.1 24 host fd00:e7::1 64
ip link del tun7

# ---- an ordinary user

if [ "$E2E_ROOT" = 0 ]; then
	skip "devices of an ordinary user" "needs root to become another user"
	e2e_end
fi
# shellcheck disable=SC2086
refused "making a device needs a capability" $no_permission \
	'creating tun7 needs the capability CAP_NET_ADMIN' as_user "$probe" tun7 1500 $usual
ip tuntap add dev tun7 mode tun user 65534
# shellcheck disable=SC2086
refused "setting up needs one, too" $no_permission \
	'setting the MTU of tun7 to 1400 needs .* ip link set tun7 mtu 1400' \
	as_user "$probe" tun7 1400 $usual
ip link set tun7 mtu 1400
# shellcheck disable=SC2086
refused "an address that is missing is named" $no_permission \
	'ip addr add 10.77.0.1/24 dev tun7' as_user "$probe" tun7 1400 $usual
ip addr add 10.77.0.1/24 dev tun7
# shellcheck disable=SC2086
refused "so is being down" $no_permission 'ip link set tun7 up' \
	as_user "$probe" tun7 1400 $usual
ip link set tun7 up
before=$(state_of_kernel)
# shellcheck disable=SC2086
held as_user "$probe" tun7 1400 $usual
printf 12345678 >/dev/udp/10.77.0.2/9
ok "where all is right, its owner needs no capability" \
	e2e_wait 5 grep -q '^in 36 45' "$E2E_TMP/held.log"
ok "its owner lets it go" let_go
equal "all is as it was" "$(state_of_kernel)" "$before"
ip link del tun7
ip tuntap add dev tun7 mode tun user 4242
# shellcheck disable=SC2086
refused "the device of another user is refused" $no_permission \
	'tun7 belongs to another user' as_user "$probe" tun7 1500 $usual
ip link del tun7

# ---- privileges that are given up meanwhile

ip tuntap add dev tun7 mode tun
before=$(state_of_kernel)
# shellcheck disable=SC2086
held "$probe" -g 65534 tun7 1400 $usual
match "a guarded device is set up" "$(ip -o addr show tun7)" '10.77.0.1/24'
guard_holds() {
	local descriptors
	descriptors=("/proc/$(e2e_children "$pid")/fd/"*)
	[ ${#descriptors[@]} = "$1" ] && [ -e "${descriptors[0]}" ]
}
ok "the guard holds nothing but its pipe" e2e_wait 5 guard_holds 1
kill -INT "$(e2e_children "$pid")"
ok "it is let go, and the guard awaited" let_go
equal "the guard takes back what its ward no longer may" "$(state_of_kernel)" "$before"
# shellcheck disable=SC2086
held "$probe" -g 65534 tun7 1400 $usual
kill -KILL "$pid"
wait "$pid" 2>/dev/null
exec 7>&-
state_is() { [ "$(state_of_kernel)" = "$1" ]; }
ok "even if it was killed" e2e_wait 5 state_is "$before"
# shellcheck disable=SC2086
held "$E2E_BIN/old_kernel" "$probe" -g 65534 tun7 1400 $usual
ok "also where close_range is missing it holds nothing else" e2e_wait 5 guard_holds 1
ok "it is let go" let_go
ip link set tun7 mtu 1400 up
ip addr add 10.77.0.1/24 dev tun7
# shellcheck disable=SC2086
held "$probe" -g 65534 tun7 1400 $usual
equal "where nothing was changed there is no guard" "$(e2e_children "$pid")" ""
ok "it is let go without one" let_go
ip link del tun7

# ---- the node

chmod 0600 "$E2E_TMP/tun"
refused "a node that is closed to the user is named" $no_permission \
	'no permission to open /dev/net/tun.*chmod 0666' as_user "$probe" tun7 1500
mknod -m 0666 "$E2E_TMP/nothing" c 10 249
umount /dev/net/tun
mount --bind "$E2E_TMP/nothing" /dev/net/tun
refused "a node without a driver is told from one that is missing" $no_device_node \
	'there is no driver behind /dev/net/tun.*modprobe tun' "$probe" tun7 1500
umount /dev/net/tun
mount -t tmpfs tmpfs /dev/net
refused "a node that is missing is named" $no_device_node \
	'/dev/net/tun does not exist.*modprobe tun' "$probe" tun7 1500

e2e_end
