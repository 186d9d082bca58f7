/* SPDX-License-Identifier: BSD-3-Clause */

/* How many packets were marked, from three bits (RFC 9768 3.2.2.2 rule 2, 3.2.2.5.2 rules 1 and 3,
 * appendix A): every ACE, before and after, every number of marked and of other segments up to
 * some cycles. */

#include "tcp/accecn_decode.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

/* Five cycles, and where a counter of 32 bits has gone round. */
enum { MANY = 5 * ACCECN_CYCLE };
static const uint32_t before[] = {5, UINT32_MAX - 20};

/* What tells of so many marks among so many full segments. */
static struct accecn_news news_of(
	uint32_t counted, uint32_t marked, uint32_t segments, uint32_t segment)
{
	return (struct accecn_news){.counted = counted,
		.ace = (counted + marked) % ACCECN_CYCLE,
		.segment = segment,
		.segments = segments,
		.octets = marked * segment};
}

typedef void (*check_fn)(struct accecn_news *news, uint32_t marked);

/* Each start, each number of marks, each number of segments that hold at least these. */
static void for_all(uint32_t segment, check_fn check)
{
	for (unsigned i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		for (uint32_t shift = 0; shift < ACCECN_CYCLE; shift++) {
			for (uint32_t n = 0; n < MANY * MANY; n++) {
				uint32_t marked = n / MANY, other = n % MANY;
				struct accecn_news news =
					news_of(before[i] + shift, marked, marked + other, segment);
				check(&news, marked);
			}
		}
	}
}

static void is_exact(struct accecn_news *news, uint32_t marked)
{
	news->told = true;
	assert_int_equal(accecn_decode(news), marked);
	news->worst = true; /* says nothing where octets are told */
	assert_int_equal(accecn_decode(news), marked);
}

static void full_segments_and_their_octets_give_the_number(void **state)
{
	(void)state;
	for_all(1, is_exact);
	for_all(16, is_exact);
	for_all(1448, is_exact);
	for_all(65483, is_exact);
}

static void is_least(struct accecn_news *news, uint32_t marked)
{
	assert_int_equal(accecn_decode(news), marked % ACCECN_CYCLE);
}

static void without_octets_no_cycle_is_seen(void **state)
{
	(void)state;
	for_all(1448, is_least);
}

static void is_worst(struct accecn_news *news, uint32_t marked)
{
	news->worst = true;
	uint32_t read = accecn_decode(news);

	assert_int_equal(read % ACCECN_CYCLE, marked % ACCECN_CYCLE);
	assert_in_range(read, marked, news->segments);
	assert_true(read + ACCECN_CYCLE > news->segments);
}

static void or_as_many_are_assumed_as_could_be_marked(void **state)
{
	(void)state;
	for_all(1448, is_worst);
}

/* Any number of octets, that of no marks and more than there can be among them. */
static void fits_octets(struct accecn_news *news, uint32_t marked)
{
	news->told = true;
	for (uint32_t octets = 0; octets <= 2 * MANY * news->segment; octets += 3) {
		news->octets = octets;
		uint32_t read = accecn_decode(news), least = marked % ACCECN_CYCLE;
		uint64_t held = (uint64_t)read * news->segment;

		assert_int_equal(read % ACCECN_CYCLE, least);
		assert_true(read <= news->segments);
		/* All of them, or no cycle more is possible; and not one cycle less would do. */
		assert_true(held >= octets || read + ACCECN_CYCLE > news->segments);
		assert_true(
			read == least || held - ACCECN_CYCLE * (uint64_t)news->segment < octets);
	}
}

static void any_octets_give_the_fewest_packets_that_hold_them(void **state)
{
	(void)state;
	for_all(16, fits_octets);
}

static void more_marks_than_segments_are_believed(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < ACCECN_CYCLE * ACCECN_CYCLE; n++) {
		struct accecn_news news = news_of(n / ACCECN_CYCLE, n % ACCECN_CYCLE, 0, 1448);
		assert_int_equal(accecn_decode(&news), n % ACCECN_CYCLE);
		news.told = news.worst = true;
		assert_int_equal(accecn_decode(&news), n % ACCECN_CYCLE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_segments_and_their_octets_give_the_number),
		cmocka_unit_test(without_octets_no_cycle_is_seen),
		cmocka_unit_test(or_as_many_are_assumed_as_could_be_marked),
		cmocka_unit_test(any_octets_give_the_fewest_packets_that_hold_them),
		cmocka_unit_test(more_marks_than_segments_are_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
