# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Small segments pass, large ones vanish: a path MTU black hole'
demo_title_ja='小さければ通り、大きいと消える: パス MTU ブラックホール'
demo_rfc='RFC 1191; RFC 2923 §2.1; RFC 4821 §7'

demo_about_en() {
	cat <<'END'
Somewhere on the path is a link that carries no more than 1300 bytes. The router before it
should say so (ICMP "fragmentation needed"), but a firewall has taken that away:

    --impair tx.mtu=1300/silent

So the handshake works, since its segments are small, and so does the request. Then nothing: each
full-sized segment of the answer dies without a word. Seen from here that is not different
from a path that is broken. Look at what the server makes of it: after two timeouts it tries
smaller segments (RFC 4821), with each further timeout one step down: an MSS of 1400, then of
1220, of which 12 bytes are the timestamps of each segment. That one is acknowledged; so it was
the size, and the rest is sent in segments of that size.

What arrived at once is the end of the answer, a small segment: the SACK blocks of the client
tell about it.
END
}

demo_about_ja() {
	cat <<'END'
経路の途中に、1300 バイトまでしか運べないリンクがある。手前のルーターはそれを知らせるべきだが (ICMP の
"fragmentation needed")、ファイアウォールがそれを捨てている:

    --impair tx.mtu=1300/silent

だからハンドシェイクは成功する。セグメントが小さいからだ。要求も通る。そして沈黙。応答のフルサイズのセグメントは
ことごとく、何の知らせもなく消える。こちらから見れば、切れた経路と区別がつかない。サーバーがどうするかに注目。
2回のタイムアウトの後、より小さいセグメントを試す (RFC 4821)。以後タイムアウトのたびに1段ずつ、MSS を 1400、
1220 と下げる (うち 12 バイトは各セグメントのタイムスタンプが占める)。そこで確認応答が来る。つまり原因は大きさで、
残りはその大きさのセグメントで送られる。

すぐに届いていたのは応答の末尾の小さいセグメントで、クライアントの SACK ブロックがそれを伝えている。
END
}

demo_play() {
	demo_serve --impair tx.mtu=1300/silent --rto-min 50 -- sh -c '
		curl -sS --max-time 20 http://10.0.0.2/bytes/3300 | wc -c'
}

demo_claims() {
	demo_claim 'every full-sized segment was lost' 'フルサイズのセグメントはすべて失われた' \
		demo_lacks '◀.*\(1448\)'
	demo_claim 'while small ones arrived' '小さいセグメントは届いた' \
		demo_order '╳.* 1:1449 \(1448\)' '◀.*PSH [0-9]+:[0-9]+ \([0-9]{1,3}\).*new data'
	demo_claim 'no router told why' '理由を告げるルーターはなかった' demo_lacks 'RFC 1191'
	demo_claim 'after two timeouts the server tried smaller ones, step by step' \
		'2回のタイムアウトの後、サーバーは段階的に小さくした' \
		demo_order '╳.* 1:1449 .*RTO #2' 'RFC 4821.*MSS 1400, was 1460' \
		'╳.* 1:1389 \(1388\).*RTO #3' 'RFC 4821.*MSS 1220, was 1400' \
		'◀.* 1:1209 \(1208\).*RTO #4'
	demo_claim 'then all went on in segments that fit' '以後はその大きさのセグメントで進んだ' \
		demo_order '◀.* 1:1209 ' '── ACK [0-9]+ .*▶' '◀.*\(1208\)'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says 3300
}
