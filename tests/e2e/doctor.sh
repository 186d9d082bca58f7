#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd --doctor on machines that are broken on purpose, one thing at a time: one line
# says what is wrong; looking has changed nothing; the command behind the arrow of that
# line, run as it stands there, mends it; and then the daemon serves a page, as the
# doctor promises.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
# Where an ordinary user finds them, whatever the rights of the build directory.
cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
cp "$E2E_BIN/no_offload" "$E2E_TMP/no_offload"
chmod 0755 "$E2E_TMP/evtcpd" "$E2E_TMP/no_offload"
evtcpd=$E2E_TMP/evtcpd daemon='' holder=''
as=() as_root=() # who asks the doctor and serves; who is root there
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
lines=$E2E_TMP/lines
: >"$lines"

# Not what follows, soon or late, from somebody having had the device open.
state_of_kernel() {
	ip -o link | sed 's/ qdisc .*//; s/NO-CARRIER,//; s/,LOWER_UP//'
	ip -o addr | grep -v fe80
	ip route show table all | grep -Ev 'fe80|ff00' | sed 's/ linkdown//'
	ip rule
	ls -l /dev/net/ 2>&1
	cat /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv6/conf/*/disable_ipv6
}

# asks ARGUMENTS...: $status and $said of the doctor, $wrong its lines that are marked.
asks() {
	said=$(timeout 20 "${as[@]}" "$evtcpd" --doctor "$@" 2>&1)
	status=$?
	wrong=$(grep '^!!' <<<"$said")
}

# well "SENTENCE" ARGUMENTS...: the doctor says so, and it is so.
well() {
	local sentence=$1
	shift
	asks "$@"
	equal "$sentence: all is well" "$status $wrong" "0 "
	[ "$status" = 0 ] || note "$said"
	serves "$sentence: and it serves" "$@"
}

# serves "SENTENCE" ARGUMENTS...: what the doctor's last line promises.
serves() {
	local sentence=$1 url
	shift
	url=$(sed -nE 's/.*serves (http:[^ ]*)(\.$| to COMMAND.*)/\1/p' <<<"$said")
	case " $* " in
	*" -- "*)
		equal "$sentence" "$(timeout 20 "${as[@]}" "$evtcpd" "${@:1:$#-1}" \
			curl -s -m 5 "$url" 2>/dev/null)" "Hello World!"
		return
		;;
	esac
	e2e_start daemon "${as[@]}" "$evtcpd" "$@"
	e2e_wait 10 grep -q serving "$E2E_TMP/daemon.log"
	equal "$sentence" "$("${as[@]}" curl -s -m 5 "$url" 2>&1)" "Hello World!"
	e2e_stop "$daemon"
}

# broken "SENTENCE" REGEX ARGUMENTS...: of a machine with one thing wrong.
broken() {
	local sentence=$1 regex=$2 before mend words
	shift 2
	before=$(state_of_kernel)
	asks "$@"
	equal "$sentence: looking changes nothing" "$(state_of_kernel)" "$before"
	equal "$sentence: status" "$status" 1
	match "$sentence: one line" "$wrong" "^!!  $regex → [^→]+\$"
	equal "$sentence: and no other" "$(wc -l <<<"$wrong")" 1
	printf '%s\n' "${wrong% →*}" >>"$lines"
	mend=${wrong##* → }
	note "$mend"
	case $mend in
	evtcpd*)
		read -ra words <<<"$mend"
		well "$sentence, told to serve otherwise" "${words[@]:1}"
		;;
	*)
		"${as_root[@]}" bash -c "${mend#sudo }" >"$E2E_TMP/mend.out" 2>&1 ||
			note "status $?: $(<"$E2E_TMP/mend.out")"
		well "$sentence, mended" "$@"
		;;
	esac
}

# What root prepares for an ordinary user, as README.md says.
prepared() {
	# shellcheck disable=SC2086
	ip tuntap add dev tun0 mode tun ${as[0]:+user 65534}
	ip addr add 10.0.0.1/24 dev tun0
	ip addr add fd00:e7::1/64 dev tun0 nodad
	ip link set tun0 up
}

other_network() {
	ip link add other type veth peer name beyond
	ip link set other up
	ip link set beyond up
}

# ---- as root

well "a machine that lacks nothing"
well "a private network" -- true
prepared
well "a device that is there"
ip link set tun0 down mtu 1400
ip addr flush dev tun0
well "what is not right yet is set right by root"
ip link del tun0

other_network
ip addr add 10.0.0.2/32 dev other
broken "the kernel owns the address" \
	"address +the kernel has the server's address 10\.0\.0\.2 on other, .*"
ip addr flush dev other
prepared
ip addr add 10.0.0.2/24 dev tun0
broken "the device itself has the server's address" \
	"address +the kernel has the server's address 10\.0\.0\.2 on tun0, .*"
ip link del tun0

ip addr add 10.0.0.77/24 dev other
broken "the prefix is another interface's" \
	'prefix +10\.0\.0\.0/24 overlaps 10\.0\.0\.77/24, an address of other'
ip addr flush dev other
ip addr add 172.16.0.1/24 dev other
ip route add 10.0.0.0/8 via 172.16.0.9
broken "the prefix is routed elsewhere" \
	'prefix +10\.0\.0\.0/24 overlaps 10\.0\.0\.0/8, which is routed to other'
ip route del 10.0.0.0/8
ip route add 10.0.0.2/32 via 172.16.0.9
broken "a route hides the server" \
	'route +a route to 10\.0\.0\.2 by other hides that to 10\.0\.0\.2 by tun0'
ip route add blackhole 10.0.0.0/30
broken "a route leads nowhere" \
	'route +a route to 10\.0\.0\.0/30 that leads nowhere hides 10\.0\.0\.2'
prepared
ip route add 10.0.0.0/24 dev other table 100
ip rule add to 10.0.0.2 lookup 100
broken "a rule leads elsewhere" 'route +a routing rule sends what is for 10\.0\.0\.2 to other'
ip rule del to 10.0.0.0/24 lookup main
ip rule del to 10.0.0.2 lookup 100
ip route flush table 100
ip route del 10.0.0.0/24 dev tun0
broken "the route is gone" 'route +no route leads to 10\.0\.0\.2'
ip link del tun0

broken "the name is of something else" 'device +other is an interface of another kind' -i other
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
broken "IPv6 is turned off where it is asked for" 'ipv6 +IPv6 is turned off where fd00::2 would be' \
	-a fd00::2/64
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
asks
match "and left out where nobody asked" "$status $said" \
	'^0|ipv6 +not served, as nobody asked for it: IPv6 is turned off'
serves "as it then is"
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6

e2e_start holder "$evtcpd"
e2e_wait 10 grep -q serving "$E2E_TMP/holder.log"
broken "another process has the device" "device +tun0 is in use by evtcpd, process $holder: no other .*"
wait "$holder"

as=("$E2E_TMP/no_offload")
if "${as[@]}" true; then
	broken "the kernel refuses offload" 'offload +the kernel gives each segment by itself, .*'
else
	skip "the kernel refuses offload" "this system allows no filter"
fi
as=()

# ---- as an ordinary user, to whom a device must be given as it is to be

if [ "$E2E_ROOT" = 0 ]; then
	skip "set-ups of an ordinary user" "needs root to become another user"
	e2e_end
fi
as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
well "an ordinary user in a private network" -- true
broken "making a device takes a right" \
	'rights +nobody has no CAP_NET_ADMIN to make tun0 with \(a private network needs none\)'
well "what was prepared"
ip link set tun0 down mtu 1400
asks
equal "two things can be wrong at once" "$(grep -c ' → sudo ip ' <<<"$wrong") $status" "2 1"
ip addr add fd00:e7::1/64 dev tun0 nodad # gone with the state
ip link set tun0 mtu 1500
broken "the device is down" 'state +tun0 is down'
ip link set tun0 mtu 1400
asks
equal "its page is the one of README.md" "${said//by nobody/by ann}" \
	"$(sed -n '/--doctor -i tun0$/,/^$/s/^    \([^$]\)/\1/p' "$top/README.md")"
broken "the MTU is another" 'mtu +tun0 has an MTU of 1400 bytes, not 1500'
ip link set tun0 mtu 1400
well "which may be what is wanted" --mtu 1400
ip link set tun0 mtu 1500
ip addr del 10.0.0.1/24 dev tun0
broken "the kernel's side has no address" "host side +tun0 lacks the kernel's address 10\.0\.0\.1/24"
ip addr del fd00:e7::1/64 dev tun0
asks
match "IPv6 is left out where root did not prepare it" "$said" \
	"^--  ipv6 +not served, as nobody asked for it: tun0 lacks the kernel's address fd00:e7::1/64\$"
equal "and all is well" "$status$wrong" 0
broken "several workers need several queues" 'device +tun0 has one queue, and several .*' --workers 2
ip link del tun0
prepared
ip addr add 172.16.0.1/24 dev other 2>/dev/null
# Their packets go by the device; the way back, which no user has, would not.
ip route add 10.0.0.0/24 dev tun0 table 101
ip route add 10.0.0.0/24 dev other table 100
ip rule add to 10.0.0.2 lookup 100 priority 60
ip rule add to 10.0.0.2 uidrange 65534-65534 lookup 101 priority 50
echo 1 >/proc/sys/net/ipv4/conf/tun0/rp_filter
broken "rp_filter is in the way" 'rp_filter +strict, so that what 10\.0\.0\.2 sends is refused: .*'
ip rule del priority 50
ip rule del priority 60
ip link del tun0
ip tuntap add dev tun0 mode tun user 4242
asks
match "a device of another user's takes root" "$wrong" \
	'^!!  rights +tun0 belongs to another user \(uid 4242\) → sudo evtcpd$'
ip link del tun0

# ---- in a user namespace with all users, where none may make another

unshare --user sleep 600 &
sleeper=$!
e2e_wait 5 grep -q 4294967295 "/proc/$sleeper/uid_map" # its own is empty at first
echo '0 0 65536' >"/proc/$sleeper/uid_map"
echo '0 0 65536' >"/proc/$sleeper/gid_map"
as_root=(nsenter -t "$sleeper" -U -S 0 -G 0)
as=(nsenter -t "$sleeper" -U -S 65534 -G 65534)
"${as_root[@]}" sh -c 'echo 0 >/proc/sys/user/max_user_namespaces'
broken "no private network may be made" \
	'private +this system does not let ordinary users make a private network' -- true
"${as_root[@]}" sh -c 'echo 0 >/proc/sys/user/max_user_namespaces'
as_root=()
broken "there is neither the right nor a namespace" \
	'rights +nobody has no CAP_NET_ADMIN to make tun0 with, and no user namespaces .*'
kill "$sleeper"
ip link del tun0

# ---- the node

as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
prepared
chmod 0600 "$E2E_TMP/tun"
broken "the node is closed to the user" 'node +nobody may not open /dev/net/tun'
mknod -m 0666 "$E2E_TMP/nothing" c 10 249
umount /dev/net/tun
mount --bind "$E2E_TMP/nothing" /dev/net/tun
asks
match "the node has no driver" "$wrong" \
	'^!!  node +there is no driver behind /dev/net/tun → sudo modprobe tun$'
umount /dev/net/tun
mount -t tmpfs tmpfs /dev/net
broken "the node is missing" 'node +/dev/net/tun does not exist, though the kernel has the driver'
rm /dev/net/tun
mkdir /dev/net/tun
broken "something else is there" "node +/dev/net/tun is not the TUN driver's"

# ---- all of it

least "so many set-ups were broken" "$(wc -l <"$lines")" 9
equal "no two of them read alike" "$(sort "$lines" | uniq -d)" ""
said=$("$evtcpd" --doctor 2>&1 >/dev/full)
match "what cannot be printed: status 1, and why" "$? $said" '^1 evtcpd: cannot write to stdout'

e2e_end
