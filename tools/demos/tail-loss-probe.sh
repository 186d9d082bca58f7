# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='The last segment is lost, and nothing follows: tail-loss probe'
demo_title_ja='最後のセグメントが失われ、後に何も続かない: テールロスプローブ'
demo_rfc='RFC 8985 §7'

demo_about_en() {
	cat <<'END'
The fourth and last segment of an answer is lost:

    out data nth 4: drop

Nothing comes behind it, so the client makes no duplicate ACK and no SACK block: as far as it
knows, there is no gap. Only a timer can help, and the retransmission timer would also take
the window back to one segment, as after a disaster. So first a shorter timer fires, after two
round trips and some allowance for a delayed ACK: the server sends the last segment once
more, as a probe. Its ACK shows that the tail has arrived. Either way the server hears
something, and what it hears decides.

Look at the end: the server concludes that the probe repaired a real loss, and then the
window is reduced as for any loss. What the probe mends is not free.
END
}

demo_about_ja() {
	cat <<'END'
応答の4つ目、最後のセグメントが失われる:

    out data nth 4: drop

後に何も続かないので、クライアントは重複 ACK も SACK ブロックも返さない。クライアントから見れば、隙間は
ないのである。頼れるのはタイマーだけだが、再送タイマーは、大惨事の後のようにウィンドウを1セグメントまで
戻してしまう。そこで、より短いタイマーが先に満了する。2往復分に、遅延 ACK のための余裕を足した時間だ。
サーバーは最後のセグメントを、プローブとしてもう一度送る。その ACK で末尾が届いたと分かる。いずれにせよ
サーバーは何かを聞き、それで判断できる。

終わりの部分に注目。サーバーはプローブが本物の損失を修復したと結論し、ほかの損失と同じようにウィンドウを
減らす。プローブで直しても、損失は損失である。
END
}

demo_play() {
	demo_serve --impair delay=20ms --fault "$(demo_faults <<<'out data nth 4: drop')" -- sh -c '
		curl -sS --max-time 20 http://10.0.0.2/bytes/5000 | wc -c'
}

tail_loss_probe_lost='PSH 4345:[0-9]+ \([0-9]+\)'

demo_claims() {
	demo_claim 'the last segment of the answer was lost' '応答の最後のセグメントが失われた' \
		demo_shows "╳.*$tail_loss_probe_lost.*new data; lost" 1
	demo_claim 'the client made no SACK block' 'クライアントは SACK ブロックを返さなかった' \
		demo_lacks '── ACK .*\{SACK'
	demo_claim 'the probe timer fired, and the segment was sent again as a probe' \
		'プローブタイマーが満了し、そのセグメントがプローブとして再送された' \
		demo_order 'tail-loss probe timer' "◀.*$tail_loss_probe_lost.*tail-loss probe" \
		'── (FIN [0-9]+  )?ACK 5[0-9]{3} .*▶'
	demo_claim 'the retransmission timer did not' '再送タイマーは満了しなかった' demo_lacks 'RTO'
	demo_claim 'the server saw that it was a real loss' 'サーバーは本物の損失だったと見抜いた' \
		demo_shows 'a tail-loss probe repaired a loss: cwnd'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 5000
}
