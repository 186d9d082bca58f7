/* SPDX-License-Identifier: BSD-3-Clause */

/* What is left of a congestion window after an idle time (RFC 2861 3.1 rules 1 and 2). */

#include "tcp/cwv.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, RTO = 200000 };

static void after(uint64_t idle_us, uint32_t cwnd, uint32_t ssthresh)
{
	struct cc cc = {.cwnd = 100 * MSS, .ssthresh = 50 * MSS};

	cwv_on_idle(&cc, idle_us, RTO, MSS);
	assert_int_equal(cc.cwnd, cwnd);
	assert_int_equal(cc.ssthresh, ssthresh);
}

static void each_rto_halves_down_to_the_initial_window(void **state)
{
	(void)state;
	after(RTO, 100 * MSS, 75 * MSS);
	after(RTO + 1, 50 * MSS, 75 * MSS);
	after(2 * RTO + 1, 25 * MSS, 75 * MSS);
	after(4 * RTO + 1, 10 * MSS, 75 * MSS);
	after(UINT64_MAX, 10 * MSS, 75 * MSS);
}

static void a_small_window_stays(void **state)
{
	struct cc cc = {.cwnd = 4 * MSS, .ssthresh = 2 * MSS};

	(void)state;
	cwv_on_idle(&cc, 10 * RTO, RTO, MSS);
	assert_int_equal(cc.cwnd, 4 * MSS);
	assert_int_equal(cc.ssthresh, 2 * MSS);
}

static void a_threshold_that_nothing_has_set_stays_unset(void **state)
{
	struct cc cc = {.cwnd = 40 * MSS, .ssthresh = UINT32_MAX};

	(void)state;
	cwv_on_idle(&cc, 2 * RTO, RTO, MSS);
	assert_int_equal(cc.cwnd, 20 * MSS);
	assert_int_equal(cc.ssthresh, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rto_halves_down_to_the_initial_window),
		cmocka_unit_test(a_small_window_stays),
		cmocka_unit_test(a_threshold_that_nothing_has_set_stays_unset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
