# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Three segments before the first byte: the handshake'
demo_title_ja='最初の1バイトの前に3つのセグメント: 3ウェイハンドシェイク'
demo_rfc='RFC 9293 §3.5; RFC 7323 §2.2, §3.2; RFC 2018 §2'

demo_about_en() {
	cat <<'END'
curl asks for a page over a path of 20 ms each way. Before it may say what it wants, both
ends agree on where their numbers begin: each sends a SYN with a sequence number of its
own, and each has the other's acknowledged. The client's SYN, the server's SYN with the ACK
of it, the client's ACK: three segments, one round trip.

Look at the second line below each SYN: the options. Most of them are offered here or
never: the largest segment that I can take (mss), selective acknowledgments (SACK),
timestamps, and by how many bits my window is to be shifted (win scale). The windows of the
SYNs themselves are not scaled.

A SYN occupies one number, so data begins at 1. So does a FIN: at the end each side closes
its own direction, and each FIN is acknowledged.
END
}

demo_about_ja() {
	cat <<'END'
片道 20 ms の経路ごしに、curl がページを要求する。用件を言う前に、両端は番号の起点を合意しなければ
ならない。それぞれが自分の初期シーケンス番号を載せた SYN を送り、相手に確認応答してもらう。クライ
アントの SYN、それへの ACK を兼ねたサーバーの SYN、クライアントの ACK。セグメント3つ、1往復である。

各 SYN の下の行がオプションである。その大半はここで申し出るしかない。受け取れる最大セグメント長 (mss)、
選択確認応答 (SACK)、タイムスタンプ、そしてウィンドウを何ビットずらすか (win scale)。SYN 自身の
ウィンドウはスケールされない。

SYN は番号を1つ消費するので、データは 1 から始まる。FIN も同じく1つ消費する。最後に両側がそれぞれ
自分の方向を閉じ、どちらの FIN にも確認応答が返る。
END
}

demo_play() {
	demo_serve --impair delay=20ms -- curl -sS --max-time 20 http://10.0.0.2/
}

demo_claims() {
	demo_claim 'SYN, SYN-ACK, ACK, in this order, and only then data' \
		'SYN、SYN-ACK、ACK の順に届き、データはその後である' \
		demo_order '── SYN 0  win .*▶.*→ SYN-RECEIVED' '◀.* SYN 0  ACK 1 ' \
		'── (PSH 1:.*)?ACK 1 .*▶.*→ ESTABLISHED' '◀.*PSH 1:'
	demo_claim 'both SYNs bring MSS, SACK, timestamps and window scale' \
		'どちらの SYN にも MSS、SACK、タイムスタンプ、ウィンドウスケールがある' \
		demo_shows 'SYN 0 .*mss 1460, SACK, timestamps, win scale [0-9]+' 2
	demo_claim 'each side closed, and the connection ended with the ACK of the second FIN' \
		'両側がそれぞれ閉じ、2つ目の FIN への ACK で接続が終わった' \
		demo_order '── FIN .*▶.*→ CLOSE-WAIT' '◀.*FIN .*→ LAST-ACK' \
		'── ACK .*▶.*→ CLOSED \(our FIN is acknowledged\)'
	demo_claim 'curl got its page' 'curl はページを受け取った' demo_says 'Hello World!'
	demo_claim 'and succeeded' '終了ステータスは 0 だった' demo_succeeds
}
