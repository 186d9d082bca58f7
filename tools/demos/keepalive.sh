# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Is anybody there? Keepalive probes'
demo_title_ja='まだいますか: キープアライブプローブ'
demo_rfc='RFC 9293 §3.8.4; RFC 1122 §4.2.3.6'

demo_about_en() {
	cat <<'END'
A connection on which nothing is sent looks the same whether the other end is idle, has lost its
power, or is cut off. Who wants to know has to ask. This client asks after a second of silence
(SO_KEEPALIVE; by default it would be two hours): it sends an ACK with a number just below
what was acknowledged long ago, which no TCP can accept. So the server refuses
it, and must say what it expects instead: that it is alive.

Then the path breaks, and from the client's fourth ACK on, the second probe, nothing passes:

    in ack nth 4: black-hole

The probe goes unanswered, and the client gives the connection up (TCP_KEEPCNT=1 here; by
default it would ask nine times). Its RST dies on the way as well, so the server knows nothing
of all that: without traffic or keepalive of its own it would keep the connection for ever. An
HTTP server ends it by its own timeout.
END
}

demo_about_ja() {
	cat <<'END'
何も送られていない接続は、相手が暇なだけでも、電源が落ちていても、経路が切れていても、同じに見える。知りたければ
尋ねるしかない。このクライアントは1秒の沈黙の後に尋ねる (SO_KEEPALIVE。既定値なら2時間後)。とうに確認応答された
番号の1つ手前の番号で ACK を送るのだ。まともな TCP なら受け入れられない。だからサーバーは拒み、代わりに何を期待
しているかを答えなければならない。それが生きている証拠になる。

その後、経路が切れる。クライアントの4つ目の ACK、つまり2つ目のプローブから先は、何も通らない:

    in ack nth 4: black-hole

そのプローブには返事がなく、クライアントは接続をあきらめる (ここでは TCP_KEEPCNT=1。既定値なら9回尋ねる)。その
RST も途中で消えるので、サーバーは何も知らない。通信もなく、自分のキープアライブもなければ、接続を永遠に持ち続けることになる。HTTP サーバーなら自分のタイムアウトで
終わらせる。
END
}

demo_play() {
	demo_serve --fault "$(demo_faults <<<'in ack nth 4: black-hole')" -- python3 -c '
import client, socket
sock = client.connect(TCP_KEEPIDLE=1, TCP_KEEPINTVL=1, TCP_KEEPCNT=1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
sock.sendall(client.request())
print(client.read_reply(sock).strip())
try:
    sock.recv(1)
except OSError as error:
    print(error.strerror)'
}

demo_claims() {
	demo_claim 'after a second the client asked with a number that is no longer valid' \
		'1秒後、クライアントはもう有効でない番号で尋ねた' \
		demo_shows '── ACK [0-9]+ .*╳.*refused: old duplicate'
	demo_claim 'and the server answered' 'サーバーは答えた' \
		demo_order 'refused: old duplicate' '◀.* ACK [0-9]+ .*unacceptable segment'
	demo_claim 'when the path was cut the next probe was lost' '経路が切れた後、次のプローブは失われた' \
		demo_shows '── ACK [0-9]+ ─.*╳.*lost: fault script' 1
	demo_claim 'then the client gave up, and its RST was lost as well' \
		'クライアントはあきらめ、その RST も失われた' \
		demo_order 'ACK .*lost: fault script' '── RST .*╳.*lost: fault script'
	demo_claim 'the client was told' 'クライアントはそれを知らされた' \
		demo_says $'Hello World!\nConnection timed out'
}
