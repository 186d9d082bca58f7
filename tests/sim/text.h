/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

/* A scenario as text: a line for each number that differs from the plain one
 * (scenario_plain):
 *
 *   # anything
 *   seed = 7
 *   way.0.loss_ppm = 20000
 *   connection.0.end.1.ending = aborts
 *
 * What was written means the same when it is read, whatever a seed is drawn to later. */

#include "scenario.h"

#include <stdio.h>

/* text_write: writes *scenario. Returns how many lines. */
unsigned text_write(const struct scenario *scenario, FILE *to);

enum { TEXT_ERROR = 160 };

/* text_read: fills *scenario from a file. False if it cannot be played; error then says
 * what is wrong, and in which line. */
bool text_read(struct scenario *scenario, FILE *from, char error[TEXT_ERROR]);

#endif
