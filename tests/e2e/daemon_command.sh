#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd -- COMMAND: whose descriptors, limits, signals and exit status are whose.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl ping tcpdump
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"

# Where an ordinary user finds it, whatever the rights of the build directory.
cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
evtcpd=$E2E_TMP/evtcpd daemon=

# runs ARGUMENTS...: evtcpd with them; $status, its stdout in $out, stderr in $err.
runs() {
	out=$("$evtcpd" "$@" 2>"$E2E_TMP/err")
	status=$?
	err=$(<"$E2E_TMP/err")
}

# everything WHO: what holds for root and for an ordinary user, whoever $evtcpd runs as.
everything() {
	local who=$1 list

	runs -- sh -c 'exit 7'
	equal "$who: its exit status is COMMAND's" $status 7
	runs -- sh -c 'kill -KILL $$'
	equal "$who: 128 and the number of the signal that ended it" $status 137
	runs -- "$E2E_TMP/there is none"
	equal "$who: 127 for a COMMAND that does not exist" $status 127
	match "$who: and a word about it" "$err" 'cannot run .*/there is none: No such file'
	runs -- "$E2E_TMP"
	equal "$who: 126 for one that cannot be run" $status 126
	runs --no-such-option -- true
	equal "$who: 125 for a mistake of ours" "$status $out" "125 "
	runs --mtu 1 -- true
	equal "$who: 125 for a bad value, too" $status 125

	runs -v --ladder -- sh -c 'echo its; echo own >&2'
	equal "$who: stdout is COMMAND's alone" "$out" its
	match "$who: stderr is shared" "$err" '^own$'
	out=$(echo from stdin | "$evtcpd" -- cat)
	equal "$who: stdin is COMMAND's" "$out" "from stdin"
	out=$("$evtcpd" -- sh -c 'cat <&9' 9<<<inherited)
	equal "$who: so is an inherited descriptor" "$out" inherited
	# shellcheck disable=SC2016
	runs -- sh -c 'cd /proc/$PPID/fd && for fd in *; do [ $fd -le 2 ] || readlink $fd; done' 9<"$0"
	equal "$who: which the daemon does not keep" "$(grep -c daemon_command <<<"$out")" 0
	# shellcheck disable=SC2016
	list='cd /proc/$$/fd && for fd in *; do [ $fd -le 2 ] || readlink $fd; done'
	runs -- sh -c "$list"
	equal "$who: nor has COMMAND any of the daemon's" "$out" "$(sh -c "$list")"
	runs -- sh -c 'ulimit -c; umask; grep -e NoNewPrivs -e Seccomp: /proc/self/status | tr -s "\t\n" " "'
	equal "$who: nor its limits, umask, no_new_privs" "$out" \
		"$(ulimit -c; umask; printf 'NoNewPrivs: 0 Seccomp: 0 ')"

	"$evtcpd" -v --ladder -- sh -c 'curl -s http://10.0.0.2/ >&8' 8>"$E2E_TMP/page" <&- >&- 2>&-
	equal "$who: it serves where stdin, stdout and stderr are closed" "$?$(<"$E2E_TMP/page")" \
		'0Hello World!'

	runs -- ip -o -4 addr show
	match "$who: COMMAND sees a loopback that is up" "$out" 'lo .*127\.0\.0\.1/8'
	match "$who: and the TUN with the kernel's address" "$out" 'tun0 .*10\.0\.0\.1/24'
	equal "$who: and nothing else" "$(wc -l <<<"$out")" 2
	runs -i wire -a 192.168.9.9/28 --mtu 1280 -- ip -o addr show dev wire
	match "$who: names and addresses are options" "$out" '192\.168\.9\.1/28'
	fails "$who: outside nobody sees it" ip link show tun0
}

# ---- as whoever we are; as root also as an ordinary user

