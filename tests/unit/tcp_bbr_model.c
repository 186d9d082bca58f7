/* SPDX-License-Identifier: BSD-3-Clause */

/* What BBR takes from acknowledgments (draft-cardwell-iccrg-bbr-congestion-control-00 4.1). */

#include "tcp/bbr_model.h"
#include "tcp/cc.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MS = 1000, CWND = 1 << 20 };

/* Bytes are delivered now, the newest of them sent when prior were; at a rate of delivered in
 * interval_us. */
static struct cc_delivery delivery(uint32_t delivered, uint32_t prior, uint32_t interval_us)
{
	return (struct cc_delivery){.rate = {.has_mark = true,
					    .prior_delivered = prior,
					    .delivered = delivered - prior,
					    .interval_us = interval_us},
		.delivered = delivered,
		.bytes = 1000,
		.mss = 1000};
}

/* 4.1.1.3 */
static void a_round_ends_with_what_was_sent_after_the_last(void **state)
{
	struct bbr_model model = {0};
	struct cc_delivery d = delivery(1000, 0, 40 * MS);

	(void)state;
	bbr_model_on_ack(&model, &d, CWND);
	assert_true(model.round_start);
	d = delivery(2000, 0, 41 * MS); /* sent before the round began */
	bbr_model_on_ack(&model, &d, CWND);
	assert_false(model.round_start);
	d = delivery(3000, 1000, 40 * MS);
	bbr_model_on_ack(&model, &d, CWND);
	assert_true(model.round_start);
	assert_int_equal(model.rounds, 2);
	d = delivery(4000, 2999, 40 * MS);
	bbr_model_on_ack(&model, &d, CWND);
	assert_false(model.round_start);
	bbr_model_begin_round(&model, UINT32_MAX - 10); /* amounts go round */
	d = delivery(5, UINT32_MAX - 11, 40 * MS);
	bbr_model_on_ack(&model, &d, CWND);
	assert_false(model.round_start);
	d = delivery(1005, 5, 40 * MS);
	bbr_model_on_ack(&model, &d, CWND);
	assert_true(model.round_start);
}

/* 4.1.1.4 */
static void a_limited_sample_counts_only_if_it_is_larger(void **state)
{
	struct bbr_model model = {0};
	struct cc_delivery d = delivery(16000, 0, 10 * MS);

	(void)state;
	bbr_model_on_ack(&model, &d, CWND);
	assert_int_equal(bbr_model_bw(&model), 1600000);
	for (uint32_t i = 0; i < 20; i++) {
		d = delivery(32000 + 1000 * i, 31000 + 1000 * i, 10 * MS);
		d.rate.app_limited = true;
		bbr_model_on_ack(&model, &d, CWND);
	}
	assert_int_equal(bbr_model_bw(&model), 1600000);
	d = delivery(100000, 68000, 10 * MS);
	d.rate.app_limited = true;
	bbr_model_on_ack(&model, &d, CWND);
	assert_int_equal(bbr_model_bw(&model), 3200000);
	/* 4.1.1.2: ten rounds later it is forgotten. */
	for (uint32_t i = 0; i < 11; i++) {
		assert_int_equal(bbr_model_bw(&model), 3200000);
		d = delivery(116000 + 16000 * i, 100000 + 16000 * i, 10 * MS);
		bbr_model_on_ack(&model, &d, CWND);
	}
	assert_int_equal(bbr_model_bw(&model), 1600000);
}

static void what_is_no_sample_changes_no_bandwidth(void **state)
{
	struct bbr_model model = {0};
	struct cc_delivery d = delivery(16000, 0, 10 * MS);

	(void)state;
	bbr_model_on_ack(&model, &d, CWND);
	d = delivery(99000, 16000, 0);
	bbr_model_on_ack(&model, &d, CWND);
	assert_int_equal(bbr_model_bw(&model), 1600000);
	d = delivery(UINT32_MAX / 2, 99000, 1); /* beyond what 32 bits hold of it */
	bbr_model_on_ack(&model, &d, CWND);
	assert_int_equal(bbr_model_bw(&model), UINT64_C(16) * UINT32_MAX);
}

