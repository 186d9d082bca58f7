/* SPDX-License-Identifier: BSD-3-Clause */

/* CUBIC as an algorithm (RFC 9438): what its window does over seconds, acknowledgment by
 * acknowledgment, against what the RFC's formulas say. */

#include "tcp/cc.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, MS = 1000 };

/* A path without queue, and a sender that always fills its window. */
struct path {
	struct cc cc;
	uint64_t now;
	uint32_t rtt_us, snd_una;
};

static void path_init(struct path *path, uint32_t rtt_us)
{
	*path = (struct path){.rtt_us = rtt_us, .now = 1000000};
	path->cc.ops = &cc_cubic;
	cc_cubic.init(&path->cc, MSS);
}

static void acknowledge(struct path *path, uint32_t bytes, bool limited)
{
	path->snd_una += bytes;
	struct cc_ack ack = {.now = path->now,
		.acked = bytes,
		.mss = MSS,
		.rtt_us = path->rtt_us,
		.min_rtt_us = path->rtt_us,
		.srtt_us = path->rtt_us,
		.snd_una = path->snd_una,
		.snd_nxt = path->snd_una + path->cc.cwnd,
		.limited = limited};
	cc_cubic.on_ack(&path->cc, &ack);
}

/* For so long each segment of the window is acknowledged once in a round trip, evenly. */
static void pass(struct path *path, uint32_t ms, bool limited)
{
	uint64_t end = path->now + (uint64_t)ms * MS;

	while (path->now < end) {
		acknowledge(path, MSS, limited);
		path->now += path->rtt_us / (path->cc.cwnd / MSS);
	}
}

/* A loss is repaired by fast recovery: the window is ssthresh in the end. */
static void lose(struct path *path)
{
	cc_cubic.on_congestion(&path->cc, path->cc.cwnd, MSS, CC_LOSS);
	path->cc.cwnd = path->cc.ssthresh;
}

/* In congestion avoidance after a loss at so many segments. */
static void path_after_loss_at(struct path *path, uint32_t rtt_us, uint32_t segments)
{
	path_init(path, rtt_us);
	path->cc.cwnd = segments * MSS;
	lose(path);
}

static void near(uint32_t window, double segments, double by)
{
	double off = (double)window / MSS - segments;

	if (off < -by || off > by)
		fail_msg("%.1f segments, not %.1f", (double)window / MSS, segments);
}

/* RFC 9438 4.2 rule 1, 4.4, 4.5. W_max 1000, cwnd 700: K is 9.0856 s. The window is what the curve
 * is one round trip ahead, and is a round trip late: so W_cubic(t), to one segment. */
static void the_window_follows_the_curve_for_twenty_seconds(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 100 * MS, 1000);
	assert_int_equal(path.cc.cwnd, 700 * MSS);
	for (int s = 1; s <= 20; s++) {
		pass(&path, 1000, true);
		double t = s - 9.0856;
		near(path.cc.cwnd, 1000 + 0.4 * t * t * t, 2);
	}
}

/* RFC 9438 4.3 rules 1 to 3: alpha is 9/17, and 1 above cwnd_prior. At 10 ms the curve is far
 * below. */
static void where_reno_is_faster_it_is_as_fast_as_reno(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 10 * MS, 100);
	pass(&path, 500, true); /* 50 round trips */
	near(path.cc.cwnd, 70 + 50 * 9. / 17, 2);
	pass(&path, 67, true); /* 56.7 in all lead to cwnd_prior */
	near(path.cc.cwnd, 100, 2);
	pass(&path, 200, true);
	near(path.cc.cwnd, 120, 2);
}

/* RFC 9438 4.6 rule 1, 4.7: beta is 0.7; who had not come back to W_max gives room. */
static void a_loss_below_w_max_releases_bandwidth(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 100 * MS, 1000);
	assert_int_equal(path.cc.cubic.w_max, 1000 * MSS);
	lose(&path);
	assert_int_equal(path.cc.cubic.w_max, 595 * MSS); /* 700 * 0.85 */
	assert_int_equal(path.cc.cwnd, 490 * MSS);
	path.cc.cwnd = 600 * MSS;
	lose(&path);
	assert_int_equal(path.cc.cubic.w_max, 600 * MSS);
}

/* RFC 9438 4.6 rule 2 */
static void no_reduction_goes_below_two_segments(void **state)
{
	struct path path;

	(void)state;
	path_init(&path, 100 * MS);
	cc_cubic.on_congestion(&path.cc, MSS, MSS, CC_LOSS);
	assert_int_equal(path.cc.ssthresh, 2 * MSS);
	cc_cubic.on_rto(&path.cc, MSS, MSS, false);
	assert_int_equal(path.cc.ssthresh, 2 * MSS);
	assert_int_equal(path.cc.cwnd, MSS);
}

/* RFC 9438 4.8: ssthresh by beta; then K is 0 and W_max the window of that moment. */
static void after_a_timeout_the_curve_begins_on_its_plateau(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 100 * MS, 1000);
	cc_cubic.on_rto(&path.cc, 700 * MSS, MSS, false);
	assert_int_equal(path.cc.ssthresh, 490 * MSS);
	cc_cubic.on_rto(&path.cc, MSS, MSS, true);
	assert_int_equal(path.cc.ssthresh, 490 * MSS);
	while (path.cc.cwnd < path.cc.ssthresh) /* RFC 3465 2.3 rule 3 */
		acknowledge(&path, 10 * MSS, true);
	assert_int_equal(path.cc.cwnd, 490 * MSS);
	pass(&path, 10000, true);
	assert_int_equal(path.cc.cubic.k_ms, 0);
	near(path.cc.cwnd, 490 + 0.4 * 1000, 2);
}

