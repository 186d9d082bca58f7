/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_GATHER_H
#define EVTCPD_PAGES_GATHER_H

/* A page of what all workers have to tell (gather.h). */

#include "evtcpd/gather.h"
#include "http/exchange.h"

/* pages_gather: replies by a call of reply with what the worker of host and all others have to
 * tell, with at most so many connections in all: at once where there is one worker, else when all
 * have answered, or GATHER_US have passed. Takes exchange in that case. Without memory
 * it replies by itself: 503. */
void pages_gather(struct http_exchange *exchange, const struct pages_host *host, unsigned most,
	void (*reply)(struct http_exchange *exchange, struct pages_report *report,
		const struct gather_missing *missing));

#endif
