# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What serve and check share: find what is missing, install it with apt, build.
#
# Sourced, by bash. The caller sets setup_exit, the exit status of a failure here,
# first. Nothing in this file writes to stdout: that belongs to the caller.
# A machine that lacks nothing is never asked for a password and never reaches apt.

setup_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

setup_say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

setup_fail() {
	setup_say "$@"
	exit "$setup_exit"
}

# ---- what is needed ---------------------------------------------------------
# One line each: the Debian package, then a test that is true where what the
# package gives is there already, however it came.

setup_build_needs() {
	setup_need gcc setup_has_command cc gcc clang
	setup_need libc6-dev test -e /usr/include/stdio.h
	setup_need meson setup_has_command meson
	setup_need ninja-build setup_has_command ninja
	setup_need pkg-config setup_has_command pkg-config
	setup_need libevent-dev setup_has_library 'libevent_core >= 2.1.12 libevent_extra >= 2.1.12'
	setup_need libsodium-dev setup_has_library libsodium
	setup_need llhttp setup_has_llhttp
}

setup_test_needs() {
	setup_need libcmocka-dev setup_has_library cmocka
	setup_need curl setup_has_command curl
	setup_need iproute2 setup_has_command ip
	setup_need iputils-ping setup_has_command ping
	setup_need procps setup_has_command ps
	setup_need util-linux setup_has_command unshare
	setup_need apache2-utils setup_has_command ab
	setup_need wrk setup_has_command wrk
	setup_need tcpdump setup_has_command tcpdump
	setup_need tshark setup_has_command tshark
}

# setup_need PACKAGE TEST...: adds PACKAGE to the array setup_missing unless TEST.
setup_need() {
	local package=$1
	shift
	"$@" >/dev/null 2>&1 || setup_missing+=("$package")
}

# True if one of the named commands exists. Administrators' directories count:
# an ordinary user's PATH lacks them, and ip and tcpdump live there.
setup_has_command() {
	local name
	for name in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$name" && return
	done
	return 1
}

setup_has_library() {
	pkg-config --exists "$1"
}

setup_has_llhttp() {
	[ -e /usr/share/llhttp/llhttp.c ] || setup_has_library libllhttp
}

# ---- installing ---------------------------------------------------------------

# Runs as root, arguments: packages. "llhttp" is whichever of its two packages this
# system has. While it runs no service may be started by an installation; no
# package we name has one, but what they depend on is not ours to know.
# shellcheck disable=SC2016
setup_install_script='
	set -eu
	export DEBIAN_FRONTEND=noninteractive
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap "rm -f $policy" EXIT
		printf "#!/bin/sh\nexit 101\n" >"$policy"
		chmod 755 "$policy"
	fi
	apt-get -q update || echo "apt-get update failed; trying with the lists there are" >&2
	for name in "$@"; do
		if [ "$name" = llhttp ]; then
			name=node-llhttp
			if apt-cache show libllhttp-dev >/dev/null 2>&1; then name=libllhttp-dev; fi
		fi
		set -- "$@" "$name"
		shift
	done
	apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends install "$@"
'

# setup_install NEEDS...: installs what the named functions find missing, if
# anything; fails with what to do where that is not possible.
setup_install() {
	local setup_missing=() needs sudo=()
	for needs in "$@"; do "$needs"; done
	[ "${#setup_missing[@]}" -gt 0 ] || return 0

	local list="${setup_missing[*]}"
	command -v apt-get >/dev/null ||
		setup_fail "missing: $list (Debian's names). There is no apt-get here: install them" \
			"with this system's package manager, then try again."
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			setup_fail "missing: $list. Installing them needs root, and there is no sudo:" \
				"run 'apt-get install $list' as root (llhttp is libllhttp-dev, or node-llhttp" \
				"on Debian 12), then try again."
		sudo=(sudo)
		[ -t 2 ] || sudo=(sudo -n)
	fi
	setup_say "needed to build or test, and not here: $list. Installing with ${sudo[*]:+sudo }apt-get."
	"${sudo[@]}" sh -c "$setup_install_script" setup "${setup_missing[@]}" </dev/null >&2 ||
		setup_fail "apt-get could not install: $list. Its own messages are above."

	setup_missing=()
	for needs in "$@"; do "$needs"; done
	[ "${#setup_missing[@]}" -eq 0 ] ||
		setup_fail "apt-get ran, but this is still missing: ${setup_missing[*]}. Is an older" \
			"version installed, or a command outside PATH?"
}

# ---- building -------------------------------------------------------------------

# setup_build DIRECTORY TARGET OPTION...: builds TARGET ("all" is everything) in
# DIRECTORY below the top, configured with the meson options. A second call with
# nothing changed costs some 50 ms and prints nothing.
setup_build() {
	local dir=$setup_top/$1 target=$2
	shift 2
	if ! setup_writable "$dir"; then
		setup_is_current "$dir/$target" && return
		setup_fail "cannot write to $dir: it belongs to $(stat -c %U "$setup_top") or is read-only, and" \
			"you are $(id -un). Run this as its owner, or in a clone of your own:" \
			"git clone $setup_top"
	fi
	(
		flock 9
		setup_configure "$dir" "$@" && setup_compile "$dir" "$target"
	) 9>"$dir/.lock" || setup_fail "the build in $dir failed; the compiler's messages are above."
}

setup_writable() {
	setup_as_owner mkdir -p "$1" 2>/dev/null && [ -w "$1" ]
}

# True if a built file is newer than every source.
setup_is_current() {
	[ -x "$1" ] && [ -z "$(find "$setup_top"/{src,include,subprojects,meson.build} -newer "$1" -print -quit)" ]
}

# Root building in somebody's clone must not leave files there that their owner
# cannot replace: it builds as that owner.
setup_as_owner() {
	local uid gid
	read -r uid gid < <(stat -c '%u %g' "$setup_top")
	if [ "$(id -u)" = 0 ] && [ "$uid" != 0 ]; then
		setpriv --reuid="$uid" --regid="$gid" --clear-groups env HOME=/nonexistent "$@"
	else
		"$@"
	fi
}

# Configures anew when the options are not those of the last time.
setup_configure() {
	local dir=$1 stamp=$1/.options
	shift
	[ -e "$dir/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && return
	local wipe=()
	[ ! -e "$dir/meson-private/coredata.dat" ] || wipe=(--wipe)
	setup_say "configuring $dir"
	setup_as_owner meson setup "${wipe[@]}" "$@" "$dir" "$setup_top" >&2 || return
	setup_as_owner sh -c 'printf "%s" "$1" >"$2"' sh "$*" "$stamp"
}

setup_compile() {
	[ "$(ninja -C "$1" -n "$2" 2>/dev/null | tail -n 1)" != 'ninja: no work to do.' ] || return 0
	setup_say "building $1"
	setup_as_owner ninja -C "$1" "$2" >&2
}