/* 4.1.2.3 */
static void the_shortest_round_trip_is_kept_for_ten_seconds(void **state)
{
	struct bbr_model model = {0};
	struct cc_delivery d = {.now = 5000 * MS, .rtt_us = 0};

	(void)state;
	assert_false(bbr_model_take_rtt(&model, &d));
	assert_int_equal(model.min_rtt_us, 0);
	d.rtt_us = 40 * MS;
	assert_false(bbr_model_take_rtt(&model, &d));
	d = (struct cc_delivery){.now = 15000 * MS, .rtt_us = 41 * MS};
	assert_false(bbr_model_take_rtt(&model, &d));
	assert_int_equal(model.min_rtt_us, 40 * MS);
	d = (struct cc_delivery){.now = 15000 * MS, .rtt_us = 40 * MS};
	assert_false(bbr_model_take_rtt(&model, &d)); /* met again: it is as good as new */
	d = (struct cc_delivery){.now = 25000 * MS, .rtt_us = 60 * MS};
	assert_false(bbr_model_take_rtt(&model, &d));
	d.now += 1 * MS;
	assert_true(bbr_model_take_rtt(&model, &d));
	assert_int_equal(model.min_rtt_us, 60 * MS);
}

static void the_product_has_its_bounds(void **state)
{
	struct bbr_model model = {.min_rtt_us = 40 * MS};

	(void)state;
	assert_int_equal(bbr_model_bdp(&model, BBR_UNIT), 0); /* nothing is known */
	max_filter_reset(&model.bw, 1000000 / 16, 0);
	assert_int_equal(bbr_model_bdp(&model, BBR_UNIT), 40000);
	assert_int_equal(bbr_model_bdp(&model, 2 * BBR_UNIT), 80000);
	max_filter_reset(&model.bw, UINT32_MAX, 0);
	model.min_rtt_us = UINT32_MAX;
	assert_int_equal(bbr_model_bdp(&model, 3 * BBR_UNIT), 1 << 30);
}

/* -02 4.5.5: 10 kB come at once, each 10 ms, where the path carries a byte a microsecond. */
static void what_comes_at_once_may_be_ahead(void **state)
{
	struct bbr_model model = {.min_rtt_us = 40 * MS};
	struct cc_delivery d = {.bytes = 10000};

	(void)state;
	max_filter_reset(&model.bw, 1000000 / 16, 0);
	for (uint64_t ms = 10; ms <= 200; ms += 10) {
		d.now = ms * MS;
		bbr_model_on_ack(&model, &d, CWND);
	}
	assert_int_equal(bbr_model_extra(&model), 10000);
	d.bytes = 500000; /* more than a tenth of a second can hold back */
	d.now += 10 * MS;
	bbr_model_on_ack(&model, &d, CWND);
	assert_int_equal(bbr_model_extra(&model), 100000);
	/* Two windows of five rounds later it is forgotten. */
	for (uint32_t i = 0; i < 10; i++) {
		d = delivery(1000 * (i + 1), 1000 * i, 0);
		d.now = (1200 + i * 40) * MS;
		bbr_model_on_ack(&model, &d, CWND);
	}
	assert_int_equal(bbr_model_extra(&model), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_ends_with_what_was_sent_after_the_last),
		cmocka_unit_test(a_limited_sample_counts_only_if_it_is_larger),
		cmocka_unit_test(what_is_no_sample_changes_no_bandwidth),
		cmocka_unit_test(the_shortest_round_trip_is_kept_for_ten_seconds),
		cmocka_unit_test(the_product_has_its_bounds),
		cmocka_unit_test(what_comes_at_once_may_be_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
