# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The harness of the end-to-end tests. A test is a bash script that begins
#
#     . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#     e2e_begin "$@"
#
# and from then on runs in network, mount and process namespaces of its own: it can
# make any interface, nothing is seen outside, and whatever it starts ends with it.
# As root they are plain namespaces (E2E_ROOT=1), else those of a user namespace in
# which the caller is root (E2E_ROOT=0). lo is up, /dev/net/tun may be opened by
# everybody, E2E_TMP is an empty directory in memory. It ends
#
#     e2e_end
#
# which prints "N passed, N failed" and exits. In between it claims things, each in a
# sentence; output is that of the Test Anything Protocol, and what a failing command
# printed is shown:
#
#     ok    "SENTENCE" COMMAND...     the command succeeds
#     fails "SENTENCE" COMMAND...     the command fails
#     equal "SENTENCE" GOT WANTED     two strings are equal
#     match "SENTENCE" TEXT REGEX     the text contains the extended regular expression
#     most  "SENTENCE" NUMBER LIMIT   integer NUMBER <= LIMIT
#     least "SENTENCE" NUMBER LIMIT   integer NUMBER >= LIMIT
#     skip  "SENTENCE" REASON         it could not be tested
#     note  TEXT...                   a remark in the log
#
# Nothing waits without a bound, and nothing sleeps in the hope that it is enough:
#
#     e2e_wait SECONDS COMMAND...     again and again until it succeeds; fails when late
#     e2e_start VAR COMMAND...        in the background; its pid goes to $VAR, its output
#                                     to $E2E_TMP/VAR.log
#     e2e_stop PID [SIGNAL [SECONDS]] signals it (TERM), waits (10 s, then KILL); the
#                                     status is that of the process
#     e2e_need PROGRAM...             skips the whole script if one is missing
#
# Figures of a process: e2e_cpu_ms PID, e2e_rss_kib PID, e2e_children PID. And e2e_now_ms.
#
# E2E_BIN is the directory of the built test programs, E2E_EVTCPD the daemon, E2E_EVTCPCTL what
# controls it, E2E_LADDER evtcp-ladder; meson sets them. To run one test by hand:
#     E2E_BIN=build/tests/e2e E2E_EVTCPD=build/src/evtcpd/evtcpd tests/e2e/NAME.sh
# With E2E_WORKERS=2 each daemon has so many workers, but where an option forbids it; what
# `ip tuntap add` needs for that is in E2E_QUEUES. With E2E_OPTIONS each daemon has these as well.

set -u

export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
E2E_QUEUES=${E2E_WORKERS:+multi_queue}
e2e_passed=0 e2e_failed=0 e2e_skipped=0 e2e_ended=

note() {
	printf '# %s\n' "$*"
}

# e2e_say ok|not SENTENCE
e2e_say() {
	local n=$((e2e_passed + e2e_failed + e2e_skipped + 1))
	if [ "$1" = ok ]; then
		e2e_passed=$((e2e_passed + 1))
		printf 'ok %d - %s\n' "$n" "$2"
	else
		e2e_failed=$((e2e_failed + 1))
		printf 'not ok %d - %s\n' "$n" "$2"
	fi
}

e2e_show() {
	tail -n "${2:-20}" "$1" | sed 's/^/#   /'
}

ok() {
	local sentence=$1 status
	shift
	"$@" >"$E2E_TMP/claim.out" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		e2e_say ok "$sentence"
	else
		e2e_say not "$sentence"
		note "status $status from: $*"
		e2e_show "$E2E_TMP/claim.out"
	fi
}

fails() {
	local sentence=$1
	shift
	if "$@" >"$E2E_TMP/claim.out" 2>&1; then
		e2e_say not "$sentence"
		note "it succeeded: $*"
		e2e_show "$E2E_TMP/claim.out"
	else
		e2e_say ok "$sentence"
	fi
}

