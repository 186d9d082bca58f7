# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='One direction ends, the other goes on: half-close'
demo_title_ja='片方向だけが終わる: ハーフクローズ'
demo_rfc='RFC 9293 §3.6, §3.10.4'

demo_about_en() {
	cat <<'END'
A connection is two streams, and each side closes its own. This client asks for three bytes
that come slowly, and says at once that it has no more to say: shutdown(SHUT_WR), a FIN. Then
it reads on.

Look at the states. With the FIN the server is in CLOSE-WAIT: the client has closed, the
server has not, and may send as long as it likes. The client's kernel acknowledges each byte:
that it has closed does not stop it from receiving. When the server is done its FIN leaves
(LAST-ACK), and with the ACK of that the connection is over. There is no TIME-WAIT here: it
belongs to the side that closed first, and that is the client.
END
}

demo_about_ja() {
	cat <<'END'
接続は2本のストリームで、どちら側も自分の方向を自分で閉じる。このクライアントは、ゆっくり来る3バイトを要求し、
すぐに「もう言うことはない」と告げる。shutdown(SHUT_WR)、つまり FIN である。そして読み続ける。

状態に注目。FIN が届くとサーバーは CLOSE-WAIT になる。クライアントは閉じたが、サーバーは閉じておらず、好きな
だけ送ってよい。クライアントのカーネルは1バイトごとに確認応答する。閉じたからといって受信をやめるわけではない。
サーバーが終えるとその FIN が出て (LAST-ACK)、それへの ACK で接続は終わる。サーバーに TIME-WAIT はない。
TIME-WAIT は先に閉じた側のもので、ここではクライアントである。
END
}

demo_play() {
	demo_serve -- python3 -c '
import client, socket
sock = client.connect()
sock.sendall(client.request("/drip?bytes=3&seconds=0.9"))
sock.shutdown(socket.SHUT_WR)
print(len(client.read_to_end(sock)), "bytes")'
}

demo_claims() {
	demo_claim 'the client closed its direction, and the server was in CLOSE-WAIT' \
		'クライアントが自分の方向を閉じ、サーバーは CLOSE-WAIT になった' \
		demo_shows '── (PSH )?FIN .*▶.*→ CLOSE-WAIT \(FIN arrived\)'
	demo_claim 'the server went on sending, and each byte was acknowledged' \
		'サーバーは送り続け、1バイトごとに確認応答があった' \
		demo_order '→ CLOSE-WAIT' '◀.*PSH [0-9]+:[0-9]+ \(1\)' '── ACK [0-9]+ ─.*▶' \
		'◀.*PSH [0-9]+:[0-9]+ \(1\)' '── ACK [0-9]+ ─.*▶' '◀.*PSH [0-9]+:[0-9]+ \(1\)'
	demo_claim 'then it closed, and the connection ended without TIME-WAIT' \
		'その後サーバーが閉じ、TIME-WAIT なしに接続が終わった' \
		demo_order '◀.*FIN .*→ LAST-ACK' '→ CLOSED \(our FIN is acknowledged\)'
	demo_claim 'the server never was in TIME-WAIT' 'サーバーは一度も TIME-WAIT にならなかった' \
		demo_lacks 'TIME-WAIT'
	demo_claim 'the client read its three bytes' 'クライアントは3バイトを読んだ' demo_says '3 bytes'
}
