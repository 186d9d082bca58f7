/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_TABLE_H
#define EVTCPD_PAGES_TABLE_H

/* The one table of pages: requests are matched by it, the first row that fits, and the answer to
 * an unknown path and the manual page come from it.
 *
 *   X(FUNCTION, "path", VERBS, "usage", "what it answers")
 *
 * FUNCTION  pages_FUNCTION answers (pages_each.h)
 * path      one that ends with '/' and has more than that stands for all below it
 * VERBS     the methods that it takes: READ, WRITE or ANY */

// clang-format off
#define PAGES(X) \
	X(hello, "/", READ, "/", \
		"Hello World!") \
	X(bytes, "/bytes/", READ, "/bytes/N", \
		"N bytes of a pattern: the numbers from 1 to 9999, each on a line, again and again") \
	X(echo, "/echo", WRITE, "/echo", \
		"the body that it is sent") \
	X(sink, "/sink", WRITE, "/sink", \
		"how many bytes it was sent") \
	X(delay, "/delay/", WRITE, "/delay/SECONDS", \
		"how long it has waited, so many seconds later") \
	X(drip, "/drip", READ, "/drip?bytes=N&seconds=S", \
		"N bytes of the pattern, spread over S seconds") \
	X(status, "/status/", ANY, "/status/CODE", \
		"a response with that status") \
	X(connections, "/connections", READ, "/connections", \
		"the connections that there are and the counters that are not 0, as JSON") \
	X(metrics, "/metrics", READ, "/metrics", \
		"the counters for Prometheus, as OpenMetrics text: see METRICS") \
	X(live_events, "/_/events", READ, "/_/events", \
		"what the live page is told, as server-sent events; with ?conn=ADDRESS:PORT the segments " \
		"of the connection that comes from there, too") \
	X(live, "/_/", READ, "/_/", \
		"the live page, for a browser: connections, and of one of them its state, its segments " \
		"and why they were sent")
// clang-format on

#endif