everything "as $(id -un)"
if [ "$E2E_ROOT" = 1 ]; then
	cat >"$E2E_TMP/as_user" <<-END
		#!/bin/sh
		exec setpriv --reuid 65534 --regid 65534 --clear-groups $E2E_TMP/evtcpd "\$@"
	END
	chmod 755 "$E2E_TMP/as_user"
	evtcpd=$E2E_TMP/as_user
	everything "as a user"
	runs -- sh -c 'id -u; id -g; whoami'
	equal "as a user: COMMAND is who the user is" "$(tr '\n' ' ' <<<"$out")" \
		"65534 65534 $(id -un 65534) "
	runs -- cat /proc/self/setgroups
	equal "as a user: and cannot drop groups" "$out" deny
	runs -- sh -c 'ip link set tun0 mtu 1400 && ip addr add 10.0.0.7/24 dev tun0'
	equal "as a user: but may configure its network" "$status $err" "0 "
	runs -- ping -c 1 -W 5 10.0.0.2
	equal "as a user: ping" $status 0
	runs -- curl -s -m 5 --interface tun0 http://10.0.0.2/
	equal "as a user: choose the interface" "$out" 'Hello World!'
	# shellcheck disable=SC2016
	sniffs='"$@" >$0.out & while kill -0 $!; do curl -s -m 5 http://10.0.0.2/; sleep 0.1; done
		cat $0.out'
	mkdir -m 777 "$E2E_TMP/sniffed"
	runs -- sh -c "$sniffs" "$E2E_TMP/sniffed/tcpdump" timeout 20 tcpdump -ni tun0 -c 9 'tcp port 80'
	equal "as a user: run tcpdump" "$(grep -c 'IP 10\.0\.0\.' <<<"$out")" 9
	if command -v tshark >/dev/null; then
		runs -- env HOME=/ sh -c "$sniffs" "$E2E_TMP/sniffed/tshark" timeout 20 tshark -ni tun0 -f tcp -c 9
		equal "as a user: and tshark" "$(grep -c 'TCP\|HTTP' <<<"$out")" 9
	fi
	# shellcheck disable=SC2016
	runs -- sh -c 'grep CapAmb /proc/self/status; grep -e CapEff -e CapAmb /proc/$PPID/status'
	equal "as a user: COMMAND has three capabilities, the daemon none" "$(tr -d '\n\t' <<<"$out")" \
		'CapAmb:0000000000003400CapEff:0000000000000000CapAmb:0000000000000000'
	evtcpd=$E2E_TMP/evtcpd
	runs -- cat /proc/self/uid_map
	equal "as root: no user namespace" "$out" "$(cat /proc/self/uid_map)"
fi

# ---- signals

# has_started WORD: COMMAND has said so.
has_started() { grep -q "^$1$" "$E2E_TMP/daemon.log"; }

# shellcheck disable=SC2016
e2e_start daemon "$evtcpd" -- sh -c 'trap "echo ended; exit 5" TERM; echo up; sleep 30 & wait $!'
e2e_wait 10 has_started up
e2e_stop "$daemon" TERM
equal "SIGTERM is passed on, and COMMAND's answer to it is the status" $? 5
ok "it was COMMAND's trap" has_started ended

# shellcheck disable=SC2016
e2e_start daemon "$evtcpd" -- sh -c 'trap "exit 6" HUP; echo up; sleep 30 & wait $!'
e2e_wait 10 has_started up
e2e_stop "$daemon" HUP
equal "so is SIGHUP" $? 6

# shellcheck disable=SC2016
e2e_start daemon "$evtcpd" -- sh -c 'trap "echo heard" TERM; echo up; sleep 30 & wait $!; wait $!'
e2e_wait 10 has_started up
kill -TERM "$daemon"
e2e_wait 10 has_started heard
ok "a COMMAND that does not end by it goes on" kill -0 "$daemon"
began=$(e2e_now_ms)
e2e_stop "$daemon" TERM
equal "a second one kills it" $? 137
most "at once (ms)" $(($(e2e_now_ms) - began)) 5000

e2e_start daemon "$evtcpd" -- sh -c 'echo up; sleep 1; echo still; exit 4'
e2e_wait 10 has_started up
kill -INT "$daemon"
wait "$daemon"
equal "SIGINT is COMMAND's own business" $? 4
ok "which saw none of ours" has_started still

e2e_end
