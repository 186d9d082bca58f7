# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Nothing was lost, it was only late: a spurious timeout'
demo_title_ja='失われたのではなく、遅れただけ: 誤ったタイムアウト'
demo_rfc='RFC 3522; RFC 4015; RFC 6298 §5'

demo_about_en() {
	cat <<'END'
A path of 40 ms suddenly becomes one of half a second, as when a telephone moves to another
cell. From the request on, all that the client sends is late:

    in segment after received 1: delay 450ms always

The whole answer arrives at once, but the server cannot know: the ACKs are under way. The
probe timer fires, then the retransmission timer, and by the rules the window falls to one
segment. Then the ACKs of the first copies come. They echo the timestamps of those, not of
the copy that was sent again: so the timeout was an error, and nothing was lost. The server
takes its window back as it was before (Eifel, RFC 3522 and 4015) and does not send the rest
again.

"held back" beside a segment of the client's says that the fault script had it for those
450 ms: the ladder shows it where it was sent, the server saw it at the end of that.
END
}

demo_about_ja() {
	cat <<'END'
40 ms の経路が突然 0.5 秒の経路になる。携帯電話が別のセルに移ったときのように。要求より後、クライアントが
送るものはすべて遅れる:

    in segment after received 1: delay 450ms always

応答は全部すぐに届いているのだが、サーバーには分からない。その ACK がまだ途中だからである。まずプローブタイマー、
続いて再送タイマーが満了し、規則どおりウィンドウは1セグメントに落ちる。そこへ最初の送信に対する ACK が届く。
返されたのは再送した複製のではなく、最初の送信のタイムスタンプである。つまりタイムアウトは誤りで、何も失われて
いなかった。サーバーはウィンドウを元に戻し (Eifel、RFC 3522 と 4015)、残りは再送しない。

クライアントのセグメントの横の "held back" は、フォールトスクリプトがそれを 450 ms の間預かっていたことを示す。
ラダー図に描かれているのは送られた時刻で、サーバーが見たのはその後である。
END
}

demo_play() {
	demo_serve --impair delay=20ms \
		--fault "$(demo_faults <<<'in segment after received 1: delay 450ms always')" -- sh -c '
		curl -sS --max-time 20 http://10.0.0.2/bytes/5000 | wc -c'
}

demo_claims() {
	demo_claim 'no segment was lost' 'セグメントは1つも失われなかった' demo_lacks '(; |│ )lost: '
	demo_claim "yet the server's retransmission timer fired, and its window fell to one segment" \
		'それでもサーバーの再送タイマーは満了し、ウィンドウは1セグメントに落ちた' \
		demo_order 'retransmission timer #1' 'RTO: back to one segment' '◀─.* 1:1449 .*RTO #1'
	demo_claim 'late ACKs showed that nothing was lost, and the window was restored' \
		'遅れて着いた ACK で損失がなかったと分かり、ウィンドウは元に戻された' \
		demo_order '◀─.* 1:1449 .*RTO #1' 'nothing was lost: window restored'
	demo_claim 'the timer sent no more than one segment again' 'タイマーで再送されたのは1セグメントだけだった' \
		demo_shows '◀─.*RTO #' 1
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 5000
}
