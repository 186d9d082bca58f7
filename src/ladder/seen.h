/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SEEN_H
#define LADDER_SEEN_H

/* Which sequence numbers of one direction a capture has shown so far, and when: the ground on which
 * something is called a retransmission, or late. Numbers are relative to the SYN and do not wrap.
 */

#include <evtcp/types.h>
#include <stdbool.h>

/* Gaps that are remembered; beyond that the lowest is forgotten, and what is below it is not known.
 */
#define SEEN_MAX_GAPS 256

/* Segments whose times are remembered, the latest. */
#define SEEN_MAX_SENT 1024

struct seen_gap {
	int64_t begin, end;
	bool early; /* what opened it was told of too early: what fills it is new, and not late */
};

struct seen_sent {
	int64_t begin, end;
	uint64_t at_us;
};

struct seen {
	const struct evtcp_world *world;
	bool any;
	int64_t floor;         /* below it nothing is known */
	int64_t top;           /* above it nothing has been seen */
	struct seen_gap *gaps; /* between the two, in order, apart from each other */
	unsigned n_gaps, size_gaps;
	struct seen_sent *sent; /* in the order of their times */
	unsigned n_sent, size_sent;
};

/* What was known of a range before it came. */
struct seen_look {
	uint64_t again;   /* numbers that have been seen before */
	uint64_t late;    /* that fill a gap */
	uint64_t unknown; /* from below the floor */
	uint64_t new;     /* above all */
	uint64_t before;  /* numbers between the top and the range: a gap that opens */
	bool timed;
	uint64_t last_at_us; /* if timed: when the first number of it was last seen */
};

/* seen_init: nothing was seen. world must outlive it. */
void seen_init(struct seen *seen, const struct evtcp_world *world);
void seen_free(struct seen *seen);

/* seen_look: what is known of [begin, end), begin < end. */
struct seen_look seen_look(const struct seen *seen, int64_t begin, int64_t end);

/* seen_add: [begin, end) passes at at_us; early: it is told of before others that were sent before
 * it, as of what a link loses at once while others wait in its queue. Where there is no memory
 * times are forgotten, or gaps, as if there were too many. */
void seen_add(struct seen *seen, int64_t begin, int64_t end, uint64_t at_us, bool early);

#endif
