/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_HELP_TEXT_H
#define EVTCPD_HELP_TEXT_H

/* What --help and the manual page say beside the tables of options and exit statuses.
 * Each text is one paragraph without line breaks: whoever prints it wraps it. */

// clang-format off
#define HELP_SUMMARY "HTTP server whose TCP/IP is its own, on a TUN device"

/* X("paragraph") */
#define HELP_ABOUT(X) \
	X("Serves HTTP through a TUN device, over a TCP/IP stack of its own, until SIGINT " \
	  "(Ctrl-C), SIGTERM or SIGHUP. Then it takes no new connections, finishes those " \
	  "that are open, for at most 10 s, and undoes what it changed; a second signal " \
	  "stops it at once.") \
	X("With COMMAND it serves in a private network namespace and runs COMMAND there as " \
	  "soon as it is ready. Nothing on the machine's own network changes, and an " \
	  "ordinary user needs no privileges. evtcpd ends when COMMAND does. SIGINT is left " \
	  "to COMMAND; SIGTERM and SIGHUP are passed on to it, and a second one kills it.") \
	X("Without COMMAND it serves the machine it runs on: started as root, on a device " \
	  "that it creates; as an ordinary user, on a device that root has created for them.")

/* Of the manual page alone. */
#define HELP_PAGES \
	"What there is to ask for. A request that has a field 'x-evtcp-fault: TEXT' is one that rules " \
	"of the fault script with 'tag TEXT' mean."

#define HELP_METRICS \
	"The page /metrics is OpenMetrics text, for Prometheus and its kin: connections by state, " \
	"memory, a histogram of round-trip times, what HTTP has seen, and every cause by which the " \
	"stack counts packets sent, received and dropped, timers and state changes, as " \
	"evtcp_sent_total{cause=\"rto\"} and so on, IPv4 and IPv6 together. Where Linux counts the same, there is a counter " \
	"that is called as nstat(8) calls it, and is the sum of these causes:"

#define HELP_STATUS_WITH_COMMAND \
	"With COMMAND: its own exit status; 128+n if signal n ended it; 127 if it was not " \
	"found and 126 if it could not be run; 125 for each of the failures above."

/* X("what it does", "command line") */
#define HELP_EXAMPLES(X) \
	X("A page, in a private network:", \
		"evtcpd -- curl -s http://10.0.0.2/") \
	X("Watch TCP at work:", \
		"evtcpd --ladder -- curl -s -o /dev/null http://10.0.0.2/bytes/100000") \
	X("Over a path of 40 ms that loses one in a hundred packets of the server's:", \
		"evtcpd --impair delay=20ms,tx.loss=1% -- curl -s http://10.0.0.2/") \
	X("Serve this machine, and keep a capture:", \
		"sudo evtcpd -a 192.168.77.2/24 --pcap server.pcapng")
// clang-format on

#endif
