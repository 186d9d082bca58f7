/* SPDX-License-Identifier: BSD-3-Clause */

/* Spans of time as people say them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "trace/duration.h"

static void the_unit_follows_the_size_and_no_zeros_trail(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{0, "0 us"},
		{1, "1 us"},
		{999, "999 us"},
		{1000, "1 ms"},
		{1099, "1 ms"},
		{4200, "4.2 ms"},
		{9999, "9.9 ms"},
		{10000, "10 ms"},
		{213999, "213 ms"},
		{400000, "400 ms"},
		{999999, "999 ms"},
		{1000000, "1 s"},
		{1050000, "1.05 s"},
		{1600000, "1.6 s"},
		{40000000, "40 s"},
		{99990000, "99.99 s"},
		{120000000, "120 s"},
		{UINT64_MAX, "18446744073709 s"},
	};
	char text[DURATION_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			duration_format(cases[i].us, text, sizeof(text)), cases[i].text);
}

static void a_small_buffer_cuts_and_stays_terminated(void **state)
{
	char text[8];

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		duration_format(400000, text, size);
		assert_int_equal(strlen(text), size - 1 < 6 ? size - 1 : 6);
		assert_memory_equal(text, "400 ms", strlen(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unit_follows_the_size_and_no_zeros_trail),
		cmocka_unit_test(a_small_buffer_cuts_and_stays_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
