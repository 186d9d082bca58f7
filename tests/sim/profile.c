/* SPDX-License-Identifier: BSD-3-Clause */

/* Profiles: what makes a scenario one that reaches a certain corner.
 *
 * In: a scenario as drawn. Out: the same, bent.
 *
 * One function a profile, in the order of the table in scenario.h. */

#include "scenario.h"

#include <string.h>

#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define DAY (UINT64_C(86400) * SECOND)

static const char *const names[N_PROFILES] = {
#define PROFILE_NAME(name, text) text,
	PROFILES(PROFILE_NAME)
#undef PROFILE_NAME
};

const char *profile_name(enum profile profile)
{
	return names[profile];
}

enum profile profile_find(const char *name)
{
	int i = 0;

	while (i < N_PROFILES && strcmp(names[i], name) != 0)
		i++;
	return (enum profile)i;
}

/* Both ends of all connections behave: nothing ends before its time. */
static void profile_be_polite(struct scenario *s)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct dialogue_plan *d = &s->dialogues[i];

		d->refused = false;
		for (int end = 0; end < 2; end++) {
			d->ends[end].user_timeout_us = 0;
			if (d->ends[end].ending != APP_CLOSES_LAST || end == 1)
				d->ends[end].ending = APP_CLOSES;
		}
	}
}

static void bend_anything(struct scenario *s, struct rng *rng)
{
	(void)s;
	(void)rng;
}

static void bend_clean(struct scenario *s, struct rng *rng)
{
	uint64_t delay = rng_log_range(rng, 5, 50 * MS);

	for (int i = 0; i < 2; i++) {
		s->ways[i] = (struct emulator_config){.way.delay.us = delay};
		/* An RTO that is shorter than the round trip and the delayed ACK would be
		 * right to fire. */
		s->hosts[i].config.rto_min_us = 700 * MS;
		/* What has no room is dropped, and sent again. */
		s->hosts[i].config.limits.buffer_bytes = 0;
		s->hosts[i].config.limits.out_of_order_bytes = 0;
	}
	profile_be_polite(s);
	s->perfect = true;
}

static void bend_bulk(struct scenario *s, struct rng *rng)
{
	s->n_dialogues = 1;
	profile_be_polite(s);
	for (int i = 0; i < 2; i++) {
		struct app_plan *end = &s->dialogues[0].ends[i];

		s->hosts[i].mtu = 1500;
		s->hosts[i].config.limits.receive_buffer = 262144;
		s->hosts[i].config.limits.send_buffer = 262144;
		s->ways[i].way.loss_ppm = (uint32_t)rng_log_range(rng, 1000, 30000);
		s->ways[i].outages[0] = s->ways[i].outages[1] = (struct emulator_outage){0, 0};
		end->total = i == 0 ? rng_range(rng, 200000, 1500000) : 0;
		end->write_max = 65536;
		end->output_max = 262144;
		end->read_max = 65536;
		end->write_pause_percent = end->read_pause_percent = 0;
	}
}

static void bend_tiny_buffers(struct scenario *s, struct rng *rng)
{
	for (int i = 0; i < 2; i++) {
		s->hosts[i].config.limits.receive_buffer = (uint32_t)rng_log_range(rng, 1, 2048);
		s->hosts[i].config.limits.send_buffer = (uint32_t)rng_log_range(rng, 1, 2048);
	}
}

static void bend_slow_reader(struct scenario *s, struct rng *rng)
{
	for (int i = 0; i < 2; i++)
		s->hosts[i].config.limits.receive_buffer =
			(uint32_t)rng_log_range(rng, 1024, 16384);
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i].ends[rng_range(rng, 0, 1)];

		app->read_pause_percent = (unsigned)rng_range(rng, 5, 30);
		app->read_pause_us = rng_log_range(rng, SECOND, 600 * SECOND);
		app->read_max = 65536;
	}
	profile_be_polite(s);
}

/* Copies, and packets that come when the next connection is there already; younger than what
 * TIME-WAIT is for. */
static void profile_delay_packets(struct evtcp_impair_way *way, struct rng *rng)
{
	way->duplicate_ppm = (uint32_t)rng_range(rng, 10000, 300000);
	way->duplicate_max = 4;
	way->reorder_ppm = (uint32_t)rng_range(rng, 50000, 300000);
	way->hold = scenario_span(0, rng_log_range(rng, MS, 500 * MS));
}

/* A chain of connections between the same ports; the listening end closes first, so
 * that its TIME-WAIT stands in the way of the next. */
