/* SPDX-License-Identifier: BSD-3-Clause */

/* Initial sequence numbers and timestamp offsets: RFC 9293 3.4.1 (MUST-8, SHLD-1, MUST-9),
 * RFC 6528 3 rules 1 and 2, RFC 7323 7; ATTACKS T05, T06. */

#include "tcp/isn.h"

#include "test_world.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { SAMPLES = 1000000, BUCKETS = 256 };

static struct evtcp_tuple tuple_of(uint16_t port)
{
	struct evtcp_tuple tuple = {.local.port = 80, .remote.port = port};

	address_from_ipv4(&tuple.local.addr, 0x0a000002);
	address_from_ipv4(&tuple.remote.addr, 0x0a000001);
	return tuple;
}

static int setup(void **state)
{
	static struct isn isn; /* filled anew for each test */
	struct test_world w;

	test_world_init(&w);
	isn_init(&isn, &w.world);
	*state = &isn;
	return 0;
}

static void one_tuple_advances_by_one_every_four_microseconds(void **state)
{
	struct evtcp_tuple tuple = tuple_of(40000);
	uint32_t first = isn_start(*state, &tuple, 1000).iss;

	assert_int_equal(isn_start(*state, &tuple, 1004).iss - first, 1);
	assert_int_equal(isn_start(*state, &tuple, 1000 + UINT64_C(4000000)).iss - first, 1000000);
}

/* Pearson's chi-square over 256 buckets of the top byte: 255 degrees of freedom, below
 * 370 in all but one of a million honest draws. */
static void neighbours_are_spread_evenly(void **state)
{
	static unsigned count[BUCKETS];
	double expected = (double)SAMPLES / BUCKETS, chi_square = 0;

	memset(count, 0, sizeof(count));
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct evtcp_tuple tuple = tuple_of((uint16_t)i);
		address_from_ipv4(&tuple.remote.addr, i >> 16);
		count[isn_start(*state, &tuple, 1000).iss >> 24]++;
	}
	for (int i = 0; i < BUCKETS; i++) {
		double off = count[i] - expected;
		chi_square += off * off / expected;
	}
	assert_true(chi_square < 370);
}

/* The serial correlation of a million numbers, of ports and hosts in a row, ten microseconds
 * apart: five standard deviations of what independent draws show are 0.005. */
static void a_number_tells_nothing_of_the_next_one(void **state)
{
	static double x[SAMPLES];
	double mean = 0, together = 0, alone = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct evtcp_tuple tuple = tuple_of((uint16_t)i);

		address_from_ipv4(&tuple.remote.addr, 0x0a000001 + (i >> 16));
		x[i] = isn_start(*state, &tuple, 10 * (uint64_t)i).iss;
		mean += x[i] / SAMPLES;
	}
	for (uint32_t i = 0; i < SAMPLES; i++) {
		together += (x[i] - mean) * (x[(i + 1) % SAMPLES] - mean);
		alone += (x[i] - mean) * (x[i] - mean);
	}
	print_message("T05: serial correlation %.5f\n", together / alone);
	assert_true(together < 0.005 * alone && together > -0.005 * alone);
}

/* The step from one port's number to the next's is no constant: how often the commonest
 * step occurs tells whether one connection's number betrays the next one's. */
static void the_step_between_neighbours_does_not_repeat(void **state)
{
	static uint32_t steps[65535];
	unsigned repeats = 0;

	for (uint32_t port = 1; port < 65535; port++) {
		struct evtcp_tuple a = tuple_of((uint16_t)port), b = tuple_of((uint16_t)(port + 1));
		steps[port] = isn_start(*state, &b, 1000).iss - isn_start(*state, &a, 1000).iss;
		repeats += steps[port] == steps[port - 1];
	}
	assert_true(repeats <= 1);
}

static void another_boot_has_other_numbers(void **state)
{
	struct evtcp_tuple tuple = tuple_of(40000);
	struct test_world w;
	struct isn other;

	test_world_init(&w);
	w.seed = 2;
	isn_init(&other, &w.world);
	assert_int_not_equal(
		isn_start(*state, &tuple, 1000).iss, isn_start(&other, &tuple, 1000).iss);
	assert_int_not_equal(isn_ts_offset(*state, &tuple), isn_ts_offset(&other, &tuple));
}

/* No tuple's timestamps tell the uptime, or another tuple's ISN. */
static void timestamp_offsets_are_of_the_tuple_and_of_another_key(void **state)
{
	struct evtcp_tuple a = tuple_of(40000), b = tuple_of(40001);

	assert_int_not_equal(isn_ts_offset(*state, &a), isn_ts_offset(*state, &b));
	assert_int_not_equal(isn_ts_offset(*state, &a), isn_start(*state, &a, 0).iss);
	assert_int_equal(isn_tsval(5, 3000) - isn_tsval(5, 1000), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_tuple_advances_by_one_every_four_microseconds, setup),
		cmocka_unit_test_setup(neighbours_are_spread_evenly, setup),
		cmocka_unit_test_setup(a_number_tells_nothing_of_the_next_one, setup),
		cmocka_unit_test_setup(the_step_between_neighbours_does_not_repeat, setup),
		cmocka_unit_test_setup(another_boot_has_other_numbers, setup),
		cmocka_unit_test_setup(
			timestamp_offsets_are_of_the_tuple_and_of_another_key, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
