/* SPDX-License-Identifier: BSD-3-Clause */

/* Which packets the link emulator lets pass, and how fast: loss, rate, queue, marks.
 * What each verb does, in what numbers, and that a seed decides it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impair_bench.h"

/* ---- loss ------------------------------------------------------------ */

/* Which of the first n packets are lost: a bit each. */
static void losses(const char *text, uint64_t seed, uint8_t *lost, size_t n)
{
	struct bench bench;

	memset(lost, 0, n / 8);
	bench_open_with_seed(&bench, text, seed);
	for (size_t i = 0; i < n; i++) {
		if (bench_send(&bench, 100, BEGIN + i) != EVTCP_CAUSE_NONE)
			lost[i / 8] |= (uint8_t)(1u << i % 8);
		else
			while (way_next(&bench.way) <= BEGIN + i)
				bench_pop(&bench);
	}
	bench_close(&bench);
}

static void a_seed_decides_which_packets_are_lost_in_ten_runs(void **state)
{
	uint8_t first[1250], again[1250];

	(void)state;
	losses("loss=5%,gemodel=1%/25%", 7, first, 10000);
	for (int run = 1; run < 10; run++) {
		losses("loss=5%,gemodel=1%/25%", 7, again, 10000);
		assert_memory_equal(first, again, sizeof(first));
	}
	losses("loss=5%,gemodel=1%/25%", 8, again, 10000);
	assert_memory_not_equal(first, again, sizeof(first));
}

static void other_verbs_do_not_change_which_packets_are_lost(void **state)
{
	uint8_t alone[1250], among[1250];

	(void)state;
	losses("loss=5%", 7, alone, 10000);
	losses("loss=5%,delay=20ms~5ms,overtake,reorder=10%/1ms,dup=20%/4,corrupt=10%/"
	       "8,truncate=5%,"
	       "rate=1gbit,queue=1000000",
		7, among, 10000);
	assert_memory_equal(alone, among, sizeof(alone));
}

static void as_many_are_lost_as_the_chance_says(void **state)
{
	static const struct {
		const char *text;
		uint64_t wanted;
	} cases[] = {{"loss=0.1%", MANY / 1000}, {"loss=1%", MANY / 100},
		{"loss=30%", MANY * 3 / 10}, {"loss=100%", MANY}, {"loss=0%", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		uint64_t lost;

		bench_open(&bench, cases[i].text);
		for (unsigned n = 0; n < MANY; n++) {
			if (bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE)
				bench_pop(&bench);
		}
		lost = count(&bench, EVTCP_CAUSE_IMPAIR_LOSS);
		/* Four standard deviations of the rarest: 4 * sqrt(200) of 200. */
		assert_near(lost, cases[i].wanted, cases[i].wanted < 1000 ? 28 : 9);
		bench_close(&bench);
	}
}

/* The link is bad for BEGIN / (BEGIN + END) of the packets, and a burst lasts 1 / END of
 * them in the mean. With 200,000 packets, 1 % and 25 %: 7,692 losses in 1,923 bursts of 4;
 * the bounds are four standard deviations. */
static void bursts_are_as_long_and_as_many_as_the_model_says(void **state)
{
	struct bench bench;
	uint64_t lost = 0, bursts = 0;
	bool before = false;

	(void)state;
	bench_open(&bench, "gemodel=1%/25%");
	for (unsigned n = 0; n < MANY; n++) {
		bool now = bench_send(&bench, 24, BEGIN) != EVTCP_CAUSE_NONE;

		lost += now;
		bursts += now && !before;
		before = now;
		if (!now)
			bench_pop(&bench);
	}
	assert_int_equal(lost, count(&bench, EVTCP_CAUSE_IMPAIR_BURST));
	assert_near(lost, 7692, 12);
	assert_near(bursts, 1923, 9);
	assert_near(lost * 100 / bursts, 400, 8);
	bench_close(&bench);
}

static void good_and_bad_have_a_loss_of_their_own(void **state)
{
	struct bench bench;

	(void)state;
	/* half of the packets meet a bad link, and half of these are lost; of the others a tenth */
	bench_open(&bench, "gemodel=10%/10%/50%/10%");
	for (unsigned n = 0; n < MANY; n++) {
		if (bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE)
			bench_pop(&bench);
	}
	assert_near(count(&bench, EVTCP_CAUSE_IMPAIR_BURST), MANY * 3 / 10, 4);
	bench_close(&bench);
}

/* ---- rate and queue -------------------------------------------------- */

/* A thousand packets at once: the last has arrived when all bits have been sent, to the
 * microsecond that is begun. */
static void the_rate_is_kept_at_any_speed(void **state)
{
	static const struct {
		const char *text;
		uint64_t bps;
	} cases[] = {{"rate=9600bit", 9600}, {"rate=512kbit", 512000}, {"rate=10mbit", 10000000},
		{"rate=333333333bit", 333333333}, {"rate=1gbit", 1000000000},
		{"rate=10gbit", 10000000000}, {"rate=1000gbit", 1000000000000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bits = 0, last = 0;
		struct bench bench;

		bench_open(&bench, cases[i].text);
		for (unsigned n = 0; n < 1000; n++) {
			size_t len = 40 + n % 1461;

			bits += 8 * len;
			assert_int_equal(bench_send(&bench, len, BEGIN), EVTCP_CAUSE_NONE);
		}
		for (unsigned n = 0; n < 1000; n++)
			last = bench_pop(&bench).at_us;
		assert_int_equal(last - BEGIN, (bits * 1000000 + cases[i].bps - 1) / cases[i].bps);
		bench_close(&bench);
	}
}

static void a_rate_that_was_idle_has_saved_nothing(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit"); /* a byte a microsecond */
	bench_send(&bench, 1000, BEGIN);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 1000);
	bench_send(&bench, 1000, BEGIN + SECOND);
	bench_send(&bench, 1000, BEGIN + SECOND + 500);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + 1000);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + 2000);
	bench_close(&bench);
}

