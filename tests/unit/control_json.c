/* SPDX-License-Identifier: BSD-3-Clause */

/* JSON as the control socket has it: strings of any bytes are written so that every reader takes
 * them, and members are found in objects, whatever else is in them. */

#include "control/json.h"

#include <event2/buffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(const char *text, const char *expected)
{
	struct evbuffer *json = evbuffer_new();

	assert_int_equal(json_add_string(json, text), 0);
	evbuffer_add(json, "", 1);
	assert_string_equal((const char *)evbuffer_pullup(json, -1), expected);
	evbuffer_free(json);
}

static void a_string_is_quoted_and_escaped(void **state)
{
	(void)state;
	assert_written("", "\"\"");
	assert_written("plain text", "\"plain text\"");
	assert_written("a \"word\" and a \\", "\"a \\\"word\\\" and a \\\\\"");
	assert_written("tab\tline\n\x7f", "\"tab\\u0009line\\u000a\\u007f\"");
}

static void what_is_no_utf_8_is_replaced(void **state)
{
	(void)state;
	assert_written("\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80",
		"\"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80\"");
	assert_written("\xff", "\"\\ufffd\"");
	assert_written("\xc3", "\"\\ufffd\"");                                  /* cut */
	assert_written("\xc0\xaf", "\"\\ufffd\\ufffd\"");                       /* overlong */
	assert_written("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");            /* a surrogate */
	assert_written("\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"");            /* overlong */
	assert_written("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); /* beyond the end */
}

static struct json json_of(const char *text)
{
	return (struct json){text, strlen(text)};
}

static void members_come_one_after_the_other(void **state)
{
	struct json object = json_of(" { \"a\" : 1 , \"b\":{\"a\":[2,\"}\"]},\"c\":\"x\\\"y\" } ");
	static const char *const names[] = {"a", "b", "c"};
	static const char *const values[] = {"1", "{\"a\":[2,\"}\"]}", "\"x\\\"y\""};
	struct json name, value;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(json_next(&object, &name, &value), 1);
		assert_int_equal(name.len, strlen(names[i]));
		assert_memory_equal(name.at, names[i], name.len);
		assert_int_equal(value.len, strlen(values[i]));
		assert_memory_equal(value.at, values[i], value.len);
	}
	assert_int_equal(json_next(&object, &name, &value), 0);
}

static void what_is_no_object_has_no_members(void **state)
{
	static const char *const texts[] = {"", "{", "[1]", "\"a\"", "{1:2}", "{\"a\"}", "{\"a\":}",
		"{\"a\":\"", "{\"a\":{", "{\"a\" 1}", "{\"a", "{\"a\":[\"\\"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* A copy without terminator: a read beyond its end is a report. */
		size_t len = strlen(texts[i]);
		char *copy = memcpy(malloc(len + (len == 0)), texts[i], len);
		struct json object = {copy, len}, name, value;

		assert_int_equal(json_next(&object, &name, &value), -1);
		free(copy);
	}
}

static void members_are_found_by_their_name(void **state)
{
	struct json object =
		json_of("{\"number\":18446744073709551615,\"text\":\"a\\u0009\\\"b\\n\","
			"\"more\":18446744073709551616,\"ok\":true,\"minus\":-1}");
	char text[16];
	struct json value;

	(void)state;
	assert_true(json_find_number(object, "number") == UINT64_MAX);
	assert_int_equal(json_find_number(object, "more"), 0);
	assert_int_equal(json_find_number(object, "minus"), 0);
	assert_int_equal(json_find_number(object, "nothing"), 0);
	assert_string_equal(json_find_text(object, "text", text, sizeof(text)), "a\t\"b\n");
	assert_string_equal(json_find_text(object, "text", text, 3), "a\t");
	assert_string_equal(json_find_text(object, "number", text, sizeof(text)), "");
	assert_int_equal(json_find(object, "ok", &value), 1);
	assert_memory_equal(value.at, "true", 4);
	assert_int_equal(json_find(object, "numbe", &value), 0);
}

/* What is written is read back the same. */
static void writing_and_reading_fit(void **state)
{
	static const char text[] = "one \"two\" \\three\\ \x01 \x1f /four";
	struct evbuffer *json = evbuffer_new();
	char read[64];

	(void)state;
	evbuffer_add_printf(json, "{\"a\":");
	json_add_string(json, text);
	evbuffer_add(json, "}", 2);
	json_find_text(json_of((const char *)evbuffer_pullup(json, -1)), "a", read, sizeof(read));
	assert_string_equal(read, text);
	evbuffer_free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_is_quoted_and_escaped),
		cmocka_unit_test(what_is_no_utf_8_is_replaced),
		cmocka_unit_test(members_come_one_after_the_other),
		cmocka_unit_test(what_is_no_object_has_no_members),
		cmocka_unit_test(members_are_found_by_their_name),
		cmocka_unit_test(writing_and_reading_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
