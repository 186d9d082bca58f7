# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Played by tools/demo, which explains the functions and sets the variables.
# shellcheck disable=SC2034,SC2154

demo_title_en='Two connections, one slow link: congestion control'
demo_title_ja='2つの接続が1本の遅いリンクを分け合う: 輻輳制御'
demo_rfc='RFC 5681 §3; RFC 9438; RFC 8985'

demo_about_en() {
	cat <<'END'
Two clients fetch 300,000 bytes each through a link of 4 Mbit/s with room for twenty packets:

    --impair delay=20ms,tx.rate=4mbit,tx.queue=20

Both connections begin slowly and double, and neither knows of the other. The queue fills,
packets are lost: that is how the network says "too much". Each connection makes its window
smaller (the lines with cwnd and ssthresh), mends what was lost, and grows again, more carefully,
until the next loss. Nobody divides the link between them, and yet both go on.

There are some thousand rows in this ladder. Shown are the beginning and the end of each
connection, its first losses, and the turning points: where recovery begins and ends. All is in
the file.
END
}

demo_about_ja() {
	cat <<'END'
2つのクライアントが、パケット20個分の待ち行列を持つ 4 Mbit/s のリンクごしに、それぞれ 300,000 バイトを取りに行く:

    --impair delay=20ms,tx.rate=4mbit,tx.queue=20

どちらの接続も少しずつ始めて倍々に増やし、互いの存在を知らない。やがて待ち行列があふれ、パケットが失われる。
ネットワークが「多すぎる」と言う方法がこれである。どちらの接続もウィンドウを縮め (cwnd と ssthresh のある行)、
失われた分を直し、次の損失まで、今度は慎重に増やす。誰かがリンクを配分するわけではないのに、両方とも進み続ける。

このラダー図は1000行ほどになる。ここに示すのは、各接続の始まりと終わり、最初のいくつかの損失、そして転機となる行、
つまりリカバリーの始まりと終わりである。全部はファイルに残る。
END
}

demo_play() {
	demo_serve --impair delay=20ms,tx.rate=4mbit,tx.queue=20 -- sh -c '
		for i in 1 2; do
			curl -sS --max-time 20 -o /dev/null -w "%{size_download} bytes in %{time_total} s\n" \
				http://10.0.0.2/bytes/300000 &
		done
		wait'
}

demo_excerpt() {
	LC_ALL=C awk '
		/^#[0-9]+ +[0-9]/ { shown = / SYN |FIN |cwnd|CLOSED/ || / lost: / && lost[$1]++ < 3 }
		/this stack/ { shown = 1 }
		/┊/ { shown = 0 }
		shown { print; fflush() }'
}

# congestion_times: how many milliseconds each took, the faster first. At 4 Mbit/s 600,000 bytes
# take 1200, more with headers and what is sent again.
congestion_times() {
	sed -nE 's/.* in ([0-9.]+) s/\1/p' "$demo_files.client" | sort -n | awk '{ print int($1 * 1000) }'
}

congestion_uses_the_link() {
	local ms
	ms=$(congestion_times | tail -n 1)
	demo_figure '%d ms for 600,000 bytes, which at 4 Mbit/s take 1200' \
		'600,000 バイトに %d ms。4 Mbit/s なら 1200 ms かかる量である' "${ms:-0}"
	[ "${ms:-0}" -ge 1200 ] && [ "$ms" -le 3600 ]
}

congestion_is_shared() {
	congestion_times | awk '{ t[NR] = $1 } END { exit NR != 2 || t[1] * 5 < t[2] * 2 }'
}

demo_claims() {
	demo_claim 'the queue was full, and both connections lost segments' \
		'待ち行列があふれ、どちらの接続もセグメントを失った' congestion_hits_both
	demo_claim 'both made their windows smaller, and mended what was lost' \
		'どちらもウィンドウを縮め、失われた分を直した' congestion_both_recover
	demo_claim 'both got all bytes' 'どちらも全バイトを受け取った' congestion_both_arrive
	demo_claim 'neither was starved: the slower one took at most two and a half times as long' \
		'どちらも飢えなかった: 遅いほうも2.5倍以内の時間で終わった' congestion_is_shared
	demo_claim 'the link was used: it took not much longer than it must' \
		'リンクは使われていた: 必要な時間を大きく超えなかった' congestion_uses_the_link
}

congestion_hits_both() {
	demo_shows '^#1 .*lost: queue full' && demo_shows '^#2 .*lost: queue full'
}

congestion_both_recover() {
	local tag
	for tag in '#1' '#2'; do
		demo_order "^$tag .*lost: queue" "^$tag .*(recovery entered|one segment): cwnd" \
			"^$tag .*◀─.*(RACK|RTO #|probe)" || return
	done
}

congestion_both_arrive() {
	[ "$(grep -c '^300000 bytes in ' "$demo_files.client")" -eq 2 ]
}
