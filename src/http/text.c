/* SPDX-License-Identifier: BSD-3-Clause */
/* Small questions about text in a request: is it a token, is it a number, what
 * does it say without its percent escapes? Input and output are bytes; no locale,
 * no allocation, and no knowledge of where in a request the text stands. */
#include "http/text.h"

#include <string.h>

/* ---- classes -------------------------------------------------------------------------- */

#define C HTTP_TEXT_CONTROL
#define V HTTP_TEXT_TARGET                                      /* visible, nothing more */
#define T (HTTP_TEXT_TARGET | HTTP_TEXT_TCHAR)                  /* of a token */
#define N (HTTP_TEXT_TARGET | HTTP_TEXT_NAME)                   /* of a name */
#define B (HTTP_TEXT_TARGET | HTTP_TEXT_TCHAR | HTTP_TEXT_NAME) /* of both */

// clang-format off
const unsigned char http_text_classes[256] = {
	/*         0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f */
	/* 0x00 */ C, C, C, C, C, C, C, C, C, 0, C, C, C, C, C, C,
	/* 0x10 */ C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	/*            !  "  #  $  %  &  '  (  )  *  +  ,  -  .  / */
	/* 0x20 */ 0, B, V, HTTP_TEXT_TCHAR, B, B, B, B, N, N, B, B, N, B, B, V,
	/*         0  1  2  3  4  5  6  7  8  9  :  ;  <  =  >  ? */
	/* 0x30 */ B, B, B, B, B, B, B, B, B, B, V, N, V, N, V, V,
	/*         @  A  ...                                      */
	/* 0x40 */ V, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	/*                                          [  \  ]  ^  _ */
	/* 0x50 */ B, B, B, B, B, B, B, B, B, B, B, V, V, V, T, B,
	/*         `  a  ...                                      */
	/* 0x60 */ T, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	/*                                          {  |  }  ~ DEL */
	/* 0x70 */ B, B, B, B, B, B, B, B, B, B, B, V, T, V, B, C,
};
// clang-format on

#undef C
#undef V
#undef T
#undef N
#undef B

#define EIGHT sizeof(uint64_t)
#define IN_EACH(octet) (UINT64_MAX / UINT8_MAX * (octet))

/* Whether there is a tab or a control character among the eight octets from `at` on. In x - n an
 * octet below n gets its topmost bit by borrowing, and ~x leaves out those that had it before; what
 * it borrows from can look like another such octet, but nothing looks like the first. */
static int text_has_control(const char *at)
{
	uint64_t x, del;

	memcpy(&x, at, EIGHT);
	del = x ^ IN_EACH(0x7f);
	return ((((x - IN_EACH(0x20)) & ~x) | ((del - IN_EACH(1)) & ~del)) & IN_EACH(0x80)) != 0;
}

/* Whether to look for it octet by octet; eight at once mostly say that there is nothing. */
static int text_may_have_control(struct http_text text)
{
	if (text.len < EIGHT)
		return 1;
	for (size_t i = 0; i + EIGHT < text.len; i += EIGHT)
		if (text_has_control(text.at + i))
			return 1;
	return text_has_control(text.at + text.len - EIGHT);
}

const char *http_text_control(struct http_text text)
{
	if (!text_may_have_control(text))
		return NULL;
	for (size_t i = 0; i < text.len; i++)
		if (http_text_is(text.at[i], HTTP_TEXT_CONTROL))
			return text.at + i;
	return NULL;
}

/* ---- comparing ------------------------------------------------------------------------- */

static char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int http_text_same_letters(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && text_lower(a[i]) != text_lower(b[i]))
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

size_t http_text_token(struct http_text text)
{
	size_t len = 0;

	while (len < text.len && http_text_is(text.at[len], HTTP_TEXT_TCHAR))
		len++;
	return len;
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

/* RFC 3986 3.3: what stands for itself in a path. */
static int text_is_of_path(char c)
{
	return c == '/' || c == ':' || c == '@' || (c != '%' && http_text_is(c, HTTP_TEXT_NAME));
}

long http_text_escape(const char *s, char *to, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (n + sizeof("%XX") > size)
			return -1;
		if (text_is_of_path(*s)) {
			to[n++] = *s;
			continue;
		}
		to[n++] = '%';
		to[n++] = digits[c >> 4];
		to[n++] = digits[c & 15];
	}
	if (n >= size)
		return -1;
	to[n] = '\0';
	return (long)n;
}
