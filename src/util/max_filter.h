/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_MAX_FILTER_H
#define UTIL_MAX_FILTER_H

/* The largest of the values of late, in constant memory (Kathleen Nichols' windowed filter):
 * the best, the best since then, and the best since that. When the first grows too old the
 * next takes its place. So that there is one, the second and third are renewed in the later
 * three quarters and the later half of the window. The answer is never too large; it is too
 * small only where a value was larger than all since it, and smaller than two that have left. */

#include <stdint.h>

struct max_filter_entry {
	uint32_t value;
	uint32_t at; /* in the caller's time, which goes round */
};

struct max_filter {
	struct max_filter_entry best[3]; /* values fall, times rise */
};

/* max_filter_reset: nothing was ever larger than this value. A zeroed filter is one that was
 * reset to 0 at 0. */
void max_filter_reset(struct max_filter *filter, uint32_t value, uint32_t now);

/* max_filter_add: one more value. What is older than window is forgotten. */
void max_filter_add(struct max_filter *filter, uint32_t window, uint32_t value, uint32_t now);

/* max_filter_get: the largest. */
static inline uint32_t max_filter_get(const struct max_filter *filter)
{
	return filter->best[0].value;
}

#endif
