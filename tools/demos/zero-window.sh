# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='The client does not read: zero window and persist timer'
demo_title_ja='クライアントが読まない: ゼロウィンドウと持続タイマー'
demo_rfc='RFC 9293 §3.8.6.1; RFC 1122 §4.2.2.17'

demo_about_en() {
	cat <<'END'
A client with a small receive buffer asks for 10,000 bytes, and then does not read for
1.3 seconds. What it has room for it acknowledges; then it says "win 0". The server has more, and
may not send it. It has to wait until the client says that there is room again.

That word would travel in an ACK without data, which nobody sends again if it is lost. Both
ends would wait for ever. So the server has a timer for this, too: it sends a single byte
where there is no room, a zero-window probe, and the client must answer with the window as it
is. The answers come, so nobody is dead, but the waits double.

Then the client reads, its window opens, and the rest follows.
END
}

demo_about_ja() {
	cat <<'END'
受信バッファの小さいクライアントが 10,000 バイトを要求し、その後1.3秒間読まない。空きのある分には確認応答し、
やがて "win 0" と言う。サーバーにはまだデータがあるが、送ってはならない。空きができたと言われるまで待つ。

ところが、それを伝えるのはデータのない ACK であり、失われても誰も再送しない。そうなれば両端が永遠に待つ。
そこでサーバーはここでもタイマーを持つ。空きがないところへ1バイトだけ送る。これがゼロウィンドウプローブで、
クライアントは現在のウィンドウを答えなければならない。答えは来るので相手は生きているが、待ち時間は倍々になる。

やがてクライアントが読むとウィンドウが開き、残りが続く。
END
}

demo_play() {
	demo_serve -- python3 -c '
import client, time
sock = client.connect(receive_buffer=4096)
sock.sendall(client.request("/bytes/10000", "Connection: close"))
time.sleep(1.3)
print(len(client.read_to_end(sock)), "bytes")'
}

demo_claims() {
	demo_claim 'the client closed its window' 'クライアントはウィンドウを閉じた' \
		demo_shows '── ACK [0-9]+  win 0 ─'
	demo_claim 'the persist timer fired, and again after twice the time' \
		'持続タイマーが満了し、2倍の時間の後に再び満了した' zero_window_backs_off
	demo_claim 'each time the server sent one byte, and was told that there is no room' \
		'そのたびにサーバーは1バイト送り、空きがないと告げられた' \
		demo_order '◀.*\(1\).*zero-window probe #1' '── ACK [0-9]+  win 0 ─' \
		'◀.*\(1\).*zero-window probe #2' '── ACK [0-9]+  win 0 ─'
	demo_claim 'the window opened, and only then did data go on' \
		'ウィンドウが開き、それからデータが再開した' \
		demo_order 'zero-window probe #2' '── ACK [0-9]+  win [1-9][0-9]+ ─' '◀─.*\([0-9]{4}\).*new data'
	demo_claim 'all bytes arrived' '全バイトが届いた' demo_says '10000 bytes'
}

# The timer's own spans stand in the lane.
zero_window_backs_off() {
	demo_order '200 ms .*persist timer #1' '400 ms .*persist timer #2'
}
