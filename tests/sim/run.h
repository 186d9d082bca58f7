/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_RUN_H
#define SIM_RUN_H

/* One scenario, played from its first connection until nothing is left: no packet
 * under way, no timer, no memory. */

#include "coverage.h"
#include "dialogue.h"
#include "record.h"

/* How a run is looked at; zeroed: not at all. */
struct run_options {
	FILE *log;                 /* everything that happens; NULL: nothing */
	const char *capture;       /* name of a pcapng file; NULL: none */
	struct shortage *shortage; /* allocations of both hosts and libevent fail so */
	/* It is a failure when one of the stacks does this; EVTCP_CAUSE_NONE: nothing is. */
	enum evtcp_cause forbidden;
};

struct run_result {
	struct verdict verdict;
	uint64_t digest; /* of everything sent, and when */
	struct coverage coverage;
};

/* run_scenario: plays it. *result is filled in any case. memory_adopt_libevent must
 * be possible (memory.h). */
void run_scenario(const struct scenario *scenario, const struct run_options *options,
	struct run_result *result);

#endif
