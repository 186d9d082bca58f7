/* SPDX-License-Identifier: BSD-3-Clause */

/* SYN cookies: what they carry, how long they live, how hard they are to guess (ATTACKS
 * E02). */

#include "tcp/cookies.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static const uint64_t second_us = 1000000;
static const struct evtcp_tuple tuple = {
	.local = {.port = 80}, .remote = {.addr = {{10, 0, 0, 1}}, .port = 40000}};

static void make(struct cookies *cookies)
{
	struct test_world w;

	test_world_init(&w);
	cookies_init(cookies, &w.world);
}

static void a_cookie_returns_the_mss_at_or_below(void **state)
{
	const uint16_t announced[] = {100, 536, 1000, 1460, 1461, 65535};
	const uint16_t expected[] = {48, 536, 536, 1460, 1460, 8960};
	struct cookies cookies;

	(void)state;
	make(&cookies);
	for (size_t i = 0; i < 6; i++) {
		uint16_t mss = 0;
		uint32_t iss = cookies_iss(&cookies, &tuple, 7, announced[i], second_us);
		assert_true(cookies_check(&cookies, &tuple, 7, iss, &mss, second_us));
		assert_int_equal(mss, expected[i]);
	}
}

static void a_cookie_lives_for_two_steps_of_the_clock(void **state)
{
	struct cookies cookies;
	uint64_t made = 1000 * 64 * second_us;
	uint16_t mss;

	(void)state;
	make(&cookies);
	uint32_t iss = cookies_iss(&cookies, &tuple, 7, 1460, made);
	assert_true(cookies_check(&cookies, &tuple, 7, iss, &mss, made + 127 * second_us));
	assert_false(cookies_check(&cookies, &tuple, 7, iss, &mss, made + 128 * second_us));
	/* nor when the five bits of the counter come round */
	cookies_iss(&cookies, &tuple, 8, 1460, made + 32 * 64 * second_us);
	assert_false(cookies_check(&cookies, &tuple, 7, iss, &mss, made + 32 * 64 * second_us));
}

static void a_cookie_is_bound_to_tuple_and_irs(void **state)
{
	struct evtcp_tuple other = tuple;
	struct cookies cookies;
	uint16_t mss;

	(void)state;
	make(&cookies);
	other.remote.port++;
	uint32_t iss = cookies_iss(&cookies, &tuple, 7, 1460, second_us);
	assert_false(cookies_check(&cookies, &other, 7, iss, &mss, second_us));
	assert_false(cookies_check(&cookies, &tuple, 8, iss, &mss, second_us));
}

static void none_is_accepted_when_none_was_sent(void **state)
{
	struct cookies cookies;
	uint16_t mss;

	(void)state;
	make(&cookies);
	uint32_t iss = cookies_iss(&cookies, &tuple, 7, 1460, second_us);
	cookies.last_sent_us = 0;
	assert_false(cookies_check(&cookies, &tuple, 7, iss, &mss, second_us));
}

/* 2^24 guesses at the hash: about as many succeed as MSS values times steps predict. */
static void guessing_is_as_hard_as_its_bits(void **state)
{
	struct cookies cookies;
	unsigned found = 0;
	uint16_t mss;

	(void)state;
	make(&cookies);
	cookies_iss(&cookies, &tuple, 7, 1460, second_us);
	for (uint32_t guess = 0; guess < UINT32_C(1) << 24; guess++)
		found += cookies_check(&cookies, &tuple, 7, guess, &mss, second_us);
	assert_int_equal(found, 1); /* step 0, index 0: exactly one hash */
}

static void options_travel_in_the_timestamp(void **state)
{
	(void)state;
	for (uint32_t tsval = 0; tsval < 100000; tsval += 7) {
		struct cookie_options in = {.wscale = (uint8_t)(tsval % 16), .sack = tsval & 1};
		struct cookie_options out;
		uint32_t sent = cookies_tsval(tsval + 100, &in);
		cookies_from_tsecr(sent, &out);
		assert_int_equal(out.wscale, in.wscale);
		assert_int_equal(out.sack, in.sack);
		assert_in_range(tsval + 100 - sent, 0, 63); /* never ahead of the clock */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_returns_the_mss_at_or_below),
		cmocka_unit_test(a_cookie_lives_for_two_steps_of_the_clock),
		cmocka_unit_test(a_cookie_is_bound_to_tuple_and_irs),
		cmocka_unit_test(none_is_accepted_when_none_was_sent),
		cmocka_unit_test(guessing_is_as_hard_as_its_bits),
		cmocka_unit_test(options_travel_in_the_timestamp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
