# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Who may end a connection: resets, forged and real'
demo_title_ja='接続を断つ権利は誰にあるか: 偽の RST と本物の RST'
demo_rfc='RFC 9293 §3.10.7.4; RFC 5961 §3'

demo_about_en() {
	cat <<'END'
An RST ends a connection at once, whatever is under way. So somebody who cannot even see the
connection likes to forge one: addresses and ports can be guessed, and once any number in the
window was good enough. Since RFC 5961 only the very next expected number will do.

Beside a client that asks for pages, a forger sends three RSTs in its name. The first hits
the window, but not the number. The server does not believe it, and does not ignore it
either: it sends a challenge ACK. The true client, had it lost the connection, would answer
with an RST that has the right number; this one ignores an ACK that tells nothing new. The
second misses the window and gets no answer. The client asks for another page and gets it.

The third has exactly the right number. There is nothing left to check, and the connection is
gone. When the client asks again it learns so from an RST of the server's: no such connection.
END
}

demo_about_ja() {
	cat <<'END'
RST は、何が途中であろうと接続を即座に終わらせる。だから、接続を見ることすらできない者が RST を偽造したがる。
アドレスとポートは推測でき、かつてはウィンドウ内ならどの番号でも通用した。RFC 5961 以降は、次に期待される
番号ちょうどでなければならない。

ページを要求するクライアントの傍らで、偽造者がその名をかたって RST を3つ送る。1つ目はウィンドウ内だが番号が
違う。サーバーは信じないが、無視もせず、チャレンジ ACK を送る。もし本物のクライアントが接続を失っていれば、
正しい番号の RST で答えるはずだ。この本物のクライアントは、新味のない ACK を無視する。2つ目はウィンドウの外で、
返事もない。クライアントは次のページを要求し、受け取る。

3つ目は番号がちょうど合っている。もはや確かめようがなく、接続は消える。クライアントが次に要求すると、サーバーの
RST でそれを知る。そのような接続はない、と。
END
}

demo_play() {
	demo_serve -- python3 -c '
import client, forge, time
watch = forge.Watch()
sock = client.connect()
address, port = sock.getsockname()

def ask():
    try:
        sock.sendall(client.request())
        print(client.read_reply(sock).strip())
    except OSError as error:
        print(error.strerror)

def reset(beside):
    first, after = watch.numbers(port)
    forge.send(address, port, after + beside, forge.RST)
    time.sleep(0.1)

ask()
reset(1000)
reset(200000)
ask()
reset(0)
ask()'
}

demo_claims() {
	demo_claim 'an RST in the window was answered with a challenge ACK' \
		'ウィンドウ内の RST にはチャレンジ ACK が返された' \
		demo_order '── RST .*╳.*refused: RST in window but not at RCV.NXT' '◀.*challenge ACK: RST in window'
	demo_claim 'one outside was refused without a word' 'ウィンドウ外の RST は黙って拒まれた' \
		demo_shows '── RST .*╳.*refused: RST outside the window' 1
	demo_claim 'neither ended the connection: the next page was sent' \
		'どちらでも接続は切れず、次のページが送られた' \
		demo_order 'RST outside the window' '◀.*PSH .*new data'
	demo_claim 'one with the very number did' '番号がちょうど合った RST で切れた' \
		demo_order 'RST outside the window' '── RST .*▶.*→ CLOSED \(RST arrived\)'
	demo_claim 'who then asked was reset' 'その後の要求には RST が返された' \
		demo_order '→ CLOSED \(RST arrived\)' '── PSH .*╳' '◀.*RST .*no such connection'
	demo_claim 'the client got two pages and an error' 'クライアントは2ページとエラーを受け取った' \
		demo_says $'Hello World!\nHello World!\nConnection reset by peer'
}
