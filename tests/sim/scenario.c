/* SPDX-License-Identifier: BSD-3-Clause */

/* A scenario from a seed: small numbers as likely as large ones, each kind of
 * trouble on or off, so that many seeds have few troubles and some have all.
 *
 * In: a seed. Out: plans. Nothing is made here.
 *
 * What a profile changes afterwards stands in profile.c. */

#include "scenario.h"

#include <assert.h>
#include <string.h>

#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* About as many packets as a scenario may take: a few thousand, so that thousands of
 * seeds run in a minute or two. */
enum { PACKETS_MAX = 1200 };

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool percent(struct rng *rng, unsigned chance)
{
	return rng_percent(rng, chance);
}

static uint32_t maybe_ppm(struct rng *rng, unsigned chance, uint32_t most)
{
	return percent(rng, chance) ? (uint32_t)rng_log_range(rng, 100, most) : 0;
}

enum { IPV6_MTU_MIN = 1280 };

/* ---- hosts --------------------------------------------------------------- */

static unsigned scenario_mtu(struct rng *rng)
{
	static const unsigned usual[] = {1500, 1500, 1500, 1500, 9000, 576, 1280, 65535, 296};

	return percent(rng, 60) ? usual[rng_range(rng, 0, 8)]
				: (unsigned)rng_log_range(rng, 296, 65535);
}

static void scenario_draw_limits(struct evtcp_limits *limits, struct rng *rng)
{
	limits->receive_buffer = (uint32_t)rng_log_range(rng, 2048, 1048576);
	limits->send_buffer = (uint32_t)rng_log_range(rng, 2048, 1048576);
	limits->receive_buffer_max =
		percent(rng, 40) ? 0 : (uint32_t)rng_log_range(rng, 2048, 4194304);
	limits->send_buffer_max =
		percent(rng, 40) ? 0 : (uint32_t)rng_log_range(rng, 2048, 4194304);
	if (percent(rng, 10))
		limits->out_of_order = (uint32_t)rng_range(rng, 1, 16);
	if (percent(rng, 10))
		limits->records = (uint32_t)rng_log_range(rng, 8, 256);
	if (percent(rng, 8))
		limits->buffer_bytes = rng_log_range(rng, 16384, 4194304);
	if (percent(rng, 8))
		limits->out_of_order_bytes = rng_log_range(rng, 2048, 1048576);
	if (percent(rng, 15))
		limits->retries = (uint32_t)rng_range(rng, 6, 15);
	if (percent(rng, 50))
		limits->quick_acks = (uint32_t)rng_range(rng, 0, 64);
	limits->challenge_ms = percent(rng, 50) ? 500 : (uint32_t)rng_range(rng, 50, 500);
}

/* The default more often than any other. */
static const char *scenario_cc(struct rng *rng)
{
	unsigned n = 1;

	while (evtcp_cc_name(n))
		n++;
	return evtcp_cc_name(percent(rng, 40) ? 0 : (unsigned)rng_range(rng, 0, n - 1));
}

static void scenario_draw_host(struct host_plan *host, struct rng *rng)
{
	struct evtcp_stack_config *config = &host->config;

	evtcp_stack_config_init(config);
	host->mtu = scenario_mtu(rng);
	/* Whole ticks of the clock of initial sequence numbers: aim.c counts on them. */
	host->clock_origin_us = 4 * rng_range(rng, SECOND / 4, 100 * DAY);
	config->tcp_options.window_scale = percent(rng, 80);
	config->tcp_options.timestamps = percent(rng, 75);
	config->tcp_options.sack = percent(rng, 75);
	scenario_draw_limits(&config->limits, rng);
	config->msl_us = rng_log_range(rng, 100 * MS, 30 * SECOND);
	config->rto_min_us = percent(rng, 60) ? 200 * MS : rng_log_range(rng, MS, SECOND);
	config->rto_max_us = rng_log_range(rng, 60 * SECOND, 120 * SECOND);
	if (percent(rng, 20))
		config->delayed_ack_us = rng_log_range(rng, MS, 400 * MS);
	if (percent(rng, 25))
		config->advertised_user_timeout_us = rng_log_range(rng, SECOND, HOUR);
	config->cc = scenario_cc(rng);
	config->tcp_options.ecn = (unsigned)rng_range(rng, EVTCP_ECN_OFF, EVTCP_ECN_REQUEST) & 3;
}

