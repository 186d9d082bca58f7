#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# workers.sh with a daemon in which a sanitizer looks for data races: whatever it finds is a report,
# which fails the claims about reports there. It is built if need be, below $E2E_BIN.
set -u
: "${E2E_BIN:?is not set: where the test programs are}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$E2E_BIN/races

if ! { [ -d "$build" ] || meson setup --buildtype=debugoptimized -Db_sanitize=thread \
	-Db_lundef=false -Dtests=false "$build" "$here/../.."; } >"$build.log" 2>&1 ||
	! ninja -C "$build" src/evtcpd/evtcpd >>"$build.log" 2>&1; then
	printf 'not ok 1 - a daemon that looks for races can be built\n'
	tail -n 20 "$build.log" | sed 's/^/#   /'
	printf '1..1\n0 passed, 1 failed\n'
	exit 1
fi
E2E_EVTCPD=$build/src/evtcpd/evtcpd E2E_SANITIZED=1 E2E_RACES=1 exec "$here/workers.sh"
