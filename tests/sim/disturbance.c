/* SPDX-License-Identifier: BSD-3-Clause */

/* Hosts that stand still, and clocks that do not run evenly.
 *
 * In: the scenario's pauses and leaps, the time. Out: when a host may act; clocks that are
 * set.
 *
 * A host that was stopped finds, when it goes on, everything at once: packets, timers that
 * are long overdue, an application. One that was asleep finds them too, but its own clock
 * says that no time has passed. */

#include "disturbance.h"

#include "passage.h"

static bool pause_is_of(const struct pause_plan *pause, unsigned host)
{
	return (pause->hosts >> host & 1) != 0;
}

uint64_t disturbance_until(const struct world *world, unsigned host, uint64_t at)
{
	if (at == UINT64_MAX)
		return at;
	if (at < world->time_us)
		at = world->time_us;
	/* Pauses may touch or overlap: as many rounds as there are. */
	for (int i = 0; i < SCENARIO_PAUSES * SCENARIO_PAUSES; i++) {
		const struct pause_plan *pause = &world->scenario->pauses[i % SCENARIO_PAUSES];

		if (pause_is_of(pause, host) && at >= pause->from_us && at < pause->until_us)
			at = pause->until_us;
	}
	return at;
}

bool disturbance_holds(const struct world *world, unsigned host)
{
	return disturbance_until(world, host, world->time_us) > world->time_us;
}

/* The first moment, if it is one that was not dealt with yet. */
static uint64_t disturbance_sooner(const struct world *world, uint64_t at, uint64_t moment)
{
	return moment >= world->disturbed_us && moment < at ? moment : at;
}

uint64_t disturbance_next(const struct world *world)
{
	const struct scenario *s = world->scenario;
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < 2; i++) {
		if (s->leaps[i].by_us)
			next = disturbance_sooner(world, next, s->leaps[i].at_us);
	}
	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		if (!s->pauses[i].hosts)
			continue;
		next = disturbance_sooner(world, next, s->pauses[i].from_us);
		next = disturbance_sooner(world, next, s->pauses[i].until_us);
	}
	return next;
}

/* host has not seen the time up to now pass: its overdue timers are counted from here. */
static void disturbance_wake(struct world *world, unsigned host)
{
	struct host *self = &world->hosts[host];
	struct disturbed *disturbed = &world->disturbed[host];
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(self->stack, &usage);
	disturbed->at_us = world->time_us;
	disturbed->connections = usage.connections + usage.half_open;
	disturbed->timeouts = evtcp_stack_get_counter(self->stack, EVTCP_CAUSE_TIMER_RETRANSMIT);
}

/* Whether host sleeps now. */
static bool disturbance_sleeps(const struct world *world, unsigned host)
{
	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		const struct pause_plan *pause = &world->scenario->pauses[i];

		if (pause->asleep && pause_is_of(pause, host) && world->time_us >= pause->from_us &&
			world->time_us < pause->until_us)
			return true;
	}
	return false;
}

static void disturbance_set_clock(struct world *world, unsigned host)
{
	struct host *self = &world->hosts[host];
	bool sleeps = disturbance_sleeps(world, host);

	if (self->stopped && !sleeps)
		host_start_clock(self);
	else if (!self->stopped && sleeps)
		host_stop_clock(self);
}

/* Packets wait for a host that does nothing, but not for weeks: what is older than half of all
 * timestamps would be taken for new (RFC 7323 5.5; RFC 9293 3.4.3 gives it two minutes). */
#define QUEUE_US (UINT64_C(86400) * 1000000)

static void disturbance_end_pause(
	struct world *world, const struct pause_plan *pause, bool timers_first[2])
{
	for (unsigned host = 0; host < 2; host++) {
		if (!pause_is_of(pause, host))
			continue;
		world->coverage.counters[pause->asleep ? SIM_SLEEPS : SIM_PAUSES]++;
		timers_first[host] = pause->timers_first;
		record_say(&world->record, "host %u goes on", host);
		disturbance_wake(world, host);
		if (pause->until_us - pause->from_us > QUEUE_US)
			passage_discard(world, host);
	}
}

static void disturbance_leap(struct world *world, unsigned host)
{
	world->coverage.counters[SIM_LEAPS]++;
	world->hosts[host].clock_origin_us += world->scenario->leaps[host].by_us;
	record_say(&world->record, "the clock of host %u leaps", host);
	disturbance_wake(world, host);
}

void disturbance_begin(struct world *world, bool timers_first[2])
{
	const struct scenario *s = world->scenario;
	uint64_t from = world->disturbed_us, now = world->time_us;

	if (from > now)
		return; /* this moment has begun before */
	for (unsigned i = 0; i < 2; i++) {
		disturbance_set_clock(world, i);
		if (s->leaps[i].by_us && s->leaps[i].at_us >= from && s->leaps[i].at_us <= now)
			disturbance_leap(world, i);
	}
	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		const struct pause_plan *pause = &s->pauses[i];

		if (pause->hosts && pause->until_us >= from && pause->until_us <= now)
			disturbance_end_pause(world, pause, timers_first);
	}
	world->disturbed_us = now + 1;
}

void disturbance_check(struct world *world, unsigned host)
{
	const struct disturbed *disturbed = &world->disturbed[host];
	uint64_t timeouts =
		evtcp_stack_get_counter(world->hosts[host].stack, EVTCP_CAUSE_TIMER_RETRANSMIT);

	if (disturbed->at_us == world->time_us && disturbed->at_us > 0 &&
		timeouts > disturbed->timeouts + disturbed->connections)
		verdict_fail(&world->verdict,
			"host %u: %u connections time out more than once each when it goes on",
			host, disturbed->connections);
}
