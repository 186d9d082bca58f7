/* SPDX-License-Identifier: BSD-3-Clause */

/* The loop: the next moment at which anything can happen, and everything that then
 * happens, in an order that never differs.
 *
 * In: a scenario. Out: a verdict, a digest, counts.
 *
 * Time jumps from event to event; a day in which nothing happens costs nothing. The
 * run is over when no packet is under way, no timer is set and every connection is
 * over: what the stacks still hold then, they would hold for ever. */

#include "run.h"

#include "disturbance.h"
#include "passage.h"

#include <inttypes.h>
#include <stdlib.h>

/* More steps than any scenario needs, and more in one moment. */
enum { STEPS_MAX = 1000000, STEPS_AT_ONCE_MAX = 20000 };

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When a dialogue will have hung for too long: also where nothing else happens at that moment, or
 * at all, so that it does not depend on how often a stack looks at its timers. */
static uint64_t run_next_hang(const struct world *world)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		uint64_t at = dialogue_hangs_at(&world->dialogues[i], &world->circumstances);

		if (at > world->time_us)
			next = earlier(next, at);
	}
	return next;
}

static uint64_t run_next_moment(const struct world *world)
{
	uint64_t at = world->restart_at;

	for (unsigned host = 0; host < 2; host++) {
		uint64_t due = earlier(
			emulator_next(&world->ways[1 - host]), host_deadline(&world->hosts[host]));

		for (unsigned i = 0; i < world->scenario->n_dialogues; i++)
			due = earlier(due, dialogue_next(&world->dialogues[i], host));
		at = earlier(at, disturbance_until(world, host, due));
	}
	/* Where nothing else will ever happen, a clock means nothing. */
	if (at != UINT64_MAX)
		at = earlier(at, disturbance_next(world));
	return earlier(at, run_next_hang(world));
}

/* ---- connections ------------------------------------------------------------ */

static void run_open(struct world *world, struct dialogue *d, unsigned host)
{
	if (d->flow == WITNESS_NO_FLOW) {
		uint64_t keys[2] = {d->ends[0].own_key, d->ends[1].own_key};

		d->flow = world->witness.n_flows;
		witness_open(&world->witness, d->plan->ports, keys);
	}
	dialogue_open(d, &world->hosts[host], world->time_us);
	evtcp_stack_flush(world->hosts[host].stack);
}

static void run_dialogue(struct world *world, struct dialogue *d)
{
	unsigned opener = d->plan->opener == OPENER_1 ? 1 : 0;

	if (d->opens_at <= world->time_us && !disturbance_holds(world, opener))
		run_open(world, d, opener);
	if (d->second_opens_at <= world->time_us && !disturbance_holds(world, 1))
		run_open(world, d, 1);
	for (unsigned i = 0; i < 2; i++) {
		if (d->ends[i].wake_at > world->time_us || disturbance_holds(world, i))
			continue;
		app_work(&d->ends[i]);
		evtcp_stack_flush(world->hosts[i].stack);
	}
}

static void run_dialogues(struct world *world)
{
	const struct scenario *s = world->scenario;

	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct dialogue *d = &world->dialogues[i];

		run_dialogue(world, d);
		/* One that waits for this one to be over. */
		if (i + 1 < s->n_dialogues && s->dialogues[i + 1].after == (int)i && !d[1].opened &&
			d[1].opens_at == UINT64_MAX && dialogue_is_over(d))
			d[1].opens_at = world->time_us + s->dialogues[i + 1].opens_at_us;
	}
}

/* ---- checks ----------------------------------------------------------------- */

static void run_check_stacks(struct world *world)
{
	if (world->steps % world->scenario->check_every != 0)
		return;
	for (int i = 0; i < 2; i++)
		evtcp_stack_check(world->hosts[i].stack);
}

static void run_check_forbidden(struct world *world)
{
	enum evtcp_cause forbidden = world->forbidden;

	for (int i = 0; i < 2 && forbidden != EVTCP_CAUSE_NONE; i++) {
		if (evtcp_stack_get_counter(world->hosts[i].stack, forbidden) > 0)
			verdict_fail(&world->verdict, "host %d: %s, which is forbidden", i,
				evtcp_cause_text(forbidden));
	}
}

