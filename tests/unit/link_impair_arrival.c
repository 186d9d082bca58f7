/* SPDX-License-Identifier: BSD-3-Clause */

/* When packets arrive over the link emulator, how often, and in what state: delay,
 * jitter, order, copies, damage. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impair_bench.h"

/* ---- delay ----------------------------------------------------------- */

static void a_delay_is_exact(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=20ms");
	for (unsigned n = 0; n < 1000; n++)
		bench_send(&bench, 100, BEGIN + n);
	for (unsigned n = 0; n < 1000; n++) {
		struct arrival arrival = bench_pop(&bench);

		assert_int_equal(arrival.number, n);
		assert_int_equal(arrival.at_us, BEGIN + n + 20 * MS);
	}
	bench_close(&bench);
}

static void jitter_fills_its_range_and_its_mean_is_the_delay(void **state)
{
	struct bench bench;
	uint64_t least = UINT64_MAX, most = 0, sum = 0;

	(void)state;
	bench_open(&bench, "delay=20ms~5ms");
	for (unsigned n = 0; n < 10000; n++) {
		uint64_t now = BEGIN + (uint64_t)n * 50 * MS, delay;

		bench_send(&bench, 100, now);
		delay = bench_pop(&bench).at_us - now;
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
		sum += delay;
	}
	assert_true(least >= 15 * MS && least < 15 * MS + 50);
	assert_true(most <= 25 * MS && most > 25 * MS - 50);
	assert_near(sum / 10000, 20 * MS, 1);
	bench_close(&bench);
}

/* How many of a thousand, one a millisecond, come behind a later one. */
static unsigned overtaken(const char *text)
{
	struct bench bench;
	unsigned n_overtaken = 0, newest = 0;

	bench_open(&bench, text);
	for (unsigned n = 0; n < 1000; n++)
		bench_send(&bench, 100, BEGIN + (uint64_t)n * MS);
	for (unsigned n = 0; n < 1000; n++) {
		unsigned number = bench_pop(&bench).number;

		n_overtaken += number < newest;
		newest = number > newest ? number : newest;
	}
	bench_close(&bench);
	return n_overtaken;
}

static void jitter_keeps_the_order_unless_told_otherwise(void **state)
{
	(void)state;
	assert_int_equal(overtaken("delay=20ms~5ms"), 0);
	assert_true(overtaken("delay=20ms~5ms,overtake") > 300);
}

static void some_are_held_back_and_hold_up_nobody(void **state)
{
	struct bench bench;
	unsigned held = 0;

	(void)state;
	bench_open(&bench, "delay=20ms,reorder=10%/5ms");
	for (unsigned n = 0; n < 10000; n++)
		bench_send(&bench, 100, BEGIN + (uint64_t)n * MS);
	for (unsigned n = 0; n < 10000; n++) {
		struct arrival arrival = bench_pop(&bench);
		uint64_t delay = arrival.at_us - BEGIN - (uint64_t)arrival.number * MS;

		held += delay == 25 * MS;
		assert_true(delay == 20 * MS || delay == 25 * MS);
	}
	assert_int_equal(held, count(&bench, EVTCP_CAUSE_IMPAIR_HELD_BACK));
	assert_near(held, 1000, 12);
	bench_close(&bench);
	assert_true(overtaken("delay=20ms,reorder=10%/5ms") > 60);
}

/* ---- copies and damage ------------------------------------------------ */

static void some_arrive_more_than_once(void **state)
{
	struct bench bench;
	unsigned seen[5] = {0};

	(void)state;
	bench_open(&bench, "dup=10%/3");
	for (unsigned n = 0; n < 10000; n++) {
		assert_int_equal(bench_send(&bench, 100, BEGIN), EVTCP_CAUSE_NONE);
		assert_true(bench.outcome.n >= 1 && bench.outcome.n <= 4);
		assert_int_equal(bench.outcome.copies[0]->fate, EVTCP_CAUSE_NONE);
		seen[bench.outcome.n]++;
		for (unsigned i = 0; i < bench.outcome.n; i++)
			assert_int_equal(bench_pop(&bench).number, n);
	}
	assert_near(seen[1], 9000, 2);
	for (unsigned n = 2; n <= 4; n++)
		assert_near(seen[n], 333, 22);
	assert_int_equal(
		count(&bench, EVTCP_CAUSE_IMPAIR_DUPLICATED), seen[2] + 2 * seen[3] + 3 * seen[4]);
	bench_close(&bench);
}

