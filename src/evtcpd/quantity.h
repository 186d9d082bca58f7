/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_QUANTITY_H
#define EVTCPD_QUANTITY_H

/* Numbers as people write them. Each function reads the whole of text: 0 and
 * *value set, or -1 and *value untouched when text is no such number or does
 * not fit. Signs, blanks, hexadecimal and exponents are not numbers here. */

#include <stddef.h>
#include <stdint.h>

/* quantity_parse_count: a whole number in decimal digits. */
int quantity_parse_count(const char *text, uint64_t *value);

/* quantity_parse_size: bytes: a whole number, then k, M or G (or KiB, MiB, GiB, which
 * are the same powers of 1024), or nothing. */
int quantity_parse_size(const char *text, uint64_t *value);

/* quantity_parse_us: a span: digits with at most one decimal point among them, in
 * units of unit_us microseconds; *value is in microseconds. What is finer than a
 * microsecond is cut. */
int quantity_parse_us(const char *text, uint64_t unit_us, uint64_t *value);

/* quantity_format_size: the shortest form that quantity_parse_size reads back:
 * "64k", "1M", "1000". Always terminated. Returns text. */
#define QUANTITY_TEXT 24
char *quantity_format_size(uint64_t value, char *text, size_t size);

#endif
