/* SPDX-License-Identifier: BSD-3-Clause */

/* UTF-8 for terminals: its edges (RFC 3629), its widths, and what is left of what a stranger wrote.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "util/utf8.h"

static size_t decode(const char *text)
{
	uint32_t code = 0;

	return utf8_decode(text, strlen(text), &code);
}

static void the_first_and_last_of_each_length_are_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
	} edges[] = {{"\x7f", 0x7f}, {"\xc2\x80", 0x80}, {"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800}, {"\xed\x9f\xbf", 0xd7ff}, {"\xee\x80\x80", 0xe000},
		{"\xef\xbf\xbf", 0xffff}, {"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff}};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		uint32_t code = 0;
		size_t len = strlen(edges[i].text);

		assert_int_equal(utf8_decode(edges[i].text, len, &code), len);
		assert_int_equal(code, edges[i].code);
		if (len > 1)
			assert_int_equal(utf8_decode(edges[i].text, len - 1, &code), 0);
	}
}

static void what_is_no_character_is_refused(void **state)
{
	(void)state;
	assert_int_equal(decode(""), 0);
	assert_int_equal(decode("\x80"), 0);             /* a continuation of nothing */
	assert_int_equal(decode("\xc3("), 0);            /* none where one must be */
	assert_int_equal(decode("\xc0\xaf"), 0);         /* '/' in a form that is too long */
	assert_int_equal(decode("\xe0\x80\xaf"), 0);     /* the same, longer */
	assert_int_equal(decode("\xf0\x80\x80\xaf"), 0); /* and longer */
	assert_int_equal(decode("\xed\xa0\x80"), 0);     /* half of a surrogate pair */
	assert_int_equal(decode("\xf4\x90\x80\x80"), 0); /* above the last */
	assert_int_equal(decode("\xff"), 0);
}

static void widths_are_those_of_a_terminal(void **state)
{
	static const char accented[] = "e\xcc\x81", wide[] = "\xe6\xbc\xa2",
			  arrow[] = "\xe2\x86\x92";

	(void)state;
	assert_int_equal(utf8_width("abc", 3), 3);
	assert_int_equal(utf8_width(accented, 3), 1);
	assert_int_equal(utf8_width(wide, 3), 2);
	assert_int_equal(utf8_width(arrow, 3), 1);
	assert_int_equal(utf8_width("\xff\xfe", 2), 2);
}

static void assert_clean(const char *text, const char *wanted)
{
	char out[64];

	assert_string_equal(utf8_clean(out, sizeof(out), text, strlen(text), false), wanted);
}

static void control_characters_become_one_blank(void **state)
{
	(void)state;
	assert_clean("  two\r\n\tlines \n", "two lines");
	assert_clean("a\033[31mb", "a [31mb");
	assert_clean("a\xc2\x9b"
		     "31mb",
		"a 31mb"); /* CSI as one character of C1 */
	assert_clean("\x07", "");
}

static void what_deceives_a_reader_is_shown_as_unknown(void **state)
{
	(void)state;
	assert_clean("a\xe2\x80\xae"
		     "b",
		"a\xef\xbf\xbd"
		"b"); /* right-to-left override */
	assert_clean("a\xff"
		     "b",
		"a\xef\xbf\xbd"
		"b");
	assert_clean("caf\xc3\xa9 \xe6\xbc\xa2", "caf\xc3\xa9 \xe6\xbc\xa2");
}

static void ascii_only_means_so(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(utf8_clean(out, sizeof(out), "caf\xc3\xa9\xff.", 7, true), "caf??.");
}

/* At every size: terminated, whole characters, dots where something is missing. */
static void what_does_not_fit_is_left_out_and_said(void **state)
{
	static const char text[] = "\xe6\xbc\xa2\xe5\xad\x97 text";
	const size_t len = strlen(text);
	char out[64];

	(void)state;
	assert_string_equal(utf8_clean(out, 64, text, len, false), text);
	assert_string_equal(utf8_clean(out, len + 1, text, len, false), text);
	assert_string_equal(utf8_clean(out, len, text, len, false), "\xe6\xbc\xa2\xe5\xad\x97 ...");
	assert_string_equal(utf8_clean(out, 7, text, len, false), "\xe6\xbc\xa2...");
	assert_string_equal(utf8_clean(out, 5, text, len, false), "...");
	for (size_t size = 1; size <= len; size++) {
		memset(out, 'x', sizeof(out));
		utf8_clean(out, size, text, len, false);
		assert_true(memchr(out, '\0', size) != NULL);
		assert_int_equal(out[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_and_last_of_each_length_are_read),
		cmocka_unit_test(what_is_no_character_is_refused),
		cmocka_unit_test(widths_are_those_of_a_terminal),
		cmocka_unit_test(control_characters_become_one_blank),
		cmocka_unit_test(what_deceives_a_reader_is_shown_as_unknown),
		cmocka_unit_test(ascii_only_means_so),
		cmocka_unit_test(what_does_not_fit_is_left_out_and_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
