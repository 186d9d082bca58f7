/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_FAILURE_H
#define SIM_FAILURE_H

/* What is done about a scenario that failed: it is made small, and left in files for a
 * person. */

#include "scenario.h"
#include "trial.h"

struct failure_options {
	struct trial_options trial;
	unsigned tries_max;
	const char *program; /* for the command line that plays it again */
	const char *name;    /* of the files, without what ends them: "sim-7" */
};

/* failure_study: shrinks *scenario, which fails with *verdict; prints the smallest, how to
 * play it again, and what it says; leaves it in NAME.scenario, its packets in NAME.pcapng.
 * A scenario that hangs takes a minute a try: of those there are few. */
void failure_study(struct scenario *scenario, const struct verdict *verdict,
	const struct failure_options *options);

#endif