/* Bits in which the packet that was sent last differs from what was sent. */
static unsigned flipped(const struct bench *bench)
{
	uint8_t sent[100] = {0x45, 0, 0, 100};
	const struct way_packet *packet = bench->outcome.copies[0];
	uint32_t number = bench->number - 1;
	unsigned n = 0;

	memcpy(sent + 20, &number, sizeof(number));
	put_checksum(sent);
	for (size_t i = 0; i < packet->len; i++)
		n += (unsigned)__builtin_popcount((unsigned)(sent[i] ^ packet->bytes[i]));
	return n;
}

static void some_arrive_with_bits_flipped(void **state)
{
	struct bench bench;
	unsigned corrupted = 0;

	(void)state;
	bench_open(&bench, "corrupt=10%");
	for (unsigned n = 0; n < 10000; n++) {
		unsigned bits;

		bench_send(&bench, 100, BEGIN);
		bits = flipped(&bench);
		assert_true(bits <= 1);
		assert_int_equal(
			bits, bench.outcome.copies[0]->fate == EVTCP_CAUSE_IMPAIR_CORRUPTED);
		corrupted += bits;
		assert_int_equal(bench_pop(&bench).len, 100);
	}
	assert_near(corrupted, 1000, 12);
	bench_close(&bench);
}

static void as_many_bits_are_flipped_as_is_allowed(void **state)
{
	struct bench bench;
	unsigned most = 0;

	(void)state;
	bench_open(&bench, "corrupt=100%/8");
	for (unsigned n = 0; n < 1000; n++) {
		unsigned bits;

		bench_send(&bench, 100, BEGIN);
		bits = flipped(&bench);
		most = bits > most ? bits : most;
		bench_pop(&bench);
	}
	assert_int_equal(most, 8);
	bench_close(&bench);
}

static void some_arrive_with_their_end_cut_off(void **state)
{
	struct bench bench;
	unsigned cut = 0;

	(void)state;
	bench_open(&bench, "truncate=10%");
	for (unsigned n = 0; n < 10000; n++) {
		size_t len;

		bench_send(&bench, 100, BEGIN);
		len = bench_pop(&bench).len;
		assert_true(len <= 100);
		cut += len < 100;
	}
	assert_int_equal(cut, count(&bench, EVTCP_CAUSE_IMPAIR_TRUNCATED));
	assert_near(cut, 1000, 12);
	bench_close(&bench);
}

/* ---- all together ------------------------------------------------------ */

static void without_memory_a_packet_is_lost_and_nothing_else(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "delay=1ms,rate=8mbit");
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NONE);
	bench.world.out_of_memory = true;
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NO_MEMORY);
	bench.world.out_of_memory = false;
	assert_int_equal(bench_send(&bench, 1000, BEGIN), EVTCP_CAUSE_NONE);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 2 * MS);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 3 * MS);
	assert_int_equal(count(&bench, EVTCP_CAUSE_NO_MEMORY), 1);
	bench_close(&bench);
}

static void a_new_specification_holds_from_the_next_packet_on(void **state)
{
	struct evtcp_impair_way quick = {.rate_bps = 80000000, .delay = {MS, 0}};
	struct bench bench;

	(void)state;
	bench_open(&bench, "rate=8mbit,delay=10ms");
	bench_send(&bench, 1000, BEGIN);
	way_configure(&bench.way, &quick);
	bench_send(&bench, 1000, BEGIN);
	/* It leaves behind the first, at ten times the speed; and does not overtake it. */
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 11 * MS);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + 11 * MS);
	bench_send(&bench, 1000, BEGIN + SECOND);
	assert_int_equal(bench_pop(&bench).at_us, BEGIN + SECOND + MS + 100);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_is_exact),
		cmocka_unit_test(jitter_fills_its_range_and_its_mean_is_the_delay),
		cmocka_unit_test(jitter_keeps_the_order_unless_told_otherwise),
		cmocka_unit_test(some_are_held_back_and_hold_up_nobody),
		cmocka_unit_test(some_arrive_more_than_once),
		cmocka_unit_test(some_arrive_with_bits_flipped),
		cmocka_unit_test(as_many_bits_are_flipped_as_is_allowed),
		cmocka_unit_test(some_arrive_with_their_end_cut_off),
		cmocka_unit_test(without_memory_a_packet_is_lost_and_nothing_else),
		cmocka_unit_test(a_new_specification_holds_from_the_next_packet_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
