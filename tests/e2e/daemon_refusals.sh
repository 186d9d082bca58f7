#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each reason not to serve: an exit status of its own, one line that says what is
# wrong, and nothing left behind.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
evtcpd=$E2E_TMP/evtcpd as_user=() holder=

# refused "SENTENCE" STATUS REGEX ARGUMENTS...
refused() {
	local sentence=$1 wanted=$2 regex=$3 said status before
	shift 3
	before=$(ip -o link; ip -o addr | grep -v fe80; ip route)
	said=$(timeout 10 "${as_user[@]}" "$evtcpd" "$@" 2>&1 >/dev/null)
	status=$?
	if [ "$status" -ne "$wanted" ]; then
		equal "$sentence" "status $status: $said" "status $wanted"
	elif [ "$(ip -o link; ip -o addr | grep -v fe80; ip route)" != "$before" ]; then
		equal "$sentence" "$(ip -o link; ip -o addr; ip route)" "$before"
	elif [ "$(wc -l <<<"$said")" -ne 1 ]; then
		equal "$sentence" "$said" "one line"
	else
		match "$sentence" "$said" "^evtcpd: .*$regex"
	fi
}

refused "an unknown option" 2 "unknown option '--rot'; --help" --rot /srv
refused "an argument that is none" 2 "unexpected argument 'curl'" curl
refused "a bad value" 4 '--mtu 67: an MTU is 68 to 65535' --mtu 67
refused "an option without its value" 4 '--fault needs a value: --fault FILE' --fault
refused "which does not take the dashes for it" 125 '--fault needs a value' --fault -- true
refused "a limit out of range" 4 'receive_buffer=1: the value must be a size from 2k to 1G' \
	--limit receive_buffer=1
refused "an address outside every prefix" 9 '-g 10\.9\.9\.9: .*prefix of -a' -g 10.9.9.9
refused "a fault script that is not there" 12 '--fault /nonexistent: .*No such file' \
	--fault /nonexistent
echo 'drop everything, always' >"$E2E_TMP/script"
refused "a fault script that makes no sense: file, line, column" 12 "script:1:1: expected 'in' or 'out'" \
	--fault "$E2E_TMP/script"
refused "one on stdin as well" 12 "stdin:1:1: expected 'in' or 'out'" --fault-check - <"$E2E_TMP/script"
match "and one that makes sense is told" "$(echo 'out data: drop' | "$evtcpd" --fault-check -)" \
	'the next data segment that the server sends is lost'
refused "a link specification that makes no sense: column" 4 "--impair: column 9: expected a verb: loss" \
	--impair loss=1%,lag=1s
refused "a capture that cannot be written" 12 '--pcap /nonexistent/x: .*No such file' \
	--pcap /nonexistent/x
refused "a capture among what COMMAND prints" 125 '--pcap -: stdout belongs to COMMAND; name a file' \
	--pcap - -- true
refused "two captures in one file" 4 "--pcap and --pcap-stack name the same file, '/dev/null'" \
	--pcap /dev/null --pcap-stack /dev/null
refused "an access log that cannot be written" 12 '--access-log /nonexistent/x: .*No such file' \
	--access-log /nonexistent/x
refused "an interface that is no TUN" 8 'lo exists already and is not a TUN' -i lo

for print in --help --version '--limit help' '--impair help'; do
	# shellcheck disable=SC2086 # an option and its argument
	said=$("$evtcpd" $print 2>&1 >/dev/full)
	equal "$print that cannot be printed: status" $? 1
	match "$print that cannot be printed: message" "$said" \
		'^evtcpd: cannot write to stdout: No space left on device$'
done

ip addr add 10.0.0.2/32 dev lo
refused "the kernel owns the server's address" 10 '10\.0\.0\.2 belongs to the kernel .*choose'
ip addr del 10.0.0.2/32 dev lo
ip tuntap add dev other mode tun
ip addr add 10.0.0.77/24 dev other
ip link set other up
refused "the prefix overlaps another interface's" 11 '10\.0\.0\.2/24 overlaps 10\.0\.0\.77.*other'
ip link delete other

e2e_start holder "$evtcpd"
e2e_wait 10 grep -q serving "$E2E_TMP/holder.log"
refused "the device is taken" 7 'tun0 is in use'
e2e_stop "$holder"

if [ "$E2E_ROOT" = 1 ]; then
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	refused "an ordinary user may not make a TUN" 6 'CAP_NET_ADMIN.*evtcpd -- COMMAND'
	as_user=()
	refused "root must become somebody who exists" 4 '--user nosuch: there is no such user' \
		--user nosuch

	# In a user namespace of ours, with all users, where none may make another. Its shell
	# becomes root by execve, once there is a root.
	mkfifo "$E2E_TMP/mapped"
	# shellcheck disable=SC2016
	as_user=(unshare --user sh -c 'echo $$ >"$0.pid"; read -r _ <"$0"; exec "$@"' "$E2E_TMP/mapped"
		sh -c 'echo 0 >/proc/sys/user/max_user_namespaces
			exec setpriv --reuid 65534 --regid 65534 --clear-groups "$0" "$@"')
	map_users() {
		e2e_wait 5 test -s "$E2E_TMP/mapped.pid"
		echo '0 0 65536' >"/proc/$(<"$E2E_TMP/mapped.pid")/uid_map"
		echo '0 0 65536' >"/proc/$(<"$E2E_TMP/mapped.pid")/gid_map"
		echo go >"$E2E_TMP/mapped"
	}
	map_users &
	refused "namespaces are forbidden: which setting, and what to type" 125 \
		'cannot create a private network: .*have root allow it: sysctl user\.max_user_namespaces=' \
		-- true
	as_user=()
	top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
	export EVTCP_DEMO_BUILD=$E2E_TMP
	# demo_refused "SENTENCE" REGEX: for the same two reasons, in its own words.
	demo_refused() {
		local said
		said=$("${as_user[@]}" "$top/tools/demo" retransmit 2>&1)
		equal "$1: status" $? 77
		match "$1" "$said" "$2"
	}
	mount -t tmpfs tmpfs /dev/net
	demo_refused "a demo without a device node" 'net/tun does not exist.*modprobe tun'
	refused "no device node" 5 '/dev/net/tun does not exist: load the driver'
	mknod -m 0600 /dev/net/tun c 10 200
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	refused "a node that may not be opened" 6 'no permission to open /dev/net/tun'
	demo_refused "nor by a demo" 'no permission to open /dev/net/tun.*chmod 0666'
	refused "nor for a COMMAND, with its status" 125 'no permission to open /dev/net/tun' -- true
fi

e2e_end
