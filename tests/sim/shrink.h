/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

/* From a scenario that fails to a small one that fails of the same kind: what can be left
 * out is left out, what can be less is made less. The same steps each time. */

#include "scenario.h"
#include "verdict.h"

struct shrink_options {
	/* Plays a scenario; *verdict is filled in any case. */
	void (*judge)(void *arg, const struct scenario *scenario, struct verdict *verdict);
	void *arg;
	unsigned tries_max; /* scenarios played, at most */
};

struct shrink_result {
	struct verdict verdict; /* of the smallest */
	unsigned tries;
	unsigned lines_before, lines; /* as text (text.h) */
};

/* shrink_scenario: makes *scenario, which fails with *verdict, as small as it can. */
void shrink_scenario(struct scenario *scenario, const struct verdict *verdict,
	const struct shrink_options *options, struct shrink_result *result);

#endif
