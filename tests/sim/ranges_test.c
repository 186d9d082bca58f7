/* SPDX-License-Identifier: BSD-3-Clause */

/* Sets of positions, against an array of flags. */

#include "ranges.h"

#include "rng.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { POSITIONS = 64 };

static uint64_t model_reach(const bool *model, uint64_t from)
{
	while (from < POSITIONS && model[from])
		from++;
	return from;
}

static void check_against(const struct ranges *ranges, const bool *model)
{
	for (size_t i = 0; i < ranges->len; i++) {
		assert_true(ranges->items[i].first < ranges->items[i].end);
		assert_true(i == 0 || ranges->items[i - 1].end < ranges->items[i].first);
	}
	for (uint64_t i = 0; i < POSITIONS; i++) {
		assert_true(ranges_reach(ranges, i) == model_reach(model, i));
		for (uint64_t j = i; j < POSITIONS; j++)
			assert_true(ranges_contain(ranges, i, j) == (model_reach(model, i) >= j));
	}
}

static void ranges_are_what_an_array_of_flags_says(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 1);
	for (int round = 0; round < 300; round++) {
		struct ranges ranges = {0};
		bool model[POSITIONS] = {false};

		for (int i = 0; i < 12; i++) {
			uint64_t first = rng_range(&rng, 0, POSITIONS - 1);
			uint64_t end = rng_range(&rng, first, POSITIONS - 1);

			ranges_add(&ranges, first, end);
			memset(model + first, true, end - first);
			check_against(&ranges, model);
		}
		ranges_free(&ranges);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_what_an_array_of_flags_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
