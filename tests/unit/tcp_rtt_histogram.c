/* SPDX-License-Identifier: BSD-3-Clause */

/* The histogram of round trips: bounds that each double, and every sample in the first bucket that
 * it is not too long for. */

#include "tcp/rtt_histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void bounds_double(void **state)
{
	(void)state;
	assert_true(EVTCP_RTT_BOUND_US(0) == 16);
	for (unsigned i = 1; i < EVTCP_RTT_BUCKETS - 1; i++)
		assert_true(EVTCP_RTT_BOUND_US(i) == 2 * EVTCP_RTT_BOUND_US(i - 1));
	assert_true(EVTCP_RTT_BOUND_US(EVTCP_RTT_BUCKETS - 2) == 16777216);
}

static void a_sample_is_in_the_first_bucket_that_it_is_not_too_long_for(void **state)
{
	(void)state;
	assert_int_equal(rtt_histogram_bucket(1), 0);
	for (unsigned i = 0; i < EVTCP_RTT_BUCKETS - 1; i++) {
		assert_int_equal(rtt_histogram_bucket(EVTCP_RTT_BOUND_US(i) - 1), i);
		assert_int_equal(rtt_histogram_bucket(EVTCP_RTT_BOUND_US(i)), i);
		assert_int_equal(rtt_histogram_bucket(EVTCP_RTT_BOUND_US(i) + 1), i + 1);
	}
	assert_int_equal(rtt_histogram_bucket(UINT64_MAX), EVTCP_RTT_BUCKETS - 1);
}

static void samples_are_counted_and_summed_up(void **state)
{
	struct evtcp_rtt_histogram histogram = {0};

	(void)state;
	rtt_histogram_add(&histogram, 1);
	rtt_histogram_add(&histogram, 16);
	rtt_histogram_add(&histogram, 40);
	assert_int_equal(histogram.counts[0], 2);
	assert_int_equal(histogram.counts[2], 1);
	assert_int_equal(histogram.sum_us, 57);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_double),
		cmocka_unit_test(a_sample_is_in_the_first_bucket_that_it_is_not_too_long_for),
		cmocka_unit_test(samples_are_counted_and_summed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
