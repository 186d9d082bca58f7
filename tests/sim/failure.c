/* SPDX-License-Identifier: BSD-3-Clause */

/* From a failing seed to a page that a person can read.
 *
 * In: a scenario, its verdict. Out: a small scenario of the same kind, on stderr and in a
 * file; its capture. */

#include "failure.h"

#include "shrink.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { TRIES_OF_A_HANG = 12 };

static void failure_judge(void *arg, const struct scenario *scenario, struct verdict *verdict)
{
	trial_run(scenario, arg, verdict);
}

static void failure_write(const struct scenario *scenario, const struct verdict *verdict,
	const struct failure_options *options, const char *file)
{
	FILE *to = fopen(file, "w");

	if (!to) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return;
	}
	fprintf(to, "# %s\n", verdict->text);
	if (options->trial.run.forbidden)
		fprintf(to, "# --forbid %s\n", evtcp_cause_name(options->trial.run.forbidden));
	text_write(scenario, to);
	fclose(to);
}

void failure_study(struct scenario *scenario, const struct verdict *verdict,
	const struct failure_options *options)
{
	struct trial_options quiet = options->trial;
	struct shrink_options shrink = {.judge = failure_judge,
		.arg = &quiet,
		.tries_max = trial_hangs(verdict) ? TRIES_OF_A_HANG : options->tries_max};
	enum evtcp_cause forbidden = options->trial.run.forbidden;
	struct shrink_result result;
	struct verdict last;
	char file[80], capture[80];

	quiet.run.log = NULL;
	quiet.run.capture = NULL;
	shrink_scenario(scenario, verdict, &shrink, &result);
	snprintf(file, sizeof(file), "%s.scenario", options->name);
	snprintf(capture, sizeof(capture), "%s.pcapng", options->name);
	failure_write(scenario, &result.verdict, options, file);
	quiet.run.capture = capture;
	trial_run(scenario, &quiet, &last);
	fprintf(stderr, "%s: shrunk in %u tries from %u lines to %u:\n\n", options->name,
		result.tries, result.lines_before, result.lines);
	text_write(scenario, stderr);
	fprintf(stderr, "\n  %s\n  %s --scenario %s%s%s --verbose   (its packets: %s)\n",
		result.verdict.text, options->program, file, forbidden ? " --forbid " : "",
		forbidden ? evtcp_cause_name(forbidden) : "", capture);
}
