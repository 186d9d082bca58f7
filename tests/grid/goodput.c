/* SPDX-License-Identifier: BSD-3-Clause */

/* The goodput grid: how much of what a bad link could carry arrives, in virtual time.
 *
 *     goodput                                   the whole grid
 *     goodput RATE_MBIT                         its rows of this rate
 *     goodput RATE_MBIT RTT_MS LOSS REORDER     one cell; chances in percent
 *     options before that: --cc NAME, --seconds N, --trace (what recovery does)
 *
 * A server sends to a client as fast as TCP lets it, from one stack to another, over the
 * link emulator. The queue before the rate holds what the path holds (one bandwidth-delay
 * product, at least 30 packets). Prints for each congestion control goodput in percent of
 * the payload that the rate could carry since the first byte could arrive, and how much of
 * what was sent the client had already. Same arguments, same figures. Uses public headers
 * only. */

#include "bad_path.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t grid_second_us = 1000000;

struct cell {
	double rate_mbit, rtt_ms, loss, reorder;
};

struct figures {
	double goodput;  /* percent of what the link could carry */
	double spurious; /* segments that came for nothing, percent of all that came */
	uint64_t timeouts, undone;
};

/* ---- a cell --------------------------------------------------------------------------------- */

/* For --trace: what loss recovery and congestion control do. */
static void grid_tell(void *arg, const struct evtcp_event *event)
{
	char text[EVTCP_EVENT_TEXT];

	printf("# %.6f %s\n", (double)(event->at_us - *(uint64_t *)arg) / 1e6,
		evtcp_event_format(event, text, sizeof(text)));
}

static void grid_tell_all(struct bad_path *path)
{
	static uint64_t began_us;
	struct evtcp_sink sink = {.event = grid_tell,
		.kinds = 1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_TIMER,
		.arg = &began_us};

	began_us = path->now_us;
	evtcp_stack_set_sink(path->server, &sink);
}

/* What the emulator is told. */
static void cell_spec(const struct cell *cell, char *spec, size_t size)
{
	double packets = cell->rate_mbit * 1e6 / 8 * cell->rtt_ms / 1e3 / BAD_PATH_MTU;

	snprintf(spec, size,
		"delay=%.0fus,tx.rate=%.0fkbit,tx.queue=%.0f,tx.loss=%g%%,tx.reorder=%g%%/%.0fus,"
		"limit=512mb",
		cell->rtt_ms * 500, cell->rate_mbit * 1000, packets < 30 ? 30 : packets, cell->loss,
		cell->reorder, cell->rtt_ms * 250);
}

static bool grid_trace;

static struct figures run_cell(const struct cell *cell, const char *cc, double seconds)
{
	static struct bad_path path;
	struct figures figures;
	char spec[256];
	uint64_t length_us = (uint64_t)(seconds * (double)grid_second_us);

	cell_spec(cell, spec, sizeof(spec));
	bad_path_open(&path, spec, cc);
	if (grid_trace)
		grid_tell_all(&path);
	bad_path_until(&path, path.now_us + length_us);
	bad_path_need(path.received > 0, "nothing arrived");
	double could = cell->rate_mbit * 1e6 / 8 * (double)(path.now_us - path.first_us) / 1e6 *
		       BAD_PATH_PAYLOAD / BAD_PATH_MTU;
	double came = (double)evtcp_stack_get_counter(path.client, EVTCP_CAUSE_ACCEPTED);
	double old = (double)evtcp_stack_get_counter(path.client, EVTCP_CAUSE_OLD_DUPLICATE);
	figures.goodput = 100 * (double)path.received / could;
	figures.spurious = 100 * old / (came + old);
	figures.timeouts = evtcp_stack_get_counter(path.server, EVTCP_CAUSE_RTO);
	figures.undone = evtcp_stack_get_counter(path.server, EVTCP_CAUSE_CC_UNDO);
	bad_path_close(&path);
	return figures;
}

/* ---- the grid -------------------------------------------------------------------------------- */

static const char *const grid_algorithms[] = {"newreno", "cubic", "bbr"};

enum { GRID_N_ALGORITHMS = sizeof(grid_algorithms) / sizeof(grid_algorithms[0]) };

static void grid_print_cell(const struct cell *cell, const char *only, double seconds)
{
	printf("%5g %4g %4g %3g", cell->rate_mbit, cell->rtt_ms, cell->loss, cell->reorder);
	for (int i = 0; i < GRID_N_ALGORITHMS; i++) {
		if (only != NULL && strcmp(only, grid_algorithms[i]) != 0)
			continue;
		struct figures f = run_cell(cell, grid_algorithms[i], seconds);
		printf("  %-7s %6.1f %6.2f %4llu %5llu", grid_algorithms[i], f.goodput, f.spurious,
			(unsigned long long)f.timeouts, (unsigned long long)f.undone);
	}
	printf("\n");
	fflush(stdout);
}

/* rate_mbit 0: all. */
static void grid_print(const char *only, double seconds, double rate_mbit)
{
	static const double rates[] = {10, 100, 1000}, rtts[] = {1, 20, 100, 300};
	static const double losses[] = {0, 0.1, 1, 3, 10}, reorders[] = {0, 1, 10};

	for (int rate = 0; rate < 3; rate++)
		for (int rtt = 0; rtt < 4; rtt++)
			for (int n = 0; n < 15; n++) {
				struct cell cell = {
					rates[rate], rtts[rtt], losses[n / 3], reorders[n % 3]};
				if (rate_mbit == 0 || rate_mbit == cell.rate_mbit)
					grid_print_cell(&cell, only, seconds);
			}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"cc", required_argument, NULL, 'c'},
		{"seconds", required_argument, NULL, 's'}, {"trace", no_argument, NULL, 't'}, {0}};
	const char *only = NULL;
	double seconds = 10;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'c')
			only = optarg;
		else if (c == 's')
			seconds = atof(optarg);
		else if (c == 't')
			grid_trace = true;
		else
			return 2;
	}
	printf("# Mbit/s, RTT ms, loss %%, reordered %%; for each: goodput %%, for nothing %%, "
	       "sent by RTO, undone\n");
	if (argc - optind == 4) {
		struct cell cell = {atof(argv[optind]), atof(argv[optind + 1]),
			atof(argv[optind + 2]), atof(argv[optind + 3])};
		grid_print_cell(&cell, only, seconds);
	} else {
		grid_print(only, seconds, argc - optind == 1 ? atof(argv[optind]) : 0);
	}
	return 0;
}
