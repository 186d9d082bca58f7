# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='TIME-WAIT: why the end of a connection is remembered'
demo_title_ja='TIME-WAIT: 接続の終わりを覚えておく理由'
demo_rfc='RFC 9293 §3.6, §3.10.7.4; RFC 1337'

demo_about_en() {
	cat <<'END'
curl asks for "Connection: close" and reads until the end, so the server closes first:
its FIN leaves, the client's FIN comes back, the server acknowledges it and enters
TIME-WAIT. It cannot know whether that last ACK has arrived. If it did not, the client
will send its FIN again, and someone must be there to answer. So it waits for 2 MSL,
twice the longest time a segment may live in the network: here 1 s, since MSL is set
to 0.5 s.

Look for the second FIN 0.7 s later: a copy that the network delivers late. The server
answers it with the same ACK and starts its wait again. The client's kernel has long
forgotten the connection and answers that ACK with an RST. But an RST must not end
TIME-WAIT (RFC 1337), or an old segment could spoil the next connection between the
same two ends. Only the timer ends it.
END
}

demo_about_ja() {
	cat <<'END'
curl は "Connection: close" を求めて最後まで読むので、先に閉じるのはサーバーである。サーバーの FIN が出て、
クライアントの FIN が戻り、サーバーはそれに確認応答して TIME-WAIT に入る。この最後の ACK が届いたかどうかを
サーバーは知りえない。届いていなければクライアントは FIN を再送するので、答える者が残っていなければならない。
そこで 2 MSL、つまりセグメントがネットワーク内で生きうる最長時間の2倍だけ待つ。ここでは MSL を 0.5 秒に
したので 1 秒である。

0.7 秒後の2つ目の FIN に注目。ネットワークが遅れて届けた複製である。サーバーは同じ ACK で答え、待ち時間を
最初からやり直す。クライアントのカーネルはとうに接続を忘れているので、その ACK に RST で答える。しかし RST で
TIME-WAIT を終わらせてはならない (RFC 1337)。さもないと、古いセグメントが同じ両端間の次の接続を壊しかねない。
終わらせるのはタイマーだけである。
END
}

demo_play() {
	# The late FIN comes more than an MSL after the first: within that the wait would
	# not start again (src/tcp/time_wait.c).
	# Without --ignore-content-length curl has all it wants before the FIN comes, and
	# might close at the same time: two FINs that cross, another demo.
	demo_serve --msl 0.5 -- "$demo_late_fin" tun0 80 700 sh -c '
		curl -sS --max-time 10 --ignore-content-length -H "Connection: close" \
			http://10.0.0.2/
		sleep 2'
}

# The server's arrow with FIN stands above the client's.
time_wait_server_closes_first() {
	local first
	first=$(LC_ALL=C grep -E -e ' FIN ' "$demo_files.joined" | head -n 1)
	[[ $first == *◀* ]]
}

# 2 MSL from the late FIN, not from the first: it began to wait anew.
time_wait_lasts_two_msl() {
	local late closed
	late=$(demo_time '── .*FIN .*(▶|╳)')
	closed=$(demo_time 'CLOSED \(2 MSL passed\)')
	demo_figure '%d ms after the late FIN' '遅れた FIN の %d ms 後' $(((closed - late) / 1000))
	demo_about_equal $((closed - late)) 1000000 10
}

demo_claims() {
	demo_claim 'curl got its page' 'curl はページを受け取った' demo_says 'Hello World!'
	demo_claim 'the server closed first' '先に閉じたのはサーバーである' time_wait_server_closes_first
	demo_claim 'it entered TIME-WAIT when the client had closed, too' \
		'クライアントも閉じたとき、サーバーは TIME-WAIT に入った' demo_shows '── .*FIN .*▶.*TIME-WAIT'
	demo_claim 'the FIN came a second time, late' 'FIN が遅れてもう一度届いた' \
		demo_shows '── .*FIN .*(▶|╳)' 2
	demo_claim 'and was answered with an ACK' 'それには ACK が返された' \
		demo_shows '◀.*ACK.*segment in TIME-WAIT'
	demo_claim "the client's RST did not end TIME-WAIT" 'クライアントの RST で TIME-WAIT は終わらなかった' \
		demo_shows 'RST .*refused: RST in TIME-WAIT \(RFC 1337\)'
	demo_claim 'TIME-WAIT ended by its timer, 2 MSL later' \
		'TIME-WAIT はタイマーにより 2 MSL 後に終わった' time_wait_lasts_two_msl
}
