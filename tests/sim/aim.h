/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_AIM_H
#define SIM_AIM_H

/* Sets the hosts' clocks such that sequence numbers wrap where a scenario wants it:
 * an ISS is a keyed hash plus a clock (RFC 6528), so whoever has seen one can choose
 * the moment for another. */

#include "scenario.h"

/* aim_clocks: moves the clock origins of *scenario so that the ISS of each side of
 * the first connection stands about wraps_after bytes before 2^32. */
void aim_clocks(struct scenario *scenario);

#endif
