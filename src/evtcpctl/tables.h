/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPCTL_TABLES_H
#define EVTCPCTL_TABLES_H

/* What --help and the manual page of evtcpctl are made of, beside the table of commands
 * (control/commands.h).
 *
 *   EVTCPCTL_OPTIONS   X(ID, 'c', "long-name", ARGUMENT, "meaning")
 *   EVTCPCTL_STATUSES  X(NAME, number, "meaning")
 *   EVTCPCTL_EXAMPLES  X("what it does", "command line") */

// clang-format off
#define EVTCPCTL_SUMMARY "looks into a running evtcpd, and changes it"

#define EVTCPCTL_ABOUT(X) \
	X("Asks the evtcpd that was started with --control PATH, by its socket, which only its owner " \
	  "may use. With several workers the answer is of all of them.") \
	X("A file is opened here, with the rights of who runs evtcpctl, and handed over: the daemon " \
	  "opens none.")

#define EVTCPCTL_OPTIONS(X) \
	X(control, 'c', "control", "PATH", \
		"the socket; else the variable EVTCPD_CONTROL says it, as it does in COMMAND of evtcpd") \
	X(json, 'j', "json", NULL, \
		"print the daemon's answer, a JSON object a line, instead of a table") \
	X(all, 'a', "all", NULL, \
		"with counters: those that are 0 as well") \
	X(help, 'h', "help", NULL, \
		"print this help and exit") \
	X(version, 'V', "version", NULL, \
		"print the version and exit")

#define EVTCPCTL_STATUSES(X) \
	X(OK, 0, "done") \
	X(REFUSED, 1, "evtcpd would not or could not do it, or it could not be printed") \
	X(USAGE, 2, "unknown command or option, or one that lacks something") \
	X(UNREACHABLE, 3, "there is no evtcpd at the socket, or no permission to use it") \
	X(FILE, 4, "FILE cannot be opened") \
	X(LOST, 5, "evtcpd ended, or did not answer for 10 s")

#define EVTCPCTL_EXAMPLES(X) \
	X("Its connections, again and again:", \
		"evtcpctl -c /tmp/evtcpd.sock watch") \
	X("What has been dropped, and why:", \
		"evtcpctl --json counters | jq 'select(.counter.class == \"dropped\")'") \
	X("A bad link from now on, and a good one again:", \
		"evtcpctl impair delay=20ms,tx.loss=1% && sleep 10 && evtcpctl impair none") \
	X("Packets as they pass, in Wireshark:", \
		"evtcpctl capture start - | wireshark -k -i -")
// clang-format on

#define EVTCPCTL_STATUS(name, number, meaning) EVTCPCTL_##name = (number),
enum evtcpctl_status { EVTCPCTL_STATUSES(EVTCPCTL_STATUS) };
#undef EVTCPCTL_STATUS

#endif
