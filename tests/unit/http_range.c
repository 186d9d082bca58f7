/* SPDX-License-Identifier: BSD-3-Clause */

/* Range fields: RFC 9110 14.1.1, 14.1.2 and 14.2, and ATTACKS.md H05. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "http/range.h"

/* What is asked of how many octets, and which of them are given: the first and how many, or: */
#define WHOLE 0, 0
#define NONE UINT64_MAX, 0

struct range_case {
	const char *value;
	uint64_t length;
	uint64_t first, len;
};

static enum http_range_verdict expected(const struct range_case *c)
{
	if (c->len > 0)
		return HTTP_RANGE_PART;
	return c->first == 0 ? HTTP_RANGE_WHOLE : HTTP_RANGE_UNSATISFIABLE;
}

static void check_cases(const struct range_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct range_case *c = &cases[i];
		struct http_text value = {c->value, strlen(c->value)};
		struct http_range range = {4711, 4711};
		int is_part = expected(c) == HTTP_RANGE_PART;

		if (http_range_parse(value, c->length, &range) != expected(c) ||
			range.first != (is_part ? c->first : 4711) ||
			range.len != (is_part ? c->len : 4711))
			fail_msg("\"%s\" of %llu: %llu and %llu octets", c->value,
				(unsigned long long)c->length, (unsigned long long)range.first,
				(unsigned long long)range.len);
	}
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof(cases[0]))

static void one_range_is_what_there_is_of_it(void **state)
{
	static const struct range_case cases[] = {
		/* the examples of RFC 9110 14.1.2 */
		{"bytes=0-499", 10000, 0, 500}, {"bytes=500-999", 10000, 500, 500},
		{"bytes=-500", 10000, 9500, 500}, {"bytes=9500-", 10000, 9500, 500},
		{"bytes=0-0", 10000, 0, 1},
		/* ends */
		{"bytes=0-", 10, 0, 10}, {"bytes=0-9", 10, 0, 10}, {"bytes=0-10", 10, 0, 10},
		{"bytes=9-9", 10, 9, 1}, {"bytes=9-", 10, 9, 1}, {"bytes=9-10", 10, 9, 1},
		{"bytes=10-10", 10, NONE}, {"bytes=10-", 10, NONE}, {"bytes=11-", 10, NONE},
		{"bytes=-1", 10, 9, 1}, {"bytes=-10", 10, 0, 10}, {"bytes=-11", 10, 0, 10},
		{"bytes=-0", 10, NONE}, {"bytes=-000", 10, NONE},
		/* of one octet, and of none */
		{"bytes=0-0", 1, 0, 1}, {"bytes=-1", 1, 0, 1}, {"bytes=1-", 1, NONE},
		{"bytes=0-", 0, NONE}, {"bytes=0-0", 0, NONE}, {"bytes=-0", 0, NONE},
		{"bytes=-1", 0, WHOLE}, /* satisfiable, but nothing can be told of it */
	};

	(void)state;
	CHECK_CASES(cases);
}

static void a_field_that_is_not_understood_is_passed_over(void **state)
{
	static const struct range_case cases[] = {
		{"", 10, WHOLE},
		{"bytes", 10, WHOLE},
		{"bytes=", 10, WHOLE},
		{"bytes=-", 10, WHOLE},
		{"bytes=5", 10, WHOLE},
		{"bytes=a-b", 10, WHOLE},
		{"bytes=0-1a", 10, WHOLE},
		{"bytes=0-1-2", 10, WHOLE},
		{"bytes=--1", 10, WHOLE},
		{"bytes=+0-1", 10, WHOLE},
		{"bytes=0x0-0x1", 10, WHOLE},
		{"bytes=0.0-1", 10, WHOLE},
		{"bytes=\xb0-\xb1", 10, WHOLE},
		{"bytes=\"0-1\"", 10, WHOLE},
		{"bytes=0-1;x", 10, WHOLE},
		{"bytes=5-4", 10, WHOLE},
		{"bytes=15-14", 10, WHOLE}, /* invalid first of all */
		{"bytes==0-1", 10, WHOLE},
		{"bytes:0-1", 10, WHOLE},
		{"bytes 0-1", 10, WHOLE},
		{"=0-1", 10, WHOLE},
		{"0-1", 10, WHOLE},
		{"byte=0-1", 10, WHOLE},
		{"bytesx=0-1", 10, WHOLE},
		{"lines=0-1", 10, WHOLE},
		{"Bytes=0-1", 10, 0, 2}, /* RFC 9110 14.1: a unit in any case */
		{"BYTES=0-1", 10, 0, 2},
	};

	(void)state;
	CHECK_CASES(cases);
	assert_int_equal(http_range_parse((struct http_text){NULL, 0}, 10, NULL), HTTP_RANGE_WHOLE);
}

