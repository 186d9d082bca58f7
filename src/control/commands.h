/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

/* The one table of what can be asked of a running evtcpd: the daemon's handlers, evtcpctl's --help
 * and its manual page come from it. A new command is a row here and a function control_do_ID in
 * the daemon (evtcpd/control_each.h); evtcpctl needs nothing, unless it is to draw a table.
 *
 *   X(ID, "name", ARGUMENTS, "meaning")
 *
 * ARGUMENTS  as --help shows them, NULL for a command that takes none */

// clang-format off
#define CONTROL_COMMANDS(X) \
	X(connections, "connections", "[N]", \
		"each connection, as 'ss -ti' shows those of Linux; at most N of them, 1000 if not said") \
	X(counters, "counters", "[all]", \
		"how often each cause has happened: those that have, or all") \
	X(impair, "impair", "[SPEC|none]", \
		"make the link a bad one as --impair SPEC does, another one, or a good one; without " \
		"SPEC: what it is") \
	X(fault, "fault", "add RULE|list|remove N", \
		"make the server misbehave as a line of --fault's FILE says; what the rules do, and how " \
		"often they have; take one back") \
	X(cc, "cc", "[NAME]", \
		"congestion control of connections from now on; without NAME: which it is") \
	X(capture, "capture", "start FILE|stop", \
		"write a capture as --pcap does, to a FILE that evtcpctl opens ('-': its stdout); end it") \
	X(log, "log", "[LEVEL]", \
		"log that and what is graver: error, warning, notice, info or debug; without LEVEL: " \
		"which it is") \
	X(drain, "drain", NULL, \
		"take no more connections, finish those there are, and end, as SIGTERM does")

/* What evtcpctl makes of these by itself. X("name", ARGUMENTS, "meaning") */
#define CONTROL_CLIENT_COMMANDS(X) \
	X("watch", NULL, \
		"connections, again every second until interrupted")
// clang-format on

/* The longest request, its newline included; and the variable that names a socket where no option
 * does, which COMMAND of evtcpd finds set. */
#define CONTROL_LINE 4096
#define CONTROL_VARIABLE "EVTCPD_CONTROL"

#endif
