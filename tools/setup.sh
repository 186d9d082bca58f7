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
	setup_need libseccomp-dev setup_has_library libseccomp
	setup_need llhttp setup_has_llhttp
}

setup_demo_needs() {
	setup_need curl setup_has_command curl
	setup_need python3 setup_has_command python3
}

setup_test_needs() {
	setup_demo_needs
	setup_need libcmocka-dev setup_has_library cmocka
	setup_need iproute2 setup_has_command ip
	setup_need iputils-ping setup_has_command ping
	setup_need patch setup_has_command patch
	setup_need procps setup_has_command ps
	setup_need util-linux setup_has_command unshare
	setup_need apache2-utils setup_has_command ab
	setup_need wrk setup_has_command wrk
	setup_need tcpdump setup_has_command tcpdump
	setup_need tshark setup_has_command tshark
	setup_need jq setup_has_command jq
	setup_need python3-prometheus-client setup_has_prometheus_client
	setup_need python3-jsonschema python3 -c 'import jsonschema'
}

# For the test of the live page: a browser that has no window, 300 MB.
setup_browser_needs() {
	setup_need chromium-headless-shell setup_has_command chromium-headless-shell chromium chromium-browser
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

# The python that finds it need not be the first in PATH.
setup_has_prometheus_client() {
	python3 -c 'import prometheus_client' || /usr/bin/python3 -c 'import prometheus_client'
}

setup_has_llhttp() {
	[ -e /usr/share/llhttp/llhttp.c ] || setup_has_library libllhttp
}

# ---- installing ---------------------------------------------------------------

# What Debian's packages ask whether they may start a service.
setup_policy=/usr/sbin/policy-rc.d

# Runs as root, arguments: that file, then packages. "llhttp" is whichever of its two packages this
# system has. While it runs no service may be started by an installation, whatever the packages
# that we name depend on; and the one that has a service, nginx, is kept from starting at the
# next boot: we want the program.
# shellcheck disable=SC2016
setup_install_script='
	set -eu
	export DEBIAN_FRONTEND=noninteractive
	policy=$1
	shift
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
	case " $* " in *" nginx "*)
		PATH=$PATH:/usr/sbin:/sbin update-rc.d nginx disable ||
			echo "nginx was installed for the benches, and may start at the next boot" >&2
		;;
	esac
'

# setup_install NEEDS...: installs what the named functions find missing, if
# anything; fails with what to do where that is not possible.
setup_install() {
	local setup_missing=() needs sudo=()
	for needs in "$@"; do "$needs"; done
	[ "${#setup_missing[@]}" -gt 0 ] || return 0

	local list="${setup_missing[*]}"
	command -v apt-get >/dev/null ||
		setup_fail "missing: $list (as Debian calls them). There is no apt-get here: install them" \
			"with this system's package manager, then try again."
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			setup_fail "missing: $list. Installing them takes root, and there is no sudo: as root," \
				"run 'apt-get update' and 'apt-get install ${list/llhttp/node-llhttp}' (where" \
				"there is a libllhttp-dev, that one), then try again."
		sudo=(sudo)
		[ -t 2 ] || sudo=(sudo -n)
	fi
	setup_say "needed but not installed: $list. Installing with ${sudo[*]:+sudo }apt-get."
	"${sudo[@]}" sh -c "$setup_install_script" setup "$setup_policy" "${setup_missing[@]}" </dev/null >&2 ||
		setup_fail "apt-get could not install: $list. Its own messages are above."

	setup_missing=()
	for needs in "$@"; do "$needs"; done
	[ "${#setup_missing[@]}" -eq 0 ] ||
		setup_fail "apt-get ran, but this is still missing: ${setup_missing[*]}. Is an older" \
			"version installed, or a command outside PATH?"
}

# ---- building -------------------------------------------------------------------

# setup_directory DIRECTORY TARGET: says where to build, DIRECTORY below the top, before
# anything is installed for it. Fails where that cannot be written to, unless TARGET
# stands there, built from the sources as they are: then it returns 1, and there is
# nothing to do.
setup_directory() {
	setup_dir=$setup_top/$1
	setup_writable "$setup_dir" && return
	setup_is_current "$setup_dir/$2" && return 1
	setup_fail "cannot write to $setup_dir: $(setup_why_not_writable)"
}

# setup_build TARGET OPTION...: builds TARGET ("all" is everything), configured with
# the meson options. With nothing changed since the last time it prints nothing and
# takes about a tenth of a second.
setup_build() {
	local target=$1
	shift
	setup_as_owner touch "$setup_dir/.lock"
	(
		flock 9
		setup_configure "$@" && setup_take_lessons && setup_compile "$target"
	) 9<"$setup_dir/.lock" ||
		setup_fail "the build in $setup_dir failed; the compiler's messages are above."
}

# setup_release TARGET [NEEDS...]: everything for a TARGET in build-release/, as it
# would be installed, and what the functions NEEDS find missing to use it. setup_profile: the
# same, with what a profiler must know, in build-profile/. setup_trained: the same as fast as can
# be, in build-trained/, which takes more than twice as long to build.
setup_release() {
	setup_optimised build-release -Ddebug=false "$@"
}

setup_profile() {
	setup_optimised build-profile -Ddebug=true "$@"
}

setup_trained() {
	local target=$1
	shift
	if ! setup_compiler_is_gcc; then
		setup_release "$target" "$@"
	elif setup_directory build-trained "$target"; then
		setup_install setup_build_needs "$@"
		setup_train
		setup_directory build-trained "$target"
		# shellcheck disable=SC2086
		setup_learned=$setup_top/build-training setup_build "$target" -Db_pgo=use -Ddebug=false \
			$setup_fast
	else
		setup_install "$@"
	fi
}