static void bend_tuple_reuse(struct scenario *s, struct rng *rng)
{
	unsigned listens = s->dialogues[0].opener == OPENER_0 ? 1 : 0;

	s->n_dialogues = (unsigned)rng_range(rng, 3, 10);
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct dialogue_plan *d = &s->dialogues[i];

		if (i > 0) {
			*d = s->dialogues[0];
			d->after = (int)i - 1;
			d->opens_at_us = rng_log_range(rng, 1, 100 * MS);
		}
		d->refused = false;
		d->ends[listens].ending = rng_percent(rng, 80) ? APP_CLOSES : APP_CLOSES_LAST;
		d->ends[1 - listens].ending =
			d->ends[listens].ending == APP_CLOSES ? APP_CLOSES_LAST : APP_CLOSES;
		d->ends[0].total = rng_log_range(rng, 1, 20000);
		d->ends[1].total = rng_log_range(rng, 1, 20000);
		d->ends[0].hold_us = d->ends[1].hold_us = 0;
	}
	for (int i = 0; i < 2; i++) {
		s->hosts[i].config.tcp_options.timestamps = rng_percent(rng, 80);
		s->hosts[i].config.msl_us = rng_log_range(rng, 5 * SECOND, 30 * SECOND);
		if (rng_percent(rng, 40))
			profile_delay_packets(&s->ways[i].way, rng);
	}
}

static void bend_simultaneous(struct scenario *s, struct rng *rng)
{
	uint64_t rtt = s->ways[0].way.delay.us + s->ways[1].way.delay.us;

	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct dialogue_plan *d = &s->dialogues[i];

		d->opener = OPENER_BOTH;
		d->refused = false;
		d->ports[0] = (uint16_t)(20000 + i);
		d->ports[1] = (uint16_t)(30000 + i);
		d->second_opens_us = rng_percent(rng, 50) ? 0 : rng_range(rng, 0, rtt / 2);
	}
}

/* Many clients at once, and a backlog of hardly any. */
static void bend_cookies(struct scenario *s, struct rng *rng)
{
	unsigned n = (unsigned)rng_range(rng, 6, SCENARIO_DIALOGUES);
	unsigned i;

	for (i = 0; i < 2; i++)
		s->hosts[i].config.limits.half_open = (uint32_t)rng_range(rng, 1, 2);
	for (i = 0; i < n; i++) {
		struct dialogue_plan *d = &s->dialogues[i];

		if (i >= s->n_dialogues)
			*d = s->dialogues[i % s->n_dialogues];
		d->opens_at_us = rng_percent(rng, 70) ? 0 : rng_log_range(rng, 1, 100 * MS);
		d->opener = OPENER_0;
		d->refused = false;
		d->ports[0] = (uint16_t)(20000 + i);
		d->ports[1] = 80;
		d->ends[0].total = rng_log_range(rng, 1, 8000);
		d->ends[1].total = rng_log_range(rng, 1, 8000);
	}
	s->n_dialogues = n;
}

static void bend_damage(struct scenario *s, struct rng *rng)
{
	for (int i = 0; i < 2; i++) {
		s->ways[i].way.corrupt_ppm = (uint32_t)rng_range(rng, 10000, 100000);
		s->ways[i].way.corrupt_max = (uint32_t)rng_range(rng, 1, 8);
		s->ways[i].way.truncate_ppm = (uint32_t)rng_range(rng, 0, 50000);
	}
}

static void bend_old_packets(struct scenario *s, struct rng *rng)
{
	for (int i = 0; i < 2; i++) {
		s->ways[i].way.duplicate_ppm = (uint32_t)rng_range(rng, 50000, 300000);
		s->ways[i].way.duplicate_max = 4;
		s->ways[i].way.reorder_ppm = (uint32_t)rng_range(rng, 50000, 300000);
		s->ways[i].way.hold = scenario_span(0, rng_log_range(rng, 10 * MS, 10 * SECOND));
		s->hosts[i].config.tcp_options.timestamps = rng_percent(rng, 80);
	}
}

static void bend_keepalive(struct scenario *s, struct rng *rng)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i].ends[rng_range(rng, 0, 1)];

		app->keepalive_us = rng_log_range(rng, SECOND, 600 * SECOND);
		app->keepalive_probes = (unsigned)rng_range(rng, 3, 9);
		app->hold_us = rng_log_range(rng, SECOND, 3600 * SECOND);
	}
	if (rng_percent(rng, 50))
		return;
	s->heals_at_us = UINT64_MAX;
	s->ways[0].outages[0] = s->ways[1].outages[0] =
		(struct emulator_outage){rng_log_range(rng, SECOND, 3600 * SECOND), UINT64_MAX};
}

static void bend_dead_link(struct scenario *s, struct rng *rng)
{
	struct emulator_outage outage = {rng_log_range(rng, 1, 20 * SECOND), UINT64_MAX};
	uint64_t who = rng_range(rng, 0, 2);

	s->heals_at_us = UINT64_MAX;
	for (unsigned i = 0; i < 2; i++) {
		if (who == i || who == 2)
			s->ways[i].outages[0] = outage;
		s->hosts[i].config.limits.retries = (uint32_t)rng_range(rng, 3, 15);
	}
}

static void bend_restart(struct scenario *s, struct rng *rng)
{
	s->restart_at_us = rng_log_range(rng, 1, 20 * SECOND);
}

