/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_H
#define EVTCPD_PAGES_H

/* The built-in pages:
 *
 *   /                          Hello World!
 *   /bytes/N                   N bytes, N up to 2^40, of the pattern below
 *   /echo                      the body of the request, of any length
 *   /delay/SECONDS             answers after so long; decimals allowed, up to an hour
 *   /drip?bytes=N&seconds=S    N bytes of the pattern, evenly over S seconds
 *   /status/CODE               a response with this status, 200 to 599
 *   /connections               what the stacks hold and what has happened, as JSON
 *   /metrics                   the same as numbers, as OpenMetrics text
 *   /_/                        the live page: connections as they are, and one of them drawn
 *   /_/events                  what that page is told, as server-sent events (live/frame.h);
 *                              ?conn=ADDRESS:PORT adds the segments of the connection to there
 *
 * Each is also below /_/, as /_/bytes/N: there they stay when the other paths are those of files
 * (files/files.h).
 *
 * The pattern is the numbers from 1 to 9999, a line each, over and over:
 *
 *   curl -s http://10.0.0.2/bytes/1000000 | sha256sum
 *   yes "$(seq 9999)" | head -c 1000000 | sha256sum
 *
 * Whatever is wrong is answered with a status of 400 and more and a sentence. */

#include "http/exchange.h"

struct evtcp_faults;
struct evtcp_group;
struct evtcp_impair;
struct evtcp_stack;
struct root;
struct source;

/* What the pages of one HTTP server know of the daemon. */
struct pages_host {
	struct evtcp_stack *stack;
	const struct evtcp_impair *impair;       /* the links below it; NULL: there is none such */
	const struct evtcp_faults *faults;
	const struct http_server_counters *http; /* of that server */
	struct source *live;                     /* of the live page (live/source.h) */
	const struct root *root;                 /* of files to serve; NULL: there are none */
	/* One of several, each in a thread of its own: the group of their stacks, and of each place
	 * in it the host; all->... belongs to the thread of its stack. NULL: alone. */
	struct evtcp_group *group;
	const struct pages_host *all;
	unsigned n, place;
};

/* pages_handle: answers a request: the handler to give to an HTTP server, with a struct pages_host,
 * which must outlive it, as its argument. */
void pages_handle(struct http_exchange *exchange, const struct http_request *request, void *host);

#endif
