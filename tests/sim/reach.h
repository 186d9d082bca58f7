/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_REACH_H
#define SIM_REACH_H

/* How far the scenarios that were played reach: each quantity's range in bands, each
 * option in all its combinations of both hosts. Counted in connections that were made. */

#include "scenario.h"

#include <stdio.h>

enum { REACH_BANDS = 10, REACH_SCALES = 16, REACH_PAIRS = 10, REACH_VALUES = 5 };

struct reach {
	uint64_t bands[REACH_SCALES][REACH_BANDS];
	/* By the value at host 0 and that at host 1. */
	uint64_t pairs[REACH_PAIRS][REACH_VALUES][REACH_VALUES];
};

/* reach_note: *scenario has been played, and so many connections were made. */
void reach_note(struct reach *reach, const struct scenario *scenario, uint64_t connections);

/* reach_note_iss: one side of a connection began there. */
void reach_note_iss(struct reach *reach, uint32_t iss);

/* reach_add: adds from to *to. */
void reach_add(struct reach *to, const struct reach *from);

/* reach_print: a line for each quantity and each option. */
void reach_print(const struct reach *reach, FILE *to);

/* reach_is_whole: whether no band and no combination is empty; prints those that are. */
bool reach_is_whole(const struct reach *reach, FILE *to);

#endif
