/* SPDX-License-Identifier: BSD-3-Clause */

/* Numbers as people write them: what is one, what is none, and where 64 bits end. */

#include "evtcpd/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const no_numbers[] = {"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "one", "1.",
	"1.5", ".", "18446744073709551616", "1k1"};

static void a_count_is_decimal_digits_and_nothing_else(void **state)
{
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
		assert_int_equal(quantity_parse_count(no_numbers[i], &value), -1);
		assert_int_equal(value, 7);
	}
	assert_int_equal(quantity_parse_count("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(quantity_parse_count("007", &value), 0);
	assert_int_equal(value, 7);
}

static void a_size_takes_the_suffixes_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} sizes[] = {{"0", 0}, {"1000", 1000}, {"64k", 65536}, {"64KiB", 65536}, {"1M", 1048576},
		{"2MiB", 2097152}, {"3G", 3221225472}, {"1GiB", 1073741824}};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(quantity_parse_size(sizes[i].text, &value), 0);
		assert_true(value == sizes[i].value);
	}
}

static void a_size_with_another_suffix_or_too_large_is_refused(void **state)
{
	static const char *const wrong[] = {
		"k", "1K", "1 k", "1kB", "1kk", "1T", "-1k", "17179869184G", "1.5M"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(quantity_parse_size(wrong[i], &value), -1);
	assert_int_equal(value, 7);
}

static void a_span_may_have_decimals_down_to_a_microsecond(void **state)
{
	uint64_t us;

	(void)state;
	assert_int_equal(quantity_parse_us("30", 1000000, &us), 0);
	assert_true(us == 30000000);
	assert_int_equal(quantity_parse_us("0.5", 1000000, &us), 0);
	assert_true(us == 500000);
	assert_int_equal(quantity_parse_us(".25", 1000000, &us), 0);
	assert_true(us == 250000);
	assert_int_equal(quantity_parse_us("2.", 1000000, &us), 0);
	assert_true(us == 2000000);
	assert_int_equal(quantity_parse_us("1.2345678", 1000000, &us), 0);
	assert_true(us == 1234567);
	assert_int_equal(quantity_parse_us("1.5", 1000, &us), 0);
	assert_true(us == 1500);
}

static void a_span_with_two_points_a_sign_or_no_digit_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", ".", "1.2.3", "-1", "+1", "1s", "1,5", "1e-3", "18446744073710"};
	uint64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(quantity_parse_us(wrong[i], 1000000, &us), -1);
	assert_int_equal(us, 7);
}

static void a_formatted_size_reads_back_as_itself(void **state)
{
	static const uint64_t sizes[] = {0, 1, 1000, 1023, 1024, 1025, 65536, 1048576, 1048577,
		UINT64_C(3) << 30, UINT64_MAX};
	char text[QUANTITY_TEXT];
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		quantity_format_size(sizes[i], text, sizeof(text));
		assert_int_equal(quantity_parse_size(text, &value), 0);
		assert_true(value == sizes[i]);
	}
	assert_string_equal(quantity_format_size(65536, text, sizeof(text)), "64k");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_is_decimal_digits_and_nothing_else),
		cmocka_unit_test(a_size_takes_the_suffixes_of_1024),
		cmocka_unit_test(a_size_with_another_suffix_or_too_large_is_refused),
		cmocka_unit_test(a_span_may_have_decimals_down_to_a_microsecond),
		cmocka_unit_test(a_span_with_two_points_a_sign_or_no_digit_is_refused),
		cmocka_unit_test(a_formatted_size_reads_back_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
