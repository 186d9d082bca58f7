/* SPDX-License-Identifier: BSD-3-Clause */

/* Bands and combinations, counted.
 *
 * In: scenarios that were played. Out: a table for a person, and whether it has gaps.
 *
 * It says what was drawn and led to a connection; what then happened on the wire is counted
 * in coverage.h. */

#include "reach.h"

#include <inttypes.h>
#include <string.h>

#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* One end of the scale is below the first band: that is not counted. */
struct band {
	uint64_t least;
	const char *text;
};

struct scale {
	const char *what;
	/* A value of the scenario's, for each i in turn; which i there are is the caller's
	 * business: 0 and 1. */
	uint64_t (*of)(const struct scenario *scenario, int i);
	struct band bands[REACH_BANDS];
};

static uint64_t scale_mtu(const struct scenario *s, int i)
{
	return s->hosts[i].mtu;
}

static uint64_t scale_receive_buffer(const struct scenario *s, int i)
{
	return s->hosts[i].config.limits.receive_buffer;
}

static uint64_t scale_send_buffer(const struct scenario *s, int i)
{
	return s->hosts[i].config.limits.send_buffer;
}

/* Without jitter, queues and holds. */
static uint64_t scale_rtt(const struct scenario *s, int i)
{
	const struct evtcp_impair_span *to = &s->ways[0].way.delay, *from = &s->ways[1].way.delay;

	return i == 0 ? to->us - to->jitter_us + from->us - from->jitter_us : 0;
}

static uint64_t scale_rate(const struct scenario *s, int i)
{
	return s->ways[i].way.rate_bps;
}

static uint64_t scale_loss(const struct scenario *s, int i)
{
	return s->ways[i].way.loss_ppm;
}

static uint64_t scale_outage(const struct scenario *s, int i)
{
	const struct emulator_outage *outage = &s->ways[i].outages[0];

	return outage->until_us == UINT64_MAX ? 0 : outage->until_us - outage->from_us;
}

static uint64_t scale_spike(const struct scenario *s, int i)
{
	return s->ways[i].spikes[0].extra_us;
}

static uint64_t scale_pause(const struct scenario *s, int i)
{
	return s->pauses[i].until_us - s->pauses[i].from_us;
}

static uint64_t scale_leap(const struct scenario *s, int i)
{
	return s->leaps[i].by_us;
}

static uint64_t scale_write(const struct scenario *s, int i)
{
	return s->dialogues[0].ends[i].write_max;
}

static uint64_t scale_read(const struct scenario *s, int i)
{
	return s->dialogues[0].ends[i].read_max;
}

static uint64_t scale_connections(const struct scenario *s, int i)
{
	return i == 0 ? s->n_dialogues : 0;
}

#define BUFFER_BANDS \
	{ \
		{1, "1"}, {2, "2 to 15"}, {16, "16 to 255"}, {256, "256 to 4095"}, \
			{4096, "4 KiB and more"}, {65536, "64 KiB and more"}, \
		{ \
			1 << 20, "1 MiB" \
		} \
	}
#define PIECE_BANDS \
	{ \
		{1, "1"}, {2, "2 to 15"}, {16, "16 to 511"}, {512, "512 and more"}, \
		{ \
			4096, "4 KiB and more" \
		} \
	}

