/* SPDX-License-Identifier: BSD-3-Clause */

/* Fast Open cookies (RFC 7413 4.1.2): whom they are of, how long they live, and what is made
 * of a SYN that brings one. */

#include "tcp/cc.h"
#include "tcp/fast_open.h"
#include "tcp/tcp.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static const uint64_t second_us = 1000000, hour_us = 3600 * UINT64_C(1000000);

struct rig {
	struct test_world w;
	struct tracer trace;
	struct tcp tcp;
	struct tcp_listener listener;
};

static void rig_init(struct rig *rig, uint64_t seed)
{
	struct tcp_config config = {.cc = cc_find("newreno")};

	test_world_init(&rig->w);
	rig->w.seed = seed;
	tracer_init(&rig->trace);
	tcp_init(&rig->tcp, &config, &rig->w.world, &rig->trace);
	rig->listener = (struct tcp_listener){.fast_open = true};
}

/* A SYN of 10.0.0.`last` that asks for a cookie. */
static struct segment syn_of(uint8_t last)
{
	struct segment seg = {.h = {.flags = TCP_SYN, .options = {.present = TCP_OPT_FAST_OPEN}}};

	seg.tuple.remote.addr = (struct evtcp_addr){{[10] = 0xff, 0xff, 10, 0, 0, last}};
	return seg;
}

static void give(struct rig *rig, struct segment *seg, uint64_t now)
{
	fast_open_put_cookie(&rig->tcp, &seg->tuple.remote.addr, &seg->h.options, now);
}

static enum fast_open_verdict judge(struct rig *rig, const struct segment *seg, uint64_t now)
{
	return fast_open_judge(&rig->tcp, &rig->listener, seg, now);
}

/* RFC 7413 4.1.2 (1). */
static void a_cookie_is_of_one_address(void **state)
{
	struct segment seg = syn_of(1), other;
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	give(&rig, &seg, second_us);
	assert_int_equal(seg.h.options.cookie_len, 8);
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_TAKE);
	seg.tuple.remote.port = 4711; /* ports and our address are not in it */
	seg.tuple.local.port = 81;
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_TAKE);
	for (unsigned bit = 0; bit < 128; bit++) {
		other = seg;
		other.tuple.remote.addr.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(judge(&rig, &other, second_us), FAST_OPEN_GIVE);
	}
}

/* RFC 7413 4.1.2 (2). */
static void any_other_cookie_is_worth_nothing(void **state)
{
	struct segment seg = syn_of(1), other;
	uint64_t seed = 7;
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	give(&rig, &seg, second_us);
	for (unsigned bit = 0; bit < 64; bit++) {
		other = seg;
		other.h.options.cookie[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(judge(&rig, &other, second_us), FAST_OPEN_GIVE);
	}
	for (uint8_t len = 4; len <= 16; len = (uint8_t)(len + 2)) {
		other = seg;
		other.h.options.cookie_len = len;
		assert_int_equal(
			judge(&rig, &other, second_us), len == 8 ? FAST_OPEN_TAKE : FAST_OPEN_GIVE);
	}
	for (int n = 0; n < 100000; n++) {
		uint64_t guess = test_random(&seed);

		memcpy(other.h.options.cookie, &guess, sizeof(guess));
		other.h.options.cookie_len = 8;
		assert_int_equal(judge(&rig, &other, second_us), FAST_OPEN_GIVE);
	}
	/* What an attacker can compute: under a key of zeros, or of another stack. */
	other = seg;
	memset(other.h.options.cookie, 0, sizeof(other.h.options.cookie));
	assert_int_equal(judge(&rig, &other, second_us), FAST_OPEN_GIVE);
	struct rig foreign;
	rig_init(&foreign, 2);
	give(&foreign, &other, second_us);
	assert_int_equal(judge(&rig, &other, second_us), FAST_OPEN_GIVE);
}

/* RFC 7413 4.1.2 (4), (5). A key serves for an hour and counts for another, used or not: whenever in its hour a cookie
 * was made, it is dead two hours after that hour began. */
static void a_cookie_lives_one_to_two_hours(void **state)
{
	(void)state;
	for (uint64_t made = 0; made < hour_us; made += hour_us / 7) {
		for (uint64_t age = 0; age < 4 * hour_us; age += hour_us / 11) {
			struct segment first = syn_of(9), seg = syn_of(1);
			enum fast_open_verdict wanted = FAST_OPEN_TAKE;
			uint64_t begun = 5 * second_us;
			struct rig rig;

			rig_init(&rig, 1);
			give(&rig, &first, begun);
			give(&rig, &seg, begun + made);
			if (made + age >= 2 * hour_us)
				wanted = FAST_OPEN_GIVE;
			else if (made + age >= hour_us)
				wanted = FAST_OPEN_RENEW;
			assert_int_equal(judge(&rig, &seg, begun + made + age), wanted);
		}
	}
}

/* And so it is when somebody comes every ten minutes. */
static void keys_change_also_under_use(void **state)
{
	struct segment seg = syn_of(1), other = syn_of(2);
	unsigned taken = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	give(&rig, &seg, second_us);
	for (uint64_t age = 0; age < 10 * hour_us; age += hour_us / 6) {
		give(&rig, &other, second_us + age);
		taken += judge(&rig, &seg, second_us + age) != FAST_OPEN_GIVE;
	}
	assert_int_equal(taken, 12);
}

static void without_the_option_or_the_switch_there_is_no_fast_open(void **state)
{
	struct segment seg = syn_of(1);
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_GIVE);
	give(&rig, &seg, second_us);
	seg.h.options.present = 0;
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_NONE);
	seg.h.options.present = TCP_OPT_FAST_OPEN;
	rig.listener.fast_open = false;
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_NONE);
	rig.listener.fast_open = true;
	seg.reuses = true; /* a tuple in TIME-WAIT */
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_NONE);
	seg.h.options.cookie[0]++; /* a cookie it may have */
	assert_int_equal(judge(&rig, &seg, second_us), FAST_OPEN_GIVE);
}

/* A stack on which nobody turns it on asks the world for no key. */
static void no_key_is_drawn_before_it_is_needed(void **state)
{
	struct segment seg = syn_of(1);
	struct rig rig;

	(void)state;
	rig_init(&rig, 1);
	uint64_t seed = rig.w.seed;
	rig.listener.fast_open = false;
	judge(&rig, &seg, second_us);
	assert_true(rig.w.seed == seed);
	rig.listener.fast_open = true;
	give(&rig, &seg, second_us);
	assert_true(rig.w.seed != seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_is_of_one_address),
		cmocka_unit_test(any_other_cookie_is_worth_nothing),
		cmocka_unit_test(a_cookie_lives_one_to_two_hours),
		cmocka_unit_test(keys_change_also_under_use),
		cmocka_unit_test(without_the_option_or_the_switch_there_is_no_fast_open),
		cmocka_unit_test(no_key_is_drawn_before_it_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
