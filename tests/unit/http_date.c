/* SPDX-License-Identifier: BSD-3-Clause */

/* Dates, compared with the C library's over eight centuries. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "http/date.h"

static void check(uint64_t seconds)
{
	char text[HTTP_DATE_TEXT], expected[64];
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	assert_string_equal(http_date_format(seconds, text), expected);
	strftime(expected, sizeof(expected), "%d/%b/%Y:%H:%M:%S +0000", &tm);
	assert_string_equal(http_date_format_log(seconds, text), expected);
}

/* RFC 9110 5.6.7 */
static void the_example_of_the_rfc_is_written_as_there(void **state)
{
	char text[HTTP_DATE_TEXT];

	(void)state;
	assert_string_equal(http_date_format(784111777, text), "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void every_day_of_eight_centuries_is_right(void **state)
{
	(void)state;
	for (uint64_t day = 0; day < 292200; day++)
		check(day * 86400 + day % 86400);
}

static void the_ends_of_days_and_leap_years_are_right(void **state)
{
	static const uint64_t moments[] = {0, 59, 86399, 86400, 68169600, 68255999, 951782400,
		951868799, 951868800, 1709164800, 4107542399, 4107542400, 2147483647, 2147483648,
		4294967295, 4294967296, 253402300799};

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		check(moments[i]);
}

static void a_year_that_has_five_digits_keeps_its_place(void **state)
{
	char text[HTTP_DATE_TEXT];

	(void)state;
	assert_int_equal(strlen(http_date_format(253402300800, text)), HTTP_DATE_TEXT - 1);
	assert_int_equal(strlen(http_date_format(UINT64_MAX / 1000000, text)), HTTP_DATE_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_is_written_as_there),
		cmocka_unit_test(every_day_of_eight_centuries_is_right),
		cmocka_unit_test(the_ends_of_days_and_leap_years_are_right),
		cmocka_unit_test(a_year_that_has_five_digits_keeps_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
