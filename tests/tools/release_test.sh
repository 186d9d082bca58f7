#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# release_test.sh TOP
#
# That tools/release, in a clone, teaches the compiler, builds what is installed, and installs it;
# and that the second time it does nothing. Exit status 1 if something was wrong. Takes a minute or two.
set -u
top=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if [[ $("${CC:-cc}" --version) == *clang* ]]; then
	echo "clang is not taught"
	exit 77
fi

fail() {
	printf '%s\n' "$@"
	cat "$work/said"
	exit 1
}

# The tree as it stands, committed or not.
mkdir "$work/clone"
(cd "$top" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$work/clone") ||
	exit 77
cd "$work/clone" || exit 1

install=$(tools/release 2>"$work/said") || fail "tools/release fails:"
grep -q '^release: training the compiler' "$work/said" || fail "nobody was taught:"
lessons=$(find build-trained -name '*.gcda' | wc -l)
[ "$lessons" -gt 100 ] || fail "of $lessons sources something was learned, that is too few:"
[ "$install" = "meson install --no-rebuild -C $PWD/build-trained" ] ||
	fail "it does not say how to install it, but: $install"
DESTDIR=$work/root $install >"$work/said" 2>&1 || fail "and cannot be installed so:"
for program in evtcpd evtcpctl evtcp-ladder; do
	"$work/root/usr/local/bin/$program" --version >"$work/said" 2>&1 || fail "$program does not run:"
done
again=$(tools/release 2>&1)
[ "$again" = "$install" ] || fail "the second time it says something else: $again"
