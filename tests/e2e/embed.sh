#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The library as somebody else's program gets it: installed, found by pkg-config, and used by
# examples/echo.c as that says.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
server=''
e2e_need meson cc pkg-config python3
: "${E2E_BUILD:?is not set: the build directory}"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
flags=(-std=c11 -Wall -Wextra -Wpedantic -Werror)
[ "${E2E_SANITIZED:-0}" = 0 ] || flags+=('-fsanitize=address,undefined')

ok "it can be installed" meson install -C "$E2E_BUILD" --no-rebuild --destdir "$E2E_TMP/root"
found=$(find "$E2E_TMP/root" -name evtcp.pc)
prefix=$(sed -n 's/^prefix=//p' "$found")
libs=$E2E_TMP/root$(dirname "$(dirname "${found#"$E2E_TMP/root"}")")
export PKG_CONFIG_PATH=${found%/*} LD_LIBRARY_PATH=$libs

# found ARGUMENTS...: what pkg-config says, as if that were where it is installed to.
found() { pkg-config --define-variable=prefix="$E2E_TMP/root$prefix" "$@" evtcp; }

# shellcheck disable=SC2046 # those are words
compiled() { cc "${flags[@]}" "$top/examples/echo.c" -o "$E2E_TMP/echo" $(found --cflags --libs); }
ok "what pkg-config says is enough for a program" compiled
headers() { # each by itself, so that each includes what it needs
	local header
	for header in "$E2E_TMP/root$prefix"/include/evtcp/*.h; do
		# shellcheck disable=SC2046
		c++ -x c++ -fsyntax-only -Wall -Werror -include "$header" /dev/null \
			$(found --cflags) || return
	done
}
if command -v c++ >"$E2E_TMP/which"; then
	ok "each header is one of C++, too" headers
else
	skip "each header is one of C++, too" "there is no compiler of that"
fi

e2e_start server "$E2E_TMP/echo"
ok "the program begins" e2e_wait 10 ip link show dev tun0
# The same comes back, whole, and then the end.
talk() {
	timeout 20 python3 - "$1" <<-'END'
		import os, socket, sys, threading

		sent, got = os.urandom(int(sys.argv[1])), b""
		peer = socket.create_connection(("10.0.0.2", 7))
		threading.Thread(target=lambda: (peer.sendall(sent), peer.shutdown(socket.SHUT_WR))).start()
		while more := peer.recv(65536):
		    got += more
		sys.exit(got != sent)
	END
}
ok "it sends back a line" e2e_wait 5 talk 6
ok "and megabytes" talk 3000000
e2e_stop "$server"
equal "it ends in order" $? 0

e2e_end
