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
	bool twice;           /* each seed runs twice, its digests must be equal */
	bool sweep;           /* each seed runs with one allocation failing, then another, ... */
	uint64_t sweep_runs;  /* so many of each kind at most; 0: each allocation */
	enum profile profile; /* N_PROFILES: the seed's own */
	const char *program;  /* for the command line that replays */
};

/* fleet_run: runs all of them; prints each failure with its command line, and leaves
 * a capture of it. *coverage is the sum. Returns the number of failures; after a
 * handful it stops. */
unsigned fleet_run(const struct fleet_options *options, struct coverage *coverage);

#endif
