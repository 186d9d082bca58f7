/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_STRANGER_H
#define SIM_STRANGER_H

/* Someone off the path who knows addresses and ports, and guesses numbers; his
 * guesses are as near as they can be without being right. None of his segments may
 * change anything (RFC 5961 3 to 5). */

#include "world.h"

/* stranger_strikes: hands host a segment that seems to come from the other end of
 * dialogue, if both ends of that are established and neither has closed. */
void stranger_strikes(struct world *world, struct dialogue *dialogue, unsigned host);

#endif
