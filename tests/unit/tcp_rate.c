/* SPDX-License-Identifier: BSD-3-Clause */

/* Delivery rate samples: what small histories of sending, SACKing and acknowledging say of the
 * path (draft-cheng-iccrg-delivery-rate-estimation-02 3). */

#include "tcp/rate.h"
#include "tcp/records.h"
#include "wire/seq.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MS = 1000 };

/* A sender: its records, and its rate. */
struct sender {
	struct test_world world;
	struct records records;
	struct rate rate;
	uint32_t una, nxt;
	uint32_t min_rtt_us;
};

static int setup(void **state)
{
	struct sender *s = calloc(1, sizeof(*s));

	test_world_init(&s->world);
	records_init(&s->records);
	rate_init(&s->rate);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct sender *s = *state;
	int left;

	records_free(&s->records, &s->world.world);
	left = s->world.blocks;
	free(s);
	return left;
}

static void sends(struct sender *s, uint32_t bytes, uint64_t now)
{
	struct transmission tx = {
		.at_us = now, .rate = rate_on_send(&s->rate, s->records.len == 0, now)};

	records_sent(&s->records, s->nxt, s->nxt + bytes, &tx, 1000, &s->world.world);
	s->nxt += bytes;
}

/* The first bytes are lost, and leave again. */
static void sends_again(struct sender *s, uint32_t bytes, uint64_t now)
{
	struct transmission tx = {.at_us = now, .rate = rate_on_send(&s->rate, false, now)};

	records_mark_first_lost(&s->records, bytes, 1000, &s->world.world);
	records_sent_again(
		&s->records, records_next_lost(&s->records), bytes, &tx, 1000, &s->world.world);
}

/* Bytes [una, una + bytes) are acknowledged, and [from, end) is SACKed, if it is not empty. */
static struct rate_sample hears_sack(
	struct sender *s, uint32_t bytes, uint32_t from, uint32_t end, uint64_t now)
{
	struct records_delivered told = {
		.plausible_us = now - s->min_rtt_us, .echoed_us = UINT64_MAX};

	s->una += bytes;
	records_ack(&s->records, s->una, &told);
	if (from != end)
		records_sack(&s->records, from, end, &told, 1000, &s->world.world);
	return rate_on_ack(&s->rate, &told, s->min_rtt_us, now);
}

static struct rate_sample hears(struct sender *s, uint32_t bytes, uint64_t now)
{
	return hears_sack(s, bytes, 0, 0, now);
}

static void is(struct rate_sample sample, uint32_t delivered, uint32_t interval_us)
{
	assert_true(sample.has_mark);
	assert_int_equal(sample.delivered, delivered);
	assert_int_equal(sample.interval_us, interval_us);
}

/* Figure 2 of the draft in numbers: a segment every 10 ms out, one every 10 ms back. */
static void a_steady_flow_tells_its_rate(void **state)
{
	struct sender *s = *state;
	struct rate_sample sample;

	for (int i = 0; i < 5; i++)
		sends(s, 1000, 1 * MS + (uint64_t)i * 10 * MS);
	for (int i = 0; i < 4; i++)
		hears(s, 1000, 51 * MS + (uint64_t)i * 10 * MS);
	sample = hears(s, 1000, 91 * MS);
	/* Sent when nothing had been delivered: all of it, since the flight began. */
	is(sample, 5000, 90 * MS);
	sends(s, 1000, 91 * MS);
	sample = hears(s, 1000, 141 * MS);
	is(sample, 1000, 50 * MS);
}

static void a_burst_is_as_fast_as_its_acks(void **state)
{
	struct sender *s = *state;

	for (int i = 0; i < 10; i++)
		sends(s, 1000, 1 * MS);
	is(hears(s, 1000, 41 * MS), 1000, 40 * MS);
	is(hears(s, 9000, 50 * MS), 10000, 49 * MS);
}

/* Section 2.2.4: ACKs that were held back on their way come faster than anything was sent. */
static void compressed_acks_are_as_fast_as_what_was_sent(void **state)
{
	struct sender *s = *state;

	for (int i = 0; i < 15; i++)
		sends(s, 1000, 1 * MS + (uint64_t)i * 10 * MS);
	hears(s, 11000, 150 * MS); /* the eleventh left 49 ms ago: these come late, at once */
	sends(s, 1000, 151 * MS);
	/* 5000 bytes more in the 41 ms since; but they were sent over 50. */
	is(hears(s, 5000, 191 * MS), 5000, 50 * MS);
}

static void what_is_sacked_counts_once(void **state)
{
	struct sender *s = *state;

	for (int i = 0; i < 4; i++)
		sends(s, 1000, 1 * MS + (uint64_t)i * MS);
	is(hears_sack(s, 0, 2000, 4000, 44 * MS), 2000, 43 * MS);
	sends_again(s, 1000, 44 * MS);
	is(hears(s, 1000, 84 * MS), 1000, 40 * MS);
	is(hears(s, 3000, 85 * MS), 4000, 84 * MS); /* one was new, and left second */
	assert_int_equal(s->rate.delivered, 4000);
}

static void both_parts_of_a_burst_have_its_mark(void **state)
{
	struct sender *s = *state;

	sends(s, 1000, 1 * MS);
	hears(s, 1000, 41 * MS);
	sends(s, 6000, 45 * MS);
	is(hears_sack(s, 0, 3000, 5000, 85 * MS), 2000, 40 * MS);
	is(hears(s, 2000, 86 * MS), 4000, 41 * MS);
	is(hears(s, 4000, 90 * MS), 6000, 45 * MS);
}

