# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The chapter list: README.md and README.ja.md beside the demos, made of the texts in the
# scripts and of what was seen when each was played. A chapter's first block ```text is its
# ladder, the second what the client printed.
# shellcheck disable=SC2154

# demo_chapter_file: the list in the reader's language.
demo_chapter_file() {
	demo_say "$demo_scripts/README.md" "$demo_scripts/README.ja.md"
}

# demo_chapter_block NAME N: the N-th block of NAME's chapter.
demo_chapter_block() {
	[ ! -r "$demo_scripts/README.md" ] || awk -v start="^## [0-9]+\\\\. $1: " -v wanted="$2" '
		/^## / { inside = $0 ~ start; block = 0 }
		inside && /^```text$/ { block++; open = 1; next }
		inside && /^```$/ { open = 0; next }
		inside && open && block == wanted { print }' "$demo_scripts/README.md"
}

# demo_chapters_seen DIRECTORY: puts what the chapters there are now have seen into DIRECTORY,
# NAME.ladder and NAME.client.
demo_chapters_seen() {
	local name
	for name in $demo_names; do
		demo_chapter_block "$name" 1 >"$1/$name.ladder"
		demo_chapter_block "$name" 2 >"$1/$name.client"
	done
}

# demo_chapters_write DIRECTORY OUTPUT: both lists, of what is in DIRECTORY, into the directory
# OUTPUT.
demo_chapters_write() {
	local demo_language
	for demo_language in en ja; do
		demo_chapters_print "$1" >"$2/$(basename "$(demo_chapter_file)")"
	done
}

demo_chapters_print() {
	local name number=0
	cat "$demo_scripts/lib/preface.$demo_language.md"
	for name in $demo_names; do
		number=$((number + 1))
		(demo_load "$name" && demo_chapter_print "$1" "$number")
	done
}

demo_chapter_print() {
	# shellcheck disable=SC2034 # for demo_claim
	local demo_listing=yes
	printf '\n## %d. %s: %s\n\n' "$2" "$demo_name" "$(demo_title)"
	printf '%s\n\n' "$demo_rfc"
	"demo_about_$demo_language"
	printf '\n```text\n'
	cat "$1/$demo_name.ladder"
	printf '```\n\n'
	demo_say 'The client printed:' 'クライアントの出力:'
	printf '\n```text\n'
	cat "$1/$demo_name.client"
	printf '```\n\n'
	demo_say 'The demo asserts:' 'このデモが検査すること:'
	printf '\n'
	demo_claims
}

# demo_chapters_check: the lists are what the scripts and the ladders in README.md make of
# them; else prints how they differ.
demo_chapters_check() {
	local work file different=0
	work=$(mktemp -d) || return
	mkdir "$work/seen" "$work/new"
	demo_chapters_seen "$work/seen"
	demo_chapters_write "$work/seen" "$work/new"
	for file in README.md README.ja.md; do
		diff -u "$demo_scripts/$file" "$work/new/$file" || different=1
	done
	rm -rf "$work"
	[ "$different" -eq 0 ] || setup_say "the chapters are old: run tools/demo --chapters"
	return "$different"
}

# demo_chapters [NAME...]: plays the demos with these names, or all, and writes both lists
# anew; the others keep the ladders that they have.
demo_chapters() {
	local work name
	work=$(mktemp -d) || return
	mkdir "$work/seen"
	demo_chapters_seen "$work/seen"
	# shellcheck disable=SC2086 # one word a name
	[ $# -gt 0 ] || set -- $demo_names
	for name; do
		if ! (demo_recording=yes COLUMNS=124 demo_play_one "$name" "$work"); then
			setup_say "$name failed: the chapters stay as they are"
			rm -rf "$work"
			return 1
		fi
		(
			demo_load "$name"
			[ "$(type -t demo_excerpt)" = function ] || demo_excerpt() { cat; }
			demo_excerpt <"$work/$name.txt" | demo_chapter_ladder >"$work/seen/$name.ladder"
		)
		cp "$work/$name.client" "$work/seen/$name.client"
	done
	demo_chapters_write "$work/seen" "$demo_scripts"
	rm -rf "$work"
}

# Only rows of the ladder: no line of the daemon's log.
demo_chapter_ladder() {
	LC_ALL=C grep -E '^(#[0-9]|$|[.])'
}
