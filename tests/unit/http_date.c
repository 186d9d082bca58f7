/* SPDX-License-Identifier: BSD-3-Clause */

/* Dates, compared with the C library's over eight centuries; and the three forms in which
 * they are read (RFC 9110 5.6.7). */

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

/* ---- parsing ---------------------------------------------------------------------------- */

#define NOW 1795985600 /* Sun, 29 Nov 2026 20:53:20 GMT */
#define UNTOUCHED 4711

static int parse(const char *text, uint64_t now_s, uint64_t *seconds)
{
	*seconds = UNTOUCHED;
	return http_date_parse((struct http_text){text, strlen(text)}, now_s, seconds);
}

static void check_read(uint64_t seconds, const char *form, uint64_t now_s)
{
	time_t t = (time_t)seconds;
	char text[64];
	uint64_t read;
	struct tm tm;

	strftime(text, sizeof(text), form, gmtime_r(&t, &tm));
	if (parse(text, now_s, &read) < 0 || read != seconds)
		fail_msg("%s: %llu, not %llu", text, (unsigned long long)read,
			(unsigned long long)seconds);
}

static void what_the_c_library_writes_is_read_in_each_form(void **state)
{
	(void)state;
	for (uint64_t day = 0; day < 292200; day++) {
		uint64_t seconds = day * 86400 + day % 86400;

		check_read(seconds, "%a, %d %b %Y %H:%M:%S GMT", NOW);
		check_read(seconds, "%A, %d-%b-%y %H:%M:%S GMT", seconds);
		check_read(seconds, "%a %b %e %H:%M:%S %Y", NOW);
	}
}

struct date_case {
	const char *text;
	uint64_t seconds; /* REFUSED: it is no date */
};

#define REFUSED UINT64_MAX

static void check_cases(const struct date_case *cases, size_t n, uint64_t now_s)
{
	for (size_t i = 0; i < n; i++) {
		int is_date = cases[i].seconds != REFUSED;
		uint64_t seconds;

		if (parse(cases[i].text, now_s, &seconds) != (is_date ? 0 : -1) ||
			seconds != (is_date ? cases[i].seconds : UNTOUCHED))
			fail_msg("\"%s\": %llu", cases[i].text, (unsigned long long)seconds);
	}
}

#define CHECK_CASES(cases, now_s) check_cases(cases, sizeof(cases) / sizeof(cases[0]), now_s)

/* RFC 9110 5.6.7: three forms, whose spaces and capitals count. */
static void a_date_is_of_one_of_three_forms_to_the_letter(void **state)
{
	static const struct date_case cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Sun Nov 06 08:49:37 1994", 784111777}, /* two digits may stand there */
		{"Sun Nov 13 08:49:37 1994", 784716577},
		{"", REFUSED},
		{"784111777", REFUSED},
		{" Sun, 06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 GMT ", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 GM", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 UTC", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 +0000", REFUSED},
		{"Sun, 06 Nov 1994 08:49:37 gmt", REFUSED},
		{"sun, 06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06 NOV 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06 Nox 1994 08:49:37 GMT", REFUSED},
		{"Sun,  6 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 6 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 006 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, +6 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun,06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun 06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06  Nov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06\tNov 1994 08:49:37 GMT", REFUSED},
		{"Sun, 06 Nov 94 08:49:37 GMT", REFUSED},
		{"Sun, 06 Nov 1994 8:49:37 GMT", REFUSED},
		{"Sun, 06 Nov 1994 08:49 GMT", REFUSED},
		{"Sun, 06 Nov 1994 08.49.37 GMT", REFUSED},
		{"Sun, 06-Nov-94 08:49:37 GMT", REFUSED},
		{"Sunday, 06-Nov-1994 08:49:37 GMT", REFUSED},
		{"Sunday, 06 Nov 1994 08:49:37 GMT", REFUSED},
		{"Sunday, 06-Nov-94 08:49:37", REFUSED},
		{"Tueday, 08-Nov-94 08:49:37 GMT", REFUSED},
		{"Sun Nov 6 08:49:37 1994", REFUSED},
		{"Sun Nov   6 08:49:37 1994", REFUSED},
		{"Sun Nov  6 08:49:37 94", REFUSED},
		{"Sun Nov  6 08:49:37 1994\n", REFUSED},
		{"Sun Nov  6 08:49:37 1994 GMT", REFUSED},
	};

	(void)state;
	CHECK_CASES(cases, NOW);
}

