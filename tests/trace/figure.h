/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FIGURE_H
#define FIGURE_H

/* Claims about states, counters and what a connection or a stack can be asked. */

#include "play.h"

/* figure_check: whether the present line, of the verb state, info, counter or
 * usage, is true. */
bool figure_check(struct play *play, const struct flow *flow);

/* figure_is_known: whether "info name" or "usage name" exists. */
bool figure_is_known(enum script_verb verb, const char *name);

#endif
