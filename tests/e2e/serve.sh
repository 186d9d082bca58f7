# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Running evtcpd in a test, sourced after lib.sh:
#
#     serve OPTIONS...      starts $E2E_EVTCPD in this namespace and waits until it
#                           serves; its pid is $evtcpd, its log $E2E_TMP/evtcpd.log
#     serve_ends "SENTENCE" stops it with SIGTERM and claims that it ended in order:
#                           status 0, no word of a sanitizer
#     serve_value NAME      the number called NAME on the page /connections, a usage or
#                           a counter; 0 if it is not there
#     serve_has N           it holds at least N connections beside the one that asks
#     serve_is_idle         it holds none beside that one (TIME-WAIT entries are none)
#
#     serve_plain           from here on it is one without sanitizers, for figures: built
#                           if need be, as a release build below $E2E_BIN
#
# $url is where it serves and $server the address in it; $client is the kernel's. With
# E2E_FAMILY=6 these are its IPv6 ones.
#
# E2E_SANITIZED=1 says that the daemon is built with sanitizers; then it stays root, as
# the leak detector cannot look into a process that has become another user.

: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
E2E_SANITIZED=${E2E_SANITIZED:-0}
if [ "${E2E_FAMILY:-4}" = 6 ]; then
	server=fd00:e7::2 client=fd00:e7::1 url='http://[fd00:e7::2]'
	[ -e /proc/net/if_inet6 ] || e2e_skip_all "this kernel has no IPv6"
else
	server=10.0.0.2 client=10.0.0.1 url=http://10.0.0.2
fi
export server client # for who sources this
evtcpd=

serve() {
	local who=()
	if [ "$E2E_SANITIZED" = 1 ] && [ "$E2E_ROOT" = 1 ]; then who=(--user root); fi
	: >"$E2E_TMP/evtcpd.log" # the one before has said that it serves, too
	e2e_start evtcpd "$E2E_EVTCPD" "${who[@]}" "$@"
	if ! e2e_wait 10 grep -q 'serving http://' "$E2E_TMP/evtcpd.log"; then
		e2e_say not "evtcpd $* starts"
		e2e_show "$E2E_TMP/evtcpd.log"
		e2e_end
	fi
}

serve_ends() {
	e2e_stop "$evtcpd" TERM 15
	equal "$1: status" $? 0
	equal "$1: no report of a sanitizer" \
		"$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""
}

serve_value() {
	local value
	value=$(curl -s -m 5 $url/connections | grep -o "\"$1\":[0-9]*" | head -n 1)
	echo "${value##*:}" | grep . || echo 0
}

serve_has() {
	[ "$(serve_value connections)" -gt "$1" ]
}

serve_is_idle() {
	[ "$(serve_value connections)" = 1 ]
}

serve_plain() {
	local build=$E2E_BIN/plain source
	[ "$E2E_SANITIZED" = 1 ] || return 0
	source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
	E2E_EVTCPD=$build/src/evtcpd/evtcpd E2E_SANITIZED=0
	if ! { [ -d "$build" ] || meson setup --buildtype=release -Dtests=false "$build" "$source"; } \
		>"$E2E_TMP/plain.log" 2>&1 ||
		! ninja -C "$build" src/evtcpd/evtcpd >>"$E2E_TMP/plain.log" 2>&1; then
		e2e_say not "a daemon without sanitizers can be built"
		e2e_show "$E2E_TMP/plain.log"
		e2e_end
	fi
}
