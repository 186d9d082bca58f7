/* SPDX-License-Identifier: BSD-3-Clause */
/* The micro-benchmark: one load, without a kernel, until it has taken the stack so many
 * milliseconds or so many turns, and what that came to, as one line of JSON.
 *
 *     micro --list
 *     micro LOAD [--connections N]... [--batch N] [--offload 0|1] [--ms N] [--turns N]
 *
 * A fifth of that goes before it and does not count. A figure is the median of those of a dozen
 * turns each, so that what the machine does meanwhile for somebody else is in few of them; the mean
 * of all is told beside it. */

#include "micro_loads.h"

#include "evtcpd/heap.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MICRO_CHUNK = 12,      /* turns; three make a connection */
	MICRO_SETTLE = 3,      /* turns after those of another crowd, which do not count */
	MICRO_MS = 200,        /* where nothing is said */
	MICRO_CHUNKS = 100000, /* at most */
	MICRO_CROWDS = 8,      /* at most */
	MICRO_WARM_PERCENT = 20
};

struct micro_options {
	const struct load *load;
	struct load_options each;
	uint32_t crowds[MICRO_CROWDS]; /* how many connections each has */
	unsigned n_crowds;
	uint64_t ms, turns; /* whichever comes first; 0: no limit */
};

/* What is measured of one crowd. */
struct micro_crowd {
	struct load_run run;
	uint64_t resident;   /* octets, that came with it */
	uint64_t warm_units; /* that went before and are not among the units */
	uint64_t units, ns, turns;
	double *chunk; /* nanoseconds for a unit, of each chunk */
	unsigned n_chunks;
	uint64_t counted[N_COUNTERS];
	bool has_counted[N_COUNTERS];
};

static uint64_t micro_resident(void)
{
	unsigned long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		rig_die("cannot read /proc/self/statm");
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- measuring ---------------------------------------------------------------------- */

/* Adds what the counters have counted since the last call with the other sign. */
static void micro_count(struct micro_crowd *crowd, bool begins)
{
	uint64_t now;

	for (unsigned i = 0; i < N_COUNTERS; i++) {
		crowd->has_counted[i] = counters_read(&crowd->run.rig.counters, i, &now);
		if (crowd->has_counted[i])
			crowd->counted[i] += begins ? -now : now;
	}
}

static void micro_chunk(struct micro_crowd *crowd, const struct load *load)
{
	uint64_t units = 0, sum = 0, ns;

	if (load->configure)
		micro_count(crowd, true);
	for (unsigned i = 0; i < MICRO_CHUNK; i++) {
		units += load->turn(&crowd->run, &ns);
		sum += ns;
	}
	if (load->configure)
		micro_count(crowd, false);
	crowd->units += units;
	crowd->ns += sum;
	crowd->turns += MICRO_CHUNK;
	if (units > 0 && crowd->n_chunks < MICRO_CHUNKS)
		crowd->chunk[crowd->n_chunks++] = (double)sum / (double)units;
}

static void micro_settle(struct micro_crowd *crowd, const struct load *load)
{
	uint64_t ns;

	for (unsigned i = 0; i < MICRO_SETTLE; i++)
		crowd->warm_units += load->turn(&crowd->run, &ns);
}

/* Crowds take turns, so that what the machine does meanwhile is in the figures of all. */
static void micro_run(
	struct micro_crowd *crowds, const struct micro_options *options, uint64_t percent)
{
	uint64_t ms = (options->ms * percent + 99) / 100;
	uint64_t turns = (options->turns * percent + 99) / 100;
	bool is_over;

	do {
		is_over = true;
		for (unsigned i = 0; i < options->n_crowds; i++) {
			if (options->n_crowds > 1)
				micro_settle(&crowds[i], options->load);
			micro_chunk(&crowds[i], options->load);
			is_over = is_over && ((ms != 0 && crowds[i].ns >= ms * 1000000) ||
						     (turns != 0 && crowds[i].turns >= turns));
		}
	} while (!is_over);
}

static void micro_open(struct micro_crowd *crowd, const struct micro_options *options, uint32_t n)
{
	struct load_options each = options->each;
	uint64_t before = micro_resident();

	each.connections = n;
	load_open(&crowd->run, options->load, &each);
	crowd->resident = micro_resident() - before;
	crowd->chunk = calloc(MICRO_CHUNKS, sizeof(crowd->chunk[0]));
	if (!crowd->chunk)
		rig_die("no memory");
}

/* From now on it counts. */
static void micro_start(struct micro_crowd *crowd)
{
	crowd->warm_units += crowd->units;
	crowd->units = crowd->ns = crowd->turns = 0;
	crowd->n_chunks = 0;
	memset(crowd->counted, 0, sizeof(crowd->counted));
}

static void micro_measure(struct micro_crowd *crowds, const struct micro_options *options)
{
	for (unsigned i = 0; i < options->n_crowds; i++)
		micro_open(&crowds[i], options, options->crowds[i]);
	micro_run(crowds, options, MICRO_WARM_PERCENT);
	for (unsigned i = 0; i < options->n_crowds; i++)
		micro_start(&crowds[i]);
	micro_run(crowds, options, 100);
}

/* ---- telling ------------------------------------------------------------------------- */

static int micro_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double micro_quantile(const struct micro_crowd *crowd, double part)
{
	return crowd->chunk[(unsigned)(part * (crowd->n_chunks - 1))];
}

static void micro_tell(const struct micro_options *options, struct micro_crowd *crowd)
{
	static const char *const counter_names[N_COUNTERS] = {
		[COUNTER_INSTRUCTIONS] = "instructions", [COUNTER_CACHE_MISSES] = "cache_misses"};
	const struct load_options *each = &crowd->run.options;
	double units = (double)crowd->units;

	if (crowd->n_chunks == 0)
		rig_die("nothing was done");
	qsort(crowd->chunk, crowd->n_chunks, sizeof(crowd->chunk[0]), micro_compare);
	printf("{\"load\": \"%s\", \"unit\": \"%s\", \"connections\": %" PRIu32
	       ", \"batch\": %u, \"offload\": %s, ",
		options->load->name, options->load->unit, each->connections, each->batch,
		each->offload ? "true" : "false");
	printf("\"turns\": %" PRIu64 ", \"units\": %" PRIu64 ", \"warm_units\": %" PRIu64
	       ", \"ns\": %.2f, \"ns_lower_quarter\": %.2f, \"ns_upper_quarter\": %.2f, "
	       "\"ns_mean\": %.2f, ",
		crowd->turns, crowd->units, crowd->warm_units, micro_quantile(crowd, 0.5),
		micro_quantile(crowd, 0.25), micro_quantile(crowd, 0.75),
		(double)crowd->ns / units);
	for (unsigned i = 0; i < N_COUNTERS; i++) {
		if (crowd->has_counted[i])
			printf("\"%s\": %.3f, ", counter_names[i],
				(double)crowd->counted[i] / units);
		else
			printf("\"%s\": null, ", counter_names[i]);
	}
	printf("\"octets_for_each_connection\": %.0f}\n",
		(double)crowd->resident / each->connections);
}

static void micro_list(void)
{
	const struct load *load;

	for (unsigned i = 0; (load = load_at(i)) != NULL; i++)
		printf("{\"load\": \"%s\", \"unit\": \"%s\", \"about\": \"%s\", \"connections\": "
		       "%" PRIu32 ", \"batch\": %u, \"offload\": %s, \"is_packets\": %s}\n",
			load->name, load->unit, load->about, load->usual.connections,
			load->usual.batch, load->usual.offload ? "true" : "false",
			load->configure ? "true" : "false");
}

/* ---- the command line -------------------------------------------------------------------- */

static uint64_t micro_number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (end == text || *end != '\0' || value < least || value > most)
		rig_die("%s is no number from %" PRIu64 " to %" PRIu64, text, least, most);
	return value;
}

