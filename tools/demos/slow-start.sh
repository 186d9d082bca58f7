# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Twice as much in each round trip: slow start'
demo_title_ja='1往復ごとに2倍: スロースタート'
demo_rfc='RFC 5681 §3.1; RFC 6928; RFC 9406'

demo_about_en() {
	cat <<'END'
A server that sends 200,000 bytes over a path of 100 ms does not know what the path carries. It
begins with a little, and what is acknowledged was carried: for each byte that is acknowledged
it sends two more, one in its place and one beyond. So the window doubles with each round trip.

Look at the waits of 100 ms, and count the segments between them: 2, 4, 8, and what is left.
It would be ten at first with segments of the usual size (RFC 6928); with a larger MTU (9000
here, so that the ladder is short) the initial window is about as many bytes in fewer segments.
Slow it is only compared with sending all at once.
END
}

demo_about_ja() {
	cat <<'END'
往復 100 ms の経路で 200,000 バイトを送るサーバーは、経路がどれだけ運べるかを知らない。少しだけ送って始め、確認応答
された分は運べたのだと考える。確認応答された1バイトにつき、次の1バイトと、さらにもう1バイトを送る。だから
ウィンドウは1往復ごとに2倍になる。

100 ms の待ちの間にあるセグメントの数を数えてほしい。2、4、8、そして残り。通常の大きさのセグメントなら最初は
10個である (RFC 6928)。ここではラダー図を短くするために MTU を 9000 にしてあり、初期ウィンドウはほぼ同じバイト数で、
セグメント数が少ない。「スロー」というのは、一度に全部送るのに比べての話である。
END
}

demo_play() {
	demo_serve --mtu 9000 --impair delay=50ms -- sh -c '
		curl -sS --max-time 20 http://10.0.0.2/bytes/200000 | wc -c'
}

# How many segments went out in each round trip: after the ACKs of one flight, until the first
# that acknowledges something of the next. (The client may acknowledge a flight in several
# pieces, some of them late: the clock does not tell flights apart.)
slow_start_flights() {
	LC_ALL=C sed -nE -e 's/.*◀─.* [0-9]+:([0-9]+) \([0-9]+\).*/sent \1/p' \
		-e 's/.*── ACK ([0-9]+) .*▶.*/acked \1/p' "$demo_files.joined" | awk '
		$1 == "sent" { n++; last = $2 }
		$1 == "acked" && $2 > end && n { print n; n = 0; end = last }'
}

# An ACK that stands for more than two segments makes the window grow by no more than two
# (RFC 3465): a client that is busy gets its third flight with a few segments less.
slow_start_doubles() {
	local flights
	flights=$(slow_start_flights | head -n 3 | xargs)
	demo_figure 'segments in each round trip: %s' '1往復ごとのセグメント数: %s' \
		"$(slow_start_flights | xargs)"
	[[ $flights =~ ^'2 4 '[678]$ ]]
}

demo_claims() {
	demo_claim 'the first three round trips carried 2, 4 and 8 segments, or nearly that' \
		'最初の3往復は 2、4、8 セグメント、またはそれに近い数を運んだ' slow_start_doubles
	demo_claim 'nothing was lost' '何も失われなかった' demo_lacks '╳'
	demo_claim 'nothing was sent twice' '二度送られたものはなかった' demo_lacks 'RTO #|RACK|probe'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 200000
}
