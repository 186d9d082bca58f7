# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Half-open for ever: SYN flood and SYN cookies'
demo_title_ja='開きかけの接続の山: SYN フラッドと SYN クッキー'
demo_rfc='RFC 4987 §2, §3.6'

demo_about_en() {
	cat <<'END'
Eight SYNs come from addresses at which nobody is. The server answers each and remembers it: a
handshake is half open until the ACK comes, which here never does. It has room for four
(--limit half_open=4; the default is 1024).

To be able to serve anyone it could forget the oldest; then a flood that is fast enough locks
everybody out. Instead, when the table is full it remembers nothing: all that it needs to know
later it writes into the sequence number of its SYN-ACK, with a keyed hash that nobody else can
make. That is a SYN cookie. From the fifth SYN on it is so.

The last connection is curl's. Its ACK brings the cookie back, plus one, and out of that
number the server makes the connection whose SYN it has long forgotten.
END
}

demo_about_ja() {
	cat <<'END'
誰もいないアドレスから8つの SYN が来る。サーバーはそれぞれに答え、覚えておく。ハンドシェイクは ACK が来るまで
開きかけ (ハーフオープン) で、ここでは ACK は決して来ない。覚えられるのは4つまでである (--limit half_open=4。
既定値は 1024)。

誰かの役に立つために最古のものを忘れるという手もあるが、それでは十分に速いフラッドに全員が締め出される。そこで
サーバーは、表が埋まると何も覚えない。後で必要になることはすべて、自分の SYN-ACK のシーケンス番号に、ほかの誰にも
作れない鍵付きハッシュとともに書き込む。これが SYN クッキーである。5つ目の SYN からそうなる。

最後の接続は curl のものだ。その ACK がクッキーに1を足した番号を持ち帰り、サーバーはその番号から、SYN をとうに
忘れた接続を作り出す。
END
}

# curl comes ninth.
demo_connection=9

demo_play() {
	demo_serve --limit half_open=4 --limit syn_ack_retries=1 -- python3 -c '
import forge, subprocess
for i in range(8):
    forge.send("10.0.0.%d" % (101 + i), 40000 + i, 1000000 * i, forge.SYN, forge.MSS_1460)
subprocess.run(["curl", "-sS", "--max-time", "10", "http://10.0.0.2/"], check=True)'
}

demo_claims() {
	demo_claim 'the first four were remembered' '最初の4つは記憶された' \
		demo_shows '^#[1-8] .*── SYN 0 .*▶.*→ SYN-RECEIVED' 4
	demo_claim 'the other four got a cookie' '残りの4つにはクッキーが返された' \
		demo_shows '^#[1-8] .*◀.*SYN 0  ACK 1 .*backlog full: SYN cookie' 4
	demo_claim 'nobody came back for either' 'どちらにも戻ってくる者はなかった' \
		demo_lacks '^#[1-8] .*→ ESTABLISHED'
	demo_claim 'curl got a cookie as well, brought it back, and was served' \
		'curl もクッキーを受け取り、持ち帰って、応答を得た' \
		demo_order '^#9 .*◀.*SYN 0  ACK 1 .*SYN cookie' \
		'^#9 .*→ ESTABLISHED \(handshake complete by SYN cookie\)' '^#9 .*◀.*PSH 1:'
	demo_claim 'and got its page' 'ページも受け取った' demo_says 'Hello World!'
	demo_claim 'and succeeded' '終了ステータスは 0 だった' demo_succeeds
}
