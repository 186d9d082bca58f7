/* SPDX-License-Identifier: BSD-3-Clause */

/* Options to a struct.
 *
 * In: argv. Out: what is asked for; or the usage on stderr, and the end. */

#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 3000, TRIES = 600, JOBS_MAX = 64 };

enum command_option {
	OPTION_SEED = 1,
	OPTION_SCENARIO,
	OPTION_SEEDS,
	OPTION_JOBS,
	OPTION_PROFILE,
	OPTION_TWICE,
	OPTION_SWEEP,
	OPTION_FAIL,
	OPTION_LASTING,
	OPTION_WHOLE,
	OPTION_VERBOSE,
	OPTION_CAPTURE,
	OPTION_WRITE,
	OPTION_FORBID,
	OPTION_SHRINK,
	OPTION_NO_SHRINK,
	OPTION_TRIES,
	OPTION_HELP,
};

static const struct option options[] = {
	{"seed", required_argument, NULL, OPTION_SEED},
	{"scenario", required_argument, NULL, OPTION_SCENARIO},
	{"seeds", required_argument, NULL, OPTION_SEEDS},
	{"jobs", required_argument, NULL, OPTION_JOBS},
	{"profile", required_argument, NULL, OPTION_PROFILE},
	{"twice", no_argument, NULL, OPTION_TWICE},
	{"sweep", required_argument, NULL, OPTION_SWEEP},
	{"fail", required_argument, NULL, OPTION_FAIL},
	{"lasting", no_argument, NULL, OPTION_LASTING},
	{"whole", no_argument, NULL, OPTION_WHOLE},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"capture", required_argument, NULL, OPTION_CAPTURE},
	{"write", required_argument, NULL, OPTION_WRITE},
	{"forbid", required_argument, NULL, OPTION_FORBID},
	{"shrink", no_argument, NULL, OPTION_SHRINK},
	{"no-shrink", no_argument, NULL, OPTION_NO_SHRINK},
	{"tries", required_argument, NULL, OPTION_TRIES},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static const char usage_text[] =
	"Many runs:  sim [--seeds FIRST-LAST] [--jobs N] [--twice] [--whole] [--no-shrink]\n"
	"            sim --sweep RUNS [--seeds FIRST-LAST] [--jobs N] [--whole]\n"
	"One run:    sim (--seed N | --scenario FILE) [--verbose] [--capture FILE] [--write FILE]\n"
	"            sim (--seed N | --scenario FILE) --shrink [--tries N]\n"
	"            sim --seed N --fail K [--lasting] [--verbose] [--capture FILE]\n"
	"All:        [--profile NAME] [--forbid CAUSE]\n"
	"\n"
	"  --jobs N          processes (2)\n"
	"  --twice           each seed twice, the other way as to offload and rest, equally\n"
	"  --whole           it is wrong, too, when something that must be reached was not\n"
	"  --sweep RUNS      each seed again and again, another allocation failing each time: "
	"RUNS\n"
	"                    spread evenly, 0 is each allocation\n"
	"  --fail K          the run of a sweep in which the K-th fails; --lasting: all after it, "
	"too\n"
	"  --scenario FILE   a scenario that was written; - is stdin\n"
	"  --write FILE      writes the scenario\n"
	"  --forbid CAUSE    it is a failure when a stack acts by this cause (evtcp/causes.h): "
	"with\n"
	"                    --shrink the way to a small scenario that reaches a corner\n"
	"  --shrink          makes a scenario that fails small, as far as it fails in the same "
	"way,\n"
	"                    and leaves it as NAME.scenario beside its capture, NAME.pcapng. Many\n"
	"                    runs do so with the first seed that fails\n"
	"  --tries N         scenarios played for that, at most (600)\n"
	"\n"
	"Exit status 0 if nothing was wrong, 1 if something was, 2 for a wrong command line.\n"
	"Profiles:";

static void usage_print(FILE *to)
{
	fputs(usage_text, to);
	for (int i = 0; i < N_PROFILES; i++)
		fprintf(to, " %s", profile_name(i));
	fputc('\n', to);
}

static void usage(void)
{
	usage_print(stderr);
	exit(2);
}

static uint64_t command_number(const char *text, const char **rest)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || errno || (!rest && *end))
		usage();
	if (rest)
		*rest = end;
	return value;
}

static uint64_t command_number_to(const char *text, uint64_t least, uint64_t most)
{
	uint64_t value = command_number(text, NULL);

	if (value < least || value > most)
		usage();
	return value;
}

static void command_read_seeds(struct command *command, const char *text)
{
	const char *rest;

	command->fleet.first = command->fleet.last = command_number(text, &rest);
	if (*rest == '-')
		command->fleet.last = command_number(rest + 1, NULL);
	else if (*rest)
		usage();
}

static enum profile command_profile(const char *name)
{
	enum profile profile = profile_find(name);

	if (profile == N_PROFILES)
		usage();
	return profile;
}

static enum evtcp_cause command_cause(const char *name)
{
	int cause = 1;

	while (cause < EVTCP_N_CAUSES && strcmp(evtcp_cause_name(cause), name) != 0)
		cause++;
	if (cause == EVTCP_N_CAUSES)
		usage();
	return (enum evtcp_cause)cause;
}

/* What one run is told. */
static void command_read_one(struct command *command, int option)
{
	switch (option) {
	case OPTION_SEED:
		command->one = true;
		command->fleet.first = command_number(optarg, NULL);
		return;
	case OPTION_SCENARIO:
		command->one = true;
		command->scenario = optarg;
		return;
	case OPTION_FAIL:
		command->short_of_memory = true;
		command->shortage.fail_from = command_number(optarg, NULL);
		return;
	case OPTION_LASTING:
		command->shortage.lasting = true;
		return;
	case OPTION_VERBOSE:
		command->verbose = true;
		return;
	case OPTION_CAPTURE:
		command->capture = optarg;
		return;
	case OPTION_WRITE:
		command->write = optarg;
		return;
	case OPTION_SHRINK:
		command->shrink = true;
		return;
	default:
		usage();
	}
}

static void command_read_option(struct command *command, int option)
{
	struct fleet_options *fleet = &command->fleet;

	switch (option) {
	case OPTION_SEEDS:
		command_read_seeds(command, optarg);
		return;
	case OPTION_JOBS:
		fleet->jobs = (unsigned)command_number_to(optarg, 1, JOBS_MAX);
		return;
	case OPTION_PROFILE:
		fleet->profile = command_profile(optarg);
		return;
	case OPTION_TWICE:
		fleet->twice = true;
		return;
	case OPTION_WHOLE:
		command->whole = true;
		return;
	case OPTION_SWEEP:
		fleet->sweep = true;
		fleet->sweep_runs = command_number(optarg, NULL);
		return;
	case OPTION_FORBID:
		fleet->forbidden = command_cause(optarg);
		return;
	case OPTION_NO_SHRINK:
		command->no_shrink = true;
		return;
	case OPTION_HELP:
		usage_print(stdout);
		exit(0);
	case OPTION_TRIES:
		command->tries = (unsigned)command_number_to(optarg, 1, 1000000);
		return;
	default:
		command_read_one(command, option);
	}
}

void command_read(struct command *command, int argc, char **argv)
{
	int option;

	*command = (struct command){.fleet = {.first = 1,
					    .last = SEEDS,
					    .jobs = 2,
					    .profile = N_PROFILES,
					    .program = argv[0]},
		.tries = TRIES};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		command_read_option(command, option);
	if (optind != argc || (command->one && command->fleet.sweep))
		usage();
}