static void a_full_queue_drops_the_newest(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=3");
	for (unsigned n = 0; n < 6; n++) /* one is being sent, three wait */
		assert_int_equal(bench_send(&bench, 1000, BEGIN),
			n < 4 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	/* The second begins: there is room for one. */
	assert_int_equal(bench_send(&bench, 24, BEGIN + 999), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send(&bench, 24, BEGIN + 1000), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 24, BEGIN + 1000), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	for (unsigned n = 0; n < 4; n++)
		assert_int_equal(bench_pop(&bench).number, n);
	assert_int_equal(bench_pop(&bench).number, 7);
	assert_int_equal(way_next(&bench.way), UINT64_MAX);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_QUEUE_FULL), 4);
	bench_close(&bench);
}

static void a_queue_may_be_bounded_in_bytes(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=3000b");
	/* What is sent at once does not wait, however large it is. */
	assert_int_equal(bench_send(&bench, 9000, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 1500, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 1501, BEGIN), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send(&bench, 1500, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_send(&bench, 24, BEGIN), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	bench_close(&bench);
}

static void a_rate_without_a_queue_has_one_of_a_thousand_packets(void **state)
{
	struct bench bench;
	unsigned taken = 0;

	(void)state;
	bench_open(&bench, "rate=8mbit");
	for (unsigned n = 0; n < 3000; n++)
		taken += bench_send(&bench, 24, BEGIN) == EVTCP_CAUSE_NONE;
	assert_int_equal(taken, 1001);
	bench_close(&bench);
}

/* Without a verb that needs it, there is no queue: the delay holds any number. */
static void memory_is_bounded_whatever_is_under_way(void **state)
{
	struct bench bench;
	unsigned taken = 0;

	(void)state;
	bench_open(&bench, "delay=1s,limit=64kb");
	for (unsigned n = 0; n < 100; n++)
		taken += bench_send(&bench, 1500, BEGIN) == EVTCP_CAUSE_NONE;
	assert_true(bench.way.memory <= 65536);
	assert_true(taken >= 35 && taken <= 43);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_OVER_LIMIT), 100 - taken);
	while (way_next(&bench.way) != UINT64_MAX)
		bench_pop(&bench);
	assert_int_equal(bench_send(&bench, 1500, BEGIN + SECOND), EVTCP_CAUSE_NONE);
	bench_close(&bench);
}

/* RFC 3168 5: who speaks ECN is told by a mark what others are told by a loss. */
static void a_full_queue_marks_who_speaks_ecn(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=2,ecn");
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_NONE);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 0);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 0), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 1), EVTCP_CAUSE_NONE);
	assert_int_equal(bench.outcome.copies[0]->fate, EVTCP_CAUSE_IMPAIR_MARKED);
	assert_int_equal(bench.outcome.copies[0]->bytes[1], 3);
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_NONE);
	assert_int_equal(bench.outcome.copies[0]->bytes[1], 3);
	/* The sum stays right: 1 to 3 and 2 to 3 are different changes. */
	assert_int_equal(test_checksum(bench.outcome.copies[0]->bytes, 20), 0);
	/* Twice the queue is the end, or it would not be one. */
	assert_int_equal(bench_send_ecn(&bench, 1000, BEGIN, 2), EVTCP_CAUSE_IMPAIR_QUEUE_FULL);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 2);
	bench_close(&bench);
}

static void without_ecn_nothing_is_marked(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,queue=2");
	for (unsigned n = 0; n < 6; n++)
		bench_send_ecn(&bench, 1000, BEGIN, 2);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_MARKED), 0);
	assert_int_equal(count(&bench, EVTCP_CAUSE_IMPAIR_QUEUE_FULL), 3);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_decides_which_packets_are_lost_in_ten_runs),
		cmocka_unit_test(other_verbs_do_not_change_which_packets_are_lost),
		cmocka_unit_test(as_many_are_lost_as_the_chance_says),
		cmocka_unit_test(bursts_are_as_long_and_as_many_as_the_model_says),
		cmocka_unit_test(good_and_bad_have_a_loss_of_their_own),
		cmocka_unit_test(the_rate_is_kept_at_any_speed),
		cmocka_unit_test(a_rate_that_was_idle_has_saved_nothing),
		cmocka_unit_test(a_full_queue_drops_the_newest),
		cmocka_unit_test(a_queue_may_be_bounded_in_bytes),
		cmocka_unit_test(a_rate_without_a_queue_has_one_of_a_thousand_packets),
		cmocka_unit_test(memory_is_bounded_whatever_is_under_way),
		cmocka_unit_test(a_full_queue_marks_who_speaks_ecn),
		cmocka_unit_test(without_ecn_nothing_is_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
