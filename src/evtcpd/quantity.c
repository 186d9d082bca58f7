/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write them on a command line: counts, sizes with a suffix,
 * spans with decimals. Text in, an unsigned 64-bit value out, or a refusal; the
 * caller knows which option it was and writes the message. Strict on purpose:
 * strtoull would take "-1", " 7" and "0x10". */

#include "evtcpd/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int quantity_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits from *text on and moves it behind them; at least one must be there. */
static int quantity_read_digits(const char **text, uint64_t *value)
{
	const char *p = *text;
	uint64_t sum = 0;

	if (!quantity_is_digit(*p))
		return -1;
	for (; quantity_is_digit(*p); p++) {
		if (__builtin_mul_overflow(sum, 10u, &sum) ||
			__builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
			return -1;
	}
	*text = p;
	*value = sum;
	return 0;
}

int quantity_parse_count(const char *text, uint64_t *value)
{
	uint64_t sum;

	if (quantity_read_digits(&text, &sum) < 0 || *text != '\0')
		return -1;
	*value = sum;
	return 0;
}

int quantity_parse_size(const char *text, uint64_t *value)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} suffixes[] = {
		{"", 1},
		{"k", 1024},
		{"KiB", 1024},
		{"M", 1024 * 1024},
		{"MiB", 1024 * 1024},
		{"G", 1024 * 1024 * 1024},
		{"GiB", 1024 * 1024 * 1024},
	};
	uint64_t sum;

	if (quantity_read_digits(&text, &sum) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strcmp(text, suffixes[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(sum, suffixes[i].factor, &sum))
			return -1;
		*value = sum;
		return 0;
	}
	return -1;
}

int quantity_parse_us(const char *text, uint64_t unit_us, uint64_t *value)
{
	uint64_t whole = 0, step = unit_us;
	int has_whole = quantity_read_digits(&text, &whole) == 0;
	uint64_t sum;

	if (__builtin_mul_overflow(whole, unit_us, &sum))
		return -1;
	if (*text == '.') {
		text++;
		if (!has_whole && !quantity_is_digit(*text))
			return -1;
		for (; quantity_is_digit(*text); text++) {
			step /= 10;
			if (__builtin_add_overflow(sum, step * (uint64_t)(*text - '0'), &sum))
				return -1;
		}
	} else if (!has_whole) {
		return -1;
	}
	if (*text != '\0')
		return -1;
	*value = sum;
	return 0;
}

char *quantity_format_size(uint64_t value, char *text, size_t size)
{
	static const char *const suffixes[] = {"", "k", "M", "G"};
	size_t i = 0;

	while (value != 0 && value % 1024 == 0 && i < 3) {
		value /= 1024;
		i++;
	}
	snprintf(text, size, "%" PRIu64 "%s", value, suffixes[i]);
	return text;
}
