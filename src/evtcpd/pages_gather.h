/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_GATHER_H
#define EVTCPD_PAGES_GATHER_H

/* Asks all workers for a report and adds up what they say. No worker waits for another: each is
 * asked by a post (evtcp/group.h), fills its report in its own thread, and posts it back. */

#include "http/exchange.h"

struct pages_host;
struct pages_report;

/* The longest that a request waits for the others. */
#define PAGES_GATHER_US 1000000

/* Which of n workers are not in a sum. With one worker n is 1. */
struct pages_missing {
	const unsigned char *is; /* n of them, not 0: missing */
	unsigned n;
};

/* pages_gather: replies by a call of reply with what the worker of host and all others have to
 * tell, with at most so many connections in all: at once where there is one worker, else when all
 * have answered, or PAGES_GATHER_US have passed. Takes exchange in that case. Without memory
 * it replies by itself: 503. */
void pages_gather(struct http_exchange *exchange, const struct pages_host *host, unsigned most,
	void (*reply)(struct http_exchange *exchange, struct pages_report *report,
		const struct pages_missing *missing));

#endif
