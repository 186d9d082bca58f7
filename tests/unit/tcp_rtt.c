/* SPDX-License-Identifier: BSD-3-Clause */

/* RTO by RFC 6298, and its edges (ATTACKS T26). */

#include "tcp/rtt.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

static const struct rtt_bounds bounds = {200000, 120000000, 1000000};

static void before_the_first_sample_it_is_one_second(void **state)
{
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds); /* RFC 6298 2.1 */
	assert_int_equal(rtt.rto_us, 1000000);
	assert_int_equal(rtt.srtt_us, 0);
}

static void the_first_sample_gives_three_times_itself(void **state)
{
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds);
	rtt_sample(&rtt, 100000, &bounds); /* 2.2: R + 4 * R/2 */
	assert_int_equal(rtt.srtt_us, 100000);
	assert_int_equal(rtt.rttvar_us, 50000);
	assert_int_equal(rtt.rto_us, 300000);
}

static void later_samples_are_smoothed(void **state)
{
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds);
	rtt_sample(&rtt, 100000, &bounds);
	rtt_sample(&rtt, 200000, &bounds); /* 2.3 */
	assert_int_equal(rtt.rttvar_us, (3 * 50000 + 100000) / 4);
	assert_int_equal(rtt.srtt_us, (7 * 100000 + 200000) / 8);
}

/* RFC 6298 4 */
static void without_variation_the_grain_of_the_clock_is_added(void **state)
{
	const struct rtt_bounds loose = {1, 120000000, 1000000};
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &loose);
	for (int n = 0; n < 100; n++)
		rtt_sample(&rtt, 1000, &loose);
	assert_int_equal(rtt.rttvar_us, 0);
	assert_int_equal(rtt.rto_us, 1001);
}

static void it_stays_within_its_bounds(void **state)
{
	struct rtt rtt;
	uint64_t samples[] = {0, 1, 1000000, UINT32_MAX, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		rtt_init(&rtt, &bounds);
		for (int n = 0; n < 100; n++) {
			rtt_sample(&rtt, samples[i], &bounds);
			assert_in_range(rtt.rto_us, bounds.min_us, bounds.max_us);
			assert_int_not_equal(rtt.srtt_us, 0);
		}
	}
}

static void backing_off_doubles_up_to_the_bound(void **state)
{
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds);
	assert_int_equal(rtt_backed_off(&rtt, 0, &bounds), 1000000);
	assert_int_equal(rtt_backed_off(&rtt, 3, &bounds), 8000000);
	assert_int_equal(rtt_backed_off(&rtt, 7, &bounds), 120000000);
	assert_int_equal(rtt_backed_off(&rtt, 255, &bounds), 120000000);
}

/* RFC 8985 6.2 step 1 */
static void the_shortest_is_forgotten_after_some_minutes(void **state)
{
	const uint64_t minute_us = 60000000;
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds);
	assert_int_equal(rtt_min(&rtt), 0);
	rtt_note_min(&rtt, 5000, 1);
	rtt_note_min(&rtt, 9000, minute_us);
	assert_int_equal(rtt_min(&rtt), 5000);
	rtt_note_min(&rtt, 8000, 6 * minute_us); /* the path is longer now */
	assert_int_equal(rtt_min(&rtt), 5000);
	rtt_note_min(&rtt, 9000, 12 * minute_us);
	assert_int_equal(rtt_min(&rtt), 8000);
}

/* RFC 4015 3.1 (11) */
static void after_a_spurious_timeout_the_rto_covers_the_delay(void **state)
{
	struct rtt rtt;

	(void)state;
	rtt_init(&rtt, &bounds);
	rtt_sample(&rtt, 100000, &bounds);
	rtt_timeout_was_spurious(&rtt, 1000000, &bounds);
	assert_int_equal(rtt_backed_off(&rtt, 0, &bounds), 3000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_sample_it_is_one_second),
		cmocka_unit_test(the_first_sample_gives_three_times_itself),
		cmocka_unit_test(later_samples_are_smoothed),
		cmocka_unit_test(without_variation_the_grain_of_the_clock_is_added),
		cmocka_unit_test(it_stays_within_its_bounds),
		cmocka_unit_test(backing_off_doubles_up_to_the_bound),
		cmocka_unit_test(the_shortest_is_forgotten_after_some_minutes),
		cmocka_unit_test(after_a_spurious_timeout_the_rto_covers_the_delay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
