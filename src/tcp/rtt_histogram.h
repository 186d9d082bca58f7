/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RTT_HISTOGRAM_H
#define TCP_RTT_HISTOGRAM_H

/* How long round trips were, of all connections: one bucket for each power of two, so that a sample
 * costs a count of leading zeros and two additions. */

#include <evtcp/info.h>

enum { RTT_HISTOGRAM_FIRST_BITS = 4 };

_Static_assert(EVTCP_RTT_BOUND_US(0) == 1 << RTT_HISTOGRAM_FIRST_BITS, "of the first bucket");

/* rtt_histogram_bucket: where a sample of so many microseconds, not 0, belongs. */
static inline unsigned rtt_histogram_bucket(uint64_t us)
{
	/* The smallest n for which us <= 2^n is the number of bits of us - 1. */
	unsigned bits = 64 - (unsigned)__builtin_clzll((us - 1) | 1);
	unsigned bucket = bits > RTT_HISTOGRAM_FIRST_BITS ? bits - RTT_HISTOGRAM_FIRST_BITS : 0;

	return bucket < EVTCP_RTT_BUCKETS - 1 ? bucket : EVTCP_RTT_BUCKETS - 1;
}

/* rtt_histogram_add: one sample more, not 0. */
static inline void rtt_histogram_add(struct evtcp_rtt_histogram *histogram, uint64_t us)
{
	histogram->counts[rtt_histogram_bucket(us)]++;
	histogram->sum_us += us;
}

#endif