equal() {
	if [ "$2" = "$3" ]; then
		e2e_say ok "$1"
	else
		e2e_say not "$1"
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

match() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		e2e_say ok "$1"
	else
		e2e_say not "$1"
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

most() {
	if [ "$2" -le "$3" ]; then
		e2e_say ok "$1 ($2 <= $3)"
	else
		e2e_say not "$1 ($2 > $3)"
	fi
}

least() {
	if [ "$2" -ge "$3" ]; then
		e2e_say ok "$1 ($2 >= $3)"
	else
		e2e_say not "$1 ($2 < $3)"
	fi
}

skip() {
	local n=$((e2e_passed + e2e_failed + e2e_skipped + 1))
	e2e_skipped=$((e2e_skipped + 1))
	printf 'ok %d - %s # SKIP %s\n' "$n" "$1" "$2"
}

e2e_now_ms() {
	date +%s%3N
}

e2e_wait() {
	local end=$(($(e2e_now_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(e2e_now_ms)" -lt $end ] || return 1
		sleep 0.02
	done
}

e2e_start() {
	local name=$1
	shift
	: >"$E2E_TMP/$name.log" # or the lines of the one before may still be read
	"$@" >"$E2E_TMP/$name.log" 2>&1 </dev/null &
	printf -v "$name" %s $!
}

e2e_gone() {
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
}

e2e_stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null
	if ! e2e_wait "${3:-10}" e2e_gone "$1"; then
		note "process $1 had to be killed"
		kill -KILL "$1"
	fi
	wait "$1" 2>/dev/null
}

# User and system time of a process, and its resident memory.
e2e_cpu_ms() {
	local stat
	stat=$(<"/proc/$1/stat")
	# shellcheck disable=SC2086 # the fields after the name in parentheses
	set -- ${stat##*) }
	echo $(((${12} + ${13}) * 1000 / $(getconf CLK_TCK)))
}

e2e_rss_kib() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

e2e_children() {
	sed -n 's/^\([0-9]*\) (.*) [A-Z] '"$1"' .*/\1/p' /proc/[0-9]*/stat 2>/dev/null
}

# e2e_skip_all REASON: for what makes the whole script impossible.
e2e_skip_all() {
	e2e_ended=1
	printf '1..0 # SKIP %s\n' "$*"
	exit 77
}

e2e_need() {
	local program
	for program; do
		command -v "$program" >/dev/null || e2e_skip_all "$program is not installed"
	done
}

e2e_end() {
	e2e_ended=1
	printf '1..%d\n' $((e2e_passed + e2e_failed + e2e_skipped))
	if [ $e2e_skipped -gt 0 ]; then
		printf '%d passed, %d failed, %d skipped\n' $e2e_passed $e2e_failed $e2e_skipped
	else
		printf '%d passed, %d failed\n' $e2e_passed $e2e_failed
	fi
	[ $e2e_failed -eq 0 ]
	exit
}

e2e_on_exit() {
	[ "$BASHPID" = $$ ] || return # a process in the background that went wrong
	if [ -z "$e2e_ended" ]; then
		e2e_say not "the script runs to its end"
		(e2e_end)
		e2e_failed=1
	fi
	cd / && umount -l "$E2E_TMP" && rmdir "$E2E_TMP"
	[ -n "$e2e_ended" ] || exit 1
}

# The kernel's TUN driver, open to everybody: here a node of our own covers a closed
# one (as root; an ordinary user can only take what there is).
e2e_open_tun() {
	[ -c /dev/net/tun ] || e2e_skip_all "/dev/net/tun does not exist"
	if [ "$E2E_ROOT" = 1 ]; then
		mknod -m 0666 "$E2E_TMP/tun" c 10 200 || e2e_skip_all "mknod is not allowed"
		mount --bind "$E2E_TMP/tun" /dev/net/tun
	elif ! (: <>/dev/net/tun) 2>/dev/null; then
		e2e_skip_all "/dev/net/tun is not open to this user"
	fi
}

# From here on E2E_EVTCPD is a script that starts the daemon with workers, or other options.
e2e_use_options() {
	local plain=$E2E_TMP/evtcpd-plain workers=${E2E_WORKERS:+--workers $E2E_WORKERS}
	cp "$E2E_EVTCPD" "$plain"
	cat >"$E2E_TMP/evtcpd-with-options" <<-END
		#!/usr/bin/env bash
		workers="$workers"
		for argument; do
			case \$argument in
			--) break ;;
			--ladder | --fault* | --impair*) workers= ;;
			esac
		done
		exec "$plain" \$workers ${E2E_OPTIONS:-} "\$@"
	END
	chmod +x "$E2E_TMP/evtcpd-with-options"
	E2E_EVTCPD=$E2E_TMP/evtcpd-with-options
}

e2e_begin() {
	local options try
	if [ -z "${E2E_INSIDE:-}" ]; then
		e2e_need unshare ip
		export E2E_ROOT=0
		[ "$(id -u)" -ne 0 ] || E2E_ROOT=1
		for try in "--pid --fork --kill-child --mount-proc" ""; do
			options="--net --mount $try"
			[ $E2E_ROOT = 1 ] || options="--map-root-user $options"
			# shellcheck disable=SC2086
			if unshare $options true 2>/dev/null; then
				# No signal is ignored inside, though nohup may have said so:
				# a shell could not undo that.
				E2E_INSIDE=1 exec env --default-signal unshare $options \
					bash "$0" "$@"
			fi
		done
		e2e_skip_all "this system lets us make no namespaces"
	fi
	E2E_TMP=$(mktemp -d "${TMPDIR:-/tmp}/evtcp-e2e.XXXXXX")
	trap e2e_on_exit EXIT
	mount -t tmpfs -o size=256m,mode=0755 tmpfs "$E2E_TMP"
	ip link set lo up
	e2e_open_tun
	if [ -n "${E2E_WORKERS:-}${E2E_OPTIONS:-}" ] && [ -n "${E2E_EVTCPD:-}" ]; then
		e2e_use_options
	fi
}
