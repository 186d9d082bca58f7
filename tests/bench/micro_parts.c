/* SPDX-License-Identifier: BSD-3-Clause */
/* The loads of the micro-benchmark that are no packets: the queue of deadlines by itself, and
 * finding a connection among many.
 *
 * In: nodes, tuples. Out: turns, as of micro_loads. */

#include "micro_loads.h"

#include "stack/stack.h"
#include "tcp/demux.h"

#include <stdlib.h>

enum {
	PARTS_TURN = 256,         /* operations in a turn */
	PARTS_SOON_US = 200000,   /* the least RTO */
	PARTS_SPREAD_US = 1000000 /* how far deadlines are apart */
};

/* ---- deadlines ------------------------------------------------------------------------- */

static uint64_t parts_moment(struct load_run *run)
{
	return run->now_us + PARTS_SOON_US + rig_random(&run->seed) % PARTS_SPREAD_US;
}

static void parts_open_timers(struct load_run *run)
{
	uint32_t n = run->options.connections;

	run->now_us = 1;
	deadline_queue_init(&run->queue, evtcp_world_system());
	run->nodes = calloc(n, sizeof(run->nodes[0]));
	if (!run->nodes || deadline_queue_reserve(&run->queue, n) < 0)
		rig_die("no memory for %u deadlines", n);
	for (uint32_t i = 0; i < n; i++)
		deadline_queue_set(&run->queue, &run->nodes[i], parts_moment(run));
}

static void parts_close_timers(struct load_run *run)
{
	deadline_queue_free(&run->queue);
	free(run->nodes);
}

/* A node that chance picks is taken out and put in again for another moment. */
static uint64_t parts_set(struct load_run *run, uint64_t *ns)
{
	struct deadline_node *node[PARTS_TURN];
	uint64_t at_us[PARTS_TURN];

	for (unsigned i = 0; i < PARTS_TURN; i++) {
		node[i] = &run->nodes[rig_random(&run->seed) % run->options.connections];
		at_us[i] = parts_moment(run);
	}
	*ns = rig_clock_ns();
	for (unsigned i = 0; i < PARTS_TURN; i++) {
		deadline_queue_remove(&run->queue, node[i]);
		deadline_queue_set(&run->queue, node[i], at_us[i]);
	}
	*ns = rig_clock_ns() - *ns;
	return PARTS_TURN;
}

/* The earliest comes, and is moved on. */
static uint64_t parts_expire(struct load_run *run, uint64_t *ns)
{
	uint64_t later_us[PARTS_TURN];

	for (unsigned i = 0; i < PARTS_TURN; i++)
		later_us[i] = PARTS_SOON_US + rig_random(&run->seed) % PARTS_SPREAD_US;
	*ns = rig_clock_ns();
	for (unsigned i = 0; i < PARTS_TURN; i++) {
		struct deadline_node *node;

		run->now_us = deadline_queue_earliest(&run->queue);
		node = deadline_queue_first_due(&run->queue, run->now_us);
		deadline_queue_move(&run->queue, node, run->now_us + later_us[i]);
	}
	*ns = rig_clock_ns() - *ns;
	return PARTS_TURN;
}

const struct load load_timers = {"timers", "deadline", "a deadline is taken back and set anew",
	{1000000, RIG_IN, false}, NULL, parts_open_timers, parts_close_timers, parts_set};
const struct load load_timers_due = {"timers-due", "deadline",
	"the earliest deadline comes and is set anew", {1000000, RIG_IN, false}, NULL,
	parts_open_timers, parts_close_timers, parts_expire};

/* ---- lookup ------------------------------------------------------------------------------ */

static void parts_configure_crowd(struct rig_config *config, const struct load_options *options)
{
	(void)config;
	(void)options;
}

static void parts_open_crowd(struct load_run *run)
{
	clients_connect(&run->clients, 0, run->options.connections, 10000);
}

static uint64_t parts_look_up(struct load_run *run, uint64_t *ns, bool is_there)
{
	const struct tcp *tcp = &run->rig.stack->tcp;
	uintptr_t found = 0;

	for (unsigned i = 0; i < RIG_IN; i++) {
		uint64_t client = rig_random(&run->seed) % run->options.connections;

		run->tuples[i] = clients_tuple((uint32_t)client);
		if (!is_there)
			run->tuples[i].local.port++;
	}
	*ns = rig_clock_ns();
	for (unsigned i = 0; i < RIG_IN; i++)
		found += demux_find(tcp, &run->tuples[i]) != NULL;
	*ns = rig_clock_ns() - *ns;
	if (found != (is_there ? RIG_IN : 0))
		rig_die("a lookup finds what it should not, or not what it should");
	return RIG_IN;
}

static uint64_t parts_hit(struct load_run *run, uint64_t *ns)
{
	return parts_look_up(run, ns, true);
}

static uint64_t parts_miss(struct load_run *run, uint64_t *ns)
{
	return parts_look_up(run, ns, false);
}

const struct load load_lookup = {"lookup", "lookup", "a connection is found by its tuple",
	{1000000, RIG_IN, false}, parts_configure_crowd, parts_open_crowd, NULL, parts_hit};
const struct load load_lookup_miss = {"lookup-miss", "lookup",
	"a connection is looked for that is not there", {1000000, RIG_IN, false},
	parts_configure_crowd, parts_open_crowd, NULL, parts_miss};
