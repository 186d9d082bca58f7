# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Three duplicate ACKs: fast retransmit'
demo_title_ja='重複 ACK 3つで再送: 高速再送'
demo_rfc='RFC 5681 §3.2; RFC 6582 §3.2'

demo_about_en() {
	cat <<'END'
The third segment of an answer is lost, and others follow it:

    out data nth 3: drop

The client may say only up to which byte it has everything. So each segment that comes
behind the gap makes it say the same number once more: a duplicate ACK. One or two could be
segments that overtook each other. With the third the server takes the segment for lost and
sends it again at once, one round trip after the loss, where the timer would have taken 200
ms. It enters fast recovery: the slow-start threshold becomes half of what was in flight, and
each further duplicate says that something has left the network, so that something new may
enter it.

Then one ACK leaps over all that had waited behind the gap, and recovery is over. This
client was told not to use SACK, and the server to use NewReno (--cc newreno), as in the nineties;
the next demo is about SACK.
END
}

demo_about_ja() {
	cat <<'END'
応答の3つ目のセグメントが失われ、その後にいくつか続く:

    out data nth 3: drop

クライアントに言えるのは、どのバイトまで隙間なく受け取ったかだけである。そこで、隙間の後ろのセグメントが
届くたびに同じ番号を繰り返す。これが重複 ACK である。1つや2つなら、セグメントの追い越しかもしれない。
3つ目でサーバーは失われたとみなし、直ちに再送する。損失から1往復後のことで、タイマーを待てば 200 ms
かかったところだ。ここで高速リカバリーに入る。スロースタート閾値は送信中だった量の半分になり、以後の
重複 ACK は、何かがネットワークから出たこと、つまり新しいものを入れてよいことを意味する。

やがて1つの ACK が、隙間の後ろで待っていた分を一気に飛び越え、リカバリーが終わる。ここでは90年代の
ように、クライアントに SACK を使わせず、サーバーに NewReno を使わせている (--cc newreno)。SACK は次のデモで扱う。
END
}

demo_play() {
	demo_serve --cc newreno --impair delay=10ms --fault "$(demo_faults <<<'out data nth 3: drop')" -- sh -c '
		echo 0 >/proc/sys/net/ipv4/tcp_sack
		curl -sS --max-time 20 http://10.0.0.2/bytes/13000 | wc -c'
}

fast_retransmit_lost='2897:4345 \(1448\)'

# The ACK of what is below the gap, and its repetitions, above the entry into recovery.
fast_retransmit_asks_four_times() {
	local n
	n=$(sed '/fast recovery entered/q' "$demo_files.joined" | LC_ALL=C grep -cE '── ACK 2897 .*▶')
	demo_figure '%d times ACK 2897' 'ACK 2897 が %d 回' "$n"
	[ "$n" -eq 4 ]
}

demo_claims() {
	demo_claim 'the third segment was lost' '3つ目のセグメントが失われた' \
		demo_shows "╳.*$fast_retransmit_lost.*new data; lost" 1
	demo_claim 'the client offered no SACK' 'クライアントは SACK を申し出なかった' demo_lacks 'SACK'
	demo_claim 'one ACK and three duplicates of it made the server enter fast recovery' \
		'1つの ACK とその重複3つで、サーバーは高速リカバリーに入った' fast_retransmit_asks_four_times
	demo_claim 'it sent the lost segment again, once' '失われたセグメントを一度だけ再送した' \
		demo_shows "◀.*$fast_retransmit_lost.*fast retransmit" 1
	demo_claim 'an ACK beyond the gap ended recovery' '隙間を越える ACK でリカバリーが終わった' \
		demo_order "◀.*$fast_retransmit_lost.*fast retransmit" '── ACK 1[0-9]{4} ' \
		'fast recovery left'
	demo_claim 'no timer had to fire' 'タイマーの出番はなかった' \
		demo_lacks 'RTO #|tail-loss probe timer'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 13000
}
