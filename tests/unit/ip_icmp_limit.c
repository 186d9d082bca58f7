/* SPDX-License-Identifier: BSD-3-Clause */

/* The limits on ICMP that we send, in virtual time: at the limit, one below and one
 * above; what one asks costs no other (ATTACKS.md section 2, T08). */

#include "ip/icmp_limit.h"

#include "test_world.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

struct fixture {
	struct test_world world;
	struct icmp_limit limit;
};

/* A thousand a second; the random part of the price is 0 until a test changes that. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	icmp_limit_init(&f->limit, &f->world.world, 1000);
	f->world.all_zero = true;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static bool error_to(struct fixture *f, uint32_t ipv4, uint64_t now)
{
	struct evtcp_addr dst;

	address_from_ipv4(&dst, ipv4);
	return icmp_limit_allow_error(&f->limit, &dst, now);
}

static void a_burst_of_fifty_leaves_and_the_next_does_not(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 50; i++)
		assert_true(error_to(f, i, 1)); /* 49th: limit - 1; 50th: limit */
	assert_false(error_to(f, 51, 1));
	assert_false(error_to(f, 51, 1 + 999));
	assert_true(error_to(f, 51, 1 + 1000)); /* a thousandth of a second: one more */
	assert_false(error_to(f, 52, 1 + 1000));
}

static void a_bucket_does_not_hold_more_than_a_burst(void **state)
{
	struct fixture *f = *state;

	assert_true(error_to(f, 1, 1));
	for (uint32_t i = 0; i < 50; i++)
		assert_true(error_to(f, 100 + i, 1000 * SECOND));
	assert_false(error_to(f, 200, 1000 * SECOND));
}

static void a_destination_gets_one_error_a_second(void **state)
{
	struct fixture *f = *state;

	assert_true(error_to(f, 1, 5 * SECOND));
	assert_false(error_to(f, 1, 5 * SECOND));
	assert_false(error_to(f, 1, 6 * SECOND - 1));
	assert_true(error_to(f, 1, 6 * SECOND));
	assert_true(error_to(f, 2, 6 * SECOND));
}

/* Who asks too often is refused before the bucket is asked: it stays as it was. */
static void a_refusal_by_destination_costs_the_others_nothing(void **state)
{
	struct fixture *f = *state;

	assert_true(error_to(f, 1, 1));
	for (int i = 0; i < 100000; i++)
		assert_false(error_to(f, 1, 1));
	for (uint32_t i = 0; i < 49; i++)
		assert_true(error_to(f, 100 + i, 1));
	assert_false(error_to(f, 200, 1));
}

/* Refused by the bucket, a destination has not had its error. */
static void a_refusal_by_the_bucket_does_not_use_up_the_destination(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 50; i++)
		error_to(f, i, 1);
	assert_false(error_to(f, 99, 1));
	assert_true(error_to(f, 99, 1 + 1000));
}

static void echo_replies_and_errors_do_not_share_a_bucket(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 50; i++)
		assert_true(icmp_limit_allow_echo(&f->limit, 1));
	assert_false(icmp_limit_allow_echo(&f->limit, 1));
	for (uint32_t i = 1; i <= 50; i++)
		assert_true(error_to(f, i, 1));
	assert_false(error_to(f, 51, 1));
	assert_true(icmp_limit_allow_echo(&f->limit, 1001));
}

/* Ten seconds of being asked every 10 us, with and without the random part. */
static unsigned echoes_in_ten_seconds(struct fixture *f)
{
	unsigned allowed = 0;

	for (uint64_t now = SECOND; now < 11 * SECOND; now += 10)
		allowed += icmp_limit_allow_echo(&f->limit, now);
	return allowed;
}

static void the_rate_is_held_over_time(void **state)
{
	struct fixture *f = *state;

	assert_in_range(echoes_in_ten_seconds(f), 10000 + 49, 10000 + 50);
	icmp_limit_init(&f->limit, &f->world.world, 1000);
	f->world.all_zero = false;
	/* on average an eighth is lost to chance, never more than a quarter (T08) */
	assert_in_range(echoes_in_ten_seconds(f), 10000 * 4 / 5, 10000 * 19 / 20);
}

static void how_many_leave_in_a_burst_is_left_to_chance(void **state)
{
	struct fixture *f = *state;
	bool seen[64] = {false};
	unsigned different = 0;

	f->world.all_zero = false;
	for (int round = 0; round < 200; round++) {
		uint64_t now = (uint64_t)(round + 1) * SECOND;
		unsigned n = 0;

		while (icmp_limit_allow_echo(&f->limit, now))
			n++;
		assert_in_range(n, 40, 50);
		different += !seen[n];
		seen[n] = true;
	}
	assert_in_range(different, 3, 11);
}

static void a_slow_rate_is_held_too(void **state)
{
	struct fixture *f = *state;

	icmp_limit_init(&f->limit, &f->world.world, 3); /* one each 333,334 us */
	for (int i = 0; i < 50; i++)
		assert_true(icmp_limit_allow_echo(&f->limit, 1));
	assert_false(icmp_limit_allow_echo(&f->limit, 333334));
	assert_true(icmp_limit_allow_echo(&f->limit, 333335));
}

static void the_highest_rate_is_still_a_limit(void **state)
{
	struct fixture *f = *state;

	icmp_limit_init(&f->limit, &f->world.world, UINT32_MAX);
	for (int i = 0; i < 50; i++)
		assert_true(icmp_limit_allow_echo(&f->limit, 1));
	assert_false(icmp_limit_allow_echo(&f->limit, 1));
	assert_true(icmp_limit_allow_echo(&f->limit, 2));
}

static void no_limit_is_no_limit(void **state)
{
	struct fixture *f = *state;

	icmp_limit_init(&f->limit, &f->world.world, 0);
	for (int i = 0; i < 10000; i++)
		assert_true(error_to(f, 1, 1) && icmp_limit_allow_echo(&f->limit, 1));
}

/* A flood of other sources pushes a destination out of the table in time; the bucket
 * bounds what that is worth. */
static void a_full_table_forgets_and_the_bucket_still_holds(void **state)
{
	struct fixture *f = *state;
	unsigned allowed = 0;

	for (uint32_t i = 0; i < 100000; i++)
		allowed += error_to(f, i % 2 ? 1 : 1000 + i, SECOND + i * 10);
	assert_in_range(allowed, 900, 1000 + 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_of_fifty_leaves_and_the_next_does_not),
		TEST(a_bucket_does_not_hold_more_than_a_burst),
		TEST(a_destination_gets_one_error_a_second),
		TEST(a_refusal_by_destination_costs_the_others_nothing),
		TEST(a_refusal_by_the_bucket_does_not_use_up_the_destination),
		TEST(echo_replies_and_errors_do_not_share_a_bucket),
		TEST(the_rate_is_held_over_time),
		TEST(how_many_leave_in_a_burst_is_left_to_chance),
		TEST(a_slow_rate_is_held_too),
		TEST(the_highest_rate_is_still_a_limit),
		TEST(no_limit_is_no_limit),
		TEST(a_full_table_forgets_and_the_bucket_still_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
