/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_FLEET_H
#define SIM_FLEET_H

/* Many seeds in several processes: a seed that ends in an assertion takes its
 * process with it, and the others go on. */

#include "coverage.h"
#include "scenario.h"

struct fleet_options {
	uint64_t first, last; /* seeds */
	unsigned jobs;        /* processes, 1 to 64 */
	bool twice;           /* each seed runs twice, as in trial.h */
	bool sweep;           /* each seed runs with one allocation failing, then another, ... */
	uint64_t sweep_runs;  /* so many of each kind at most; 0: each allocation */
	enum profile profile; /* N_PROFILES: the seed's own */
	enum evtcp_cause forbidden; /* run.h */
	const char *program;        /* for the command line that replays */
};

enum { FLEET_FAILURES = 16 };

struct fleet_result {
	struct coverage coverage; /* the sum */
	unsigned failures;
	unsigned n_seeds; /* the first of those that failed; a leak at the end has none */
	uint64_t seeds[FLEET_FAILURES];
};

/* fleet_run: runs all of them; prints each failure with its command line, and leaves
 * a capture of it. After a handful of failures it stops. */
void fleet_run(const struct fleet_options *options, struct fleet_result *result);

#endif
