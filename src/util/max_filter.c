/* SPDX-License-Identifier: BSD-3-Clause */
/* A windowed maximum. In: values with their times; out: the largest of late. */

#include "util/max_filter.h"

/* The entries from first on are this one. */
static void max_filter_fill(
	struct max_filter *filter, unsigned first, const struct max_filter_entry *entry)
{
	for (unsigned i = first; i < 3; i++)
		filter->best[i] = *entry;
}

void max_filter_reset(struct max_filter *filter, uint32_t value, uint32_t now)
{
	max_filter_fill(filter, 0, &(struct max_filter_entry){value, now});
}

/* What is too old gives way; what would have no successor in time gets the latest. */
static void max_filter_age(
	struct max_filter *filter, uint32_t window, const struct max_filter_entry *latest)
{
	struct max_filter_entry *best = filter->best;

	while (latest->at - best[0].at > window) {
		best[0] = best[1];
		best[1] = best[2];
		best[2] = *latest;
	}
	uint32_t age = latest->at - best[0].at;
	if (best[1].at == best[0].at && age > window / 4)
		max_filter_fill(filter, 1, latest);
	else if (best[2].at == best[1].at && age > window / 2)
		best[2] = *latest;
}

void max_filter_add(struct max_filter *filter, uint32_t window, uint32_t value, uint32_t now)
{
	struct max_filter_entry latest = {value, now};
	unsigned rank = 0;

	if (now - filter->best[2].at <= window) {
		while (rank < 3 && value < filter->best[rank].value)
			rank++;
	}
	max_filter_fill(filter, rank, &latest);
	max_filter_age(filter, window, &latest);
}
