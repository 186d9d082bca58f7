/* SPDX-License-Identifier: BSD-3-Clause */

/* A link that does to packets what rules say: the link itself.
 *
 * In: packets from both sides. Out: as long as there is a rule they go past the rules (passage.c);
 * else they pass unseen, as whoever is below takes them. */

#include "faults/fault_link.h"

#include "faults/passage.h"
#include "faults/waiting.h"
#include "util/memory.h"

#include <errno.h>

uint64_t fault_link_now(struct evtcp_faults *faults)
{
	return batch_clock_read(&faults->clock, &faults->world);
}

void fault_link_show_dropped(
	struct evtcp_faults *faults, const struct evtcp_packet *packet, const struct act *act)
{
	struct evtcp_packet shown = *packet;

	if (act->outbound) {
		acts_tell(act, &shown);
	} else { /* the stack would have filled these in, had it seen the packet */
		shown.at_us = act->now_us;
		shown.reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_FAULT};
	}
	evtcp_link_dropped(faults->upper, EVTCP_CAUSE_FAULT);
	for (size_t i = 0; i < faults->n_observers; i++)
		faults->observers[i].packet(faults->observers[i].arg,
			act->outbound ? EVTCP_DROPPED_OUT : EVTCP_DROPPED_IN, &shown);
}

void fault_link_end_batch(struct evtcp_faults *faults)
{
	faults->batch_open = false;
	evtcp_link_flush(faults->lower);
	evtcp_link_batch_end(faults->upper);
}

/* ---- the link -------------------------------------------------------------------- */

static int fault_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = ctx;

	if (faults->matcher.n_rules > 0)
		return passage_out(faults, packet);
	if (held_next(&faults->down) != UINT64_MAX)
		waiting_release_down(faults, fault_link_now(faults), packet->at_us, WAITING_ALL);
	return evtcp_link_output(faults->lower, packet);
}

/* What the lower link takes may change at any time. */
static void fault_link_flush(void *ctx)
{
	struct evtcp_faults *faults = ctx;

	if (faults->matcher.n_rules == 0)
		evtcp_link_set_offload(faults->upper, evtcp_link_get_offload(faults->lower));
	evtcp_link_flush(faults->lower);
}

static void fault_link_input(void *arg, struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = arg;

	faults->batch_open = true;
	if (faults->matcher.n_rules > 0) {
		passage_in(faults, packet);
		return;
	}
	if (held_next(&faults->up) != UINT64_MAX)
		waiting_release_up(faults, fault_link_now(faults), WAITING_ALL);
	evtcp_link_input(faults->upper, packet);
}

static void fault_link_batch_end(void *arg)
{
	struct evtcp_faults *faults = arg;

	batch_clock_end(&faults->clock);
	fault_link_end_batch(faults);
}

static void fault_link_failed(void *arg, int error)
{
	struct evtcp_faults *faults = arg;

	evtcp_link_failed(faults->upper, error);
}

static void fault_link_dropped(void *arg, enum evtcp_cause cause)
{
	struct evtcp_faults *faults = arg;

	evtcp_link_dropped(faults->upper, cause);
}

/* Only while no rule is there the memory of what comes can be fetched, and many segments be one. */
static void fault_link_expect(void *arg, const struct evtcp_packet *packet)
{
	struct evtcp_faults *faults = arg;

	if (faults->matcher.n_rules == 0)
		evtcp_link_expect(faults->upper, packet);
}

void fault_link_fit(struct evtcp_faults *faults)
{
	bool free = faults->matcher.n_rules == 0;
	struct evtcp_receiver receiver = {
		.input = fault_link_input,
		.batch_end = fault_link_batch_end,
		.failed = fault_link_failed,
		.dropped = fault_link_dropped,
		.arg = faults,
		.takes_offload = free,
		.expect = fault_link_expect,
	};
	struct evtcp_offload none = {0};

	evtcp_link_set_receiver(faults->lower, &receiver);
	evtcp_link_set_offload(faults->upper, free ? evtcp_link_get_offload(faults->lower) : &none);
}

/* ---- coming and going --------------------------------------------------------------- */

/* All but the lower link and the script. */
static void fault_link_release(struct evtcp_faults *faults)
{
	struct evtcp_world world = faults->world; /* outlives what it frees */

	lazy_timer_free(&faults->timer);
	matcher_free(&faults->matcher);
	held_free(&faults->up);
	held_free(&faults->down);
	memory_free(&world, faults);
}

/* What was held back on its way out never got there: whoever watched has not seen it yet. */
static void fault_link_show_lost(struct evtcp_faults *faults)
{
	struct held_packet *held;

	while ((held = held_pop(&faults->down, UINT64_MAX)) != NULL) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {.iov = &iov,
			.iovcnt = 1,
			.len = held->len,
			.at_us = fault_link_now(faults),
			.reason = held->reason};
		struct act act = {
			.outbound = true, .fate = EVTCP_CAUSE_FAULT, .fate_rule = held->fate_rule};

		fault_link_show_dropped(faults, &packet, &act);
		held_release(&faults->down, held);
	}
}

static void fault_link_free(void *ctx)
{
	struct evtcp_faults *faults = ctx;

	fault_link_show_lost(faults);
	evtcp_link_free(faults->lower);
	evtcp_fault_free(faults->script);
	fault_link_release(faults);
}

static struct evtcp_faults *fault_link_alloc(const struct evtcp_fault_config *config)
{
	const struct evtcp_world *world = config->world ? config->world : evtcp_world_system();
	size_t observers = config->n_observers * sizeof(*config->observers);
	struct evtcp_faults *faults = memory_alloc(world, sizeof(*faults) + observers);

	if (!faults)
		return NULL;
	memset(faults, 0, offsetof(struct evtcp_faults, edit_out)); /* not what is changed */
	faults->world = *world;
	faults->n_observers = config->n_observers;
	if (observers > 0)
		memcpy(faults->observers, config->observers, observers);
	matcher_init(&faults->matcher, world);
	held_init(&faults->up, world);
	held_init(&faults->down, world);
	if (config->script)
		for (unsigned i = 0; i < config->script->n_rules; i++) {
			matcher_add(&faults->matcher, &config->script->rules[i]);
			faults->last_number = config->script->rules[i].number;
		}
	return faults;
}

static void fault_link_on_timer(void *arg)
{
	evtcp_fault_run(arg);
}

/* The parts that can be missing for want of memory. */
static int fault_link_build(
	struct evtcp_faults *faults, struct evtcp_link *lower, struct event_base *base)
{
	static const struct evtcp_link_ops ops = {
		.output = fault_link_output, .flush = fault_link_flush, .free = fault_link_free};

	if (lazy_timer_init(&faults->timer, base, fault_link_on_timer, faults) < 0)
		return -1;
	faults->upper = evtcp_link_new(&ops, faults, evtcp_link_get_mtu(lower));
	return faults->upper ? 0 : -1;
}

struct evtcp_link *evtcp_fault_link_new(struct evtcp_link *lower,
	const struct evtcp_fault_config *config, struct evtcp_faults **faults)
{
	struct evtcp_faults *made = fault_link_alloc(config);

	if (!made || fault_link_build(made, lower, config->base) < 0) {
		if (made)
			fault_link_release(made);
		errno = ENOMEM;
		return NULL;
	}
	made->lower = lower;
	made->script = config->script;
	fault_link_fit(made);
	if (faults)
		*faults = made;
	return made->upper;
}
