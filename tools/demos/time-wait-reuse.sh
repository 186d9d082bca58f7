# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='The same ports again: a new connection out of TIME-WAIT'
demo_title_ja='同じポートでもう一度: TIME-WAIT からの新しい接続'
demo_rfc='RFC 6191 §2; RFC 9293 §3.10.7.4 (MAY-2); RFC 7323 §5.3'

demo_about_en() {
	cat <<'END'
The server has closed first and is in TIME-WAIT, for 2 MSL: a minute. Now a client wants a
connection from the same port. Must it wait? That SYN could be an old one that wandered about.

Two SYNs come. The first is old: it has the number that the first connection began with, and no
timestamp. The server answers as one in TIME-WAIT does, with the ACK of what it has. The
second is of a real client, bound to the same port. Its timestamp is later than any of the
old connection: what was sent then cannot look like that. So the server takes it. Its own first
number is beyond those of the old connection, so that nothing old fits there either. And the
TIME-WAIT of before ends early: once the third segment of the handshake shows that somebody is
really there, for a SYN alone may be forged.

In the ladder each SYN begins a new number: the old one is #2, the real client's is #3. (The
client's kernel has never heard of #2 and answers the ACK with an RST, which must not end
TIME-WAIT either.)
END
}

demo_about_ja() {
	cat <<'END'
サーバーが先に閉じ、2 MSL、つまり1分間の TIME-WAIT にいる。そこへクライアントが同じポートから接続したがる。
待たせるべきだろうか。その SYN は、さまよっていた古いものかもしれない。

2つの SYN が来る。1つ目は古い。前の接続が始まったときの番号を持ち、タイムスタンプがない。サーバーは TIME-WAIT
らしく、受け取り済みのところまでの ACK で答える。2つ目は、同じポートに bind した本物のクライアントのもので、
そのタイムスタンプは前の接続のどれよりも新しい。当時送られたものがそうなることはありえない。そこでサーバーは
受け入れる。サーバー自身の初期シーケンス番号も前の接続の番号より先に取るので、古いものがそこに紛れ込むこともない。
そして前の TIME-WAIT は早めに終わる。SYN だけなら偽造かもしれないので、終わるのはハンドシェイクの3つ目の
セグメントが、相手が本当にいることを示したときである。

ラダー図では SYN ごとに新しい番号が付く。古い SYN は #2、本物のクライアントの SYN は #3 である。(#2 に覚えのない
クライアントのカーネルは ACK に RST で答えるが、これも TIME-WAIT を終わらせてはならない。)
END
}

demo_play() {
	demo_serve -- python3 -c '
import client, forge, time
PORT = 5555

def connection():
    sock = client.connect(port=PORT)
    sock.sendall(client.request("/", "Connection: close"))
    print(client.read_to_end(sock).strip())
    address = sock.getsockname()[0]
    sock.close()
    time.sleep(0.1)
    return address

watch = forge.Watch()
address = connection()
first, after = watch.numbers(PORT)
forge.send(address, PORT, first, forge.SYN, forge.MSS_1460)
time.sleep(0.1)
connection()'
}

demo_claims() {
	demo_claim 'the server was in TIME-WAIT' 'サーバーは TIME-WAIT にいた' \
		demo_shows '^#1 .*→ TIME-WAIT'
	demo_claim 'an old SYN was refused and answered with an ACK' '古い SYN は拒まれ、ACK が返された' \
		demo_order '→ TIME-WAIT' '── SYN 0 .*╳.*refused' '◀.* ACK [0-9]+ .*segment in TIME-WAIT'
	demo_claim 'a new one from the same port was taken' '同じポートからの新しい SYN は受け入れられた' \
		demo_order 'segment in TIME-WAIT' '── SYN 0 .*▶.*→ SYN-RECEIVED .*newer than TIME-WAIT' \
		'→ ESTABLISHED' '◀.*PSH 1:'
	demo_claim 'and ended the TIME-WAIT, not before its handshake was complete' \
		'それが TIME-WAIT を終わらせたが、ハンドシェイクの完了より前ではない' \
		demo_order '→ SYN-RECEIVED .*newer than TIME-WAIT' '── ACK 1 .*→ ESTABLISHED' \
		'before it: TIME-WAIT → CLOSED'
	demo_claim 'long before the minute was over' '1分が過ぎるよりずっと前に' \
		demo_lacks '2 MSL passed'
	demo_claim 'the client got both pages' 'クライアントは両方のページを受け取った' \
		demo_says $'Hello World!\nHello World!'
}
