/* SPDX-License-Identifier: BSD-3-Clause */

/* Processes that share the seeds: the n-th takes every n-th.
 *
 * In: a range of seeds. Out: what failed, on stderr; captures; the sum of coverages.
 *
 * Each worker has a slot of shared memory in which it says what it is at. When it
 * dies, the parent knows the seed from there and starts another behind it. */

#include "fleet.h"

#include "sweep.h"
#include "trial.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, FAILURES_MAX = 5 };

/* A seed takes a fraction of a second; one that takes so many hangs inside a stack. */
enum { SEED_SECONDS_MAX = 60 };

struct slot {
	pid_t pid;
	uint64_t next;            /* seed to run; past the last: done */
	struct shortage shortage; /* of the run that it is at, in a sweep */
	unsigned failures;        /* verdicts, without deaths */
	uint64_t failed[FAILURES_MAX];
	struct coverage coverage;
};

/* The scenario of a seed, in memory that the caller frees. */
static struct scenario *fleet_scenario(const struct fleet_options *options, uint64_t seed)
{
	struct scenario *scenario = malloc(sizeof(*scenario));

	scenario_draw(scenario, seed, options->profile);
	if (options->sweep)
		sweep_shrink(scenario);
	return scenario;
}

/* One run in this process; shortage is that of a sweep, else NULL. */
static void fleet_play(const struct fleet_options *options, uint64_t seed,
	struct shortage *shortage, struct run_result *result)
{
	struct scenario *scenario = fleet_scenario(options, seed);
	struct trial_options trial = {
		.run = {.shortage = shortage, .forbidden = options->forbidden},
		.twice = options->twice};

	alarm(SEED_SECONDS_MAX);
	trial_play(scenario, &trial, result);
	alarm(0);
	free(scenario);
}

/* One run in another process, for its capture. */
static void fleet_capture(const struct fleet_options *options, const struct slot *slot)
{
	struct scenario *scenario = fleet_scenario(options, slot->next);
	struct shortage shortage = {
		.fail_from = slot->shortage.fail_from, .lasting = slot->shortage.lasting};
	struct trial_options trial = {.run = {.shortage = options->sweep ? &shortage : NULL,
					      .forbidden = options->forbidden}};
	struct verdict verdict;
	char name[40];

	snprintf(name, sizeof(name), "sim-%" PRIu64 ".pcapng", slot->next);
	trial.run.capture = name;
	trial_run(scenario, &trial, &verdict);
	free(scenario);
}

static void fleet_report(
	const struct fleet_options *options, const struct slot *slot, const char *what)
{
	bool forced = options->profile < N_PROFILES;
	uint64_t seed = slot->next;

	fprintf(stderr, "seed %" PRIu64 ": %s\n  %s --seed %" PRIu64 "%s%s", seed, what,
		options->program, seed, forced ? " --profile " : "",
		forced ? profile_name(options->profile) : "");
	if (options->sweep)
		fprintf(stderr, " --fail %" PRIu64 "%s", slot->shortage.fail_from,
			slot->shortage.lasting ? " --lasting" : "");
	if (options->forbidden != EVTCP_CAUSE_NONE)
		fprintf(stderr, " --forbid %s", evtcp_cause_name(options->forbidden));
	fprintf(stderr, " --verbose\n");
}

static void fleet_note_failure(
	const struct fleet_options *options, struct slot *slot, const struct run_result *result)
{
	slot->failed[slot->failures++] = slot->next;
	fleet_report(options, slot, result->verdict.text);
}

static void fleet_run_seed(const struct fleet_options *options, struct slot *slot)
{
	struct run_result result;

	fleet_play(options, slot->next, NULL, &result);
	coverage_add(&slot->coverage, &result.coverage);
	if (!result.verdict.failed)
		return;
	fleet_note_failure(options, slot, &result);
	fleet_capture(options, slot);
}

/* All runs of a seed's sweep; one that fails ends it. The capture is left to whoever
 * types the command line that the report prints. */
static void fleet_sweep_seed(const struct fleet_options *options, struct slot *slot)
{
	struct shortage *shortage = &slot->shortage;
	struct run_result result;
	uint64_t requests = 0;

	*shortage = (struct shortage){0};
	do {
		fleet_play(options, slot->next, shortage, &result);
		coverage_add(&slot->coverage, &result.coverage);
		if (result.verdict.failed) {
			fleet_note_failure(options, slot, &result);
			return;
		}
		if (shortage->fail_from == 0)
			requests = shortage->requests;
	} while (sweep_next(shortage, requests, options->sweep_runs));
}

static void fleet_work(const struct fleet_options *options, struct slot *slot)
{
	while (slot->next <= options->last && slot->failures < FAILURES_MAX) {
		if (options->sweep)
			fleet_sweep_seed(options, slot);
		else
			fleet_run_seed(options, slot);
		slot->next += options->jobs;
	}
}

/* Runs one task in a process of its own. */
static pid_t fleet_fork(const struct fleet_options *options, struct slot *slot)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* no worker without its parent */
		fleet_work(options, slot);
		/* exit, not _exit: the leak sanitizer looks at the end. */
		exit(0);
	}
	return pid;
}

static struct slot *fleet_slot(struct slot *slots, unsigned jobs, pid_t pid)
{
	for (unsigned i = 0; i < jobs; i++) {
		if (slots[i].pid == pid)
			return &slots[i];
	}
	return NULL;
}

static void fleet_add_seed(struct fleet_result *result, uint64_t seed)
{
	if (result->n_seeds < FLEET_FAILURES)
		result->seeds[result->n_seeds++] = seed;
}

/* Waits for all workers; counts their deaths. */
static void fleet_watch(
	const struct fleet_options *options, struct slot *slots, struct fleet_result *result)
{
	unsigned deaths = 0;
	pid_t pid;
	int status;

	while ((pid = wait(&status)) > 0) {
		struct slot *slot = fleet_slot(slots, options->jobs, pid);
		char what[60];

		if (!slot || status == 0)
			continue;
		snprintf(what, sizeof(what), "its process died (%s %d)",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		if (slot->next > options->last) {
			fprintf(stderr, "%s after its last seed: a leak?\n", what);
			deaths++;
			continue;
		}
		fleet_report(options, slot, what);
		fleet_add_seed(result, slot->next);
		fleet_capture(options, slot);
		slot->next += options->jobs;
		if (++deaths < FAILURES_MAX)
			slot->pid = fleet_fork(options, slot);
	}
	result->failures += deaths;
}

void fleet_run(const struct fleet_options *options, struct fleet_result *result)
{
	size_t size = JOBS_MAX * sizeof(struct slot);
	struct slot *slots =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	*result = (struct fleet_result){0};
	for (unsigned i = 0; i < options->jobs; i++) {
		slots[i].next = options->first + i;
		slots[i].pid = fleet_fork(options, &slots[i]);
	}
	fleet_watch(options, slots, result);
	for (unsigned i = 0; i < options->jobs; i++) {
		result->failures += slots[i].failures;
		for (unsigned j = 0; j < slots[i].failures; j++)
			fleet_add_seed(result, slots[i].failed[j]);
		coverage_add(&result->coverage, &slots[i].coverage);
	}
	munmap(slots, size);
}