static void micro_options_read(struct micro_options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"connections", required_argument, NULL, 'c'},
		{"batch", required_argument, NULL, 'b'},
		{"offload", required_argument, NULL, 'o'},
		{"ms", required_argument, NULL, 'm'},
		{"turns", required_argument, NULL, 't'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			if (options->n_crowds == MICRO_CROWDS)
				rig_die("at most %d crowds", MICRO_CROWDS);
			options->crowds[options->n_crowds++] =
				(uint32_t)micro_number(optarg, 1, 10000000);
			break;
		case 'b':
			options->each.batch = (unsigned)micro_number(optarg, 1, RIG_IN);
			break;
		case 'o':
			options->each.offload = micro_number(optarg, 0, 1) != 0;
			break;
		case 'm':
			options->ms = micro_number(optarg, 1, 600000);
			break;
		case 't':
			options->turns = micro_number(optarg, 1, UINT32_MAX);
			break;
		default:
			exit(EXIT_FAILURE);
		}
	}
}

/* What is said, and what is usual. */
static void micro_options_begin(struct micro_options *options, int argc, char **argv)
{
	*options = (struct micro_options){.load = argc > 1 ? load_find(argv[1]) : NULL};
	if (!options->load)
		rig_die("which load? --list tells them");
	options->each = options->load->usual;
	micro_options_read(options, argc - 1, argv + 1);
	if (options->n_crowds == 0)
		options->crowds[options->n_crowds++] = options->each.connections;
	if (options->ms == 0 && options->turns == 0)
		options->ms = MICRO_MS;
	for (unsigned i = 0; i < options->n_crowds; i++) {
		if (options->each.batch > options->crowds[i] &&
			strcmp(options->load->unit, "segment") != 0)
			rig_die("a batch is of different connections: at most as many as there "
				"are");
	}
}

int main(int argc, char **argv)
{
	static struct micro_crowd crowds[MICRO_CROWDS];
	struct micro_options options;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		micro_list();
		return EXIT_SUCCESS;
	}
	micro_options_begin(&options, argc, argv);
	heap_begin();
	micro_measure(crowds, &options);
	for (unsigned i = 0; i < options.n_crowds; i++) {
		micro_tell(&options, &crowds[i]);
		load_close(&crowds[i].run, options.load);
		free(crowds[i].chunk);
	}
	return EXIT_SUCCESS;
}