/* RFC 9110 5.6.1.2: members may be empty, and have white space beside their commas. */
static void white_space_stands_where_the_grammar_of_a_list_has_it(void **state)
{
	static const struct range_case cases[] = {
		{"bytes=0-1,", 10, 0, 2},
		{"bytes=,0-1", 10, 0, 2},
		{"bytes=,, \t, 0-1\t , ,", 10, 0, 2},
		{"bytes= ,0-1", 10, 0, 2},
		{"bytes=0-1 ", 10, 0, 2},
		{"bytes=,", 10, WHOLE},
		{"bytes= ", 10, WHOLE},
		{"bytes= , ,", 10, WHOLE},
		{"bytes= 0-1", 10, WHOLE},
		{"bytes =0-1", 10, WHOLE},
		{" bytes=0-1", 10, WHOLE},
		{"bytes=0 -1", 10, WHOLE},
		{"bytes=0- 1", 10, WHOLE},
		{"bytes=- 1", 10, WHOLE},
		{"bytes=0-1 2", 10, WHOLE},
		{"bytes=0-1\v,", 10, WHOLE},
	};

	(void)state;
	CHECK_CASES(cases);
}

static void several_ranges_are_none(void **state)
{
	static const struct range_case cases[] = {
		{"bytes=0-1,2-3", 10, WHOLE},
		{"bytes=0-0,-1", 10, WHOLE},
		{"bytes=0-,0-,0-", 10, WHOLE},
		{"bytes=0-1, ,2-3", 10, WHOLE},
		{"bytes=0-1,x", 10, WHOLE},
		{"bytes=20-,30-", 10,
			WHOLE}, /* neither is there: that would be 416, if one asked */
		{"bytes=-0,-0", 10, WHOLE},
		{"bytes=0-1,bytes=2-3", 10, WHOLE},
	};

	(void)state;
	CHECK_CASES(cases);
}

/* ATTACKS H05: RFC 9110 14.1.2: numerals may be large, and must not overflow. */
static void numbers_have_no_largest(void **state)
{
	static const struct range_case cases[] = {
		{"bytes=0-18446744073709551615", 10, 0, 10},
		{"bytes=0-18446744073709551616", 10, 0, 10},
		{"bytes=0-18446744073709551617", 10, 0, 10}, /* 2^64 + 1 is not 1 */
		{"bytes=1-99999999999999999999999999999999999999", 10, 1, 9},
		{"bytes=9223372036854775807-", 10, NONE},
		{"bytes=9223372036854775808-", 10, NONE},
		{"bytes=18446744073709551615-", 10, NONE},
		{"bytes=18446744073709551616-", 10, NONE},
		{"bytes=18446744073709551616-18446744073709551617", 10, NONE},
		{"bytes=18446744073709551617-5", 10, WHOLE},
		{"bytes=-18446744073709551615", 10, 0, 10},
		{"bytes=-18446744073709551616", 10, 0, 10},
		{"bytes=-18446744073709551617", 10, 0, 10},
		{"bytes=-9223372036854775808", 10, 0, 10},
		{"bytes=00000000000000000000000000000001-0000000000000000000000000000002", 10, 1,
			2},
		/* of as much as there can be */
		{"bytes=0-", UINT64_MAX, 0, UINT64_MAX},
		{"bytes=0-18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"bytes=18446744073709551614-", UINT64_MAX, UINT64_MAX - 1, 1},
		{"bytes=18446744073709551615-", UINT64_MAX, NONE},
		{"bytes=-18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"bytes=-1", UINT64_MAX, UINT64_MAX - 1, 1},
	};

	(void)state;
	CHECK_CASES(cases);
}

/* ATTACKS H05: ranges by the thousand. What is behind the second is not looked at: here it lies
 * behind the end of an array, where a sanitizer watches. */
static void of_many_ranges_two_are_looked_at(void **state)
{
	static char value[60000] = "bytes=";
	char two[] = {'b', 'y', 't', 'e', 's', '=', '0', '-', ',', '5', '-', ','};
	struct http_range range;

	(void)state;
	for (size_t at = strlen(value); at + 6 < sizeof(value); at += 5)
		snprintf(value + at, 6, "%zu-,5", at % 10);
	assert_int_equal(http_range_parse((struct http_text){value, strlen(value)}, 10, &range),
		HTTP_RANGE_WHOLE);
	assert_int_equal(
		http_range_parse((struct http_text){two, sizeof(two) + 1000000}, 10, &range),
		HTTP_RANGE_WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range_is_what_there_is_of_it),
		cmocka_unit_test(a_field_that_is_not_understood_is_passed_over),
		cmocka_unit_test(white_space_stands_where_the_grammar_of_a_list_has_it),
		cmocka_unit_test(several_ranges_are_none),
		cmocka_unit_test(numbers_have_no_largest),
		cmocka_unit_test(of_many_ranges_two_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
