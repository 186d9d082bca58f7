/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WORLD_H
#define WORLD_H

/* The injected world of a test: a clock that moves when it is told to, random
 * bytes that are the same in every run, and memory that is counted and can be
 * made to run out. */

#include <evtcp/types.h>
#include <stdbool.h>

struct world {
	struct evtcp_world ops; /* for evtcp_stack_config.world; points back here */
	uint64_t now_us;
	uint64_t random_state;
	size_t live;        /* allocations not yet freed, */
	size_t bytes;       /* and what they hold */
	bool out_of_memory; /* every allocation fails while it is set */
};

/* world_init: time now_us, the one random sequence, all memory. world must stay
 * where it is. */
void world_init(struct world *world, uint64_t now_us);

#endif