/* ---- links --------------------------------------------------------------- */

struct evtcp_impair_span scenario_span(uint64_t least_us, uint64_t more_us)
{
	return (struct evtcp_impair_span){least_us + more_us / 2, more_us / 2};
}

static void scenario_draw_troubles(struct evtcp_impair_way *way, struct rng *rng)
{
	way->loss_ppm = maybe_ppm(rng, 50, 200000);
	if (percent(rng, 2))
		way->loss_ppm = (uint32_t)rng_range(rng, 200000, 500000);
	way->burst.begin_ppm = maybe_ppm(rng, 20, 30000);
	way->burst.end_ppm = (uint32_t)rng_log_range(rng, 50000, 1000000);
	way->burst.loss_bad_ppm = 1000000;
	way->reorder_ppm = maybe_ppm(rng, 35, 300000);
	way->hold =
		scenario_span(0, rng_log_range(rng, 10, percent(rng, 85) ? 200 * MS : 5 * SECOND));
	way->duplicate_ppm = maybe_ppm(rng, 30, 100000);
	way->duplicate_max = percent(rng, 80) ? 1 : 10;
	way->corrupt_ppm = maybe_ppm(rng, 15, 50000);
	way->corrupt_max = percent(rng, 70) ? 1 : 8;
	way->truncate_ppm = maybe_ppm(rng, 10, 50000);
}

static void scenario_draw_outages(struct emulator_config *link, struct rng *rng)
{
	for (int i = 0; i < EMULATOR_OUTAGES && percent(rng, 15); i++) {
		uint64_t from = rng_log_range(rng, MS, 30 * SECOND);

		link->outages[i] = (struct emulator_outage){
			from, from + rng_log_range(rng, MS,
					     percent(rng, 80) ? 3 * SECOND : 120 * SECOND)};
	}
}

static void scenario_draw_way(struct evtcp_impair_way *way, uint64_t delay_us, struct rng *rng)
{
	way->delay = scenario_span(delay_us, percent(rng, 50) ? rng_log_range(rng, 1, 50 * MS) : 0);
	way->overtake = percent(rng, 40);
	if (percent(rng, 40)) {
		way->rate_bps = rng_log_range(rng, 9600, UINT64_C(10000000000));
		/* At most five seconds of queue: a longer one looks like a dead link. */
		way->queue_bytes = rng_log_range(rng, 3000, 1000000);
		if (way->queue_bytes > way->rate_bps / 8 * 5)
			way->queue_bytes = way->rate_bps / 8 * 5;
		way->ecn = percent(rng, 50);
	}
}

static void scenario_draw_ways(struct scenario *s, struct rng *rng)
{
	uint64_t rtt = rng_log_range(rng, 10, percent(rng, 80) ? 200 * MS : 2 * SECOND);
	bool troubled;

	for (int i = 0; i < 2; i++)
		scenario_draw_way(&s->ways[i].way, rtt / 2, rng);
	troubled = percent(rng, 80);
	for (int i = 0; i < 2 && troubled; i++) {
		scenario_draw_troubles(&s->ways[i].way, rng);
		scenario_draw_outages(&s->ways[i], rng);
	}
	s->heals_at_us = rng_log_range(rng, SECOND, 120 * SECOND);
}

/* ---- applications -------------------------------------------------------- */

static enum app_ending scenario_ending(struct rng *rng)
{
	uint64_t dice = rng_range(rng, 0, 99);

	if (dice < 55)
		return APP_CLOSES;
	if (dice < 80)
		return APP_CLOSES_LAST;
	if (dice < 88)
		return APP_FREES_AT_ONCE;
	return dice < 94 ? APP_FREES_EARLY : APP_ABORTS;
}

