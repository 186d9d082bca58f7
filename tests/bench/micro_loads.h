/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MICRO_LOADS_H
#define BENCH_MICRO_LOADS_H

/* What the micro-benchmark does again and again. A load prepares a turn, which is in no figure;
 * then the turn runs, timed; and the load says how much was done in it. */

#include "micro_clients.h"
#include "util/deadline_queue.h"

struct load_options {
	uint32_t connections; /* or entries */
	unsigned batch;       /* packets in a turn, 1 to RIG_IN */
	bool offload;
};

struct load_run {
	struct load_options options;
	uint64_t seed; /* of what it draws */
	struct rig rig;
	struct clients clients;
	uint32_t *order;                   /* clients, or nodes, in an order that chance changes */
	uint32_t next;                     /* client whose turn it is */
	unsigned stage;                    /* of a connection's life */
	uint64_t gap_ns;                   /* between two turns, on the stack's clock */
	struct evtcp_tuple tuples[RIG_IN]; /* to be looked up */
	struct deadline_queue queue;
	struct deadline_node *nodes;
	uint64_t now_us; /* of the queue */
};

struct load {
	const char *name, *unit, *about;
	struct load_options usual;
	/* What the load is set up with, where it has a stack. */
	void (*configure)(struct rig_config *config, const struct load_options *options);
	void (*open)(struct load_run *run);
	void (*close)(struct load_run *run);
	/* One turn. Returns how many units were done; *ns is what they took. */
	uint64_t (*turn)(struct load_run *run, uint64_t *ns);
};

/* load_find: by name; NULL if there is none. load_at: the one at this index, NULL behind the
 * last. */
const struct load *load_find(const char *name);
const struct load *load_at(unsigned index);

/* load_open: everything until the first turn. load_close: frees it. */
void load_open(struct load_run *run, const struct load *load, const struct load_options *options);
void load_close(struct load_run *run, const struct load *load);

/* load_draw: n of run->order, all different and each as likely as the others, come to its
 * beginning. */
void load_draw(struct load_run *run, uint32_t n);

/* Those that are no packets (micro_parts.c). */
extern const struct load load_timers, load_timers_due, load_lookup, load_lookup_miss;

#endif
