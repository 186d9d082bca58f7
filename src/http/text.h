/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

/* A piece of text that lies in somebody else's memory, and character classes of
 * RFC 9110 and 9112, independent of the locale. Pure functions. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* len bytes, not terminated. at is never NULL in a text that was read from a
 * request, len may be 0. */
struct http_text {
	const char *at;
	size_t len;
};

/* Classes of characters, as bits. */
enum {
	HTTP_TEXT_TCHAR = 1u << 0,   /* RFC 9110 5.6.2: of a token */
	HTTP_TEXT_CONTROL = 1u << 1, /* that stands in no line: all but the tab */
	HTTP_TEXT_TARGET = 1u << 2,  /* that may stand in a request target: visible, no '#' */
	HTTP_TEXT_NAME = 1u << 3,    /* RFC 3986 3.2.2: of a reg-name; '%' stands for an escape */
};
extern const unsigned char http_text_classes[256];

/* http_text_is: 1 when c is of one of these classes. */
static inline int http_text_is(char c, unsigned classes)
{
	return (http_text_classes[(unsigned char)c] & classes) != 0;
}

/* http_text_equal: 1 when text is the string s, byte for byte; http_text_equal_case:
 * without regard to ASCII case. The length of a literal is known when it is compiled, and most
 * texts have another. */
static inline int http_text_equal(struct http_text text, const char *s)
{
	return text.len == strlen(s) && memcmp(text.at, s, text.len) == 0;
}

int http_text_same_letters(const char *a, const char *b, size_t len);

static inline int http_text_equal_case(struct http_text text, const char *s)
{
	return text.len == strlen(s) && http_text_same_letters(text.at, s, text.len);
}

/* http_text_control: the first character of HTTP_TEXT_CONTROL in text, NULL if there is none. */
const char *http_text_control(struct http_text text);

/* http_text_trim: text without spaces and tabs at both ends (OWS). */
struct http_text http_text_trim(struct http_text text);

/* http_text_number: reads text as a decimal number, digits only. 0, or -1 when it is
 * empty, has another character or exceeds most. */
int http_text_number(struct http_text text, uint64_t most, uint64_t *number);

/* http_text_lists: 1 when `member` is one of the members of a list that commas separate
 * (RFC 9110 5.6.1), without regard to ASCII case. */
int http_text_lists(struct http_text list, const char *member);

/* http_text_token: length of the token (RFC 9110 5.6.2) that text begins with; 0 if it does with
 * something else. */
size_t http_text_token(struct http_text text);

/* http_text_hex: the value of a hexadecimal digit, -1 for anything else. */
int http_text_hex(char c);

/* http_text_unescape: resolves percent escapes, once, into to, which has room for
 * text.len + 1 bytes, and terminates it. The length, or -1 for an escape that is
 * malformed or stands for NUL. */
long http_text_unescape(struct http_text text, char *to);

/* http_text_escape: s as a path of a URI (RFC 3986 3.3), its slashes kept, in size bytes at `to`
 * with the terminator. The length, or -1 where that is too long. */
long http_text_escape(const char *s, char *to, size_t size);

#endif