static void scenario_draw_app(struct app_plan *app, uint64_t most, struct rng *rng)
{
	*app = (struct app_plan){0};
	app->total = percent(rng, 15) ? 0 : rng_log_range(rng, 1, most);
	app->write_max = (uint32_t)rng_log_range(rng, app->total > 4000 ? 512 : 1, 65536);
	app->write_pause_percent = percent(rng, 50) ? 0 : (unsigned)rng_range(rng, 1, 60);
	app->write_pause_us = rng_log_range(rng, 10, 500 * MS);
	app->read_max = (uint32_t)rng_log_range(rng, most > 4000 ? 512 : 1, 65536);
	app->read_pause_percent = percent(rng, 60) ? 0 : (unsigned)rng_range(rng, 1, 60);
	app->read_pause_us = rng_log_range(rng, 10, 300 * MS);
	app->output_max = (uint32_t)rng_log_range(rng, 1, 262144);
	app->by_socket_calls = percent(rng, 40);
	app->by_reference = percent(rng, 30);
	app->gates = percent(rng, 30);
	app->works_in_callbacks = percent(rng, 60);
	app->corks = percent(rng, 15);
	app->listens = percent(rng, 50);
	app->ending = scenario_ending(rng);
	app->ending_after = percent(rng, 30) ? 0 : rng_range(rng, 0, 2 * most);
	app->hold_us = percent(rng, 20) ? rng_log_range(rng, MS, 1000 * SECOND) : 0;
	app->linger_dead_us = percent(rng, 50) ? 0 : rng_log_range(rng, 1, 10 * SECOND);
	app->nodelay = percent(rng, 40);
	if (percent(rng, 5)) {
		app->keepalive_us = rng_log_range(rng, SECOND, 7200 * SECOND);
		app->keepalive_probes = (unsigned)rng_range(rng, 3, 9);
	}
	if (percent(rng, 3))
		app->user_timeout_us = rng_log_range(rng, 100 * MS, 60 * SECOND);
}

static void scenario_draw_dialogue(
	struct scenario *s, unsigned index, uint64_t most, struct rng *rng)
{
	struct dialogue_plan *d = &s->dialogues[index];

	*d = (struct dialogue_plan){.after = -1};
	d->opens_at_us = percent(rng, 60) ? 0 : rng_log_range(rng, 1, 10 * SECOND);
	d->opener = percent(rng, 85) ? OPENER_0 : OPENER_1;
	/* The opener's port is its own, the other's a well-known one. */
	d->ports[d->opener == OPENER_0 ? 0 : 1] = (uint16_t)(20000 + index);
	d->ports[d->opener == OPENER_0 ? 1 : 0] = (uint16_t)(80 + (percent(rng, 50) ? 0 : index));
	d->refused = percent(rng, 2);
	if (d->refused)
		d->ports[d->opener == OPENER_0 ? 1 : 0] = 9;
	scenario_draw_app(&d->ends[0], most, rng);
	scenario_draw_app(&d->ends[1], percent(rng, 50) ? most : most / 16 + 1, rng);
	/* If each waited for the other to close, nothing would ever happen. */
	if (d->ends[0].ending == APP_CLOSES_LAST && d->ends[1].ending != APP_FREES_AT_ONCE)
		d->ends[1].ending = APP_CLOSES;
	/* One that frees early, but has too little to write and to read to get there,
	 * closes as the others do. */
}

/* What a packet of this end carries at most, in the long run. */
static uint64_t scenario_packet_bytes(const struct scenario *s, const struct app_plan *app, int end)
{
	const struct host_plan *self = &s->hosts[end], *other = &s->hosts[1 - end];
	uint64_t bytes = smaller(self->mtu, other->mtu) - 40;

	bytes = smaller(bytes, self->config.limits.send_buffer);
	bytes = smaller(bytes, other->config.limits.receive_buffer);
	/* Pieces are of all sizes up to write_max; Nagle's algorithm joins them. */
	return app->nodelay ? smaller(bytes, app->write_max / 8 + 1) : bytes;
}

static uint32_t at_most(uint32_t value, uint64_t most)
{
	return value < most ? value : (uint32_t)most;
}

/* On a slow link a packet takes two seconds at most, and all that windows let go twenty: what
 * took longer than the longest RTO would look like a dead link. */
