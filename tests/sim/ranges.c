/* SPDX-License-Identifier: BSD-3-Clause */

/* A sorted array of ranges that grows at the end, which is where nearly all of
 * them are added.
 *
 * In: ranges. Out: whether a range, or how far from a position, is covered.
 *
 * Of the simulator's own, so that it shares no mistake with the library's list of
 * out-of-order data. */

#include "ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ranges_free(struct ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct ranges){0};
}

/* The index of the first range that ends at or after position. */
static size_t ranges_find(const struct ranges *ranges, uint64_t position)
{
	size_t low = 0, high = ranges->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->items[middle].end < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void ranges_insert(struct ranges *ranges, size_t at, struct range range)
{
	if (ranges->len == ranges->capacity) {
		size_t capacity = ranges->capacity ? 2 * ranges->capacity : 16;
		struct range *items = realloc(ranges->items, capacity * sizeof(*items));

		if (!items) {
			fputs("sim: out of memory\n", stderr);
			exit(2);
		}
		ranges->items = items;
		ranges->capacity = capacity;
	}
	memmove(ranges->items + at + 1, ranges->items + at,
		(ranges->len - at) * sizeof(*ranges->items));
	ranges->items[at] = range;
	ranges->len++;
}

void ranges_add(struct ranges *ranges, uint64_t first, uint64_t end)
{
	size_t at = ranges_find(ranges, first), last = at;
	struct range *items = ranges->items;

	if (first >= end)
		return;
	while (last < ranges->len && items[last].first <= end)
		last++;
	if (last == at) {
		ranges_insert(ranges, at, (struct range){first, end});
		return;
	}
	items[at].first = items[at].first < first ? items[at].first : first;
	items[at].end = items[last - 1].end > end ? items[last - 1].end : end;
	memmove(items + at + 1, items + last, (ranges->len - last) * sizeof(*items));
	ranges->len -= last - at - 1;
}

void ranges_add_common(
	struct ranges *ranges, const struct ranges *others, uint64_t first, uint64_t end)
{
	for (size_t i = ranges_find(others, first); i < others->len && others->items[i].first < end;
		i++) {
		uint64_t from = others->items[i].first, upto = others->items[i].end;

		ranges_add(ranges, from > first ? from : first, upto < end ? upto : end);
	}
}

void ranges_clear(struct ranges *ranges)
{
	ranges->len = 0;
}

bool ranges_contain(const struct ranges *ranges, uint64_t first, uint64_t end)
{
	return first >= end || ranges_reach(ranges, first) >= end;
}

uint64_t ranges_reach(const struct ranges *ranges, uint64_t from)
{
	size_t at = ranges_find(ranges, from);

	if (at < ranges->len && ranges->items[at].first <= from)
		return ranges->items[at].end;
	return from;
}
