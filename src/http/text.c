/* SPDX-License-Identifier: BSD-3-Clause */
/* Small questions about text in a request: is it a token, is it a number, what
 * does it say without its percent escapes? Input and output are bytes; no locale,
 * no allocation, and no knowledge of where in a request the text stands. */
#include "http/text.h"

#include <string.h>

static char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int http_text_equal(struct http_text text, const char *s)
{
	return strlen(s) == text.len && memcmp(text.at, s, text.len) == 0;
}

int http_text_equal_case(struct http_text text, const char *s)
{
	if (strlen(s) != text.len)
		return 0;
	for (size_t i = 0; i < text.len; i++)
		if (text_lower(text.at[i]) != text_lower(s[i]))
			return 0;
	return 1;
}

static int text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct http_text http_text_trim(struct http_text text)
{
	while (text.len > 0 && text_is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len > 0 && text_is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

int http_text_lists(struct http_text list, const char *member)
{
	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		struct http_text one = {list.at, comma ? (size_t)(comma - list.at) : list.len};
		size_t used = one.len + (comma != NULL);

		if (http_text_equal_case(http_text_trim(one), member))
			return 1;
		list.at += used;
		list.len -= used;
	}
	return 0;
}

int http_text_number(struct http_text text, uint64_t most, uint64_t *number)
{
	uint64_t n = 0;

	if (text.len == 0)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.at[i] - (unsigned)'0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (n > most)
		return -1;
	*number = n;
	return 0;
}

int http_text_is_tchar(char c)
{
	if ((c >= '0' && c <= '9') || (text_lower(c) >= 'a' && text_lower(c) <= 'z'))
		return 1;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

int http_text_is_token(struct http_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!http_text_is_tchar(text.at[i]))
			return 0;
	return text.len > 0;
}

int http_text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long http_text_unescape(struct http_text text, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '%') {
			int high = i + 2 < text.len ? http_text_hex(text.at[i + 1]) : -1;
			int low = i + 2 < text.len ? http_text_hex(text.at[i + 2]) : -1;

			if (high < 0 || low < 0 || high + low == 0)
				return -1;
			c = (char)(high * 16 + low);
			i += 2;
		}
		to[n++] = c;
	}
	to[n] = '\0';
	return (long)n;
}
