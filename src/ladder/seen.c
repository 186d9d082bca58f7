/* SPDX-License-Identifier: BSD-3-Clause */

/* What has been seen of a stream of numbers: all between floor and top, but for the gaps. Input:
 * ranges, in the order in which they pass. Output: how much of a range is new, late, or comes
 * again.
 *
 * A capture may begin in the middle and may lack packets. So what is below the first number that
 * was seen is unknown, and a gap that is filled was late or sent again: nobody can tell. */

#include "ladder/seen.h"

#include "util/memory.h"

#include <string.h>

void seen_init(struct seen *seen, const struct evtcp_world *world)
{
	*seen = (struct seen){.world = world};
}

void seen_free(struct seen *seen)
{
	memory_free(seen->world, seen->gaps);
	memory_free(seen->world, seen->sent);
	*seen = (struct seen){.world = seen->world};
}

/* Of [begin, end), how many numbers are in [from, to). */
static uint64_t seen_overlap(int64_t begin, int64_t end, int64_t from, int64_t to)
{
	int64_t low = begin > from ? begin : from, high = end < to ? end : to;

	return high > low ? (uint64_t)(high - low) : 0;
}

static void seen_find_time(const struct seen *seen, int64_t begin, struct seen_look *look)
{
	for (unsigned i = seen->n_sent; i-- > 0 && !look->timed;) {
		const struct seen_sent *sent = &seen->sent[i];

		look->timed = sent->begin <= begin && begin < sent->end;
		look->last_at_us = sent->at_us;
	}
}

struct seen_look seen_look(const struct seen *seen, int64_t begin, int64_t end)
{
	struct seen_look look = {0};

	if (!seen->any) {
		look.new = (uint64_t)(end - begin);
		return look;
	}
	look.unknown = seen_overlap(begin, end, INT64_MIN, seen->floor);
	look.new = seen_overlap(begin, end, seen->top, INT64_MAX);
	for (unsigned i = 0; i < seen->n_gaps; i++)
		*(seen->gaps[i].early ? &look.new : &look.late) +=
			seen_overlap(begin, end, seen->gaps[i].begin, seen->gaps[i].end);
	look.again = (uint64_t)(end - begin) - look.unknown - look.new - look.late;
	if (begin > seen->top)
		look.before = (uint64_t)(begin - seen->top);
	if (look.again > 0)
		seen_find_time(seen, begin, &look);
	return look;
}

/* ---- gaps --------------------------------------------------------------- */

static void seen_remove_gap(struct seen *seen, unsigned i)
{
	memmove(seen->gaps + i, seen->gaps + i + 1, (--seen->n_gaps - i) * sizeof(*seen->gaps));
}

/* Room for one more gap, if need be in the place of the lowest; false if there is none at all. */
static bool seen_make_room(struct seen *seen)
{
	unsigned size = seen->size_gaps ? 2 * seen->size_gaps : 4;
	struct seen_gap *gaps = NULL;

	if (seen->n_gaps < seen->size_gaps)
		return true;
	if (size <= SEEN_MAX_GAPS)
		gaps = memory_realloc(seen->world, seen->gaps, size * sizeof(*gaps));
	if (gaps) {
		seen->gaps = gaps;
		seen->size_gaps = size;
		return true;
	}
	if (seen->n_gaps == 0)
		return false;
	seen->floor = seen->gaps[0].end;
	seen_remove_gap(seen, 0);
	return true;
}

static void seen_insert_gap(struct seen *seen, int64_t begin, int64_t end, bool early)
{
	unsigned i;

	if (!seen_make_room(seen)) {
		seen->floor = end; /* what is below is not known any more */
		return;
	}
	if (end <= seen->floor)
		return;
	for (i = seen->n_gaps; i > 0 && seen->gaps[i - 1].begin > begin; i--)
		seen->gaps[i] = seen->gaps[i - 1];
	seen->gaps[i] = (struct seen_gap){begin, end, early};
	seen->n_gaps++;
}

/* Takes [begin, end) out of the gaps. */
static void seen_fill(struct seen *seen, int64_t begin, int64_t end)
{
	for (unsigned i = 0; i < seen->n_gaps;) {
		struct seen_gap gap = seen->gaps[i];

		if (seen_overlap(begin, end, gap.begin, gap.end) == 0) {
			i++;
			continue;
		}
		seen_remove_gap(seen, i);
		if (gap.begin < begin)
			seen_insert_gap(seen, gap.begin, begin, gap.early);
		if (end < gap.end)
			seen_insert_gap(seen, end, gap.end, gap.early);
		i = 0;
	}
}

/* ---- times ---------------------------------------------------------------- */

static void seen_remember(struct seen *seen, const struct seen_sent *sent)
{
	unsigned size = seen->size_sent ? 2 * seen->size_sent : 16;
	struct seen_sent *larger = NULL;

	if (seen->n_sent == seen->size_sent) {
		if (size <= SEEN_MAX_SENT)
			larger = memory_realloc(seen->world, seen->sent, size * sizeof(*larger));
		if (larger) {
			seen->sent = larger;
			seen->size_sent = size;
		} else if (seen->n_sent == 0) {
			return;
		} else { /* the older half gives way */
			seen->n_sent -= seen->size_sent / 2;
			memmove(seen->sent, seen->sent + seen->size_sent / 2,
				seen->n_sent * sizeof(*seen->sent));
		}
	}
	seen->sent[seen->n_sent++] = *sent;
}

void seen_add(struct seen *seen, int64_t begin, int64_t end, uint64_t at_us, bool early)
{
	struct seen_sent sent = {begin, end, at_us};

	if (!seen->any) {
		seen->any = true;
		seen->floor = seen->top = begin;
	}
	if (begin > seen->top)
		seen_insert_gap(seen, seen->top, begin, early);
	seen_fill(seen, begin, end);
	if (end > seen->top)
		seen->top = end;
	seen_remember(seen, &sent);
}
