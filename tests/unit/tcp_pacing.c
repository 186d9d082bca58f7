/* SPDX-License-Identifier: BSD-3-Clause */

/* Pacing by itself: bursts, and how their sum keeps to the rate. */

#include "tcp/pacing.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

enum { SEGMENT = 1448, MS = 1000 };

/* Sends segments at the time now for as long as it may. Returns how many bytes. */
static uint32_t burst(struct pacing *pacing, uint64_t rate, bool waited, uint64_t now)
{
	uint32_t bytes = 0;

	while (pacing_open(pacing, waited, now)) {
		pacing_add(pacing, rate, SEGMENT, now);
		bytes += SEGMENT;
	}
	pacing->opened = false;
	return bytes;
}

static uint64_t next_us(const struct pacing *pacing)
{
	return (pacing->next_ns + 999) / 1000;
}

static void a_burst_is_what_leaves_in_a_millisecond(void **state)
{
	struct pacing pacing = {0};

	(void)state;
	assert_int_equal(burst(&pacing, 100 * SEGMENT, false, 5 * MS), SEGMENT);
	assert_int_equal(next_us(&pacing), 15 * MS);
	pacing = (struct pacing){0};
	assert_int_equal(burst(&pacing, 4000 * SEGMENT, false, 5 * MS), 4 * SEGMENT);
	assert_int_equal(next_us(&pacing), 6 * MS);
	assert_false(pacing_open(&pacing, true, 6 * MS - 1));
	assert_true(pacing_open(&pacing, true, 6 * MS));
}

/* To a thousandth up to 10 Gbit/s, and beyond to two, for the nanosecond is as fine as it gets. */
static void bursts_add_up_to_the_rate(void **state)
{
	static const uint64_t rates[] = {1200, 125000, 12500000, 1250000000, UINT64_C(12500000000)};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct pacing pacing = {0};
		uint64_t now = 7 * MS, sent = 0;

		while (now < 10007 * MS) {
			sent += burst(&pacing, rates[i], true, now);
			now = next_us(&pacing);
		}
		uint64_t could = rates[i] * (now - 7 * MS) / 1000000;
		uint64_t off = could / (rates[i] > 2000000000 ? 500 : 1000) + 1;
		assert_in_range(sent, could - off, could + off);
	}
}

/* The timer comes up to 3 ms late, each time otherwise: the rate is as asked for. */
static void a_late_timer_is_made_up_for(void **state)
{
	struct pacing pacing = {0};
	uint64_t now = 0, sent = 0, rate = 12500000;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		sent += burst(&pacing, rate, true, now);
		now = next_us(&pacing) + i * 7919 % (3 * MS);
	}
	uint64_t could = rate * next_us(&pacing) / 1000000;
	assert_in_range(sent, could - SEGMENT, could + SEGMENT);
}

static void but_not_for_more_than_its_grain(void **state)
{
	struct pacing pacing = {0};

	(void)state;
	burst(&pacing, 1000 * SEGMENT, false, 5 * MS);
	assert_int_equal(burst(&pacing, 1000 * SEGMENT, true, 500 * MS), 5 * SEGMENT);
	assert_int_equal(next_us(&pacing), 501 * MS);
}

static void time_that_passes_by_itself_is_not_saved_up(void **state)
{
	struct pacing pacing = {0};

	(void)state;
	burst(&pacing, 1000 * SEGMENT, false, 5 * MS); /* and then there was nothing to send */
	assert_int_equal(burst(&pacing, 1000 * SEGMENT, false, 500 * MS), SEGMENT);
	/* Nor is what is left of a burst that was not closed. */
	pacing = (struct pacing){0};
	assert_true(pacing_open(&pacing, false, 5 * MS));
	pacing_add(&pacing, 4000 * SEGMENT, SEGMENT, 5 * MS);
	assert_int_equal(burst(&pacing, 4000 * SEGMENT, false, 50 * MS), 4 * SEGMENT);
}

/* What an acknowledgment lets go a moment later belongs to the same burst. */
static void a_burst_may_come_in_parts(void **state)
{
	struct pacing pacing = {0};

	(void)state;
	pacing_add(&pacing, 4000 * SEGMENT, 3 * SEGMENT, 5 * MS);
	assert_int_equal(burst(&pacing, 4000 * SEGMENT, false, 5 * MS + 250), 2 * SEGMENT);
	assert_int_equal(next_us(&pacing), 6 * MS + 250);
}

static void a_quantum_has_at_least_a_segment(void **state)
{
	(void)state;
	assert_int_equal(pacing_quantum(1200, SEGMENT), SEGMENT);
	assert_int_equal(pacing_quantum(12500000, SEGMENT), 12500);
	assert_int_equal(pacing_quantum(UINT64_C(1) << 60, SEGMENT), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_what_leaves_in_a_millisecond),
		cmocka_unit_test(bursts_add_up_to_the_rate),
		cmocka_unit_test(a_late_timer_is_made_up_for),
		cmocka_unit_test(but_not_for_more_than_its_grain),
		cmocka_unit_test(time_that_passes_by_itself_is_not_saved_up),
		cmocka_unit_test(a_burst_may_come_in_parts),
		cmocka_unit_test(a_quantum_has_at_least_a_segment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