/* Neighbours that are SACKed are one record: what they said is said. */
static void what_was_merged_is_told_no_more(void **state)
{
	struct sender *s = *state;

	for (int i = 0; i < 4; i++)
		sends(s, 1000, 1 * MS + (uint64_t)i * MS);
	hears_sack(s, 0, 1000, 2000, 42 * MS);
	hears_sack(s, 0, 2000, 4000, 44 * MS);
	assert_int_equal(s->records.len, 2);
	is(hears(s, 4000, 50 * MS), 4000, 49 * MS);
	assert_false(hears(s, 0, 51 * MS).has_mark);
}

static void a_copy_has_a_mark_of_its_own(void **state)
{
	struct sender *s = *state;

	sends(s, 1000, 1 * MS);
	sends(s, 1000, 2 * MS);
	hears_sack(s, 0, 1000, 2000, 42 * MS);
	sends_again(s, 1000, 50 * MS);
	/* 1000 were delivered when it left, 8 ms after the last news, and 48 ms of sending. */
	is(hears(s, 2000, 90 * MS), 1000, 48 * MS);
}

/* What answers within less than the shortest round trip answers to a first copy. */
static void what_came_too_fast_tells_no_rate(void **state)
{
	struct sender *s = *state;
	struct rate_sample sample;

	s->min_rtt_us = 40 * MS;
	sends(s, 1000, 1 * MS);
	sends_again(s, 1000, 40 * MS);
	assert_false(hears(s, 1000, 41 * MS).has_mark);
	sends(s, 1000, 50 * MS);
	sample = hears(s, 1000, 80 * MS); /* nothing says that it was sent twice */
	is(sample, 1000, 0);
	assert_int_equal(rate_seen(&s->rate), 0);
}

static void time_in_which_nothing_was_out_does_not_count(void **state)
{
	struct sender *s = *state;

	sends(s, 1000, 1 * MS);
	hears(s, 1000, 41 * MS);
	sends(s, 4000, 90041 * MS);
	is(hears(s, 4000, 90081 * MS), 4000, 40 * MS);
}

/* Longer than a mark can tell is as long as it can. */
static void hours_are_half_an_hour(void **state)
{
	struct sender *s = *state;
	uint64_t day_us = UINT64_C(86400000) * MS;

	sends(s, 1000, 1 * MS);
	sends(s, 1000, day_us);
	is(hears(s, 2000, day_us + 40 * MS), 2000, RATE_LONGEST_US);
}

/* Section 3.4: until what was in flight then, and one byte more, is delivered. */
static void what_the_application_limits_says_so(void **state)
{
	struct sender *s = *state;

	sends(s, 2000, 1 * MS);
	rate_note_app_limited(&s->rate, s->records.in_flight);
	sends(s, 1000, 20 * MS);
	assert_false(hears(s, 2000, 41 * MS).app_limited); /* left before */
	sends(s, 1000, 41 * MS);
	assert_true(hears(s, 1000, 60 * MS).app_limited);
	sends(s, 1000, 60 * MS);
	assert_true(hears(s, 1000, 81 * MS).app_limited);
	assert_false(hears(s, 1000, 100 * MS).app_limited);
}

static void people_see_what_the_path_can_do(void **state)
{
	struct sender *s = *state;

	sends(s, 4000, 1 * MS);
	hears(s, 4000, 41 * MS);
	assert_int_equal(rate_seen(&s->rate), 100000);
	rate_note_app_limited(&s->rate, 0);
	sends(s, 100, 50 * MS);
	hears(s, 100, 90 * MS); /* slow, for want of data */
	assert_int_equal(rate_seen(&s->rate), 100000);
	assert_false(s->rate.seen_app_limited);
	rate_note_app_limited(&s->rate, 0);
	sends(s, 8000, 100 * MS);
	hears(s, 8000, 140 * MS);
	assert_int_equal(rate_seen(&s->rate), 200000);
	assert_true(s->rate.seen_app_limited);
	sends(s, 400, 150 * MS);
	hears(s, 400, 190 * MS); /* slow, and nothing else can be the reason */
	assert_int_equal(rate_seen(&s->rate), 10000);
}

static void counts_go_round(void **state)
{
	struct sender *s = *state;

	s->rate.delivered = UINT32_MAX - 500;
	sends(s, 1000, 1 * MS);
	rate_note_app_limited(&s->rate, s->records.in_flight);
	is(hears(s, 1000, 41 * MS), 1000, 40 * MS);
	assert_true(s->rate.app_limited);
	sends(s, 1000, 41 * MS);
	is(hears(s, 1000, 81 * MS), 1000, 40 * MS);
	assert_false(s->rate.app_limited);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_steady_flow_tells_its_rate),
		TEST(a_burst_is_as_fast_as_its_acks),
		TEST(compressed_acks_are_as_fast_as_what_was_sent),
		TEST(what_is_sacked_counts_once),
		TEST(both_parts_of_a_burst_have_its_mark),
		TEST(what_was_merged_is_told_no_more),
		TEST(a_copy_has_a_mark_of_its_own),
		TEST(what_came_too_fast_tells_no_rate),
		TEST(time_in_which_nothing_was_out_does_not_count),
		TEST(hours_are_half_an_hour),
		TEST(what_the_application_limits_says_so),
		TEST(people_see_what_the_path_can_do),
		TEST(counts_go_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
