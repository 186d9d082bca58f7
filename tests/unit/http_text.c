/* SPDX-License-Identifier: BSD-3-Clause */

/* Small questions about text in a request. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/text.h"

static struct http_text text(const char *s)
{
	return (struct http_text){s, strlen(s)};
}

static void equality_may_ignore_ascii_case_and_nothing_else(void **state)
{
	(void)state;
	assert_true(http_text_equal(text("Host"), "Host"));
	assert_false(http_text_equal(text("Host"), "host"));
	assert_false(http_text_equal(text("Host"), "Hos"));
	assert_true(http_text_equal_case(text("HOST-1"), "host-1"));
	assert_false(http_text_equal_case(text("Host"), "Hosts"));
	assert_false(http_text_equal_case(text("@"), "`")); /* 0x40 and 0x60 */
	assert_false(http_text_equal_case(text("["), "{"));
}

/* Each octet at each place of texts around the eight that are looked at together. */
static void a_control_character_is_found_wherever_it_stands(void **state)
{
	char bytes[20];

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		memset(bytes, '\xff', len);
		assert_null(http_text_control((struct http_text){bytes, len}));
		for (size_t i = 0; i < len * 256; i++) {
			char *at = &bytes[i / 256];
			unsigned octet = i % 256;
			int is_control = (octet < 0x20 && octet != '\t') || octet == 0x7f;

			*at = (char)octet;
			assert_ptr_equal(http_text_control((struct http_text){bytes, len}),
				is_control ? at : NULL);
			*at = at == bytes ? '\t' : ' ';
		}
	}
}

static void the_first_of_several_control_characters_is_found(void **state)
{
	struct http_text of_two = text("Field: \t value\x01 and\r more");

	(void)state;
	assert_ptr_equal(http_text_control(of_two), strchr(of_two.at, 1));
}

static void trimming_takes_spaces_and_tabs_off_both_ends(void **state)
{
	struct http_text trimmed;

	(void)state;
	trimmed = http_text_trim(text(" \t a b\t "));
	assert_int_equal(trimmed.len, 3);
	assert_memory_equal(trimmed.at, "a b", 3);
	assert_int_equal(http_text_trim(text(" \t ")).len, 0);
	assert_int_equal(http_text_trim(text("")).len, 0);
}

static void a_number_is_digits_and_at_most_what_is_allowed(void **state)
{
	static const struct {
		const char *text;
		uint64_t most;
		int result;
		uint64_t number;
	} cases[] = {
		{"0", UINT64_MAX, 0, 0},
		{"007", UINT64_MAX, 0, 7},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, -1, 0},
		{"99999999999999999999", UINT64_MAX, -1, 0},
		{"10", 10, 0, 10},
		{"11", 10, -1, 0},
		{"", 10, -1, 0},
		{"-1", 10, -1, 0},
		{"+1", 10, -1, 0},
		{" 1", 10, -1, 0},
		{"1 ", 10, -1, 0},
		{"1a", 10, -1, 0},
		{"\xb1", 10, -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t number = 0;

		assert_int_equal(http_text_number(text(cases[i].text), cases[i].most, &number),
			cases[i].result);
		assert_int_equal(number, cases[i].number);
	}
}

/* RFC 9110 5.6.2: the fifteen marks, digits and letters, no more. */
static void the_characters_of_a_token_are_those_of_the_grammar(void **state)
{
	int n = 0;

	(void)state;
	for (int c = 0; c < 256; c++)
		n += http_text_is((char)c, HTTP_TEXT_TCHAR);
	assert_int_equal(n, 15 + 10 + 52);
	assert_int_equal(http_text_token(text("!#$%&'*+-.^_`|~09azAZ")), 21);
	assert_int_equal(http_text_token(text("")), 0);
	assert_int_equal(http_text_token(text("a b")), 1);
	assert_int_equal(http_text_token((struct http_text){"a\0b", 3}), 1);
}

static int is_letter_or_digit(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int is_one_of(int c, const char *others)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr(others, c) != NULL);
}

/* Each class as its grammar says it, for each octet. */
static void the_table_of_classes_is_that_of_the_grammars(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(http_text_is((char)c, HTTP_TEXT_TCHAR),
			c < 0x80 && is_one_of(c, "!#$%&'*+-.^_`|~"));
		assert_int_equal(http_text_is((char)c, HTTP_TEXT_NAME),
			c < 0x80 && is_one_of(c, "-._~%!$&'()*+,;="));
		assert_int_equal(
			http_text_is((char)c, HTTP_TEXT_TARGET), c > ' ' && c < 0x7f && c != '#');
		assert_int_equal(http_text_is((char)c, HTTP_TEXT_CONTROL),
			(c < ' ' && c != '\t') || c == 0x7f);
	}
}

static void hexadecimal_digits_have_values_and_nothing_else_has(void **state)
{
	int sum = 0, n = 0;

	(void)state;
	for (int c = 0; c < 256; c++) {
		n += http_text_hex((char)c) >= 0;
		sum += http_text_hex((char)c) >= 0 ? http_text_hex((char)c) : 0;
	}
	assert_int_equal(n, 22);
	assert_int_equal(sum, 120 + 75); /* 0 to 15, and a to f again */
}

static void escapes_are_resolved_once(void **state)
{
	static const struct {
		const char *escaped, *plain; /* NULL: malformed */
	} cases[] = {
		{"", ""},
		{"abc", "abc"},
		{"%41", "A"},
		{"%2F%2f", "//"},
		{"%2541", "%41"},
		{"a%20b%C3%A4", "a b\xc3\xa4"},
		{"%", NULL},
		{"%4", NULL},
		{"a%4", NULL},
		{"%zz", NULL},
		{"%4z", NULL},
		{"%z4", NULL},
		{"%00", NULL},
		{"a%00b", NULL},
		{"%%41", NULL},
	};
	char plain[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		long len = http_text_unescape(text(cases[i].escaped), plain);

		if (cases[i].plain == NULL) {
			assert_int_equal(len, -1);
		} else {
			assert_int_equal(len, strlen(cases[i].plain));
			assert_string_equal(plain, cases[i].plain);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_may_ignore_ascii_case_and_nothing_else),
		cmocka_unit_test(a_control_character_is_found_wherever_it_stands),
		cmocka_unit_test(the_first_of_several_control_characters_is_found),
		cmocka_unit_test(trimming_takes_spaces_and_tabs_off_both_ends),
		cmocka_unit_test(a_number_is_digits_and_at_most_what_is_allowed),
		cmocka_unit_test(the_characters_of_a_token_are_those_of_the_grammar),
		cmocka_unit_test(the_table_of_classes_is_that_of_the_grammars),
		cmocka_unit_test(hexadecimal_digits_have_values_and_nothing_else_has),
		cmocka_unit_test(escapes_are_resolved_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
