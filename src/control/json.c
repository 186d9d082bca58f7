/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts into strings of JSON (RFC 8259), and members out of objects. In: texts of any bytes; an
 * object on one line, from a daemon that is believed to write JSON. Out: a string; names and values
 * as places in that line. What is no JSON is told to be no object, or no such member, and nothing
 * is read beyond its end. Keeps nothing, needs no memory. */

#include "control/json.h"

#include "util/utf8.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

/* ---- writing ---------------------------------------------------------------------------- */

/* One character, which takes len bytes of text; 0: a byte that is none. */
static int json_add_character(struct evbuffer *json, const char *text, size_t len)
{
	unsigned char c = (unsigned char)*text;

	if (len == 0)
		return evbuffer_add(json, "\\ufffd", 6);
	if (c == '"' || c == '\\')
		return evbuffer_add_printf(json, "\\%c", c) < 0 ? -1 : 0;
	if (c < 0x20 || c == 0x7f)
		return evbuffer_add_printf(json, "\\u%04x", c) < 0 ? -1 : 0;
	return evbuffer_add(json, text, len);
}

int json_add_string(struct evbuffer *json, const char *text)
{
	int failed = evbuffer_add(json, "\"", 1);
	size_t left = strlen(text);
	uint32_t code;

	while (left > 0) {
		size_t len = utf8_decode(text, left, &code), step = len != 0 ? len : 1;

		failed |= json_add_character(json, text, len);
		text += step;
		left -= step;
	}
	return failed | evbuffer_add(json, "\"", 1) ? -1 : 0;
}

/* ---- reading ---------------------------------------------------------------------------- */

static void json_skip_blanks(struct json *json)
{
	while (json->len > 0 && strchr(" \t\r\n", *json->at) != NULL && *json->at != '\0') {
		json->at++;
		json->len--;
	}
}

static void json_advance(struct json *json, size_t len)
{
	json->at += len;
	json->len -= len;
}

/* How long the string at the start of json is, with its quotes; 0 if there is none. */
static size_t json_string_len(struct json json)
{
	if (json.len == 0 || json.at[0] != '"')
		return 0;
	for (size_t i = 1; i < json.len; i++) {
		if (json.at[i] == '"')
			return i + 1;
		i += json.at[i] == '\\';
	}
	return 0;
}

/* How long the object or array is. */
static size_t json_group_len(struct json json)
{
	size_t depth = 0, i = 0;

	while (i < json.len) {
		char c = json.at[i];
		size_t len = json_string_len((struct json){json.at + i, json.len - i});

		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		i += len != 0 ? len : 1;
		if (depth == 0)
			return i;
		if (c == '"' && len == 0)
			return 0;
	}
	return 0;
}

/* How long the value at the start of json is; 0 if there is none. */
static size_t json_value_len(struct json json)
{
	size_t len = 0;

	if (json.len == 0)
		return 0;
	if (json.at[0] == '"')
		return json_string_len(json);
	if (json.at[0] == '{' || json.at[0] == '[')
		return json_group_len(json);
	while (len < json.len && json.at[len] != '\0' && strchr(",]} \t\r\n", json.at[len]) == NULL)
		len++;
	return len;
}

/* Takes one character off, and blanks before it. */
static int json_take(struct json *json, char c)
{
	json_skip_blanks(json);
	if (json->len == 0 || *json->at != c)
		return 0;
	json_advance(json, 1);
	return 1;
}

/* Takes a value off. */
static int json_take_value(struct json *json, struct json *value)
{
	json_skip_blanks(json);
	*value = (struct json){json->at, json_value_len(*json)};
	json_advance(json, value->len);
	return value->len != 0;
}

int json_next(struct json *object, struct json *name, struct json *value)
{
	if (!json_take(object, '{') && !json_take(object, ','))
		return json_take(object, '}') ? 0 : -1;
	if (json_take(object, '}'))
		return 0;
	if (!json_take_value(object, name) || name->at[0] != '"' || !json_take(object, ':') ||
		!json_take_value(object, value))
		return -1;
	*name = (struct json){name->at + 1, name->len - 2};
	return 1;
}

int json_find(struct json object, const char *name, struct json *value)
{
	size_t len = strlen(name);
	struct json found;

	while (json_next(&object, &found, value) == 1) {
		if (found.len == len && memcmp(found.at, name, len) == 0)
			return 1;
	}
	return 0;
}

uint64_t json_find_number(struct json object, const char *name)
{
	uint64_t number = 0;
	struct json value;

	if (!json_find(object, name, &value))
		return 0;
	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned)value.at[i] - '0';

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return 0;
		number = number * 10 + digit;
	}
	return number;
}

/* The code of \uXXXX at escape, if it is one that a byte holds; else that of '?'. */
static char json_unescape_code(struct json escape)
{
	char digits[5] = "";
	unsigned code = '?';

	if (escape.len >= 6)
		memcpy(digits, escape.at + 2, 4);
	if (sscanf(digits, "%4x", &code) != 1 || code >= 0x80)
		code = '?';
	return (char)code;
}

/* What the escape at the start of json stands for; *len is how long it is. Answers have none but
 * those that json_add_string writes, and \n and its kin from others. */
static char json_unescape(struct json escape, size_t *len)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *found = strchr(from, escape.at[1]);

	*len = escape.at[1] == 'u' && escape.len >= 6 ? 6 : 2;
	if (escape.at[1] == 'u')
		return json_unescape_code(escape);
	return found != NULL && *found != '\0' ? to[found - from] : escape.at[1];
}

char *json_find_text(struct json object, const char *name, char *text, size_t size)
{
	struct json value;
	size_t len = 0;

	text[0] = '\0';
	if (!json_find(object, name, &value) || value.at[0] != '"')
		return text;
	value = (struct json){value.at + 1, value.len - 2};
	while (value.len > 0 && len + 1 < size) {
		size_t step = 1;

		if (value.at[0] == '\\' && value.len > 1)
			text[len++] = json_unescape(value, &step);
		else
			text[len++] = value.at[0];
		json_advance(&value, step);
	}
	text[len] = '\0';
	return text;
}
