#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# evtcp-ladder beside tshark: what tcpdump has seen of two kernels, in each of its formats and link
# types, and what evtcpd has captured of itself. The same segments, with the same numbers and times; what one
# calls a retransmission the other does, too; what was lost does not arrive.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
: "${E2E_EVTCPD:?is not set: the path of the daemon to test}"
: "${E2E_LADDER:?is not set: the path of evtcp-ladder}"
e2e_need tshark tcpdump curl python3 nsenter mergecap editcap
unset COLUMNS NO_COLOR
export LC_ALL=C.UTF-8 # for those who read what is drawn
cd "$E2E_TMP" || exit 1
ethernet='' cooked='' cooked_old='' nano='' cut='' piped='' server=''

# ---- two ways to say the same

# A ladder as lines "CONNECTION TIME DIRECTION FLAGS SEQ LEN ACK", "-" for what an arrow does not say.
of_ladder() {
	"$E2E_LADDER" "$@" | grep -E '[▶◀╳]' | python3 -c '
import re, sys
for line in sys.stdin:
    tag, time, lane = re.match(r"#(\d+) +(\S+) │(.*?)│", line).groups()
    label = re.search(r"─* ((?:[A-Z]+ )?.*?) ─*", lane.strip("▶◀╳─ ")).string.strip("▶◀╳─ ")
    flags = {f for f in re.findall(r"\b(SYN|FIN|RST|PSH|ACK)\b", label)}
    ack = re.search(r"ACK (\d+)", label)
    seq = re.search(r"(?:^|[A-Z]{3} )(\d+)(?::\d+ \((\d+)\))?(?:  |$)", re.sub(r"ACK \d+", "", label))
    right = not lane.startswith(("◀", " "))
    print(tag, time, ">" if right else "<", "".join(sorted(f[0] for f in flags)) or "-",
          seq.group(1) if seq else "-", (seq.group(2) or 0) if seq else 0, ack.group(1) if ack else "-")'
}

# The same of tshark. The client is who sends the SYN.
of_tshark() {
	tshark -r "$1" -o tcp.relative_sequence_numbers:TRUE -Y tcp -T fields -e tcp.stream \
		-e frame.time_epoch -e tcp.srcport -e tcp.dstport -e tcp.flags -e tcp.seq \
		-e tcp.len -e tcp.ack 2>/dev/null | python3 -c '
import sys
first = None
for line in sys.stdin:
    stream, time, source, target, flags, seq, length, ack = line.split("\t")
    bits = int(flags, 16)
    us = int(time[:-3].replace(".", ""))
    first = us if first is None else first
    names = "".join(sorted(n for n, b in zip("FSRPA", (1, 2, 4, 8, 16)) if bits & b))
    pure = bits & 0x17 == 16 and length == "0"
    print(int(stream) + 1, "%d.%06d" % divmod(us - first, 1000000), ">" if int(source) > int(target) else "<", names or "-",
          "-" if pure else seq, length, ack.strip() if bits & 16 else "-")'
}

# agree SENTENCE FILE: the ladder of FILE has the segments that tshark lists.
agree() {
	of_ladder "$2" >of_ladder 2>err
	of_tshark "$2" >of_tshark
	ok "$1: $(wc -l <of_tshark) segments" diff of_tshark of_ladder
	[ -s of_tshark ] || e2e_say not "$1: there are any"
}

# same_retransmissions SENTENCE FILE: what tshark calls so the ladder does, and nothing else, but for
# what tshark takes for a late packet as it comes so soon behind the first.
same_retransmissions() {
	"$E2E_LADDER" "$2" | grep -E '[▶◀╳]' | grep -n retransmission | cut -d: -f1 >by_ladder
	tshark -r "$2" -T fields -e frame.number 2>/dev/null >by_tshark \
		-Y 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission'
	tshark -r "$2" -T fields -e frame.number 2>/dev/null >late -Y tcp.analysis.out_of_order
	equal "$1, what tshark calls a retransmission is one: $(wc -l <by_tshark)" \
		"$(grep -vxFf by_ladder by_tshark)" ''
	equal "and no other is" "$(cat by_tshark late | grep -vxFf - by_ladder)" ''
}

# ---- two kernels, and tcpdump between them

unshare --net sleep 600 &
holder=$!
there="nsenter --net=/proc/$holder/ns/net"
e2e_wait 5 test "$(readlink /proc/$$/ns/net)" != "$(readlink /proc/$holder/ns/net)"
ip link add v0 type veth peer name v1 netns $holder
ip address add 192.0.2.1/24 dev v0
ip address add 2001:db8::1/64 dev v0 nodad
ip link set v0 up
$there ip link set lo up
$there ip address add 192.0.2.2/24 dev v1
$there ip address add 2001:db8::2/64 dev v1 nodad
$there ip link set v1 up

