/* SPDX-License-Identifier: BSD-3-Clause */

/* The heap of deadlines against a model: the smallest of an array. */

#include "http_rig.h"

#include "http/deadlines.h"

#include <stdlib.h>

#define N 300

/* A small generator of our own: the same on every system. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static uint64_t smallest(const struct http_deadline *entries, const int *queued)
{
	uint64_t at = UINT64_MAX;

	for (int i = 0; i < N; i++)
		if (queued[i] && entries[i].at_us < at)
			at = entries[i].at_us;
	return at;
}

static void the_first_is_the_earliest_after_every_change(void **state)
{
	struct http_deadline entries[N];
	int queued[N] = {0}, len = 0;
	struct http_deadlines deadlines;
	uint32_t seed = 1;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL, NULL);
	http_deadlines_init(&deadlines);
	for (int step = 0; step < 20000; step++) {
		uint32_t i = next_random(&seed) % N;
		uint64_t at_us = next_random(&seed) % 1000;

		if (!queued[i]) {
			entries[i].at_us = at_us;
			assert_int_equal(
				http_deadlines_add(&deadlines, &entries[i], &rig.world), 0);
			len++;
		} else if (next_random(&seed) % 2) {
			http_deadlines_move(&deadlines, &entries[i], at_us);
			continue;
		} else {
			http_deadlines_remove(&deadlines, &entries[i]);
			len--;
		}
		queued[i] = !queued[i];
		assert_int_equal(deadlines.len, len);
		if (len > 0)
			assert_int_equal(
				http_deadlines_first(&deadlines)->at_us, smallest(entries, queued));
		else
			assert_null(http_deadlines_first(&deadlines));
	}
	http_deadlines_free(&deadlines, &rig.world);
	assert_int_equal(rig.allocated, 0);
}

static void without_memory_nothing_is_queued(void **state)
{
	struct http_deadline entry = {.at_us = 1};
	struct http_deadlines deadlines;
	struct rig rig;

	(void)state;
	rig_init(&rig, NULL, NULL);
	rig.fail_at = 1;
	http_deadlines_init(&deadlines);
	assert_int_equal(http_deadlines_add(&deadlines, &entry, &rig.world), -1);
	assert_null(http_deadlines_first(&deadlines));
	http_deadlines_free(&deadlines, &rig.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_the_earliest_after_every_change),
		cmocka_unit_test(without_memory_nothing_is_queued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
