/* SPDX-License-Identifier: BSD-3-Clause */

/* The windowed maximum, by hand and against all values of the window. */

#include "util/max_filter.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { WINDOW = 10 };

static void the_largest_is_kept_for_a_window(void **state)
{
	struct max_filter filter = {0};

	(void)state;
	max_filter_add(&filter, WINDOW, 100, 1);
	for (uint32_t at = 2; at <= 11; at++) {
		max_filter_add(&filter, WINDOW, 50, at);
		assert_int_equal(max_filter_get(&filter), 100);
	}
	max_filter_add(&filter, WINDOW, 50, 12);
	assert_int_equal(max_filter_get(&filter), 50);
}

static void a_larger_one_is_believed_at_once(void **state)
{
	struct max_filter filter = {0};

	(void)state;
	max_filter_add(&filter, WINDOW, 100, 1);
	max_filter_add(&filter, WINDOW, 101, 2);
	assert_int_equal(max_filter_get(&filter), 101);
	max_filter_add(&filter, WINDOW, 40, 12);
	assert_int_equal(max_filter_get(&filter), 101);
	max_filter_add(&filter, WINDOW, 40, 13);
	assert_int_equal(max_filter_get(&filter), 40);
}

/* It falls step by step, as what was best leaves. */
static void the_next_best_takes_its_place(void **state)
{
	struct max_filter filter = {0};

	(void)state;
	max_filter_add(&filter, WINDOW, 100, 1);
	max_filter_add(&filter, WINDOW, 80, 4);
	max_filter_add(&filter, WINDOW, 60, 8);
	max_filter_add(&filter, WINDOW, 10, 12);
	assert_int_equal(max_filter_get(&filter), 80);
	max_filter_add(&filter, WINDOW, 10, 15);
	assert_int_equal(max_filter_get(&filter), 60);
	max_filter_add(&filter, WINDOW, 10, 19);
	assert_int_equal(max_filter_get(&filter), 10);
}

static void after_a_silence_only_what_is_new_counts(void **state)
{
	struct max_filter filter = {0};

	(void)state;
	max_filter_add(&filter, WINDOW, 100, 1);
	max_filter_add(&filter, WINDOW, 7, 500);
	assert_int_equal(max_filter_get(&filter), 7);
}

static void time_goes_round(void **state)
{
	struct max_filter filter;

	(void)state;
	max_filter_reset(&filter, 5, UINT32_MAX - 3);
	max_filter_add(&filter, WINDOW, 100, UINT32_MAX);
	max_filter_add(&filter, WINDOW, 50, 9);
	assert_int_equal(max_filter_get(&filter), 100);
	max_filter_add(&filter, WINDOW, 50, 10);
	assert_int_equal(max_filter_get(&filter), 50);
}

/* Never above what the window holds, and never below the largest of its last quarter. */
static void random_values_keep_within_bounds(void **state)
{
	static uint32_t values[20000];
	struct max_filter filter = {0};
	uint64_t seed = 1;

	(void)state;
	for (uint32_t at = 0; at < 20000; at++) {
		uint32_t most = 0, late = 0;

		values[at] = (uint32_t)(test_random(&seed) >> 40) % 1000;
		max_filter_add(&filter, WINDOW, values[at], at);
		for (uint32_t i = at < WINDOW ? 0 : at - WINDOW; i <= at; i++) {
			most = values[i] > most ? values[i] : most;
			if (at - i <= WINDOW / 4 && values[i] > late)
				late = values[i];
		}
		assert_in_range(max_filter_get(&filter), late, most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_is_kept_for_a_window),
		cmocka_unit_test(a_larger_one_is_believed_at_once),
		cmocka_unit_test(the_next_best_takes_its_place),
		cmocka_unit_test(after_a_silence_only_what_is_new_counts),
		cmocka_unit_test(time_goes_round),
		cmocka_unit_test(random_values_keep_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