static const struct scale scales[] = {
	{"mtu", scale_mtu,
		{{68, "68 to 295"}, {296, "296"}, {297, "297 to 575"}, {576, "576 to 1279"},
			{1280, "1280 to 1499"}, {1500, "1500"}, {1501, "1501 to 9000"},
			{9001, "9001 to 65534"}, {65535, "65535"}}},
	{"round trip", scale_rtt,
		{{10, "10 to 99 us"}, {100, "100 to 999 us"}, {MS, "1 to 9 ms"},
			{10 * MS, "10 to 99 ms"}, {100 * MS, "100 to 999 ms"},
			{SECOND, "1 to 2 s"}}},
	{"rate", scale_rate,
		{{9600, "9.6 kbit/s and more"}, {100000, "100 kbit/s"}, {1000000, "1 Mbit/s"},
			{10000000, "10 Mbit/s"}, {100000000, "100 Mbit/s"},
			{1000000000, "1 to 10 Gbit/s"}}},
	{"receive buffer", scale_receive_buffer, BUFFER_BANDS},
	{"send buffer", scale_send_buffer, BUFFER_BANDS},
	{"loss", scale_loss,
		{{100, "0.01 to 0.1 %"}, {1000, "to 1 %"}, {10000, "to 10 %"},
			{100000, "to 50 %"}}},
	{"outage", scale_outage,
		{{MS, "1 to 99 ms"}, {100 * MS, "100 to 999 ms"}, {SECOND, "1 to 9 s"},
			{10 * SECOND, "10 to 120 s"}}},
	{"delay spike", scale_spike,
		{{MS, "1 to 99 ms"}, {100 * MS, "100 to 999 ms"}, {SECOND, "1 to 10 s"}}},
	{"pause", scale_pause,
		{{MS, "below 1 s"}, {SECOND, "to a minute"}, {60 * SECOND, "to an hour"},
			{HOUR, "an hour and more"}, {24 * DAY, "24 to 50 days"}}},
	{"leap of a clock", scale_leap,
		{{MS, "below 1 s"}, {SECOND, "to a minute"}, {60 * SECOND, "to an hour"},
			{HOUR, "to 24 days"}}},
	{"largest write", scale_write, PIECE_BANDS},
	{"largest read", scale_read, PIECE_BANDS},
	{"connections at a time", scale_connections, {{1, "1"}, {2, "2 to 7"}, {8, "8 to 24"}}},
	/* Not of the scenario: reach_note_iss. */
	{"first number before 2^32", NULL,
		{{1, "1"}, {2, "2 to 15"}, {16, "16 to 1499"}, {1500, "to 64 Ki"},
			{65536, "to 1 Mi"}, {1 << 20, "anywhere"}}},
};

enum { N_SCALES = sizeof(scales) / sizeof(*scales), SCALE_ISS = N_SCALES - 1 };

_Static_assert((int)N_SCALES <= REACH_SCALES, "all scales are counted");

/* ---- pairs ------------------------------------------------------------------------ */

static const char *pair_bool_text(unsigned value)
{
	static const char *const texts[] = {"off", "on"};

	return value < 2 ? texts[value] : NULL;
}

static const char *pair_ecn_text(unsigned value)
{
	static const char *const texts[] = {"off", "accepts", "asks"};

	return value < 3 ? texts[value] : NULL;
}

static unsigned pair_window_scale(const struct scenario *s, int i)
{
	return s->hosts[i].config.tcp_options.window_scale;
}

static unsigned pair_timestamps(const struct scenario *s, int i)
{
	return s->hosts[i].config.tcp_options.timestamps;
}

static unsigned pair_sack(const struct scenario *s, int i)
{
	return s->hosts[i].config.tcp_options.sack;
}

static unsigned pair_ecn(const struct scenario *s, int i)
{
	return s->hosts[i].config.tcp_options.ecn;
}

static unsigned pair_offload(const struct scenario *s, int i)
{
	return s->hosts[i].offload;
}

static unsigned pair_accurate_ecn(const struct scenario *s, int i)
{
	return s->hosts[i].config.tcp_options.accurate_ecn;
}

static unsigned pair_cc(const struct scenario *s, int i)
{
	unsigned n = 0;

	while (strcmp(evtcp_cc_name(n), s->hosts[i].config.cc) != 0)
		n++;
	return n;
}

static unsigned pair_nodelay(const struct scenario *s, int i)
{
	return s->dialogues[0].ends[i].nodelay;
}

static unsigned pair_user_timeout(const struct scenario *s, int i)
{
	return s->hosts[i].config.advertised_user_timeout_us != 0;
}

static unsigned pair_growth(const struct scenario *s, int i)
{
	const struct evtcp_limits *limits = &s->hosts[i].config.limits;

	return limits->receive_buffer_max > limits->receive_buffer;
}

static const struct pair {
	const char *what;
	unsigned (*of)(const struct scenario *scenario, int i);
	const char *(*text)(unsigned value); /* NULL behind the last */
} pairs[] = {
	{"window scale", pair_window_scale, pair_bool_text},
	{"timestamps", pair_timestamps, pair_bool_text},
	{"sack", pair_sack, pair_bool_text},
	{"ecn", pair_ecn, pair_ecn_text},
	{"accurate ecn", pair_accurate_ecn, pair_bool_text},
	{"offload", pair_offload, pair_bool_text},
	{"congestion control", pair_cc, evtcp_cc_name},
	{"nodelay", pair_nodelay, pair_bool_text},
	{"user timeout option", pair_user_timeout, pair_bool_text},
	{"receive buffer that grows", pair_growth, pair_bool_text},
};

