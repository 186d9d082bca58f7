/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

/* UTF-8 (RFC 3629) that is to be shown on a terminal: how many columns it takes, and what a
 * stranger has written made harmless. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* utf8_decode: how many of the len bytes at text the first character takes, which becomes *code:
 * 1 to 4; 0 where they begin no character: a stray or missing continuation, a surrogate, a form
 * that is longer than it need be, a number above 0x10ffff; len 0. */
size_t utf8_decode(const char *text, size_t len, uint32_t *code);

/* utf8_columns: how many columns the character takes on a terminal: 0 if it combines with the one
 * before it, 2 for East Asian wide ones and pictures, else 1. */
unsigned utf8_columns(uint32_t code);

/* utf8_width: columns of len bytes; what is no character counts 1 a byte. */
size_t utf8_width(const char *text, size_t len);

/* utf8_clean: copies len bytes of text to out (of size bytes, at least 1; terminated) so that one
 * may show them: runs of blanks, line breaks and control characters become one blank, none at
 * either end; what is no UTF-8, and what changes the direction of writing or cannot be seen,
 * becomes U+FFFD; with ascii_only all that is not ASCII becomes '?'. What does not fit is left out,
 * and "..." says so. Returns out. */
char *utf8_clean(char *out, size_t size, const char *text, size_t len, bool ascii_only);

#endif