static void scenario_limit_queues(struct scenario *s)
{
	for (int i = 0; i < 2; i++) {
		uint64_t second = s->ways[i].way.rate_bps / 8, bytes = 20 * second / s->n_dialogues;
		struct evtcp_limits *limits = &s->hosts[1 - i].config.limits;

		if (second == 0)
			continue;
		for (int host = 0; host < 2; host++)
			s->hosts[host].mtu = at_most(s->hosts[host].mtu, 2 * second);
		limits->receive_buffer = at_most(limits->receive_buffer, bytes);
		limits->receive_buffer_max = at_most(limits->receive_buffer_max, bytes);
	}
}

/* However small buffers and segments are: so many packets, and no more. */
static void scenario_limit_totals(struct scenario *s)
{
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		for (int end = 0; end < 2; end++) {
			struct app_plan *app = &s->dialogues[i].ends[end];

			app->total = smaller(app->total,
				PACKETS_MAX / s->n_dialogues * scenario_packet_bytes(s, app, end));
		}
	}
}

/* At most a few hundred probes in the longest silence. */
static void scenario_limit_keepalives(struct scenario *s)
{
	uint64_t silence = 0;

	for (unsigned i = 0; i < 2 * s->n_dialogues; i++) {
		const struct app_plan *app = &s->dialogues[i / 2].ends[i % 2];

		silence = silence > app->hold_us ? silence : app->hold_us;
		silence = silence > app->write_pause_us ? silence : app->write_pause_us;
	}
	for (unsigned i = 0; i < 2 * s->n_dialogues; i++) {
		struct app_plan *app = &s->dialogues[i / 2].ends[i % 2];

		if (app->keepalive_us && app->keepalive_us < silence / 200)
			app->keepalive_us = silence / 200;
	}
}

uint32_t scenario_window_max(const struct evtcp_limits *limits)
{
	return limits->receive_buffer > limits->receive_buffer_max ? limits->receive_buffer
								   : limits->receive_buffer_max;
}

uint64_t scenario_silence_us(const struct scenario *s)
{
	uint64_t silence = 0;

	for (int i = 0; i < 2; i++) {
		uint64_t extra = 0;

		for (int j = 0; j < EMULATOR_SPIKES; j++) {
			const struct emulator_spike *spike = &s->ways[i].spikes[j];

			if (spike->until_us && spike->extra_us > extra)
				extra = spike->extra_us;
		}
		silence += extra;
	}
	for (int i = 0; i < SCENARIO_PAUSES; i++)
		silence += s->pauses[i].until_us - s->pauses[i].from_us;
	return silence;
}

uint64_t scenario_rtt_us(const struct scenario *s)
{
	uint64_t rtt = 0;

	for (int i = 0; i < 2; i++) {
		const struct evtcp_impair_way *way = &s->ways[i].way;
		uint64_t buffers = 0;

		for (unsigned j = 0; j < s->n_dialogues; j++)
			buffers += scenario_window_max(&s->hosts[1 - i].config.limits);
		rtt += way->delay.us + way->delay.jitter_us;
		if (way->reorder_ppm)
			rtt += way->hold.us + way->hold.jitter_us;
		if (way->rate_bps)
			rtt += (buffers + way->queue_bytes) * 8 * SECOND / way->rate_bps;
	}
	return rtt;
}

/* ---- disturbances ---------------------------------------------------------- */

/* Where ports are used again, nothing may live longer than TIME-WAIT does (RFC 9293 3.4.3):
 * so long may anything be late, else UINT64_MAX. */
static uint64_t scenario_latest_us(const struct scenario *s)
{
	uint64_t msl = smaller(s->hosts[0].config.msl_us, s->hosts[1].config.msl_us);

	for (unsigned i = 0; i < s->n_dialogues; i++) {
		if (s->dialogues[i].after >= 0)
			return msl / 8;
	}
	return UINT64_MAX;
}

/* When something begins that lasts for so long: while the link is not healed yet. */
static uint64_t scenario_moment(const struct scenario *s, struct rng *rng)
{
	uint64_t last = smaller(s->heals_at_us, 30 * SECOND);

	return last < 2 ? 1 : rng_log_range(rng, 1, last - 1);
}

