# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Two FINs that cross: simultaneous close'
demo_title_ja='すれ違う2つの FIN: 同時クローズ'
demo_rfc='RFC 9293 §3.6 (figure 13), §3.10.7.4'

demo_about_en() {
	cat <<'END'
The path takes 200 ms each way. The client sends its request and at once its FIN, which the
network holds back for 100 ms:

    in fin nth 1: delay 100ms

The server answers and closes when it has the request. So its FIN leaves before the client's
arrives, and that one left before the server's arrived: they cross. Each side has closed, waits
for the ACK of its FIN, and gets a FIN instead. That state has a name, CLOSING. When the ACK
comes, the server goes to TIME-WAIT, and so does the client: neither was first.
END
}

demo_about_ja() {
	cat <<'END'
経路は片道 200 ms。クライアントは要求とすぐ続けて FIN を送り、ネットワークがその FIN を 100 ms 引き止める:

    in fin nth 1: delay 100ms

サーバーは要求が届くと応答して閉じる。だからサーバーの FIN は、クライアントの FIN が届く前に出る。クライアントの
FIN も、サーバーの FIN が届く前に出ている。2つはすれ違う。どちらも閉じて自分の FIN への ACK を待っているところへ、
ACK ではなく FIN が届く。この状態が CLOSING である。やがて ACK が届き、サーバーは TIME-WAIT に移る。クライアントも
同じで、どちらが先ということはない。
END
}

demo_play() {
	demo_serve --impair delay=200ms --msl 0.1 \
		--fault "$(demo_faults <<<'in fin nth 1: delay 100ms')" -- python3 -c '
import client, socket, time
sock = client.connect()
sock.sendall(client.request("/", "Connection: close"))
sock.shutdown(socket.SHUT_WR)
print(client.read_to_end(sock))
time.sleep(0.8)'
}

demo_claims() {
	demo_claim "the server's FIN left before the client's arrived: FIN-WAIT-1, then CLOSING" \
		'クライアントの FIN が届く前にサーバーの FIN が出た: FIN-WAIT-1 の次に CLOSING' \
		demo_order '◀.*FIN .*→ FIN-WAIT-1' '→ CLOSING \(FIN arrived\)'
	demo_claim 'its ACK came only then, and led to TIME-WAIT' 'ACK はその後に届き、TIME-WAIT に移った' \
		demo_order '→ CLOSING' '── ACK .*▶.*→ TIME-WAIT \(our FIN is acknowledged\)'
	demo_claim 'it was never in FIN-WAIT-2' 'FIN-WAIT-2 にはならなかった' demo_lacks 'FIN-WAIT-2'
	demo_claim 'TIME-WAIT ended after 2 MSL' 'TIME-WAIT は 2 MSL 後に終わった' \
		demo_order '→ TIME-WAIT' '→ CLOSED \(2 MSL passed\)'
	demo_claim 'the client got its page' 'クライアントはページを受け取った' demo_prints '^Hello World!$'
}
