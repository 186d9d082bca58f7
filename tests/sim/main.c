/* SPDX-License-Identifier: BSD-3-Clause */

/* The simulator's command line.
 *
 *   sim --seed N [--profile NAME] [--verbose] [--capture FILE]    one run
 *   sim [--seeds FIRST-LAST] [--jobs N] [--profile NAME] [--twice] [--whole]
 *   sim --sweep RUNS [--seeds FIRST-LAST] [--jobs N] [--profile NAME] [--whole]
 *   sim --seed N --fail K [--lasting] ...                         one run of a sweep
 *
 * Exit status 0 if nothing was wrong, 1 if something was, 2 for a wrong command
 * line. --whole: it is wrong, too, when something that must be reached was not. */

#include "aim.h"
#include "describe.h"
#include "fleet.h"
#include "run.h"
#include "sweep.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct command {
	struct fleet_options fleet;
	bool one; /* --seed */
	bool verbose, whole;
	bool short_of_memory; /* --fail */
	struct shortage shortage;
	const char *capture;
};

static void usage(const char *program)
{
	fprintf(stderr,
		"usage: %s --seed N [--profile NAME] [--verbose] [--capture FILE]\n"
		"       %s [--seeds FIRST-LAST] [--jobs N] [--profile NAME] [--twice] [--whole]\n"
		"       %s --sweep RUNS [--seeds FIRST-LAST] [--jobs N] [--profile NAME] "
		"[--whole]\n"
		"       %s --seed N --fail K [--lasting] [--profile NAME] [--verbose] "
		"[--capture FILE]\n"
		"profiles:",
		program, program, program, program);
	for (int i = 0; i < N_PROFILES; i++)
		fprintf(stderr, " %s", profile_name(i));
	fputc('\n', stderr);
	exit(2);
}

static uint64_t number(const char *text, const char **rest, const char *program)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || (!rest && *end))
		usage(program);
	if (rest)
		*rest = end;
	return value;
}

static void read_seeds(struct command *command, const char *text, const char *program)
{
	const char *rest;

	command->fleet.first = command->fleet.last = number(text, &rest, program);
	if (*rest == '-')
		command->fleet.last = number(rest + 1, NULL, program);
	else if (*rest)
		usage(program);
}

static void read_option(struct command *command, int option, const char *program)
{
	switch (option) {
	case 's':
		command->one = true;
		command->fleet.first = number(optarg, NULL, program);
		return;
	case 'S':
		read_seeds(command, optarg, program);
		return;
	case 'j':
		command->fleet.jobs = (unsigned)number(optarg, NULL, program);
		if (command->fleet.jobs < 1 || command->fleet.jobs > 64)
			usage(program);
		return;
	case 'p':
		command->fleet.profile = profile_find(optarg);
		if (command->fleet.profile == N_PROFILES)
			usage(program);
		return;
	case 't':
		command->fleet.twice = true;
		return;
	case 'w':
		command->whole = true;
		return;
	case 'm':
		command->fleet.sweep = true;
		command->fleet.sweep_runs = number(optarg, NULL, program);
		return;
	case 'f':
		command->short_of_memory = true;
		command->shortage.fail_from = number(optarg, NULL, program);
		return;
	case 'l':
		command->shortage.lasting = true;
		return;
	case 'v':
		command->verbose = true;
		return;
	case 'c':
		command->capture = optarg;
		return;
	default:
		usage(program);
	}
}

static void read_command(struct command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"seeds", required_argument, NULL, 'S'},
		{"jobs", required_argument, NULL, 'j'},
		{"profile", required_argument, NULL, 'p'},
		{"twice", no_argument, NULL, 't'},
		{"sweep", required_argument, NULL, 'm'},
		{"fail", required_argument, NULL, 'f'},
		{"lasting", no_argument, NULL, 'l'},
		{"whole", no_argument, NULL, 'w'},
		{"verbose", no_argument, NULL, 'v'},
		{"capture", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	int option;

	*command = (struct command){.fleet = {.first = 1,
					    .last = 2000,
					    .jobs = 2,
					    .profile = N_PROFILES,
					    .program = argv[0]}};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		read_option(command, option, argv[0]);
	if (optind != argc)
		usage(argv[0]);
}

static int play_one(struct command *command)
{
	struct scenario *scenario = malloc(sizeof(*scenario));
	struct run_options options = {.log = command->verbose ? stdout : NULL,
		.capture = command->capture,
		.shortage = command->short_of_memory ? &command->shortage : NULL};
	struct run_result result;

	scenario_draw(scenario, command->fleet.first, command->fleet.profile);
	if (command->short_of_memory)
		sweep_shrink(scenario);
	aim_clocks(scenario);
	/* A run that ends in an assertion shall have said everything before. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	describe_scenario(scenario, stdout);
	run_scenario(scenario, &options, &result);
	free(scenario);
	if (command->verbose)
		coverage_print(&result.coverage, stdout);
	printf("digest %016" PRIx64 "\n", result.digest);
	printf("%s\n", result.verdict.failed ? result.verdict.text : "nothing wrong");
	return result.verdict.failed;
}

static int play_many(const struct command *command)
{
	struct coverage coverage = {0};
	unsigned failures = fleet_run(&command->fleet, &coverage);
	bool whole;

	coverage_print(&coverage, stdout);
	whole = !command->whole || (command->fleet.sweep ? coverage_is_short(&coverage, stdout)
							 : coverage_is_whole(&coverage, stdout));
	printf("%u failed\n", failures);
	return failures > 0 || !whole;
}

int main(int argc, char **argv)
{
	struct command command;

	read_command(&command, argc, argv);
	return command.one ? play_one(&command) : play_many(&command);
}