static void bend_undefined(struct scenario *s, struct rng *rng)
{
	bend_damage(s, rng);
	s->ways[0].way.corrupt_max = s->ways[1].way.corrupt_max = 2;
	s->pass_collisions = true;
}

static void bend_stranger(struct scenario *s, struct rng *rng)
{
	s->stranger_ppm = (uint32_t)rng_range(rng, 20000, 300000);
}

static void bend_long_idle(struct scenario *s, struct rng *rng)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i].ends[rng_range(rng, 0, 1)];

		app->write_pause_percent = 10;
		app->write_pause_us = rng_log_range(rng, 60 * SECOND, 30 * DAY);
		app->hold_us = rng_log_range(rng, 60 * SECOND, 30 * DAY);
		if (app->total > 40000)
			app->total = 40000;
	}
	profile_be_polite(s);
}

static void bend_impolite(struct scenario *s, struct rng *rng)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		for (int end = 0; end < 2; end++) {
			struct app_plan *app = &s->dialogues[i].ends[end];

			app->ending =
				(enum app_ending)rng_range(rng, APP_FREES_AT_ONCE, APP_ABORTS);
			app->ending_after = rng_range(rng, 0, app->total + 1);
		}
	}
}

static void bend_small_mtu(struct scenario *s, struct rng *rng)
{
	for (int i = 0; i < 2; i++)
		s->hosts[i].mtu = (unsigned)rng_log_range(rng, 68, i == 0 ? 295 : 1500);
}

/* A peer without silly-window avoidance, as the other end sees it: its window opens in
 * steps as small as chance will have them. */
static void bend_silly_peer(struct scenario *s, struct rng *rng)
{
	s->silly_ppm = (uint32_t)rng_log_range(rng, 50000, 1000000);
	if (rng_percent(rng, 70))
		bend_tiny_buffers(s, rng);
}

/* They are drawn where all scenarios draw theirs, only more often. */
static void bend_pauses(struct scenario *s, struct rng *rng)
{
	(void)rng;
	profile_be_polite(s);
}

/* Next door, on a fast link: nobody pauses, and whoever stalls is seen to. Every other link is
 * perfect, the others lose and reorder a little. */
static void bend_near(struct scenario *s, struct rng *rng)
{
	uint64_t delay = rng_log_range(rng, 5, 49);

	bend_clean(s, rng);
	s->n_dialogues = s->n_dialogues < 4 ? s->n_dialogues : 4;
	s->perfect = rng_percent(rng, 50);
	for (int i = 0; i < 2; i++) {
		struct evtcp_impair_way *way = &s->ways[i].way;

		way->delay.us = delay;
		if (s->perfect)
			continue;
		s->hosts[i].config.rto_min_us = rng_log_range(rng, MS, 200 * MS);
		way->rate_bps =
			rng_percent(rng, 50) ? 0 : rng_log_range(rng, 100000000, 10000000000);
		way->queue_bytes = way->rate_bps ? rng_log_range(rng, 65536, 1000000) : 0;
		way->loss_ppm = rng_percent(rng, 60) ? (uint32_t)rng_log_range(rng, 100, 30000) : 0;
		way->reorder_ppm =
			rng_percent(rng, 40) ? (uint32_t)rng_log_range(rng, 100, 100000) : 0;
		way->hold = scenario_span(0, rng_log_range(rng, 1, 200));
	}
	for (unsigned i = 0; i < 2 * s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i / 2].ends[i % 2];

		app->write_pause_percent = app->read_pause_percent = 0;
		app->hold_us = 0;
		app->corks = false;
	}
}

void profile_bend(struct scenario *s, struct rng *rng)
{
	static void (*const bends[N_PROFILES])(struct scenario * s, struct rng * rng) = {
		[PROFILE_ANYTHING] = bend_anything,
		[PROFILE_CLEAN] = bend_clean,
		[PROFILE_BULK] = bend_bulk,
		[PROFILE_TINY_BUFFERS] = bend_tiny_buffers,
		[PROFILE_SLOW_READER] = bend_slow_reader,
		[PROFILE_TUPLE_REUSE] = bend_tuple_reuse,
		[PROFILE_SIMULTANEOUS] = bend_simultaneous,
		[PROFILE_COOKIES] = bend_cookies,
		[PROFILE_DAMAGE] = bend_damage,
		[PROFILE_OLD_PACKETS] = bend_old_packets,
		[PROFILE_KEEPALIVE] = bend_keepalive,
		[PROFILE_DEAD_LINK] = bend_dead_link,
		[PROFILE_RESTART] = bend_restart,
		[PROFILE_UNDEFINED] = bend_undefined,
		[PROFILE_STRANGER] = bend_stranger,
		[PROFILE_LONG_IDLE] = bend_long_idle,
		[PROFILE_IMPOLITE] = bend_impolite,
		[PROFILE_SMALL_MTU] = bend_small_mtu,
		[PROFILE_SILLY_PEER] = bend_silly_peer,
		[PROFILE_PAUSES] = bend_pauses,
		[PROFILE_NEAR] = bend_near,
	};

	bends[s->profile](s, rng);
}
