/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_VERDICT_H
#define SIM_VERDICT_H

/* What a run has done wrong: the first thing only, since what follows is mostly
 * its consequence. */

#include <stdbool.h>

struct verdict {
	bool failed;
	char text[400];
};

/* verdict_fail: notes the failure that format describes, if it is the first. */
void verdict_fail(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
