/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

/* A piece of text that lies in somebody else's memory, and character classes of
 * RFC 9110 and 9112, independent of the locale. Pure functions. */

#include <stddef.h>
#include <stdint.h>

/* len bytes, not terminated. at is never NULL in a text that was read from a
 * request, len may be 0. */
struct http_text {
	const char *at;
	size_t len;
};

/* http_text_equal: 1 when text is the string s, byte for byte; http_text_equal_case:
 * without regard to ASCII case. */
int http_text_equal(struct http_text text, const char *s);
int http_text_equal_case(struct http_text text, const char *s);

/* http_text_trim: text without spaces and tabs at both ends (OWS). */
struct http_text http_text_trim(struct http_text text);

/* http_text_number: reads text as a decimal number, digits only. 0, or -1 when it is
 * empty, has another character or exceeds most. */
int http_text_number(struct http_text text, uint64_t most, uint64_t *number);

/* http_text_lists: 1 when `member` is one of the members of a list that commas separate
 * (RFC 9110 5.6.1), without regard to ASCII case. */
int http_text_lists(struct http_text list, const char *member);

/* http_text_is_token: 1 when text is one or more tchar (RFC 9110 5.6.2). */
int http_text_is_token(struct http_text text);

/* http_text_is_tchar: the same of one character. */
int http_text_is_tchar(char c);

/* http_text_hex: the value of a hexadecimal digit, -1 for anything else. */
int http_text_hex(char c);

/* http_text_unescape: resolves percent escapes, once, into to, which has room for
 * text.len + 1 bytes, and terminates it. The length, or -1 for an escape that is
 * malformed or stands for NUL. */
long http_text_unescape(struct http_text text, char *to);

#endif
