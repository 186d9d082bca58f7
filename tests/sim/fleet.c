/* SPDX-License-Identifier: BSD-3-Clause */

/* Processes that share the seeds: the n-th takes every n-th.
 *
 * In: a range of seeds. Out: what failed, on stderr; captures; the sum of coverages.
 *
 * Each worker has a slot of shared memory in which it says what it is at. When it
 * dies, the parent knows the seed from there and starts another behind it. */

#include "fleet.h"

#include "aim.h"
#include "run.h"
#include "sweep.h"

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
	struct coverage coverage;
};

/* One run; shortage is that of a sweep, else NULL. */
static void fleet_play(const struct fleet_options *options, uint64_t seed,
	struct shortage *shortage, const char *capture, struct run_result *result)
{
	struct scenario *scenario = malloc(sizeof(*scenario));
	struct run_options run = {.capture = capture, .shortage = shortage};

	scenario_draw(scenario, seed, options->profile);
	if (shortage)
		sweep_shrink(scenario);
	aim_clocks(scenario);
	run_scenario(scenario, &run, result);
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
	fprintf(stderr, " --verbose\n");
}

static void fleet_capture_name(uint64_t seed, char *name, size_t size)
{
	snprintf(name, size, "sim-%" PRIu64 ".pcapng", seed);
}

static void fleet_run_seed(const struct fleet_options *options, struct slot *slot)
{
	struct run_result result, again;
	uint64_t seed = slot->next;
	char name[40];

	alarm(SEED_SECONDS_MAX);
	fleet_play(options, seed, NULL, NULL, &result);
	alarm(0);
	coverage_add(&slot->coverage, &result.coverage);
	if (options->twice && !result.verdict.failed) {
		fleet_play(options, seed, NULL, NULL, &again);
		if (again.digest != result.digest)
			verdict_fail(&result.verdict,
				"two runs differ: %016" PRIx64 ", %016" PRIx64, result.digest,
				again.digest);
	}
	if (!result.verdict.failed)
		return;
	slot->failures++;
	fleet_report(options, slot, result.verdict.text);
	fleet_capture_name(seed, name, sizeof(name));
	fleet_play(options, seed, NULL, name, &again);
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
		alarm(SEED_SECONDS_MAX);
		fleet_play(options, slot->next, shortage, NULL, &result);
		alarm(0);
		coverage_add(&slot->coverage, &result.coverage);
		if (result.verdict.failed) {
			slot->failures++;
			fleet_report(options, slot, result.verdict.text);
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

/* A worker has died: its seed once more, for the capture, in silence. */
static void fleet_capture_death(const struct fleet_options *options, const struct slot *slot)
{
	struct shortage shortage = slot->shortage;
	uint64_t seed = slot->next;
	char name[40];
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct run_result result;

		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		alarm(SEED_SECONDS_MAX);
		fleet_capture_name(seed, name, sizeof(name));
		shortage.requests = shortage.failures = 0;
		fleet_play(options, seed, options->sweep ? &shortage : NULL, name, &result);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static struct slot *fleet_slot(struct slot *slots, unsigned jobs, pid_t pid)
{
	for (unsigned i = 0; i < jobs; i++) {
		if (slots[i].pid == pid)
			return &slots[i];
	}
	return NULL;
}

/* Waits for all workers; returns how many deaths there were. */
static unsigned fleet_watch(const struct fleet_options *options, struct slot *slots)
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
		fleet_capture_death(options, slot);
		slot->next += options->jobs;
		if (++deaths < FAILURES_MAX)
			slot->pid = fleet_fork(options, slot);
	}
	return deaths;
}

unsigned fleet_run(const struct fleet_options *options, struct coverage *coverage)
{
	size_t size = JOBS_MAX * sizeof(struct slot);
	struct slot *slots =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned failures;

	if (slots == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	for (unsigned i = 0; i < options->jobs; i++) {
		slots[i].next = options->first + i;
		slots[i].pid = fleet_fork(options, &slots[i]);
	}
	failures = fleet_watch(options, slots);
	for (unsigned i = 0; i < options->jobs; i++) {
		failures += slots[i].failures;
		coverage_add(coverage, &slots[i].coverage);
	}
	munmap(slots, size);
	return failures;
}