static void scenario_draw_spikes(struct scenario *s, struct rng *rng)
{
	uint64_t most = smaller(10 * SECOND, scenario_latest_us(s));

	for (int i = 0; i < 2 * EMULATOR_SPIKES && percent(rng, 12); i++) {
		struct emulator_spike *spike = &s->ways[i % 2].spikes[i / 2];
		uint64_t from = scenario_moment(s, rng);

		*spike = (struct emulator_spike){from, from + rng_log_range(rng, MS, 5 * SECOND),
			smaller(rng_log_range(rng, MS, 10 * SECOND), most)};
	}
}

/* Milliseconds to an hour; and the lengths at which clocks and timestamps wrap. */
static uint64_t scenario_pause_us(struct rng *rng)
{
	static const uint64_t remarkable[] = {HOUR, 24 * DAY + 21 * HOUR, 50 * DAY,
		(UINT64_C(1) << 31) * MS, (UINT64_C(1) << 32) * MS, UINT64_C(1) << 31,
		UINT64_C(1) << 32};

	if (percent(rng, 15))
		return remarkable[rng_range(rng, 0, sizeof(remarkable) / sizeof(*remarkable) - 1)];
	return rng_log_range(rng, MS, percent(rng, 80) ? 10 * SECOND : HOUR);
}

bool scenario_sleep_outwits_timestamps(const struct scenario *s, const struct pause_plan *pause)
{
	uint64_t ms = (pause->until_us - pause->from_us) / MS;

	return pause->asleep && pause->hosts != 3 && (ms & UINT64_C(1) << 31) &&
	       s->hosts[0].config.tcp_options.timestamps &&
	       s->hosts[1].config.tcp_options.timestamps;
}

static void scenario_draw_pauses(struct scenario *s, unsigned chance, struct rng *rng)
{
	/* A link that dies does not wait for anybody. */
	uint64_t most = s->heals_at_us == UINT64_MAX ? 10 * SECOND : scenario_latest_us(s);

	for (int i = 0; i < SCENARIO_PAUSES && percent(rng, chance); i++) {
		struct pause_plan *pause = &s->pauses[i];

		pause->from_us = scenario_moment(s, rng);
		pause->until_us = pause->from_us + smaller(scenario_pause_us(rng), most);
		pause->hosts = (unsigned)rng_range(rng, 1, 3);
		pause->asleep = percent(rng, 40);
		if (scenario_sleep_outwits_timestamps(s, pause))
			pause->asleep = false;
		pause->timers_first = percent(rng, 50);
		/* What is told of a healed link is told of hosts that act. */
		if (s->heals_at_us < pause->until_us)
			s->heals_at_us = pause->until_us;
	}
}

static void scenario_draw_leaps(struct scenario *s, unsigned chance, struct rng *rng)
{
	for (int i = 0; i < 2; i++) {
		if (!percent(rng, chance) || scenario_latest_us(s) != UINT64_MAX)
			continue;
		/* By 2^31 ms and more the other would take our timestamps for old ones. */
		s->leaps[i] = (struct leap_plan){scenario_moment(s, rng),
			rng_log_range(rng, MS, percent(rng, 80) ? HOUR : 24 * DAY)};
	}
}

/* They draw from a source of their own. */
static void scenario_draw_disturbances(struct scenario *s)
{
	struct rng rng;

	rng_init(&rng, s->seed, 0x64697374);
	if (s->perfect)
		return;
	scenario_draw_spikes(s, &rng);
	scenario_draw_pauses(s, s->profile == PROFILE_PAUSES ? 90 : 6, &rng);
	scenario_draw_leaps(s, s->profile == PROFILE_PAUSES ? 40 : 3, &rng);
}

/* Every other scenario that can goes over IPv6 (RFC 8200 5: not with a small MTU); it
 * draws from a source of its own, so that all else is as it would be over IPv4. */
static void scenario_draw_family(struct scenario *s)
{
	struct rng rng;

	rng_init(&rng, s->seed, 0x66616d69);
	if (s->hosts[0].mtu < IPV6_MTU_MIN || s->hosts[1].mtu < IPV6_MTU_MIN || !percent(&rng, 60))
		return;
	for (int i = 0; i < 2; i++)
		s->hosts[i].ipv6 = true;
}

