/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_ISN_H
#define TCP_ISN_H

/* Initial sequence numbers (RFC 6528, RFC 9293 3.4.1: MUST-8, SHLD-1, MUST-9) and
 * the timestamp clock's offset (RFC 7323 7): a keyed hash of the tuple plus a
 * clock. */

#include "util/keyed_hash.h"

struct isn {
	struct keyed_hash key;
};

/* Where a connection begins to count. */
struct isn_start {
	uint32_t iss;       /* advances by one every 4 us */
	uint32_t ts_offset; /* what is added to the millisecond clock in TSval */
};

void isn_init(struct isn *isn, const struct evtcp_world *world);

/* isn_start: for a connection of this tuple that is opened now. */
struct isn_start isn_start(const struct isn *isn, const struct evtcp_tuple *tuple, uint64_t now);

/* isn_ts_offset: that of isn_start, which is always the same for this tuple. */
uint32_t isn_ts_offset(const struct isn *isn, const struct evtcp_tuple *tuple);

/* isn_tsval: TSval now: milliseconds (RFC 7323 5.4 (a), (b)) plus offset. */
static inline uint32_t isn_tsval(uint32_t ts_offset, uint64_t now)
{
	return ts_offset + (uint32_t)(now / 1000);
}

#endif
