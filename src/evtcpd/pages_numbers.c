/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the numbers that people write into paths. Input: text from a request, already
 * unescaped; output: a number within bounds, or nothing: no sign, no space, no
 * exponent, no overflow. */
#include "evtcpd/pages_numbers.h"

#include "http/text.h"

#include <string.h>

#define US_PER_SECOND 1000000u

int pages_numbers_whole(const char *text, uint64_t most, uint64_t *number)
{
	return http_text_number((struct http_text){text, strlen(text)}, most, number);
}

int pages_numbers_seconds(const char *text, uint64_t most_us, uint64_t *us)
{
	const char *point = strchr(text, '.');
	struct http_text whole = {text, point ? (size_t)(point - text) : strlen(text)};
	uint64_t seconds, millionths = 0;

	if (http_text_number(whole, most_us / US_PER_SECOND, &seconds) < 0)
		return -1;
	if (point) {
		struct http_text fraction = {point + 1, strlen(point + 1)};

		if (fraction.len > 6 || http_text_number(fraction, UINT64_MAX, &millionths) < 0)
			return -1;
		for (size_t i = fraction.len; i < 6; i++)
			millionths *= 10;
	}
	*us = seconds * US_PER_SECOND + millionths;
	return *us <= most_us ? 0 : -1;
}