static void a_date_is_one_that_the_calendar_has(void **state)
{
	static const struct date_case cases[] = {
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Wed, 31 Dec 1969 23:59:59 GMT", REFUSED}, /* seconds begin later */
		{"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
		{"Sat, 00 Jan 0000 00:00:00 GMT", REFUSED},
		{"Wed, 00 Jan 1970 00:00:00 GMT", REFUSED},
		{"Mon, 31 Nov 2026 00:00:00 GMT", REFUSED},
		{"Tue, 31 Nov 2026 00:00:00 GMT", REFUSED}, /* 1 December is a Tuesday */
		{"Fri, 32 Jan 2026 00:00:00 GMT", REFUSED},
		{"Sun, 29 Feb 2026 00:00:00 GMT", REFUSED},
		{"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400}, /* 400 divides it */
		{"Mon, 29 Feb 2100 00:00:00 GMT", REFUSED},   /* only 100 does */
		{"Tue, 06 Nov 1994 08:49:37 GMT", REFUSED},   /* it was a Sunday */
		{"Tuesday, 06-Nov-94 08:49:37 GMT", REFUSED},
		{"Tue Nov  6 08:49:37 1994", REFUSED},
		{"Sun, 06 Nov 1994 24:00:00 GMT", REFUSED},
		{"Sun, 06 Nov 1994 08:60:00 GMT", REFUSED},
		{"Sun, 06 Nov 1994 99:99:99 GMT", REFUSED},
		/* 00:00:00 to 23:59:60, says the grammar */
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
		{"Sunday, 01-Jan-17 00:00:00 GMT", 1483228800},
		{"Sat Dec 31 23:59:60 2016", 1483228800},
		{"Sat, 31 Dec 2016 23:59:61 GMT", REFUSED},
		{"Sat, 31 Dec 2016 23:58:60 GMT", REFUSED},
		{"Sat, 31 Dec 2016 22:59:60 GMT", REFUSED},
	};

	(void)state;
	CHECK_CASES(cases, NOW);
}

/* RFC 9110 5.6.7: two digits more than 50 years ahead mean the past. */
static void two_digits_of_a_year_are_at_most_50_years_ahead(void **state)
{
	static const struct date_case cases[] = {
		{"Sunday, 29-Nov-26 20:53:20 GMT", NOW},
		{"Sunday, 29-Nov-76 20:53:20 GMT", 3373908800}, /* 2076: 50 years to the second */
		{"Monday, 29-Nov-76 20:53:21 GMT", 218148801},  /* 1976: it was a Monday */
		{"Sunday, 29-Nov-76 20:53:21 GMT", REFUSED},    /* in 2076 it is a Sunday */
		{"Wednesday, 01-Dec-76 00:00:00 GMT", 218246400},
		{"Friday, 31-Dec-99 23:59:59 GMT", 946684799},
		{"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
		{"Thursday, 01-Jan-70 00:00:00 GMT", REFUSED}, /* in 2070 it is a Wednesday */
	};
	static const struct date_case in_2095[] = {
		{"Saturday, 01-Jan-05 00:00:00 GMT", REFUSED}, /* that was in 2005 */
		{"Thursday, 01-Jan-05 00:00:00 GMT", 4260211200},
	};
	static const struct date_case in_1994[] = {
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
		{"Tuesday, 29-Feb-44 00:00:00 GMT", REFUSED}, /* 1944 was one, but is too early */
		{"Monday, 29-Feb-44 00:00:00 GMT", 2340316800},
	};

	static const struct date_case in_9999[] = {
		{"Friday, 31-Dec-99 23:59:59 GMT", 253402300799},
		{"Saturday, 01-Jan-00 00:00:00 GMT", REFUSED}, /* of the year 10000 */
	};

	(void)state;
	CHECK_CASES(cases, NOW);
	CHECK_CASES(in_9999, 253402300799);
	CHECK_CASES(in_2095, 3965000000);
	CHECK_CASES(in_1994, 784111777);
}

static void a_date_is_read_whatever_the_clock_says(void **state)
{
	static const uint64_t clocks[] = {0, 1, UINT64_MAX / 1000000, UINT64_MAX - 1, UINT64_MAX};
	uint64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		assert_int_equal(parse("Sun, 06 Nov 1994 08:49:37 GMT", clocks[i], &seconds), 0);
		assert_int_equal(seconds, 784111777);
		(void)parse("Sunday, 06-Nov-94 08:49:37 GMT", clocks[i],
			&seconds); /* of some century */
	}
}

/* Text ends where its length says, not at a NUL. */
static void a_date_without_its_end_is_none(void **state)
{
	static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		uint64_t seconds;

		for (size_t len = 0; len < strlen(dates[i]); len++)
			assert_int_equal(
				http_date_parse((struct http_text){dates[i], len}, NOW, &seconds),
				-1);
		assert_int_equal(http_date_parse((struct http_text){dates[i], strlen(dates[i]) + 1},
					 NOW, &seconds),
			-1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_is_written_as_there),
		cmocka_unit_test(every_day_of_eight_centuries_is_right),
		cmocka_unit_test(the_ends_of_days_and_leap_years_are_right),
		cmocka_unit_test(a_year_that_has_five_digits_keeps_its_place),
		cmocka_unit_test(what_the_c_library_writes_is_read_in_each_form),
		cmocka_unit_test(a_date_is_of_one_of_three_forms_to_the_letter),
		cmocka_unit_test(a_date_is_one_that_the_calendar_has),
		cmocka_unit_test(two_digits_of_a_year_are_at_most_50_years_ahead),
		cmocka_unit_test(a_date_is_read_whatever_the_clock_says),
		cmocka_unit_test(a_date_without_its_end_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