mkdir www
head -c 100000 /dev/zero >www/zeros
e2e_start server $there python3 -m http.server --bind :: --directory www 8080
# dump NAME OPTION...: tcpdump to NAME.pcap, until its pid in $NAME is stopped.
dump() {
	local name=$1
	shift
	e2e_start "$name" tcpdump --immediate-mode -B 8192 -U -Z root -w "$name.pcap" "$@" tcp
	e2e_wait 10 grep -q 'listening on' "$name.log"
}
dump ethernet -i v0 -s 2000
dump cooked -i any -s 2000
dump cooked_old -i any -y LINUX_SLL -s 2000
dump nano -i v0 -s 2000 --time-stamp-precision=nano
dump cut -i v0 -s 80
mkfifo pipe
"$E2E_LADDER" - <pipe >from_pipe 2>pipe.err &
ladder=$!
e2e_start piped tcpdump --immediate-mode -B 8192 -s 2000 -U -Z root -i v0 -w pipe tcp
e2e_wait 10 grep -q 'listening on' piped.log
e2e_wait 10 $there grep -q ':1F90 .* 0A ' /proc/net/tcp6 # port 8080 is listened to
ok "a client is served by another kernel" curl -sS -m 10 -o /dev/null http://192.0.2.2:8080/zeros
ok "and over IPv6" \
	curl -sS -m 10 -o zeros 'http://[2001:db8::2]:8080/zeros'
