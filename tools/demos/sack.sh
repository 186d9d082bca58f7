# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Two holes, mended in one round trip: selective acknowledgments'
demo_title_ja='2つの穴を1往復で埋める: 選択確認応答 (SACK)'
demo_rfc='RFC 2018 §3, §4; RFC 8985 §6; RFC 9937'

demo_about_en() {
	cat <<'END'
Two segments of one flight are lost:

    out data nth 3: drop
    out data nth 6: drop

The ACK number alone could tell only of the first hole; of the second the server would learn
a round trip later, when the first is mended. Look at the lines below the client's ACKs:
SACK tells which bytes have come beyond the gap, the latest block first. What lies between
the blocks is missing. RACK (RFC 8985) goes by time: a segment is lost if something that was
sent later has arrived, and there was time enough for segments that overtook each other.

Both holes are sent again in one go, and nothing else is.
END
}

demo_about_ja() {
	cat <<'END'
ひとまとまりに送ったうちの2つが失われる:

    out data nth 3: drop
    out data nth 6: drop

ACK 番号だけでは1つ目の穴しか伝わらない。2つ目の穴をサーバーが知るのは、1つ目を埋めてから1往復後になる。
クライアントの ACK の下の行に注目。SACK は、隙間の先で届いているバイトの範囲を、最新のものから順に伝える。
ブロックとブロックの間が欠けている部分である。RACK (RFC 8985) は時間で判断する。後から送ったものが届き、
しかも追い越しでは説明できないだけの時間がたっていれば、そのセグメントは失われている。

2つの穴は一度に再送され、ほかのものは再送されない。
END
}

demo_play() {
	local faults
	faults=$(demo_faults <<'END'
out data nth 3: drop
out data nth 6: drop
END
	)
	demo_serve --impair delay=10ms --fault "$faults" -- sh -c '
		curl -sS --max-time 20 http://10.0.0.2/bytes/13000 | wc -c'
}

sack_first='2897:4345 \(1448\)'
sack_second='7241:8689 \(1448\)'

# Both copies stand above the first ACK of what is beyond a gap.
sack_mends_both_at_once() {
	LC_ALL=C sed -E '/── ACK (4345|7241|8689|1[0-9]{4}) /q' "$demo_files.joined" |
		LC_ALL=C grep -cE "◀.*($sack_first|$sack_second).*RACK" | grep -qx 2
}

demo_claims() {
	demo_claim 'two segments of one flight were lost' '一度に送ったうちの2つのセグメントが失われた' \
		demo_shows "╳.*($sack_first|$sack_second).*new data; lost" 2
	demo_claim 'the client told with two SACK blocks what it has beyond the gaps' \
		'クライアントは2つの SACK ブロックで、穴の先にあるものを伝えた' \
		demo_shows '── ACK 2897 .*SACK 8689:[0-9]+ 4345:7241'
	demo_claim 'both were sent again before the client had either' \
		'どちらかが届いたと聞く前に、両方が再送された' sack_mends_both_at_once
	demo_claim 'and nothing else was' 'ほかのものは再送されなかった' \
		demo_shows '(◀|╳)─.*(RACK|RTO #|probe|retransmit)' 2
	demo_claim 'when both had arrived, recovery ended' '両方が届くと、リカバリーが終わった' \
		demo_order 'fast recovery entered' "◀.*$sack_second" 'fast recovery left'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 13000
}
