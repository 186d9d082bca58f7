/* SPDX-License-Identifier: BSD-3-Clause */

/* Spans of time for people: microseconds in, a few significant digits and a unit
 * out. Integers only, since printf's %f writes a comma in half of the world's
 * locales. Does not parse, and knows no moments, only spans. */

#include "trace/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define US_PER_MS 1000u
#define US_PER_S 1000000u

/* Writes us / per with digits decimals, without the zeros at their end. */
static char *duration_decimal(uint64_t us, uint32_t per, int digits, char text[DURATION_TEXT])
{
	uint32_t scale = 1;

	for (int i = 0; i < digits; i++)
		scale *= 10;

	uint32_t fraction = (uint32_t)(us % per) / (per / scale);
	int n = snprintf(text, DURATION_TEXT, "%" PRIu64, us / per);

	if (fraction != 0) {
		n += snprintf(text + n, DURATION_TEXT - (size_t)n, ".%0*" PRIu32, digits, fraction);
		while (text[n - 1] == '0')
			text[--n] = '\0';
	}
	return text;
}

char *duration_format(uint64_t us, char *text, size_t size)
{
	char number[DURATION_TEXT];

	if (us < US_PER_MS)
		snprintf(text, size, "%" PRIu64 " us", us);
	else if (us < 10 * US_PER_MS)
		snprintf(text, size, "%s ms", duration_decimal(us, US_PER_MS, 1, number));
	else if (us < US_PER_S)
		snprintf(text, size, "%" PRIu64 " ms", us / US_PER_MS);
	else if (us < 100 * (uint64_t)US_PER_S)
		snprintf(text, size, "%s s", duration_decimal(us, US_PER_S, 2, number));
	else
		snprintf(text, size, "%" PRIu64 " s", us / US_PER_S);
	return text;
}
