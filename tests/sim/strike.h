/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_STRIKE_H
#define SIM_STRIKE_H

/* Someone off the path, who knows addresses and ports, pretends to be the other end, and
 * guesses numbers; his guesses are as near as they can be without being right. None of his
 * segments may change anything (RFC 5961 3 to 5, RFC 5927 4). */

#include "world.h"

/* strike: hands host something that seems to come from the other end of dialogue, or to be
 * about what host has sent to it, if there is a state in which that must do nothing. */
void strike(struct world *world, struct dialogue *dialogue, unsigned host);

#endif
