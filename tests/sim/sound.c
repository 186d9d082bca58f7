/* SPDX-License-Identifier: BSD-3-Clause */

/* Which scenarios the simulator can play and judge.
 *
 * In: a scenario, drawn, read from a file, or made smaller. Out: what is wrong with it.
 *
 * Values that a stack or a link emulator refuses, and combinations that the oracle has no
 * rule for: it would call a fault what is none. */

#include "scenario.h"

#include "link/impair/spec.h"

enum { IPV6_MTU_MIN = 1280 };

static const char *unsound_way(const struct emulator_config *way)
{
	struct evtcp_impair_spec spec = {.ways = {way->way, way->way}};

	if (!spec_is_sound(&spec))
		return "a way is none that the link emulator knows";
	for (int i = 0; i < EMULATOR_OUTAGES; i++) {
		if (way->outages[i].from_us > way->outages[i].until_us)
			return "an outage ends before it begins";
	}
	for (int i = 0; i < EMULATOR_SPIKES; i++) {
		if (way->spikes[i].from_us > way->spikes[i].until_us ||
			way->spikes[i].extra_us > SPEC_SPAN_MAX_US / 2)
			return "a spike is none";
	}
	return NULL;
}

static bool sound_reuses_ports(const struct scenario *s)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		if (s->dialogues[i].after >= 0)
			return true;
	}
	return false;
}

static const char *unsound_disturbance(const struct scenario *s)
{
	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		const struct pause_plan *pause = &s->pauses[i];

		if (pause->from_us > pause->until_us || pause->hosts > 3)
			return "a pause is none";
		if (pause->until_us > s->heals_at_us)
			return "a pause ends after the link has healed";
		if (scenario_sleep_outwits_timestamps(s, pause))
			return "a host sleeps through half of all timestamps";
	}
	for (int i = 0; i < 2; i++) {
		if (s->leaps[i].by_us >= (UINT64_C(1) << 31) * 1000)
			return "a clock leaps by half of all timestamps";
		if (s->leaps[i].by_us && sound_reuses_ports(s))
			return "a clock leaps where ports are used again";
	}
	return NULL;
}

/* Nothing may be lost, late, or sent again because a timer was short. */
static bool sound_is_perfect(const struct scenario *s)
{
	uint64_t rtt = s->ways[0].way.delay.us + s->ways[1].way.delay.us;

	for (int i = 0; i < 2; i++) {
		const struct emulator_config *way = &s->ways[i];
		const struct evtcp_impair_way *w = &way->way;
		const struct evtcp_limits *limits = &s->hosts[i].config.limits;
		uint64_t answer = rtt + s->hosts[1 - i].config.delayed_ack_us;

		if (way->spikes[0].until_us || w->loss_ppm || w->burst.begin_ppm || w->rate_bps ||
			w->delay.jitter_us || w->reorder_ppm || w->duplicate_ppm ||
			w->corrupt_ppm || w->truncate_ppm || way->outages[0].until_us ||
			s->hosts[i].config.rto_min_us <= answer)
			return false;
		/* What has no room is dropped, and sent again. */
		if (limits->buffer_bytes && limits->buffer_bytes < (UINT64_C(64) << 20))
			return false;
	}
	return s->path_mtu == 0 && s->restart_at_us == 0 && s->silly_ppm == 0 &&
	       scenario_silence_us(s) == 0 && s->leaps[0].by_us == 0 && s->leaps[1].by_us == 0;
}

static const char *unsound_path(const struct scenario *s)
{
	bool ipv6 = s->hosts[0].ipv6;

	if (s->hosts[0].ipv6 != s->hosts[1].ipv6)
		return "the hosts have no family in common";
	for (int i = 0; i < 2; i++) {
		if (s->hosts[i].mtu < (ipv6 ? IPV6_MTU_MIN : SPEC_MTU_MIN) ||
			s->hosts[i].mtu > SPEC_MTU_MAX)
			return "an MTU is none";
		if (s->path_mtu && s->path_mtu < (ipv6 ? (unsigned)IPV6_MTU_MIN
						       : s->hosts[i].config.limits.path_mtu_floor))
			return "the path is narrower than a host will believe";
	}
	return NULL;
}

static const char *unsound_app(const struct app_plan *app)
{
	if (app->write_max < 1 || app->read_max < 1 || app->output_max < 1)
		return "an application reads or writes nothing at a time";
	if (app->write_pause_percent > 100 || app->read_pause_percent > 100)
		return "a chance is above 100 %";
	if (app->keepalive_us && app->keepalive_probes < 1)
		return "keepalive without probes";
	return NULL;
}

static const char *unsound_dialogue(const struct scenario *s, unsigned index)
{
	const struct dialogue_plan *d = &s->dialogues[index];
	unsigned server = d->opener == OPENER_1 ? 0 : 1;
	const char *why = unsound_app(&d->ends[0]);

	if (!why)
		why = unsound_app(&d->ends[1]);
	if (d->after < -1 || d->after >= (int)index)
		return "a connection waits for a later one";
	if (d->ports[0] == 0 || d->ports[1] == 0)
		return "a port is 0";
	if (d->ends[0].ending == APP_CLOSES_LAST && d->ends[1].ending == APP_CLOSES_LAST)
		return "each end waits for the other to close";
	for (unsigned i = 0; i < s->n_dialogues && d->refused; i++) {
		const struct dialogue_plan *other = &s->dialogues[i];

		if (!other->refused && other->opener == d->opener &&
			other->ports[server] == d->ports[server])
			return "a connection is refused where another is accepted";
	}
	return why;
}

const char *scenario_unsound(const struct scenario *s)
{
	const char *why = unsound_path(s);

	if (s->n_dialogues < 1 || s->n_dialogues > SCENARIO_DIALOGUES)
		return "no such number of connections";
	if (s->heals_at_us == 0)
		return "the link heals before the beginning";
	if (s->batch_max < 1 || s->check_every < 1)
		return "a batch, or the time between two checks, is empty";
	for (int i = 0; i < 2 && !why; i++)
		why = unsound_way(&s->ways[i]);
	if (!why)
		why = unsound_disturbance(s);
	for (unsigned i = 0; i < s->n_dialogues && !why; i++)
		why = unsound_dialogue(s, i);
	if (!why && s->perfect && !sound_is_perfect(s))
		return "a perfect link is none";
	return why;
}