setup_optimised() {
	local directory=$1 option=$2 target=$3 fast=$setup_fast
	shift 3
	if setup_directory "$directory" "$target"; then
		setup_install setup_build_needs "$@"
		setup_compiler_is_gcc || fast=${fast/-Db_lto=true/}
		# shellcheck disable=SC2086
		setup_build "$target" "$option" $fast
	else
		setup_install "$@"
	fi
}

# The rooms are many small functions in files of their own, and calling them is a sixth of a
# request's instructions: hence link-time optimization. gcc has all that it takes; clang may lack
# its linker's half.
setup_fast='-Doptimization=2 -Db_pie=true -Dtests=false -Db_lto=true'

# It may be several words, "ccache clang".
setup_compiler_is_gcc() {
	# shellcheck disable=SC2086
	case $(${CC:-cc} --version 2>/dev/null) in
	*clang*) return 1 ;;
	esac
}

# What gcc is shown, to learn what is done often: requests, connections, bulk both ways, by the
# micro-benchmark, which needs no network and does the same each time. The code of a request does
# not fit into the processor's cache for code. Knowing what is rare, gcc moves it out of the way,
# and what is left takes a quarter less time. The last lesson has so many connections that each is
# fetched from memory beforehand (stack/expect).
setup_lessons=(http http-connect http-out requests in 'in --offload 1' out 'out --offload 1'
	'http --connections 2000')

# Has it learned in build-training/, unless it did since the sources changed.
setup_train() {
	local micro=tests/bench/micro
	setup_directory build-training $micro
	# shellcheck disable=SC2086
	setup_build $micro -Db_pgo=generate -Ddebug=false $setup_fast
	(
		flock 9
		setup_take_training $micro
	) 9<"$setup_dir/.lock" || exit "$setup_exit"
}

setup_take_training() {
	local micro=$1 lesson
	[ ! "$setup_dir/.trained" -nt "$setup_dir/$micro" ] || return 0
	setup_say "training the compiler in $setup_dir"
	setup_as_owner find "$setup_dir" -name '*.gcda' -delete
	for lesson in "${setup_lessons[@]}"; do
		# shellcheck disable=SC2086
		setup_as_owner "$setup_dir/$micro" $lesson --turns 400 >/dev/null ||
			setup_fail "the lesson '$lesson' failed; its message is above."
	done
	setup_as_owner touch "$setup_dir/.trained"
}

# Where somebody has learned for this build, what was learned is put beside what it compiles:
# there gcc looks for it.
setup_take_lessons() {
	[ -n "${setup_learned-}" ] || return 0
	# shellcheck disable=SC2016
	setup_as_owner sh -c 'cd "$1" && find . -name "*.gcda" -exec cp --parents -t "$2" {} +' \
		sh "$setup_learned" "$setup_dir"
}

# Why there is no writing below the top, and what to do. A user without a name, as in many
# a container, is told by number.
setup_why_not_writable() {
	local owner=$setup_top
	[ ! -e "$setup_dir" ] || owner=$setup_dir
	if [[ ,$(findmnt -no OPTIONS -T "$owner" 2>/dev/null), == *,ro,* ]]; then
		printf 'the file system is read-only there. Make a clone where you can write.'
	elif [ "$(id -u)" = 0 ] || [ "$(id -u)" = "$(stat -c %u "$owner")" ]; then
		printf 'the permissions of %s forbid it, or the disk is full.' "$owner"
	else
		printf '%s belongs to %s, and you are %s. ' "$owner" "$(stat -c %U "$owner")" \
			"$(id -un 2>/dev/null || id -u)"
		printf 'Run this as that user, or in a clone of your own.'
	fi
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
	local stamp=$setup_dir/.options wipe=()
	[ -e "$setup_dir/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && return
	[ ! -e "$setup_dir/meson-private/coredata.dat" ] || wipe=(--wipe)
	setup_say "configuring $setup_dir"
	setup_if_failing setup_as_owner meson setup "${wipe[@]}" "$@" "$setup_dir" "$setup_top" ||
		return
	# shellcheck disable=SC2016
	setup_as_owner sh -c 'printf "%s" "$1" >"$2"' sh "$*" "$stamp"
}

setup_compile() {
	local plan
	plan=$(setup_as_owner ninja -C "$setup_dir" -n "$1" 2>/dev/null) &&
		[ "${plan##*$'\n'}" = 'ninja: no work to do.' ] && return
	setup_say "building $setup_dir$(setup_how_long "$plan")"
	if [ -t 2 ]; then
		setup_as_owner ninja -C "$setup_dir" "$1" >&2
	else
		setup_if_failing setup_as_owner ninja -C "$setup_dir" "$1"
	fi
}

# setup_how_long PLAN: for how long a build will be silent, from the last line of what
# ninja plans, "[129/129] Linking ..."; nothing if that is not worth a word. Two cores
# take a quarter of a second for a step.
setup_how_long() {
	local steps=${1##*[}
	steps=${steps%%/*}
	if [[ $steps =~ ^[0-9]+$ ]] && [ "$steps" -gt 20 ]; then
		printf ': %d steps, about %d s' "$steps" $((steps / 40 * 10 + 10))
	fi
}

# setup_if_failing COMMAND...: runs it; what it printed is shown only if it fails.
setup_if_failing() {
	local output
	output=$("$@" 2>&1) && return
	printf '%s\n' "$output" >&2
	return 1
}
