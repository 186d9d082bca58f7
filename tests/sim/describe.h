/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_DESCRIBE_H
#define SIM_DESCRIBE_H

/* A scenario in words, for whoever replays it. */

#include "scenario.h"

#include <stdio.h>

/* describe_scenario: a few lines on hosts, links and applications. */
void describe_scenario(const struct scenario *scenario, FILE *to);

#endif
