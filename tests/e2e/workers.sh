#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcpd --workers: flows spread over threads and stay there, also when they are silent for so
# long that the kernel forgets them; what bears no ports (ICMP errors, fragments, ping) reaches
# whom it is for; logs, capture, /connections and the end are of all; no thread has a privilege.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_WORKERS=
e2e_begin "$@"
e2e_need curl wrk ping tshark nsenter ip
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

workers=2 load='' slow='' owner=''

# of_worker N: how many of the connections on /connections it has.
of_worker() {
	curl -s -m 5 $url/connections | grep -c "{\"worker\":$1,"
}

# ---- a storm, and who serves it

serve --workers $workers --access-log "$E2E_TMP/access"
codes=$(seq 1000 | xargs -P 32 -I{} curl -sS -m 20 -o /dev/null -w '%{http_code}\n' $url/ |
	sort | uniq -c | tr -s ' ')
equal "a thousand requests by as many connections are answered" "$codes" " 1000 200"
# The fields have a host, a date in brackets, a request in quotes, and so on: a line that two
# workers had a part in has not.
whole='^10\.0\.0\.1 - - \[[^]]*\] "GET / HTTP/1\.1" 200 13 "-" "curl/[^"]*"$'
logged() { [ "$(grep -Ec "$whole" "$E2E_TMP/access")" = 1000 ]; }
ok "each has a line in the access log, whole" e2e_wait 5 logged
equal "and nothing else is there" "$(grep -Evc "$whole" "$E2E_TMP/access")" 0
equal "all workers say so" "$(serve_value requests)" 1001
e2e_start load wrk -t 1 -c 64 -d 30 $url/
e2e_wait 10 serve_has 64
for worker in 0 1; do
	least "64 connections are spread: worker $worker has some" "$(of_worker $worker)" 10
done
match "/connections is of both" "$(curl -s -m 5 $url/connections | head -n 4)" \
	'"workers": 2,'
match "and none is missing" "$(curl -s -m 5 $url/connections | head -n 4)" '"missing": \[\],'
e2e_stop "$load" INT # which ends it before its time, not without its figures
match "wrk is content" "$(<"$E2E_TMP/load.log")" 'Requests/sec'
fails "and has seen no error" grep -E 'Socket errors|Non-2xx' "$E2E_TMP/load.log"

# ---- one log, many threads

# Lines that no write(2) takes in one piece, to a reader who comes late.
serve_ends "after a storm"
mkfifo "$E2E_TMP/lines"
(sleep 2 && exec cat) <>"$E2E_TMP/lines" >"$E2E_TMP/access" &
reader=$!
serve --workers $workers --access-log "$E2E_TMP/lines"
long=$(printf 'r%.0s' {1..7000})
seq 100 | xargs -P 16 -I{} curl -sS -m 20 -o /dev/null -e "$long" $url/
logged() { [ "$(grep -c "$long" "$E2E_TMP/access")" = 100 ]; }
ok "a hundred lines of 7,000 octets are there" e2e_wait 10 logged
equal "and each is whole" "$(grep -Ec "^10\.0\.0\.1 [^\"]*\"GET / HTTP/1\.1\" 200 13 \"r{7000}\" \"curl/[^\"]*\"$" \
	"$E2E_TMP/access")" 100
e2e_stop "$reader" KILL

# ---- threads

threads=$(find "/proc/$evtcpd/task" -mindepth 1 -maxdepth 1 | wc -l)
# A sanitizer that looks for races has one of its own.
equal "there are as many threads as workers" "$threads" $((workers + ${E2E_RACES:-0}))
for task in "/proc/$evtcpd/task"/*; do
	left=$(sed -n 's/^\(Cap[IPEA][a-z]*\|NoNewPrivs\):[[:space:]]*0*//p' "$task/status" |
		tr -d '\n')
	equal "thread $(<"$task/comm") has no capability, and can gain none" "$left" 1
	# Field 41, the policy; 3 is SCHED_BATCH. A sanitizer's thread began before.
	[ -n "${E2E_RACES-}" ] || equal "and it interrupts nobody when it is woken" \
		"$(sed 's/.*) //' "$task/stat" | cut -d' ' -f39)" 3
done

# ---- silence: the kernel forgets a flow after 3 s

declare -a flows=()
for ((i = 0; i < 24; i++)); do
	exec {fd}<>/dev/tcp/$server/80
	flows+=("$fd")
done
# Status lines of what all flows answer to one more request.
ask_all() {
	local fd line
	for fd in "${flows[@]}"; do printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$fd"; done
	for fd in "${flows[@]}"; do
		read -r -t 5 line <&"$fd" && printf '%s\n' "${line%$'\r'}"
		while read -r -t 5 line <&"$fd" && [ "$line" != 'Hello World!' ]; do :; done
	done | sort | uniq -c | tr -s ' '
}
equal "24 kept connections are answered" "$(ask_all)" " 24 HTTP/1.1 200 OK"
before=$(serve_value passed_on)
sleep 6
equal "so they are after six seconds of silence" "$(ask_all)" " 24 HTTP/1.1 200 OK"
equal "and none had to be passed on: it is the same queue" "$(serve_value passed_on)" "$before"
for fd in "${flows[@]}"; do exec {fd}>&-; done

# ---- without ports

ok "pings are answered" ping -c 5 -i 0.2 -W 2 $server
ok "large ones, in fragments, too" ping -c 3 -i 0.2 -W 2 -s 4000 $server
curl -s -m 5 -o /dev/null http://$server:81/
equal "who knocks at a port that nobody has is refused" $? 7

