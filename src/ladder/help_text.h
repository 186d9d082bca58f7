/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_HELP_TEXT_H
#define LADDER_HELP_TEXT_H

/* What --help and the manual page say beside the tables of options and exit statuses.
 * Each text is one paragraph without line breaks: whoever prints it wraps it. */

// clang-format off
#define HELP_SUMMARY "draw the TCP connections in a capture file as ladders"

/* X("paragraph") */
#define HELP_ABOUT(X) \
	X("Draws each TCP segment in FILE as an arrow between client and server, with its time, its " \
	  "flags, and numbers that count from the first of its connection; beside it stands what is " \
	  "worth a word. FILE is pcap or pcapng, of evtcpd --pcap, tcpdump, Wireshark or another; '-' is " \
	  "stdin. TCP over IPv4 and IPv6 is found in Ethernet (with VLAN tags), raw IP, BSD loopback and " \
	  "Linux cooked captures.") \
	X("In a capture of evtcpd the words are the stack's own reason for each segment, and what was " \
	  "lost is an arrow that ends on its way. In others they are what the file shows: bytes that it " \
	  "has seen before are a retransmission; bytes that fill a gap came out of order, or were sent " \
	  "again, which the file cannot tell. Windows are scaled where both SYNs are in the file.")

/* X("what it does", "command line") */
#define HELP_EXAMPLES(X) \
	X("Watch what the machine says:", \
		"tcpdump -i any -U -w - tcp port 80 | evtcp-ladder -") \
	X("What is in a file:", \
		"evtcp-ladder --list capture.pcapng") \
	X("One connection, page by page:", \
		"evtcp-ladder --color always -c 3 capture.pcapng | less -R") \
	X("How it went, as a picture:", \
		"evtcp-ladder -c 3 --svg graph.svg capture.pcapng")
// clang-format on

#endif
