/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MICRO_COUNTERS_H
#define BENCH_MICRO_COUNTERS_H

/* The processor's own counters, of this thread outside the kernel, where the machine gives them
 * to us: many a virtual one does not. */

#include <stdbool.h>
#include <stdint.h>

enum { COUNTER_INSTRUCTIONS, COUNTER_CACHE_MISSES, N_COUNTERS };

struct counters {
	int fd[N_COUNTERS]; /* -1: there is none */
};

/* counters_open: they count nothing yet. */
void counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/* counters_run: they count from here on, or stand still. Nothing happens where there are none. */
void counters_run(const struct counters *counters, bool on);

/* counters_read: what one of them has counted; false if there is none. */
bool counters_read(const struct counters *counters, unsigned which, uint64_t *count);

#endif