enum { N_PAIRS = sizeof(pairs) / sizeof(*pairs) };

_Static_assert((int)N_PAIRS <= REACH_PAIRS, "all pairs are counted");

/* ---- counting ------------------------------------------------------------------------ */

static void reach_note_value(
	struct reach *reach, unsigned scale, uint64_t value, uint64_t connections)
{
	int band = 0;

	while (band < REACH_BANDS && scales[scale].bands[band].text &&
		value >= scales[scale].bands[band].least)
		band++;
	if (band > 0)
		reach->bands[scale][band - 1] += connections;
}

void reach_note(struct reach *reach, const struct scenario *scenario, uint64_t connections)
{
	for (unsigned scale = 0; scale < N_SCALES; scale++) {
		for (int i = 0; i < 2 && scales[scale].of; i++)
			reach_note_value(reach, scale, scales[scale].of(scenario, i), connections);
	}
	for (int pair = 0; pair < N_PAIRS; pair++) {
		unsigned a = pairs[pair].of(scenario, 0), b = pairs[pair].of(scenario, 1);

		if (a < REACH_VALUES && b < REACH_VALUES)
			reach->pairs[pair][a][b] += connections;
	}
}

void reach_note_iss(struct reach *reach, uint32_t iss)
{
	reach_note_value(reach, SCALE_ISS, (UINT64_C(1) << 32) - iss, 1);
}

void reach_add(struct reach *to, const struct reach *from)
{
	for (int scale = 0; scale < N_SCALES; scale++) {
		for (int band = 0; band < REACH_BANDS; band++)
			to->bands[scale][band] += from->bands[scale][band];
	}
	for (int pair = 0; pair < N_PAIRS; pair++) {
		for (int cell = 0; cell < REACH_VALUES * REACH_VALUES; cell++)
			to->pairs[pair][cell / REACH_VALUES][cell % REACH_VALUES] +=
				from->pairs[pair][cell / REACH_VALUES][cell % REACH_VALUES];
	}
}

/* ---- telling --------------------------------------------------------------------------- */

/* Calls fn for each band and each combination there is. */
static void reach_each(const struct reach *reach,
	void (*fn)(void *arg, const char *what, const char *value, uint64_t n), void *arg)
{
	char text[80];

	for (int scale = 0; scale < N_SCALES; scale++) {
		for (int i = 0; i < REACH_BANDS && scales[scale].bands[i].text; i++)
			fn(arg, scales[scale].what, scales[scale].bands[i].text,
				reach->bands[scale][i]);
	}
	for (int pair = 0; pair < N_PAIRS; pair++) {
		for (unsigned cell = 0; cell < REACH_VALUES * REACH_VALUES; cell++) {
			unsigned i = cell / REACH_VALUES, j = cell % REACH_VALUES;
			const char *a = pairs[pair].text(i), *b = a ? pairs[pair].text(j) : NULL;

			snprintf(text, sizeof(text), "%s, %s", a ? a : "", b ? b : "");
			if (b)
				fn(arg, pairs[pair].what, text, reach->pairs[pair][i][j]);
		}
	}
}

struct reach_printer {
	FILE *to;
	const char *what; /* of the present line */
};

static void reach_print_one(void *arg, const char *what, const char *value, uint64_t n)
{
	struct reach_printer *printer = arg;

	if (printer->what != what)
		fprintf(printer->to, "%s%s:\n", printer->what ? "" : "connections by\n", what);
	printer->what = what;
	fprintf(printer->to, "%12" PRIu64 "  %s\n", n, value);
}

void reach_print(const struct reach *reach, FILE *to)
{
	struct reach_printer printer = {.to = to};

	reach_each(reach, reach_print_one, &printer);
}

struct reach_judge {
	FILE *to;
	bool whole;
};

static void reach_judge_one(void *arg, const char *what, const char *value, uint64_t n)
{
	struct reach_judge *judge = arg;

	if (n > 0)
		return;
	fprintf(judge->to, "never reached: %s: %s\n", what, value);
	judge->whole = false;
}

bool reach_is_whole(const struct reach *reach, FILE *to)
{
	struct reach_judge judge = {.to = to, .whole = true};

	reach_each(reach, reach_judge_one, &judge);
	return judge.whole;
}
