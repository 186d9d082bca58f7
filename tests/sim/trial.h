/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

/* A run in a process of its own: one that ends in an assertion, in a report of a
 * sanitizer, or not at all, is an outcome as any other. */

#include "run.h"

struct trial_options {
	struct run_options run;
	bool twice; /* and once more, the other way as to offload and rest: equal digests */
};

/* trial_play: aims the clocks (aim.h) and plays; in this process. */
void trial_play(const struct scenario *scenario, const struct trial_options *options,
	struct run_result *result);

/* trial_run: the same in another process, which has a minute for it. *verdict says what
 * was wrong, also when that process has died: then its last words are the text. */
void trial_run(const struct scenario *scenario, const struct trial_options *options,
	struct verdict *verdict);

/* trial_hangs: whether this verdict is that the minute was over. */
bool trial_hangs(const struct verdict *verdict);

#endif
