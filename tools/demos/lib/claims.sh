# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What a demo script calls: to be played, and to say what must have happened.
#
# The player sets: demo_language (en or ja), demo_name, demo_files (what the names of its files
# begin with), demo_evtcpd. While a chapter is written demo_listing is set: claims are told then,
# not looked into.
# shellcheck disable=SC2154

# demo_say ENGLISH JAPANESE: the one in the reader's language.
demo_say() {
	if [ "$demo_language" = ja ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

# ---- playing ------------------------------------------------------------------

# demo_serve [EVTCPD OPTIONS] -- COMMAND...: serves COMMAND in a private namespace, the ladder is
# shown, as wide as the terminal, and kept. COMMAND's stdout goes to $demo_files.client, its exit
# status to $demo_status. A demo whose ladder is too long to be read has a function demo_excerpt,
# a filter: what it lets through is shown, all is kept, and claims are about all.
demo_serve() {
	local columns=${COLUMNS:-} excerpt=cat
	[ -n "$columns" ] || [ ! -t 1 ] || columns=$(stty size <&1 2>/dev/null | cut -d' ' -f2)
	[ "$(type -t demo_excerpt)" != function ] || excerpt=demo_excerpt
	COLUMNS=$columns "$demo_evtcpd" --ladder --pcap "$demo_files.pcapng" "$@" \
		2>&1 >"$demo_files.client" | tee "$demo_files.txt" | $excerpt
	demo_status=${PIPESTATUS[0]}
	demo_join <"$demo_files.txt" >"$demo_files.joined"
}

# demo_faults: reads the fault script on stdin, and where the client is to be served with it
# prints the file that it is in.
demo_faults() {
	cat >"$demo_files.faults"
	printf '%s' "$demo_files.faults"
}

# Joins what a narrow ladder broke: a line without a time that is no wait belongs to the one
# above, its note behind that one's note, what stands in its lane at the end.
demo_join() {
	LC_ALL=C awk -F' ?\342\224\202 ?' '
		function flush() {
			if (row != "") print row (detail == "" ? "" : " {" detail "}")
			row = detail = ""
		}
		/^#[0-9]+ +\342\224\202/ && NF == 3 && row != "" {
			gsub(/^ +| +$/, "", $2)
			if ($3 != "") row = row " " $3
			if ($2 != "") detail = detail (detail == "" ? "" : " ") $2
			next
		}
		{ flush(); row = $0 }
		END { flush() }'
}

# ---- claims -------------------------------------------------------------------

# demo_claim ENGLISH JAPANESE COMMAND...: prints the sentence and whether COMMAND succeeds.
demo_claim() {
	local sentence
	sentence=$(demo_say "$1" "$2")
	shift 2
	if [ -n "${demo_listing:-}" ]; then
		printf -- '- %s\n' "$sentence"
	elif "$@"; then
		printf '  yes  %s\n' "$sentence"
	else
		printf '  NO   %s\n' "$sentence"
		demo_failed=$((demo_failed + 1))
	fi
}

# demo_figure ENGLISH JAPANESE NUMBER...: a line below a claim; its % are for the numbers.
demo_figure() {
	local format
	format=$(demo_say "$1" "$2")
	shift 2
	# shellcheck disable=SC2059
	printf "       ($format)\n" "$@"
}

# demo_says TEXT: the client's output is exactly TEXT.
demo_says() {
	[ "$(cat "$demo_files.client")" = "$1" ]
}

# demo_prints REGEX: the client's output has a line that matches.
demo_prints() {
	grep -qE -e "$1" "$demo_files.client"
}

# demo_succeeds: the client's exit status is 0.
demo_succeeds() {
	[ "$demo_status" = 0 ]
}

# demo_count REGEX: how many rows of the ladder match.
demo_count() {
	LC_ALL=C grep -cE -e "$1" "$demo_files.joined"
}

# demo_shows REGEX [TIMES]: some row of the ladder matches, or exactly TIMES do.
demo_shows() {
	local count
	count=$(demo_count "$1")
	if [ $# -eq 2 ]; then [ "$count" -eq "$2" ]; else [ "$count" -ge 1 ]; fi
}

# demo_lacks REGEX: no row of the ladder does, and there is a ladder.
demo_lacks() {
	[ -s "$demo_files.joined" ] && ! demo_shows "$1"
}

# demo_order REGEX...: the ladder has rows that match, one below the other.
demo_order() {
	local regex from=1 at
	for regex; do
		at=$(tail -n "+$from" "$demo_files.joined" | LC_ALL=C grep -nE -m 1 -e "$regex") || return
		from=$((from + ${at%%:*}))
	done
}

# demo_time REGEX: the time of the last row that matches, in microseconds, from the second
# column; 0 if there is none.
demo_time() {
	LC_ALL=C grep -E -e "$1" "$demo_files.joined" | tail -n 1 |
		awk '{ t = int($2 * 1000000 + 0.5) } END { print t + 0 }'
}

# demo_span REGEX: the span behind "after" in the last row that matches, in microseconds; 0 if
# there is none.
demo_span() {
	LC_ALL=C grep -E -e "$1" "$demo_files.joined" | tail -n 1 |
		sed -nE 's/.* after ([0-9.]+) (us|ms|s).*/\1 \2/p' |
		awk '{ t = $1 * ($2 == "s" ? 1000000 : $2 == "ms" ? 1000 : 1) } END { print int(t) }'
}

# demo_number REGEX SED: what the sed expression s/.../.../ makes of the last row that matches,
# 0 if there is none or it makes nothing of it.
demo_number() {
	local number
	number=$(LC_ALL=C grep -E -e "$1" "$demo_files.joined" | tail -n 1 | sed -nE "${2}p")
	printf '%s' "${number:-0}"
}

# demo_about_equal A B PERCENT: A is B, give or take PERCENT of B.
demo_about_equal() {
	local difference=$(($1 > $2 ? $1 - $2 : $2 - $1))
	[ "$2" -gt 0 ] && [ $((difference * 100)) -le $(($2 * $3)) ]
}

# ---- what every demo claims ------------------------------------------------------

# Each frame of the capture has a comment, and tshark finds none malformed. Without reassembly:
# bytes that were lost and sent again stand in the capture twice, which tshark may call malformed.
demo_frames_are_sound() {
	tshark -o tcp.desegment_tcp_streams:FALSE -r "$demo_files.pcapng" \
		-T fields -e frame.comment -e _ws.malformed >"$demo_files.frames" 2>/dev/null &&
		awk -F'\t' '$1 == "" || $2 != "" { bad++ } END { exit bad > 0 || NR == 0 }' \
			"$demo_files.frames"
}

# The rows of a ladder on stdin without what is another each time: times, ports, other numbers.
demo_shape() {
	demo_join | LC_ALL=C sed -E -e '/^#[0-9].*(│|┊)/!d' -e 's/^#[0-9]+ +([0-9]+\.[0-9]+)?//' \
		-e 's/[0-9.]+ (us|ms|s)\b/TIME/g' -e 's/[0-9]+/N/g' -e 's/ +/ /g' \
		-e 's/(\xe2\x94\x80)+/-/g' | sort -u
}

# The chapter shows what is seen here: three of four different rows of its ladder are drawn now,
# too. A loaded machine makes other rows of some: an ACK that travels alone, a timer
# more. What must be there is what the claims say; this is about how it is drawn.
demo_is_like_its_chapter() {
	local known same
	demo_chapter_block "$demo_name" 1 | demo_shape >"$demo_files.shape"
	demo_shape <"$demo_files.txt" >"$demo_files.shape.now"
	known=$(wc -l <"$demo_files.shape")
	same=$(comm -12 "$demo_files.shape" "$demo_files.shape.now" | wc -l)
	[ "$known" -gt 0 ] && [ $((same * 4)) -ge $((known * 3)) ]
}

# Who plays a demo need not have tshark; who tests one must.
demo_common_claims() {
	if command -v tshark >/dev/null || [ -n "${EVTCP_DEMO_BUILD:-}" ]; then
		demo_claim 'tshark finds the reason on every frame of the capture, and none malformed' \
			'tshark で見ると、キャプチャの全フレームに理由のコメントがあり、不正なパケットはない' \
			demo_frames_are_sound
	fi
	demo_claim 'the capture became a picture' 'キャプチャから図ができた' demo_draws
	if [ -z "${demo_recording:-}" ]; then
		demo_claim 'the ladder is like that of its chapter' 'ラダー図は章に載せたものと同じ形である' \
			demo_is_like_its_chapter
	fi
}

# The time-sequence graph of connection demo_connection, 1 if the demo names no other.
demo_draws() {
	local svg=$demo_files.svg
	"$demo_graph" -c "${demo_connection:-1}" --svg "$svg" "$demo_files.pcapng" &&
		grep -q '</svg>' "$svg"
}
