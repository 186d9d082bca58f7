/* SPDX-License-Identifier: BSD-3-Clause */

/* What has been seen of a stream, compared with an array of octets that says the same at length. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ladder/seen.h"

enum { NUMBERS = 400 };

static void gaps_are_filled_and_nothing_else_is_late(void **state)
{
	struct seen seen;
	struct seen_look look;

	(void)state;
	seen_init(&seen, evtcp_world_system());
	look = seen_look(&seen, 100, 200);
	assert_int_equal(look.new, 100);
	seen_add(&seen, 100, 200, 1000, false);
	look = seen_look(&seen, 300, 400);
	assert_int_equal(look.new, 100);
	assert_int_equal(look.before, 100);
	seen_add(&seen, 300, 400, 2000, false);
	look = seen_look(&seen, 250, 310);
	assert_int_equal(look.late, 50);
	assert_int_equal(look.again, 10);
	assert_int_equal(look.before, 0);
	look = seen_look(&seen, 50, 150);
	assert_int_equal(look.unknown, 50);
	assert_int_equal(look.again, 50);
	seen_free(&seen);
}

/* A link says at once what it loses, and delivers the others when their time has come. */
static void what_was_told_of_too_early_makes_no_one_late(void **state)
{
	struct seen seen;
	struct seen_look look;

	(void)state;
	seen_init(&seen, evtcp_world_system());
	seen_add(&seen, 0, 100, 1, false);
	seen_add(&seen, 500, 600, 2, true);
	look = seen_look(&seen, 100, 300);
	assert_int_equal(look.new, 200);
	assert_int_equal(look.late, 0);
	seen_add(&seen, 100, 300, 3, false);
	look = seen_look(&seen, 400, 600);
	assert_int_equal(look.new, 100);
	assert_int_equal(look.again, 100);
	assert_false(look.timed); /* of its first number nothing was seen */
	seen_free(&seen);
}

static void the_last_time_that_something_was_sent_is_known(void **state)
{
	struct seen seen;
	struct seen_look look;

	(void)state;
	seen_init(&seen, evtcp_world_system());
	seen_add(&seen, 0, 100, 1000, false);
	seen_add(&seen, 100, 200, 2000, false);
	seen_add(&seen, 0, 50, 3000, false);
	look = seen_look(&seen, 0, 10);
	assert_true(look.timed);
	assert_int_equal(look.last_at_us, 3000);
	look = seen_look(&seen, 60, 70);
	assert_int_equal(look.last_at_us, 1000);
	for (uint64_t i = 0; i < 3 * SEEN_MAX_SENT; i++) /* so much that the first are forgotten */
		seen_add(&seen, (int64_t)(200 + i), (int64_t)(201 + i), 4000 + i, false);
	look = seen_look(&seen, 0, 10);
	assert_int_equal(look.again, 10);
	assert_false(look.timed);
	assert_true(seen.n_sent <= SEEN_MAX_SENT);
	seen_free(&seen);
}

static void there_is_an_end_to_gaps_and_below_it_nothing_is_claimed(void **state)
{
	struct seen seen;
	struct seen_look look;

	(void)state;
	seen_init(&seen, evtcp_world_system());
	for (int64_t i = 0; i < 4 * SEEN_MAX_GAPS; i++)
		seen_add(&seen, 10 * i, 10 * i + 5, 1, false);
	assert_int_equal(seen.n_gaps, SEEN_MAX_GAPS);
	look = seen_look(&seen, 0, 5); /* was seen, but that is not known any more */
	assert_int_equal(look.unknown, 5);
	look = seen_look(&seen, seen.top - 10, seen.top);
	assert_int_equal(look.again + look.late, 10);
	seen_free(&seen);
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* Ranges at random, and at each step every number of the look. */
static void any_ranges_agree_with_a_plain_array(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 300; round++) {
		uint32_t random = round;
		bool passed[NUMBERS] = {false};
		int floor = 0, top = 0;
		struct seen seen;

		seen_init(&seen, evtcp_world_system());
		for (int step = 0; step < 60; step++) {
			int begin = (int)(next_random(&random) % (NUMBERS - 40));
			int end = begin + 1 + (int)(next_random(&random) % 39);
			struct seen_look look = seen_look(&seen, begin, end);
			uint64_t again = 0, late = 0, unknown = 0, new = 0;

			for (int i = begin; i < end; i++) {
				new += step == 0 || i >= top;
				unknown += step > 0 && i < floor;
				again += step > 0 && i >= floor && i < top && passed[i];
				late += step > 0 && i >= floor && i < top && !passed[i];
			}
			assert_int_equal(look.new, new);
			assert_int_equal(look.unknown, unknown);
			assert_int_equal(look.again, again);
			assert_int_equal(look.late, late);
			seen_add(&seen, begin, end, (uint64_t)step, false);
			memset(passed + begin, true, (size_t)(end - begin));
			floor = step == 0 ? begin : floor;
			top = step == 0 || end > top ? end : top;
		}
		seen_free(&seen);
	}
}

static void *realloc_never(void *arg, void *ptr, size_t size)
{
	(void)arg;
	(void)ptr;
	(void)size;
	return NULL;
}

/* It claims less then, and nothing that is wrong. */
static void without_memory_less_is_known(void **state)
{
	struct evtcp_world world = *evtcp_world_system();
	struct seen seen;
	struct seen_look look;

	(void)state;
	world.realloc = realloc_never;
	seen_init(&seen, &world);
	seen_add(&seen, 0, 100, 1, false);
	seen_add(&seen, 200, 300, 2, false);
	look = seen_look(&seen, 0, 300);
	assert_int_equal(look.unknown, 200);
	assert_int_equal(look.again, 100);
	assert_int_equal(look.late, 0);
	assert_false(look.timed);
	seen_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_filled_and_nothing_else_is_late),
		cmocka_unit_test(what_was_told_of_too_early_makes_no_one_late),
		cmocka_unit_test(the_last_time_that_something_was_sent_is_known),
		cmocka_unit_test(there_is_an_end_to_gaps_and_below_it_nothing_is_claimed),
		cmocka_unit_test(any_ranges_agree_with_a_plain_array),
		cmocka_unit_test(without_memory_less_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
