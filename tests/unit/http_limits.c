/* SPDX-License-Identifier: BSD-3-Clause */

/* Limits by name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/limits.h"

static void the_defaults_are_those_of_the_table(void **state)
{
	struct http_limits limits;

	(void)state;
	http_limits_init(&limits);
	assert_int_equal(limits.line, 8192);
	assert_int_equal(limits.block, 32768);
	assert_int_equal(limits.fields, 100);
	assert_int_equal(limits.body, 1048576);
	assert_int_equal(limits.header_time_us, 10000000);
	assert_int_equal(limits.body_idle_us, 30000000);
	assert_int_equal(limits.keepalive_us, 15000000);
	assert_int_equal(limits.send_idle_us, 60000000);
	assert_int_equal(limits.rate, 500);
	assert_int_equal(limits.pipelined, 16);
}

/* Every row: the least and the most can be set, one beyond can not. */
static void every_limit_can_be_set_within_its_bounds(void **state)
{
	struct http_limits limits, before;
	struct http_limit row;
	char value[32];
	unsigned n;

	(void)state;
	for (n = 0; http_limits_row(n, &row) == 0; n++) {
		http_limits_init(&limits);
		snprintf(value, sizeof(value), "%llu", (unsigned long long)row.most);
		assert_int_equal(http_limits_set(&limits, row.name, value), 0);
		snprintf(value, sizeof(value), "%llu", (unsigned long long)row.least);
		assert_int_equal(http_limits_set(&limits, row.name, value), 0);
		before = limits;
		if (row.least > 0) {
			snprintf(value, sizeof(value), "%llu", (unsigned long long)row.least - 1);
			assert_int_equal(http_limits_set(&limits, row.name, value), -1);
			assert_int_equal(errno, ERANGE);
		}
		if (row.most < UINT64_MAX) {
			snprintf(value, sizeof(value), "%llu", (unsigned long long)row.most + 1);
			assert_int_equal(http_limits_set(&limits, row.name, value), -1);
			assert_int_equal(errno, ERANGE);
		}
		assert_memory_equal(&limits, &before, sizeof(limits));
		assert_true(row.initial >= row.least && row.initial <= row.most);
	}
	assert_int_equal(n, sizeof(limits) / sizeof(uint64_t));
}

static void seconds_may_have_a_fraction_and_nothing_else_may(void **state)
{
	struct http_limits limits;

	(void)state;
	http_limits_init(&limits);
	assert_int_equal(http_limits_set(&limits, "http_keepalive", "0.25"), 0);
	assert_int_equal(limits.keepalive_us, 250000);
	assert_int_equal(http_limits_set(&limits, "http_keepalive", "1.000001"), 0);
	assert_int_equal(limits.keepalive_us, 1000001);
	assert_int_equal(http_limits_set(&limits, "http_keepalive", "86400.1"), -1);
	assert_int_equal(http_limits_set(&limits, "http_fields", "5.5"), -1);
}

static void what_is_no_number_or_no_name_changes_nothing(void **state)
{
	static const char *const values[] = {"", " ", "-1", "+1", "1 ", "x", "1x", "0x1", "1e3",
		".5", "1.", "1.0000000", "1.5.5", "18446744073709551616",
		"99999999999999999999999"};
	struct http_limits limits, before;

	(void)state;
	http_limits_init(&limits);
	before = limits;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(http_limits_set(&limits, "http_keepalive", values[i]), -1);
	assert_int_equal(http_limits_set(&limits, "http_nothing", "1"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(http_limits_set(&limits, "", "1"), -1);
	assert_memory_equal(&limits, &before, sizeof(limits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_table),
		cmocka_unit_test(every_limit_can_be_set_within_its_bounds),
		cmocka_unit_test(seconds_may_have_a_fraction_and_nothing_else_may),
		cmocka_unit_test(what_is_no_number_or_no_name_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
