/* SPDX-License-Identifier: BSD-3-Clause */

/* Numbers that a seed decides. */

#include "rng.h"

#include "stream.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

static void equal_seeds_give_equal_numbers_and_labels_part_them(void **state)
{
	struct rng a, b, other;
	int same = 0;

	(void)state;
	rng_init(&a, 7, 1);
	rng_init(&b, 7, 1);
	rng_init(&other, 7, 2);
	for (int i = 0; i < 1000; i++) {
		uint64_t number = rng_next(&a);

		assert_true(number == rng_next(&b));
		same += number == rng_next(&other);
	}
	assert_int_equal(same, 0);
}

static void a_range_reaches_both_its_ends_and_no_further(void **state)
{
	struct rng rng;
	int seen[3] = {0};

	(void)state;
	rng_init(&rng, 1, 1);
	for (int i = 0; i < 3000; i++) {
		uint64_t n = rng_range(&rng, 5, 7);

		assert_in_range(n, 5, 7);
		seen[n - 5]++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(seen[i], 850, 1150);
	assert_true(rng_range(&rng, 9, 9) == 9);
}

static void a_log_range_favours_no_magnitude(void **state)
{
	struct rng rng;
	int small = 0;

	(void)state;
	rng_init(&rng, 1, 1);
	for (int i = 0; i < 10000; i++) {
		uint64_t n = rng_log_range(&rng, 1, (1 << 20) - 1);

		assert_in_range(n, 1, (1 << 20) - 1);
		small += n < 1024;
	}
	assert_in_range(small, 4700, 5300);
}

static void a_chance_happens_as_often_as_it_says(void **state)
{
	struct rng rng;
	int hits = 0;

	(void)state;
	rng_init(&rng, 3, 1);
	for (int i = 0; i < 100000; i++)
		hits += rng_chance(&rng, 30000);
	assert_in_range(hits, 2800, 3200);
	assert_false(rng_chance(&rng, 0));
	assert_true(rng_chance(&rng, 1000000));
}

static void a_stream_is_told_the_same_in_any_pieces(void **state)
{
	uint8_t whole[100], piece[10];

	(void)state;
	stream_fill(5, 1000, whole, sizeof(whole));
	for (size_t at = 0; at < 90; at += 3) {
		stream_fill(5, 1000 + at, piece, sizeof(piece));
		assert_memory_equal(piece, whole + at, sizeof(piece));
	}
	assert_int_equal(stream_match(5, 1000, whole, sizeof(whole)), sizeof(whole));
	assert_true(stream_match(5, 1001, whole, sizeof(whole)) < 5);
	assert_true(stream_match(6, 1000, whole, sizeof(whole)) < 5);
	whole[42] ^= 1;
	assert_int_equal(stream_match(5, 1000, whole, sizeof(whole)), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_seeds_give_equal_numbers_and_labels_part_them),
		cmocka_unit_test(a_range_reaches_both_its_ends_and_no_further),
		cmocka_unit_test(a_log_range_favours_no_magnitude),
		cmocka_unit_test(a_chance_happens_as_often_as_it_says),
		cmocka_unit_test(a_stream_is_told_the_same_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