/* The same, for the same reason. */
static void scenario_draw_accurate_ecn(struct scenario *s)
{
	struct rng rng;

	rng_init(&rng, s->seed, 0x61636365);
	for (int i = 0; i < 2; i++)
		s->hosts[i].config.tcp_options.accurate_ecn = percent(&rng, 60);
}

/* So does the link: whether it does makes no packet another. */
static void scenario_draw_offload(struct scenario *s)
{
	struct rng rng;

	rng_init(&rng, s->seed, 0x6f66666c);
	for (int i = 0; i < 2; i++)
		s->hosts[i].offload = percent(&rng, 50);
}

/* So does rest: it makes no packet another either. */
static void scenario_draw_rest(struct scenario *s)
{
	struct rng rng;

	rng_init(&rng, s->seed, 0x72657374);
	for (int i = 0; i < 2; i++)
		s->hosts[i].config.limits.awake =
			percent(&rng, 40) ? 0 : (uint32_t)rng_log_range(&rng, 1, 8);
}

/* Some scenarios have a router on their path whose next link is narrower than both ends'. It
 * draws from a source of its own, too. */
static void scenario_draw_path(struct scenario *s)
{
	unsigned least = s->hosts[0].ipv6 ? IPV6_MTU_MIN : 552; /* limits.path_mtu_floor */
	unsigned most = s->hosts[0].mtu < s->hosts[1].mtu ? s->hosts[0].mtu : s->hosts[1].mtu;
	struct rng rng;

	rng_init(&rng, s->seed, 0x70617468);
	if (s->perfect || most <= least || !percent(&rng, 30))
		return;
	s->path_mtu = (unsigned)rng_range(&rng, least, most < 2000 ? most - 1 : 1999);
	s->path_silent = percent(&rng, 40);
}

void scenario_draw(struct scenario *s, uint64_t seed, enum profile profile)
{
	struct rng rng;
	uint64_t budget, most;
	unsigned mtu;

	*s = (struct scenario){.seed = seed};
	rng_init(&rng, seed, 0x7363656e);
	s->profile = (enum profile)rng_range(&rng, 0, 2 * N_PROFILES - 1);
	if (s->profile >= N_PROFILES)
		s->profile = PROFILE_ANYTHING;
	if (profile < N_PROFILES)
		s->profile = profile;
	scenario_draw_host(&s->hosts[0], &rng);
	scenario_draw_host(&s->hosts[1], &rng);
	scenario_draw_ways(s, &rng);
	s->n_dialogues = percent(&rng, 60) ? 1 : (unsigned)rng_log_range(&rng, 2, 12);
	mtu = s->hosts[0].mtu < s->hosts[1].mtu ? s->hosts[0].mtu : s->hosts[1].mtu;
	budget = (uint64_t)PACKETS_MAX * (mtu < 1500 ? mtu : 1500) / s->n_dialogues;
	most = percent(&rng, 30) ? 5000 : budget;
	for (unsigned i = 0; i < s->n_dialogues; i++)
		scenario_draw_dialogue(s, i, most, &rng);
	s->batch_max = percent(&rng, 50) ? 64 : (unsigned)rng_log_range(&rng, 1, 64);
	s->check_every = percent(&rng, 50) ? 1 : (unsigned)rng_range(&rng, 1, 16);
	for (int i = 0; i < 2; i++) {
		if (percent(&rng, 40))
			s->wraps_after[i] = rng_log_range(&rng, 1, most + 1);
	}
	profile_bend(s, &rng);
	scenario_draw_disturbances(s);
	scenario_limit_queues(s);
	scenario_draw_family(s);
	scenario_draw_path(s);
	scenario_draw_accurate_ecn(s);
	scenario_draw_offload(s);
	scenario_draw_rest(s);
	scenario_limit_totals(s);
	scenario_limit_keepalives(s);
	for (unsigned i = 0; i < s->n_dialogues; i++)
		s->dialogues[i].stream = i;
	assert(!scenario_unsound(s) && "what is drawn can be played");
}
