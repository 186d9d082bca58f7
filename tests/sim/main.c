/* SPDX-License-Identifier: BSD-3-Clause */

/* The simulator's program: one run, or many.
 *
 * In: a command line (command.c). Out: what was wrong, and the exit status. */

#include "command.h"
#include "describe.h"
#include "failure.h"
#include "sweep.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_or_exit(const char *name, const char *mode)
{
	FILE *file = fopen(name, mode);

	if (!file) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(2);
	}
	return file;
}

static void read_scenario(struct scenario *scenario, const char *name)
{
	FILE *from = strcmp(name, "-") == 0 ? stdin : open_or_exit(name, "r");
	char error[TEXT_ERROR];
	bool good = text_read(scenario, from, error);

	if (from != stdin)
		fclose(from);
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", name, error);
	exit(2);
}

/* The scenario that one run is about, in memory that the caller frees. */
static struct scenario *make_scenario(const struct command *command)
{
	struct scenario *scenario = malloc(sizeof(*scenario));

	if (command->scenario)
		read_scenario(scenario, command->scenario);
	else
		scenario_draw(scenario, command->fleet.first, command->fleet.profile);
	if (command->short_of_memory)
		sweep_shrink(scenario);
	if (command->write) {
		FILE *to = open_or_exit(command->write, "w");

		text_write(scenario, to);
		fclose(to);
	}
	return scenario;
}

/* Shrinks what a seed or a file has said, if it fails. */
static int study(const struct command *command, struct scenario *scenario)
{
	struct failure_options options = {.trial = {.run = {.forbidden = command->fleet.forbidden},
						  .twice = command->fleet.twice},
		.tries_max = command->tries,
		.program = command->fleet.program};
	struct verdict verdict;
	char name[60];

	trial_run(scenario, &options.trial, &verdict);
	if (!verdict.failed) {
		printf("nothing wrong\n");
		return 0;
	}
	snprintf(name, sizeof(name), "sim-%" PRIu64 "-small", scenario->seed);
	options.name = name;
	failure_study(scenario, &verdict, &options);
	return 1;
}

static int play_one(struct command *command)
{
	struct scenario *scenario = make_scenario(command);
	struct trial_options trial = {
		.run = {.log = command->verbose ? stdout : NULL,
			.capture = command->capture,
			.forbidden = command->fleet.forbidden,
			.shortage = command->short_of_memory ? &command->shortage : NULL},
		.twice = command->fleet.twice};
	struct run_result result;
	int status;

	if (command->shrink) {
		status = study(command, scenario);
		free(scenario);
		return status;
	}
	/* A run that ends in an assertion shall have said everything before. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	describe_scenario(scenario, stdout);
	trial_play(scenario, &trial, &result);
	free(scenario);
	if (command->verbose)
		coverage_print(&result.coverage, stdout);
	printf("digest %016" PRIx64 "\n", result.digest);
	printf("%s\n", result.verdict.failed ? result.verdict.text : "nothing wrong");
	return result.verdict.failed;
}

/* The first seed that failed, once more and smaller. */
static void study_first(const struct command *command, const struct fleet_result *result)
{
	struct command one = *command;
	struct scenario *scenario;

	if (result->n_seeds == 0 || command->no_shrink || command->fleet.sweep)
		return;
	one.fleet.first = result->seeds[0];
	scenario = make_scenario(&one);
	study(&one, scenario);
	free(scenario);
}

static int play_many(const struct command *command)
{
	struct fleet_result result;
	bool whole;

	fleet_run(&command->fleet, &result);
	study_first(command, &result);
	coverage_print(&result.coverage, stdout);
	whole = !command->whole ||
		(command->fleet.sweep ? coverage_is_short(&result.coverage, stdout)
				      : coverage_is_whole(&result.coverage, stdout));
	printf("%u failed\n", result.failures);
	return result.failures > 0 || !whole;
}

int main(int argc, char **argv)
{
	struct command command;

	command_read(&command, argc, argv);
	return command.one ? play_one(&command) : play_many(&command);
}
