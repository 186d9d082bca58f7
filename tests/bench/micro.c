/* SPDX-License-Identifier: BSD-3-Clause */
/* The micro-benchmark: one load, without a kernel, until it has taken the stack so many
 * milliseconds or so many turns, and what that came to, as one line of JSON.
 *
 *     micro --list
 *     micro LOAD [--connections N] [--batch N] [--offload 0|1] [--ms N] [--turns N]
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
	MICRO_MS = 200,        /* where nothing is said */
	MICRO_CHUNKS = 100000, /* at most */
	MICRO_WARM_PERCENT = 20
};

struct micro_options {
	struct load_options load;
	uint64_t ms, turns; /* whichever comes first; 0: no limit */
};

/* What was measured. */
struct micro_result {
	uint64_t units, ns, turns;
	uint64_t warm_units; /* that went before and are not among them */
	double *chunk;       /* nanoseconds for a unit, of each chunk */
	unsigned n_chunks;
	uint64_t resident_before, resident_after; /* octets, of the setting up */
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

static void micro_chunk(struct load_run *run, const struct load *load, struct micro_result *result)
{
	uint64_t units = 0, sum = 0, ns;

	for (unsigned i = 0; i < MICRO_CHUNK; i++) {
		units += load->turn(run, &ns);
		sum += ns;
	}
	result->units += units;
	result->ns += sum;
	result->turns += MICRO_CHUNK;
	if (units > 0 && result->n_chunks < MICRO_CHUNKS)
		result->chunk[result->n_chunks++] = (double)sum / (double)units;
}

static void micro_run(struct load_run *run, const struct load *load,
	const struct micro_options *options, struct micro_result *result)
{
	*result = (struct micro_result){.chunk = result->chunk,
		.resident_before = result->resident_before,
		.resident_after = result->resident_after};
	do
		micro_chunk(run, load, result);
	while ((options->ms == 0 || result->ns < options->ms * 1000000) &&
		(options->turns == 0 || result->turns < options->turns));
}

/* What the counters have counted since *result was filled by this before. */
static void micro_count(const struct load_run *run, struct micro_result *result)
{
	uint64_t now = 0;

	for (unsigned i = 0; i < N_COUNTERS; i++) {
		result->has_counted[i] = counters_read(&run->rig.counters, i, &now);
		result->counted[i] = now - result->counted[i];
	}
}

static void micro_measure(
	const struct load *load, const struct micro_options *options, struct micro_result *result)
{
	struct micro_options warm = *options;
	struct load_run *run = malloc(sizeof(*run));
	struct micro_result before;
	uint64_t warm_units;

	result->chunk = calloc(MICRO_CHUNKS, sizeof(result->chunk[0]));
	if (!run || !result->chunk)
		rig_die("no memory");
	result->resident_before = micro_resident();
	load_open(run, load, &options->load);
	result->resident_after = micro_resident();
	warm.ms = (options->ms * MICRO_WARM_PERCENT + 99) / 100;
	warm.turns = (options->turns * MICRO_WARM_PERCENT + 99) / 100;
	micro_run(run, load, &warm, result);
	warm_units = result->units;
	before = (struct micro_result){0};
	if (load->configure)
		micro_count(run, &before);
	micro_run(run, load, options, result);
	if (load->configure) {
		memcpy(result->counted, before.counted, sizeof(result->counted));
		micro_count(run, result);
	}
	result->warm_units = warm_units;
	load_close(run, load);
	free(run);
}

/* ---- telling ------------------------------------------------------------------------- */

static int micro_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double micro_quantile(const struct micro_result *result, double part)
{
	return result->chunk[(unsigned)(part * (result->n_chunks - 1))];
}

static void micro_tell(
	const struct load *load, const struct load_options *options, struct micro_result *result)
{
	static const char *const counter_names[N_COUNTERS] = {
		[COUNTER_INSTRUCTIONS] = "instructions", [COUNTER_CACHE_MISSES] = "cache_misses"};
	double units = (double)result->units;

	if (result->n_chunks == 0)
		rig_die("nothing was done");
	qsort(result->chunk, result->n_chunks, sizeof(result->chunk[0]), micro_compare);
	printf("{\"load\": \"%s\", \"unit\": \"%s\", \"connections\": %" PRIu32
	       ", \"batch\": %u, \"offload\": %s, ",
		load->name, load->unit, options->connections, options->batch,
		options->offload ? "true" : "false");
	printf("\"turns\": %" PRIu64 ", \"units\": %" PRIu64 ", \"warm_units\": %" PRIu64
	       ", \"ns\": %.2f, "
	       "\"ns_lower_quarter\": %.2f, \"ns_upper_quarter\": %.2f, \"ns_mean\": %.2f, ",
		result->turns, result->units, result->warm_units, micro_quantile(result, 0.5),
		micro_quantile(result, 0.25), micro_quantile(result, 0.75),
		(double)result->ns / units);
	for (unsigned i = 0; i < N_COUNTERS; i++) {
		if (result->has_counted[i])
			printf("\"%s\": %.3f, ", counter_names[i],
				(double)result->counted[i] / units);
		else
			printf("\"%s\": null, ", counter_names[i]);
	}
	printf("\"octets_for_each_connection\": %.0f}\n",
		(double)(result->resident_after - result->resident_before) / options->connections);
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
			options->load.connections = (uint32_t)micro_number(optarg, 1, 10000000);
			break;
		case 'b':
			options->load.batch = (unsigned)micro_number(optarg, 1, RIG_IN);
			break;
		case 'o':
			options->load.offload = micro_number(optarg, 0, 1) != 0;
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

int main(int argc, char **argv)
{
	struct micro_options options = {0};
	struct micro_result result = {0};
	const struct load *load;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		micro_list();
		return EXIT_SUCCESS;
	}
	load = argc > 1 ? load_find(argv[1]) : NULL;
	if (!load)
		rig_die("which load? --list tells them");
	heap_begin();
	options.load = load->usual;
	micro_options_read(&options, argc - 1, argv + 1);
	if (options.ms == 0 && options.turns == 0)
		options.ms = MICRO_MS;
	if (options.load.batch > options.load.connections && strcmp(load->unit, "segment") != 0)
		rig_die("a batch is of different connections: at most as many as there are");
	micro_measure(load, &options, &result);
	micro_tell(load, &options.load, &result);
	free(result.chunk);
	heap_end();
	return EXIT_SUCCESS;
}
