/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_DISTURBANCE_H
#define SIM_DISTURBANCE_H

/* What happens to the hosts themselves, and not to packets: pauses, in which one does
 * nothing, and leaps of its clock. */

#include "world.h"

/* disturbance_holds: host is paused. */
bool disturbance_holds(const struct world *world, unsigned host);

/* disturbance_until: when host attends to what is due for it at `at`: then, or now, or when
 * its pause ends; UINT64_MAX if that is `at`. */
uint64_t disturbance_until(const struct world *world, unsigned host, uint64_t at);

/* disturbance_next: the next moment at which a clock leaps, or a pause begins or ends;
 * UINT64_MAX: never. */
uint64_t disturbance_next(const struct world *world);

/* disturbance_begin: a moment begins: clocks leap, and those of who slept are set. True for
 * each host whose timers are to run before anything else. */
void disturbance_begin(struct world *world, bool timers_first[2]);

/* disturbance_check: after timers of host have run: each of its connections has sent again
 * at most once, however long its pause or leap was. */
void disturbance_check(struct world *world, unsigned host);

#endif
