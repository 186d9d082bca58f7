/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_RANGES_H
#define SIM_RANGES_H

/* A set of positions as disjoint ranges [first, end), in order: which parts of a
 * stream have reached a host. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t first, end;
};

struct ranges {
	struct range *items; /* sorted, disjoint, not adjacent */
	size_t len, capacity;
};

/* ranges_free: the set is empty and holds no memory. A zeroed struct is an empty
 * set, too. */
void ranges_free(struct ranges *ranges);

/* ranges_add: [first, end) belongs to the set from here on. Ends the process when
 * there is no memory. */
void ranges_add(struct ranges *ranges, uint64_t first, uint64_t end);

/* ranges_add_common: what of [first, end) is in the set `others` belongs to the set, too.
 * ranges_clear: the set is empty, and keeps its memory. */
void ranges_add_common(
	struct ranges *ranges, const struct ranges *others, uint64_t first, uint64_t end);
void ranges_clear(struct ranges *ranges);

/* ranges_contain: whether all of [first, end) is in the set; an empty range is. */
bool ranges_contain(const struct ranges *ranges, uint64_t first, uint64_t end);

/* ranges_reach: the first position from `from` on that is not in the set. */
uint64_t ranges_reach(const struct ranges *ranges, uint64_t from);

#endif