equal "with all there is" "$(stat -c %s zeros)" 100000
fails "one is refused" curl -s -m 5 http://192.0.2.2:81/
quiet() { # no capture has grown for half a second
	local before after
	before=$(cat ./*.pcap from_pipe | wc -c)
	sleep 0.5
	after=$(cat ./*.pcap from_pipe | wc -c)
	[ "$before" = "$after" ]
}
e2e_wait 10 quiet
for pid in $ethernet $cooked $cooked_old $nano $cut $piped; do e2e_stop "$pid" INT; done
wait $ladder
equal "a ladder of a pipe ends with it" $? 0
e2e_stop "$server"
kill $holder

# Whose numbers there is no SYN for is drawn as it is; tshark counts those of a refusal from one.
without_refusal() {
	tshark -r "$1" -Y 'tcp.port == 8080' -w "$1.8080" 2>/dev/null
}
for name in ethernet cooked cooked_old nano; do
	without_refusal $name.pcap
	agree "of two kernels, captured as $name" $name.pcap.8080
done
match "a refusal is drawn" "$("$E2E_LADDER" ethernet.pcap)" '◀─+ RST 0  ACK 1 ──│'
equal "IPv6 is told by its addresses" "$("$E2E_LADDER" ethernet.pcap | grep -c '\[2001:db8::1\]:.*\[2001:db8::2\]:8080 ')" 1
match "who captured both directions of its own says so" "$("$E2E_LADDER" cooked.pcap)" 'captured at the client'
without_times() { sed -E 's/^(#[0-9]+) +[0-9.]+ /\1 /'; }
equal "from a pipe it is the same" "$(without_times <from_pipe)" \
	"$("$E2E_LADDER" ethernet.pcap | without_times)"
same_retransmissions "of two kernels" ethernet.pcap
"$E2E_LADDER" cut.pcap >ladder
equal "a snapshot length loses no segment" "$(grep -Ec '[▶◀]' ladder)" "$("$E2E_LADDER" ethernet.pcap | grep -Ec '[▶◀]')"
match "and what it loses is said" "$(<ladder)" 'options not all captured'

# One file with two interfaces of different link types: each packet twice.
mergecap -w merged.pcapng ethernet.pcap cooked.pcap
"$E2E_LADDER" merged.pcapng >ladder
equal "what two interfaces have seen is one packet" "$(grep -c 'captured again' ladder)" \
	"$("$E2E_LADDER" ethernet.pcap | grep -Ec '[▶◀]')"
equal "and not sent again" "$(grep -c retransmission ladder)" "$(wc -l <by_ladder)"

# ---- our own captures

printf 'out data nth 1: drop 2\nin fin nth 1: drop 1\n' >faults
"$E2E_EVTCPD" --pcap own.pcapng --fault faults -- sh -c '
	curl -sS -m 20 http://10.0.0.2/; curl -sS -m 20 -o /dev/null http://10.0.0.2/bytes/50000' >/dev/null 2>err
agree "of evtcpd's own" own.pcapng
"$E2E_LADDER" own.pcapng >ladder
frames() { tshark -r own.pcapng -Y "$1" 2>/dev/null | wc -l; }
least "some were lost" "$(frames 'frame.interface_name == "dropped"')" 4
equal "what was lost ends on its way" "$(grep -c '╳.* lost: fault script' ladder)" \
	"$(frames 'frame.interface_name == "dropped"')"
equal "what was refused ends at the stack" "$(grep -c '─╳│ refused: ' ladder)" \
	"$(frames 'frame.comment contains "refused: "')"
equal "each has its cause" "$(grep -Ec '│.*RTO #[12] after|tail-loss probe \(' ladder)" \
	"$(frames 'frame.comment contains "RTO #" || frame.comment contains "tail-loss probe"')"
match "and its timer" "$(<ladder)" '┊ +[0-9]+ ms +┊ RTO #1 timer'

# The same without a word of the stack: pcap has no room for any.
editcap -F pcap own.pcapng plain.pcap
agree "without causes" plain.pcap
same_retransmissions "of evtcpd, without causes" plain.pcap
least "there are some" "$(wc -l <by_tshark)" 4

# ---- list, picture

"$E2E_LADDER" --list own.pcapng >list
equal "the list has both connections" "$(grep -c ' closed$' list)" 2
match "with their bytes" "$(<list)" ' 2  10\.0\.0\.1:[0-9]+  10\.0\.0\.2:80 .* 50[01][0-9]{2} '
equal "one may be drawn alone" "$("$E2E_LADDER" -c 2 own.pcapng | cut -d' ' -f1 | sort -u)" '#2'
ok "a picture is drawn" "$E2E_LADDER" -c 2 --svg graph.svg own.pcapng
ok "which is XML" python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("graph.svg")'
match "of the server's data" "$(<graph.svg)" '50,[01][0-9]{2} bytes in '

# ---- what is wrong is said

# says STATUS REGEX ARGUMENT...: evtcp-ladder ends so, and says so on stderr.
says() {
	local wanted=$1 regex=$2 status
	shift 2
	"$E2E_LADDER" "$@" >out 2>err
	status=$?
	equal "status $wanted of: ${*//$E2E_TMP\//}" $status "$wanted"
	match "it says: $regex" "$(<err)" "^evtcp-ladder: $regex"
}
head -c -10 ethernet.pcap >cut_off.pcap
says 3 'cut_off.pcap, offset [0-9]+: the file ends within the packet' cut_off.pcap
least "and has drawn what there was" "$(grep -Ec '[▶◀]' out)" 20
head -c 3000 own.pcapng >cut_off.pcapng
says 3 'cut_off.pcapng, offset [0-9]+: the file ends within the block of type 0x00000006' cut_off.pcapng
gzip -k ethernet.pcap
says 5 'ethernet.pcap.gz, offset 0: compressed by gzip: unpack it first' ethernet.pcap.gz
says 5 'www/zeros, offset 0: neither pcap nor pcapng' www/zeros
says 12 'cannot open nosuch: No such file or directory' nosuch
says 6 'there is no connection 3 in own.pcapng: it has 2' -c 3 own.pcapng
says 6 'own.pcapng has 2 connections: choose one' --svg x.svg own.pcapng
says 12 'cannot write /nosuch/x.svg' -c 1 --svg /nosuch/x.svg own.pcapng
says 2 'unknown option' --nosuch own.pcapng
"$E2E_LADDER" own.pcapng >/dev/full 2>err
equal "a disk that is full is an error" $? 12
match "which is told" "$(<err)" 'cannot write to stdout: No space left'

# ---- terminals

equal "no colour goes into a file" "$("$E2E_LADDER" own.pcapng | grep -c $'\033')" 0
least "it may, if asked for" "$("$E2E_LADDER" --color always own.pcapng | grep -c $'\033')" 4
if command -v script >/dev/null; then
	on_terminal() { script -qec "stty cols 90; '$E2E_LADDER' own.pcapng" /dev/null </dev/null; }
	least "a terminal has colours" "$(TERM=xterm on_terminal | grep -c $'\033')" 4
	equal "unless NO_COLOR says otherwise" "$(TERM=xterm NO_COLOR=1 on_terminal | grep -c $'\033')" 0
	equal "or it is a dumb one" "$(TERM=dumb on_terminal | grep -c $'\033')" 0
	most "its width is that of the ladder" "$(TERM=dumb on_terminal | tr -d '\r' | wc -L)" 90
fi
most "no line is wider than COLUMNS" "$(COLUMNS=80 "$E2E_LADDER" own.pcapng | wc -L)" 80
equal "ASCII is all there is with --ascii" "$("$E2E_LADDER" --ascii own.pcapng | LC_ALL=C grep -c '[^ -~]')" 0
e2e_end
