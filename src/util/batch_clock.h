/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_BATCH_CLOCK_H
#define UTIL_BATCH_CLOCK_H

/* What time it is for whoever stands between a stack and a link: one moment for a whole batch of
 * packets. On the way out each bears that of the stack's; on the way in nobody has looked yet, so
 * the clock is read for the first of a batch.
 *
 * A stack's batch may have begun before a timer fired that is over by now. All the same time does
 * not go back here: what was sent later is not earlier than what was sent before. */

#include <evtcp/types.h>
#include <stdbool.h>

struct batch_clock {
	uint64_t now_us; /* the latest moment that anybody was told */
	bool open;       /* a batch is coming in, and this is its moment */
};

static inline uint64_t batch_clock_advance(struct batch_clock *clock, uint64_t to_us)
{
	if (to_us > clock->now_us)
		clock->now_us = to_us;
	return clock->now_us;
}

/* batch_clock_read: now, and not as of a batch: a timer has fired. */
static inline uint64_t batch_clock_read(struct batch_clock *clock, const struct evtcp_world *world)
{
	return batch_clock_advance(clock, world->now_us(world->arg));
}

/* batch_clock_out: the moment of a packet on its way out that left the stack at at_us. */
static inline uint64_t batch_clock_out(struct batch_clock *clock, uint64_t at_us)
{
	return batch_clock_advance(clock, at_us);
}

/* batch_clock_in: the moment of the batch that is coming in, until batch_clock_end. */
static inline uint64_t batch_clock_in(struct batch_clock *clock, const struct evtcp_world *world)
{
	if (clock->open)
		return clock->now_us;
	clock->open = true;
	return batch_clock_read(clock, world);
}

static inline void batch_clock_end(struct batch_clock *clock)
{
	clock->open = false;
}

#endif