/* RFC 9438 4.2 rule 3, 5.8: t stands still while the window is not used, and in idle times. */
static void time_in_which_the_window_is_not_used_does_not_count(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 100 * MS, 1000);
	pass(&path, 5000, true);
	uint32_t before = path.cc.cwnd;
	pass(&path, 60000, false);
	assert_int_equal(path.cc.cwnd, before);
	path.now += UINT64_C(60000) * MS;
	cc_cubic.on_resume(&path.cc, &(struct cc_resume){.now = path.now});
	pass(&path, 5000, true);
	near(path.cc.cwnd, 1000, 2); /* W_cubic(10 s), as if nothing had been between */
}

/* RFC 9438 4.9.1, 4.9.2: what was saved before a recovery brings the epoch back. */
static void a_copy_put_back_goes_on_with_its_epoch(void **state)
{
	struct path path, other;

	(void)state;
	path_after_loss_at(&path, 100 * MS, 1000);
	pass(&path, 12000, true);
	other = path;
	struct cc saved = path.cc;
	lose(&path);
	pass(&path, 50, true);
	assert_true(path.cc.cwnd < other.cc.cwnd);
	path.cc = saved;
	path.now = other.now;
	pass(&path, 3000, true);
	pass(&other, 3000, true);
	assert_int_equal(path.cc.cwnd, other.cc.cwnd);
}

/* RFC 9438 4.2 rule 2: the target is at most one and a half windows. */
static void a_window_grows_by_no_more_than_half_in_a_round_trip(void **state)
{
	struct path path;

	(void)state;
	path_after_loss_at(&path, 10000 * MS, 10); /* ten seconds of round trip */
	for (uint32_t before = path.cc.cwnd; before < 100 * MSS; before = path.cc.cwnd) {
		path.now += path.rtt_us;
		acknowledge(&path, path.cc.cwnd, true);
		assert_in_range(
			path.cc.cwnd, before + 1, before + before / 2 + MSS); /* what was left */
	}
}

/* Slow start with a round trip longer by a fifth each time, until the window is `most` or slow
 * start is over. */
static void slow_start_with_a_rising_rtt(struct path *path, uint32_t most)
{
	while (path->cc.cwnd < path->cc.ssthresh && path->cc.cwnd < most) {
		for (uint32_t i = path->cc.cwnd / MSS; i > 0; i--)
			acknowledge(path, MSS, true);
		path->now += path->rtt_us;
		path->rtt_us += path->rtt_us / 5;
	}
}

/* RFC 9438 4.10 rule 2: HyStart++ has ended the first slow start, without a loss. */
static void where_slow_start_ended_the_curve_begins_on_its_plateau(void **state)
{
	struct path path;

	(void)state;
	path_init(&path, 100 * MS);
	slow_start_with_a_rising_rtt(&path, 1000 * MSS);
	uint32_t left_at = path.cc.cwnd;
	assert_true(left_at == path.cc.ssthresh && left_at < 1000 * MSS);
	path.rtt_us = 100 * MS;
	acknowledge(&path, MSS, true);
	assert_int_equal(path.cc.cubic.k_ms, 0);
	assert_int_equal(path.cc.cubic.w_max, left_at);
}

/* RFC 9406 4.2 rule 7, 4.3 rule 2: after a loss, or in a later slow start, the RTT tells nothing.
 */
static void only_the_first_slow_start_looks_at_the_rtt(void **state)
{
	struct path path;

	(void)state;
	path_init(&path, 100 * MS);
	lose(&path);
	path.cc.ssthresh = 1000 * MSS;
	cc_cubic.on_rto(&path.cc, 1000 * MSS, MSS, true);
	slow_start_with_a_rising_rtt(&path, 2000 * MSS);
	assert_int_equal(path.cc.cwnd, 1000 * MSS);
	assert_int_equal(path.cc.ssthresh, 1000 * MSS);
}

/* The largest window that there is, and acknowledgments of any size. */
static void nothing_overflows_at_the_largest_window(void **state)
{
	struct path path;

	(void)state;
	path_init(&path, 100 * MS);
	path.cc.cwnd = (UINT32_C(1) << 30) - MSS;
	lose(&path);
	for (int i = 0; i < 10000; i++) {
		path.now += 100 * MS;
		acknowledge(&path, path.cc.cwnd, true);
		assert_in_range(path.cc.cwnd, 700 * MSS, UINT32_C(1) << 30);
	}
	assert_int_equal(path.cc.cwnd, UINT32_C(1) << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_follows_the_curve_for_twenty_seconds),
		cmocka_unit_test(where_reno_is_faster_it_is_as_fast_as_reno),
		cmocka_unit_test(a_loss_below_w_max_releases_bandwidth),
		cmocka_unit_test(no_reduction_goes_below_two_segments),
		cmocka_unit_test(after_a_timeout_the_curve_begins_on_its_plateau),
		cmocka_unit_test(time_in_which_the_window_is_not_used_does_not_count),
		cmocka_unit_test(a_copy_put_back_goes_on_with_its_epoch),
		cmocka_unit_test(a_window_grows_by_no_more_than_half_in_a_round_trip),
		cmocka_unit_test(where_slow_start_ended_the_curve_begins_on_its_plateau),
		cmocka_unit_test(only_the_first_slow_start_looks_at_the_rtt),
		cmocka_unit_test(nothing_overflows_at_the_largest_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
