# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Small spoons, large bites: the silly window syndrome avoided'
demo_title_ja='少しずつ読んでも、窓はまとめて開く: シリーウィンドウ症候群の回避'
demo_rfc='RFC 9293 §3.8.6.2.2; RFC 1122 §4.2.3.3'

demo_about_en() {
	cat <<'END'
A client sends 12,000 bytes to a server with a receive buffer of 4,096, which gives them back
1000 at a time, every 30 ms, and takes in no more than it can give:

    reply: drip 1000 every 30ms

Each time there is room for 1000 bytes more. If the server told so at once, the client would
fill it at once: segments of 1000 bytes where 1460 fit, for ever, and smaller ones where less
is taken, each with a header and an ACK. That is the silly window syndrome, and the receiver
has to avoid it. Look at the windows: the server says "win 0" while it has less room than a
whole segment needs, and opens the window when there is enough: by 2000, not by 1000 twice.

The client may not send into a closed window, so nothing is lost, and nobody asks.
END
}

demo_about_ja() {
	cat <<'END'
受信バッファが 4,096 バイトのサーバーへ、クライアントが 12,000 バイトを送る。サーバーはそれを 30 ms ごとに
1000 バイトずつ送り返し、返せる以上には読み込まない:

    reply: drip 1000 every 30ms

そのたびに 1000 バイトの空きができる。すぐに知らせれば、クライアントはすぐに埋める。1460 バイト入るところを
1000 バイト、読む量がもっと少なければもっと小さいセグメントが、それぞれヘッダーと ACK を伴って延々と続く。
これがシリーウィンドウ症候群で、避けるのは受信側の責任である。ウィンドウの値に注目。空きがセグメント1つに
満たない間サーバーは "win 0" と言い、十分になって初めて開く。1000 を2回ではなく、一度に 2000 である。

閉じたウィンドウにクライアントは送らないので、何も失われず、余計なやり取りもない。
END
}

demo_play() {
	demo_serve --limit receive_buffer=4k --limit receive_buffer_max=0 --limit send_buffer=2k \
		--limit send_buffer_max=0 --limit http_output=4k \
		--fault "$(demo_faults <<<'reply: drip 1000 every 30ms')" -- python3 -c '
import client
sock = client.connect()
sock.sendall(client.request("/echo", "Connection: close", "Content-Length: 12000", method="POST"))
sock.sendall(b"x" * 12000)
print(len(client.read_to_end(sock)), "bytes")'
}

# The windows that the server has told of after the handshake, by the row.
silly_window_sizes() {
	LC_ALL=C sed -nE '/SYN/d; s/.*◀.* win ([0-9]+) .*/\1/p' "$demo_files.joined"
}

silly_window_opens_by_segments() {
	local opened
	opened=$(silly_window_sizes | awk '$1 > 0')
	# shellcheck disable=SC2086
	demo_figure 'it opened to:%.0s%s' '開いた大きさ:%.0s%s' '' "$(printf ' %s' $opened)"
	[ "$(wc -w <<<"$opened")" -ge 2 ] && awk '$1 < 1460 { bad = 1 } END { exit bad }' <<<"$opened"
}

demo_claims() {
	demo_claim 'the server closed its window while it had little room' \
		'空きが少ない間、サーバーはウィンドウを閉じていた' demo_shows '◀.* win 0 '
	demo_claim 'it gave back 1000 bytes at a time' 'サーバーは 1000 バイトずつ送り返した' \
		demo_shows '◀.*PSH [0-9]+:[0-9]+ \(1000\)'
	demo_claim 'yet never opened the window by less than a segment' \
		'それでもウィンドウをセグメント1つ未満だけ開くことは一度もなかった' silly_window_opens_by_segments
	demo_claim 'and the client sent no segment into a closed window' \
		'閉じたウィンドウにクライアントは何も送らなかった' demo_lacks 'outside the (receive )?window'
	demo_claim 'all bytes came back' '全バイトが戻ってきた' demo_says '12000 bytes'
}
