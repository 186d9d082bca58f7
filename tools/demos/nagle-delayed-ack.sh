# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Two good ideas that wait for each other: Nagle and the delayed ACK'
demo_title_ja='互いに待ち合う2つの名案: Nagle アルゴリズムと遅延 ACK'
demo_rfc='RFC 9293 §3.7.4, §3.8.6.3; RFC 1122 §4.2.3.2, §4.2.3.4'

demo_about_en() {
	cat <<'END'
A client writes its request line, and then, in a second write, the rest of its request. Nagle's
rule says: while small data is under way unacknowledged, no more small data; collect it. The
rule of the delayed ACK says: do not acknowledge at once, for an answer may be about to go,
and could carry the ACK. Here the server has no answer before it has the whole request. The
client waits for the ACK, the server for the request, until the server's timer fires.

The second connection is the same with TCP_NODELAY, that is, without Nagle: both pieces leave
at once. (Better yet is to write the request with one call; then there is nothing to wait for,
and no need for the option.)
END
}

demo_about_ja() {
	cat <<'END'
クライアントがまず要求行を書き、残りを2回目の write で書く。Nagle アルゴリズムはこう定める。小さなデータが
確認応答を待っている間は、次の小さなデータを送らずにためる。遅延 ACK はこう定める。すぐには確認応答しない。
まもなく応答が出て、ACK を相乗りさせられるかもしれないから。ところがサーバーは、要求が全部そろうまで応答を
出せない。クライアントは ACK を、サーバーは要求の残りを待ち、サーバーのタイマーが満了するまで動かない。

2つ目の接続は TCP_NODELAY、つまり Nagle なしで同じことをする。どちらの断片もすぐに出る。(もっとよいのは、
要求を1回の呼び出しで書くことだ。そうすれば待つものはなく、このオプションも要らない。)
END
}

demo_play() {
	demo_serve -- python3 -c '
import client, time
for nodelay in 0, 1:
    sock = client.connect(TCP_NODELAY=nodelay)
    begin = time.monotonic()
    sock.sendall(b"GET / HTTP/1.1\r\n")
    sock.sendall(b"Host: 10.0.0.2\r\nConnection: close\r\n\r\n")
    client.read_to_end(sock)
    print("TCP_NODELAY %d: %.0f ms" % (nodelay, (time.monotonic() - begin) * 1000))
    sock.close()'
}

demo_claims() {
	demo_claim "with Nagle the rest of the request waited for the server's delayed ACK" \
		'Nagle があると、要求の残りはサーバーの遅延 ACK を待った' \
		demo_order '^#1 .*── PSH 1:17 \(16\)' '^#1 .*delayed ACK timer' \
		'^#1 .*◀.* ACK 17 .*delayed ACK timer after 40 ms' '^#1 .*── PSH 17:'
	demo_claim 'and the answer with it' '応答もそれを待った' \
		demo_order '^#1 .*── PSH 17:' '^#1 .*◀.*PSH 1:[0-9]+ '
	demo_claim 'without Nagle both pieces left one behind the other' \
		'Nagle がなければ、2つの断片は続けて出た' \
		demo_order '^#2 .*── PSH 1:17 \(16\)' '^#2 .*── PSH 17:' '^#2 .*◀.*PSH 1:[0-9]+ '
	demo_claim 'and no ACK had to be waited for' 'ACK を待つこともなかった' \
		demo_lacks '^#2 .*delayed ACK'
	demo_claim 'both were answered' 'どちらにも応答があった' demo_prints '^TCP_NODELAY 1: [0-9]+ ms$'
}
