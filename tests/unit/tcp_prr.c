/* SPDX-License-Identifier: BSD-3-Clause */

/* Proportional rate reduction (RFC 9937 6.1, 6.2 rules 1 to 5, 6.3), by its arithmetic alone. */

#include "tcp/prr.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, FLIGHT = 20 * MSS };

/* A recovery in which the first of 20 segments was lost and all others arrive one by one;
 * ssthresh as given. Returns what was sent during the round trip. */
static uint32_t one_loss(uint32_t ssthresh)
{
	struct prr prr;
	uint32_t in_flight = FLIGHT, sent = 0;

	prr_enter(&prr, FLIGHT);
	for (int i = 1; i < 20; i++) {
		in_flight -= i == 1 ? 2 * MSS : MSS; /* the first goes with the lost one */
		struct prr_ack ack = {MSS, in_flight, ssthresh, MSS, .safe = false};
		uint32_t cwnd = prr_on_ack(&prr, &ack);
		while (in_flight + MSS <= cwnd) {
			prr_sent(&prr, MSS);
			in_flight += MSS;
			sent += MSS;
		}
	}
	assert_int_equal(in_flight, ssthresh);
	return sent;
}

static void one_goes_for_two_when_the_window_halves(void **state)
{
	(void)state;
	assert_int_equal(one_loss(FLIGHT / 2), FLIGHT / 2);
}

static void seven_go_for_ten_when_it_shrinks_by_less(void **state)
{
	(void)state;
	assert_int_equal(one_loss(FLIGHT * 7 / 10), FLIGHT * 7 / 10);
}

static void the_fast_retransmit_always_leaves(void **state)
{
	struct prr prr;
	struct prr_ack ack = {0, FLIGHT, MSS, MSS, .safe = false};

	(void)state;
	prr_enter(&prr, FLIGHT);
	assert_int_equal(prr_on_ack(&prr, &ack), FLIGHT + MSS);
	prr_sent(&prr, MSS);
	assert_int_equal(prr_on_ack(&prr, &ack), FLIGHT);
}

static void below_the_threshold_it_fills_up_faster_when_that_is_safe(void **state)
{
	struct prr prr;
	struct prr_ack ack = {MSS, 2 * MSS, 10 * MSS, MSS, .safe = false};

	(void)state;
	prr_enter(&prr, FLIGHT);
	assert_int_equal(prr_on_ack(&prr, &ack), 3 * MSS);
	prr_sent(&prr, MSS);
	ack.safe = true;
	assert_int_equal(prr_on_ack(&prr, &ack), 4 * MSS);
	ack.in_flight = 10 * MSS; /* and never beyond it */
	assert_int_equal(prr_on_ack(&prr, &ack), 10 * MSS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_goes_for_two_when_the_window_halves),
		cmocka_unit_test(seven_go_for_ten_when_it_shrinks_by_less),
		cmocka_unit_test(the_fast_retransmit_always_leaves),
		cmocka_unit_test(below_the_threshold_it_fills_up_faster_when_that_is_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
