#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the serving process may still do: nothing that it needed to start.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
daemon='' command=''

# starts COMMAND...: a daemon, with a descriptor that it should not keep; its pid is
# $daemon.
starts() {
	e2e_start daemon "$@" 9<"$0"
	e2e_wait 10 grep -q serving "$E2E_TMP/daemon.log" || e2e_show "$E2E_TMP/daemon.log"
}

status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$daemon/status" | tr -s '\t' ' '; }

has_nothing_left() {
	local who=$1 set
	for set in CapInh CapPrm CapEff CapAmb; do
		equal "$who: $set is empty" "$(status_of $set)" 0000000000000000
	done
	equal "$who: no_new_privs" "$(status_of NoNewPrivs)" 1
	equal "$who: no core dumps" "$(awk '/core file/ { print $5, $6 }' "/proc/$daemon/limits")" "0 0"
	equal "$who: files are its own alone" "$(status_of Umask)" 0077
	equal "$who: no inherited descriptor" \
		"$(find "/proc/$daemon/fd" -lname '*daemon_privileges*' 2>/dev/null | wc -l)" 0
}

if [ "$E2E_ROOT" = 1 ]; then
	starts "$E2E_TMP/evtcpd"
	nobody=$(id -u nobody)
	equal "root becomes nobody" "$(status_of Uid)" "$nobody $nobody $nobody $nobody"
	equal "in its group" "$(status_of Gid | tr ' ' '\n' | sort -u)" "$(id -g nobody)"
	equal "without others" "$(status_of Groups | tr -d ' ')" ""
	equal "and can regain nothing" "$(status_of CapBnd)" 0000000000000000
	has_nothing_left "from root"
	e2e_stop "$daemon"
	equal "and stops in order" $? 0

	starts "$E2E_TMP/evtcpd" --user daemon
	equal "--user is who it becomes" "$(status_of Uid | cut -d' ' -f1)" "$(id -u daemon)"
	e2e_stop "$daemon"

	# A device that somebody made for his own use: nothing at all is needed.
	# shellcheck disable=SC2086 # none, or one word
	ip tuntap add dev mine mode tun $E2E_QUEUES user 65534
	ip addr add 10.0.0.1/24 dev mine
	ip link set mine up
	starts setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_TMP/evtcpd" -i mine
	has_nothing_left "from the owner of a device"
	e2e_stop "$daemon"
	equal "the owner of a device stops in order" $? 0
	ip link delete mine

	# One that he may set up, as he has the capability (setcap(8), systemd.exec(5)).
	# shellcheck disable=SC2086 # none, or one word
	ip tuntap add dev mine mode tun $E2E_QUEUES user 65534
	before=$(ip -brief address show mine)
	starts setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +net_admin \
		--ambient-caps +net_admin "$E2E_TMP/evtcpd" -i mine
	has_nothing_left "from a user with a capability"
	e2e_stop "$daemon"
	equal "a user with a capability stops in order" $? 0
	equal "and his device is as it was" "$(ip -brief address show mine)" "$before"
	ip link delete mine
fi

if [ "$E2E_ROOT" = 1 ]; then
	# shellcheck disable=SC2016
	e2e_start command setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_TMP/evtcpd" -v -- \
		sh -c 'echo serving $PPID; exec sleep 30' 9<"$0"
	if e2e_wait 10 grep -q '^serving ' "$E2E_TMP/command.log"; then
		daemon=$(sed -n 's/^serving \([0-9]*\)$/\1/p' "$E2E_TMP/command.log")
		equal "of an ordinary user, with a COMMAND, it keeps the uid" \
			"$(status_of Uid | tr ' ' '\n' | sort -u)" 65534
		equal "and can regain nothing, too" "$(status_of CapBnd)" 0000000000000000
		has_nothing_left "from an ordinary user with a COMMAND"
	else
		skip "of an ordinary user, with a COMMAND" "$(tail -n 1 "$E2E_TMP/command.log")"
	fi
	e2e_stop "$command"
fi

# shellcheck disable=SC2016
e2e_start command unshare --map-root-user "$E2E_TMP/evtcpd" -v -- \
	sh -c 'echo serving $PPID; exec sleep 30'
if e2e_wait 10 grep -q '^serving ' "$E2E_TMP/command.log"; then
	daemon=$(sed -n 's/^serving \([0-9]*\)$/\1/p' "$E2E_TMP/command.log")
	equal "in a namespace of one uid it keeps the uid" "$(status_of Uid | tr ' ' '\n' | sort -u)" "$(id -u)"
	has_nothing_left "from a namespace of one uid"
else
	skip "in a namespace of one uid it keeps the uid" "$(tail -n 1 "$E2E_TMP/command.log")"
fi
e2e_stop "$command"

e2e_end
