/* SPDX-License-Identifier: BSD-3-Clause */

/* Units of time of pcapng, at the edges of what they can say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pcap/time.h"

static void powers_of_ten_and_of_two_are_read(void **state)
{
	(void)state;
	assert_int_equal(pcap_time_ns(1700000000, 0, 0), 1700000000000000000);
	assert_int_equal(pcap_time_ns(1700000000123, 3, 0), 1700000000123000000);
	assert_int_equal(pcap_time_ns(1700000000123456, 6, 0), 1700000000123456000);
	assert_int_equal(pcap_time_ns(1700000000123456789, 9, 0), 1700000000123456789);
	assert_int_equal(pcap_time_ns(17000000001234567899u, 10, 0), 1700000000123456789);
	assert_int_equal(pcap_time_ns(3, 0x80, 0), 3000000000);
	assert_int_equal(pcap_time_ns(3, 0x81, 0), 1500000000);
	assert_int_equal(pcap_time_ns((UINT64_C(5) << 32) + (1u << 31), 0x80 | 32, 0), 5500000000);
	assert_int_equal(pcap_time_ns(UINT64_C(3) << 62, 0x80 | 63, 0), 1500000000);
	assert_int_equal(pcap_time_ns(UINT64_C(1) << 63, 0x80 | 64, 0), 500000000);
}

static void offsets_count_in_seconds_both_ways(void **state)
{
	(void)state;
	assert_int_equal(pcap_time_ns(500000, 6, 1700000000), 1700000000500000000);
	assert_int_equal(pcap_time_ns(5500000, 6, -2), 3500000000);
	assert_int_equal(pcap_time_ns(1500000, 6, -2), 0);
	assert_int_equal(pcap_time_ns(0, 6, INT64_MIN), 0);
	assert_int_equal(pcap_time_ns(0, 6, INT64_MAX), UINT64_MAX);
}

/* Whatever a file says, there is a number, and a later one is not smaller. */
static void every_resolution_has_an_answer(void **state)
{
	static const uint64_t ticks[] = {0, 1, 999, 1 << 20, UINT64_C(1) << 40, UINT64_MAX};

	(void)state;
	for (unsigned resolution = 0; resolution < 256; resolution++)
		for (size_t i = 1; i < sizeof(ticks) / sizeof(ticks[0]); i++)
			assert_true(pcap_time_ns(ticks[i - 1], (uint8_t)resolution, 0) <=
				    pcap_time_ns(ticks[i], (uint8_t)resolution, 0));
	assert_int_equal(pcap_time_ns(UINT64_MAX, 0, 0), UINT64_MAX);
	assert_int_equal(pcap_time_ns(UINT64_MAX, 127, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_of_ten_and_of_two_are_read),
		cmocka_unit_test(offsets_count_in_seconds_both_ways),
		cmocka_unit_test(every_resolution_has_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