static void run_check_hangs(struct world *world, bool nothing_will_come)
{
	uint64_t before = world->circumstances.excused_hangs;

	for (unsigned i = 0; i < world->scenario->n_dialogues; i++)
		dialogue_check_hang(&world->dialogues[i], &world->circumstances, nothing_will_come);
	for (int i = 0; i < 2 && before != world->circumstances.excused_hangs; i++)
		evtcp_stack_flush(world->hosts[i].stack);
}

static void run_count_quiet(struct world *world)
{
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++)
		world->coverage.counters[SIM_QUIET] += oracle_is_quiet(&world->dialogues[i].pair);
}

static void run_check_rest(struct world *world)
{
	for (int i = 0; i < 2; i++) {
		struct evtcp_stack_usage u;

		evtcp_stack_get_usage(world->hosts[i].stack, &u);
		if (u.connections || u.orphans || u.half_open || u.time_wait || u.send_bytes ||
			u.receive_bytes || u.out_of_order_bytes)
			verdict_fail(&world->verdict,
				"host %d still holds %u connections (%u orphans), %u half open, %u "
				"in TIME-WAIT, %" PRIu64 " + %" PRIu64 " + %" PRIu64 " bytes",
				i, u.connections, u.orphans, u.half_open, u.time_wait, u.send_bytes,
				u.receive_bytes, u.out_of_order_bytes);
	}
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		if (!dialogue_is_over(&world->dialogues[i]))
			verdict_fail(&world->verdict, "connection %u was never over", i);
	}
}

/* ---- the loop ---------------------------------------------------------------- */

static void run_timers(struct world *world, unsigned host)
{
	if (disturbance_holds(world, host) || host_deadline(&world->hosts[host]) > world->time_us)
		return;
	evtcp_stack_run_timers(world->hosts[host].stack);
	disturbance_check(world, host);
}

static void run_moment(struct world *world)
{
	bool timers_first[2] = {false, false};

	if (world->restart_at <= world->time_us) {
		world->restart_at = UINT64_MAX;
		world_restart_host(world, 1);
	}
	disturbance_begin(world, timers_first);
	for (unsigned i = 0; i < 2; i++) {
		if (timers_first[i])
			run_timers(world, i);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!disturbance_holds(world, i))
			passage_deliver(world, i);
	}
	for (unsigned i = 0; i < 2; i++)
		run_timers(world, i);
	run_dialogues(world);
	run_check_hangs(world, false);
	run_check_stacks(world);
	run_check_forbidden(world);
}

/* False when nothing more will happen. */
static bool run_step(struct world *world, unsigned *at_once)
{
	uint64_t at = run_next_moment(world);

	if (at == UINT64_MAX) {
		run_check_hangs(world, true);
		run_dialogues(world); /* one may have waited for those to be over */
		at = run_next_moment(world);
		if (at == UINT64_MAX)
			return false;
	}
	if (at > world->time_us) {
		run_count_quiet(world);
		world->time_us = at;
		*at_once = 0;
	} else if (++*at_once > STEPS_AT_ONCE_MAX) {
		verdict_fail(&world->verdict, "time stands still at %" PRIu64 " us", at);
	}
	if (++world->steps > STEPS_MAX)
		verdict_fail(&world->verdict, "it does not end: %d steps", STEPS_MAX);
	run_moment(world);
	return true;
}

void run_scenario(const struct scenario *scenario, const struct run_options *options,
	struct run_result *result)
{
	struct world *world = malloc(sizeof(*world)); /* large */
	unsigned at_once = 0;

	if (world_init(world, scenario, options) == 0) {
		while (!world->verdict.failed && run_step(world, &at_once))
			;
		if (!world->verdict.failed)
			run_check_rest(world);
	}
	world_free(world);
	result->verdict = world->verdict;
	result->digest = world->record.digest;
	result->coverage = world->coverage;
	free(world);
}