# A client behind a router, which is the kernel here. Back to the client its link carries less than
# the client's own: then the router says so to the server, in its own name.
unshare --net sleep 1000 &
there=$!
e2e_wait 5 test "/proc/$there/ns/net" -ef "/proc/$there/ns/net"
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
inside() { nsenter --net="/proc/$there/ns/net" "$@"; }
ip link add near type veth peer name far netns "$there"
ip addr add 10.7.0.1/24 dev near
ip link set near mtu 1000 up
inside ip addr add 10.7.0.2/24 dev far
inside ip link set far up
inside ip route add default via 10.7.0.1
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
serve_ends "evtcpd stops in order"

serve --workers $workers
for ((i = 0; i < 12; i++)); do
	inside curl -s -m 20 -o "$E2E_TMP/part.$i" $url/bytes/100000 &
	parts[i]=$!
done
wait "${parts[@]}"
want=$(yes "$(seq 9999)" | head -c 100000 | sha256sum)
right=0
for ((i = 0; i < 12; i++)); do
	[ "$(sha256sum <"$E2E_TMP/part.$i")" != "$want" ] || right=$((right + 1))
done
equal "twelve downloads over a path of 1,000 bytes are right" $right 12
least "routers' messages are believed" "$(serve_value path_mtu)" 1
least "those that came to the wrong worker were passed on" "$(serve_value passed_on)" 1
equal "nobody had to look for a black hole" "$(serve_value path_mtu_black_hole)" 0

# Segments in fragments: those of a host go to one queue, whatever their ports.
ip link set near mtu 1500
inside sysctl -qw net.ipv4.ip_no_pmtu_disc=1
ip route replace 10.0.0.0/24 dev tun0 mtu lock 600
head -c 100000 /dev/urandom >"$E2E_TMP/body"
before=$(serve_value passed_on)
for ((i = 0; i < 12; i++)); do
	inside curl -s -m 20 -H 'Expect:' --data-binary "@$E2E_TMP/body" -o "$E2E_TMP/part.$i" \
		$url/echo &
	parts[i]=$!
done
wait "${parts[@]}"
right=0
for ((i = 0; i < 12; i++)); do
	! cmp -s "$E2E_TMP/body" "$E2E_TMP/part.$i" || right=$((right + 1))
done
equal "twelve uploads in fragments come back right" $right 12
least "there were fragments" "$(serve_value ip_fragment)" 12
least "and what they made was passed on" "$(serve_value passed_on)" $((before + 1))
ip route replace 10.0.0.0/24 dev tun0
e2e_stop "$there"

# ---- the end

# The download last, so that most of it is still to come; and as slow as the server makes it, for
# curl's --limit-rate may let three megabytes pass at once.
e2e_start load wrk -t 1 -c 32 -d 20 $url/
e2e_wait 10 serve_has 20
e2e_start slow curl -s -o "$E2E_TMP/slow" "$url/drip?bytes=3000000&seconds=3"
e2e_wait 10 test -s "$E2E_TMP/slow"
kill -TERM "$evtcpd"
wait "$slow"
equal "a download that is under way is finished" "$? $(stat -c %s "$E2E_TMP/slow")" "0 3000000"
e2e_wait 15 e2e_gone "$evtcpd"
wait "$evtcpd"
equal "all workers end in order" $? 0
match "one message tells of it" "$(grep -c 'finishing open connections' "$E2E_TMP/evtcpd.log")" '^1$'
equal "no report of a sanitizer" "$(grep -E 'Sanitizer|runtime error' "$E2E_TMP/evtcpd.log")" ""
e2e_stop "$load" KILL

# ---- the capture

serve --workers $workers --pcap "$E2E_TMP/all.pcapng"
seq 200 | xargs -P 16 -I{} curl -s -m 20 -o /dev/null $url/
serve_ends "with a capture"
# frames FILTER FIELD: of each packet that is meant.
frames() { tshark -r "$E2E_TMP/all.pcapng" -Y "$1" -T fields -e "$2" 2>/dev/null; }
equal "the capture has the SYN of each of 200 connections" \
	"$(frames 'tcp.dstport == 80 && tcp.flags.syn == 1' tcp.srcport | sort -u | wc -l)" 200
equal "and the answer to each" \
	"$(frames 'tcp.srcport == 80 && tcp.flags.syn == 1' tcp.dstport | sort -u | wc -l)" 200
equal "and 200 requests, each whole" "$(frames http.request http.request.method | wc -l)" 200
equal "and nothing that is no packet" "$(frames _ws.malformed frame.number | wc -l)" 0

# ---- devices that are there

ip tuntap add dev one mode tun
refused=$("$E2E_EVTCPD" --workers 2 -i one 2>&1)
equal "a device of one queue is refused" $? 8
match "and what it takes is told" "$refused" 'one was created with one queue.*multi_queue'
ip link delete one
if [ "$E2E_ROOT" = 1 ]; then
	ip tuntap add dev many mode tun multi_queue user 65534
	ip addr add 10.0.0.1/24 dev many
	ip link set many up
	cp "$E2E_EVTCPD" "$E2E_TMP/evtcpd"
	e2e_start owner setpriv --reuid 65534 --regid 65534 --clear-groups "$E2E_TMP/evtcpd" \
		--workers 3 -i many -a 10.0.0.2/24
	e2e_wait 10 grep -q serving "$E2E_TMP/owner.log"
	codes=$(seq 100 | xargs -P 8 -I{} curl -sS -m 20 -o /dev/null -w '%{http_code}\n' \
		http://10.0.0.2/ | sort | uniq -c | tr -s ' ')
	equal "who owns a device of many queues needs no privilege for it" "$codes" " 100 200"
	e2e_stop "$owner"
	equal "and stops in order" $? 0
fi

e2e_end
