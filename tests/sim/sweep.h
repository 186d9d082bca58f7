/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_SWEEP_H
#define SIM_SWEEP_H

/* A sweep: one scenario again and again, each time with another allocation failing,
 * once that one alone and once all after it, too. Both hosts and libevent's buffers
 * draw from one count, so that a number names one allocation of the whole run. */

#include "memory.h"
#include "scenario.h"

/* sweep_shrink: fewer connections and fewer bytes, and no host restarts, so that a run makes some
 * hundred allocations and not some ten thousand. */
void sweep_shrink(struct scenario *scenario);

/* sweep_next: from the shortage of one run to that of the next; the first call is
 * handed one that never fails, after a run, so that it tells how many allocations
 * there are. most: so many runs of each kind, spread evenly; 0: each allocation.
 * requests is that first run's number, which the caller keeps. False at the end. */
bool sweep_next(struct shortage *shortage, uint64_t requests, uint64_t most);

#endif
