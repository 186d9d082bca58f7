/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_GATHER_H
#define EVTCPD_GATHER_H

/* Asks all workers for a report and adds up what they say. No worker waits for another: each is
 * asked by a post (evtcp/group.h), fills its report in its own thread, and posts it back. */

#include "evtcpd/pages_report.h"

struct gather;
struct pages_host;

/* The longest that whoever asks should wait for the others. */
#define GATHER_US 1000000

/* Which of n workers are not in a sum. With one worker n is 1. */
struct gather_missing {
	const unsigned char *is; /* n of them, not 0: missing */
	unsigned n;
};

/* gather_begin: asks for a report of what the worker of host and all others have to tell, with at
 * most so many connections in all. over, with arg, runs once, in the thread of host and not before
 * this returns, when all that can be waited for have answered; not if gather_waits says that
 * nobody is waited for. NULL without memory. */
struct gather *gather_begin(const struct pages_host *host, enum pages_report_style style,
	unsigned most, void (*over)(void *arg), void *arg);

/* gather_waits: whether an answer may still come. */
int gather_waits(const struct gather *gather);

/* gather_sum: of all answers so far; gather_get_missing: who is not in it. Both are good until
 * gather_end, the list of the sum is the caller's to take. */
struct pages_report *gather_sum(struct gather *gather);
struct gather_missing gather_get_missing(const struct gather *gather);

/* gather_end: nobody waits any more; over does not run. Answers that come later find nobody. */
void gather_end(struct gather *gather);

#endif
