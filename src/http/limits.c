/* SPDX-License-Identifier: BSD-3-Clause */
/* The limits of the server by name, so that a command line can set them: input is
 * a name and a decimal number, output a field of struct http_limits. Nothing is
 * enforced here: each limit is applied where its queue or clock is. */
#include "http/limits.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define US_PER_SECOND 1000000u
#define FRACTION_DIGITS 6

enum limit_unit { LIMIT_BYTES, LIMIT_COUNT, LIMIT_SECONDS, LIMIT_RATE };

struct limit_row {
	const char *name, *text;
	enum limit_unit unit;
	size_t offset;
	uint64_t initial, least, most;
};

#define LIMIT_ROW(field, name_, unit_, initial_, least_, most_, text_) \
	{.name = name_, \
		.text = text_, \
		.unit = LIMIT_##unit_, \
		.offset = offsetof(struct http_limits, field), \
		.initial = initial_, \
		.least = least_, \
		.most = most_},
static const struct limit_row limit_rows[] = {HTTP_LIMITS(LIMIT_ROW)};
#undef LIMIT_ROW

#define N_LIMITS (sizeof(limit_rows) / sizeof(limit_rows[0]))

static uint64_t *limits_field(struct http_limits *limits, const struct limit_row *row)
{
	return (uint64_t *)(void *)((char *)limits + row->offset);
}

/* How many of the field's units make one of the table's. */
static uint64_t limits_scale(const struct limit_row *row)
{
	return row->unit == LIMIT_SECONDS ? US_PER_SECOND : 1;
}

void http_limits_init(struct http_limits *limits)
{
	for (size_t i = 0; i < N_LIMITS; i++)
		*limits_field(limits, &limit_rows[i]) =
			limit_rows[i].initial * limits_scale(&limit_rows[i]);
}

/* Reads digits into *number, at most 2^64 - 1. Returns what follows them, or NULL
 * with errno EINVAL (no digit) or ERANGE. */
static const char *limits_digits(const char *text, uint64_t *number)
{
	const char *at = text;

	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');

		if (*number > (UINT64_MAX - digit) / 10) {
			errno = ERANGE;
			return NULL;
		}
		*number = *number * 10 + digit;
	}
	errno = EINVAL;
	return at == text ? NULL : at;
}

/* Reads ".5" as 500,000 millionths. Returns 0, or -1 if it is something else. */
static int limits_fraction(const char *text, uint64_t *millionths)
{
	unsigned weight = US_PER_SECOND / 10;
	int digits = 0;

	*millionths = 0;
	if (*text == '\0')
		return 0;
	if (*text++ != '.')
		return -1;
	for (; *text >= '0' && *text <= '9' && digits < FRACTION_DIGITS; text++, digits++) {
		*millionths += (uint64_t)(*text - '0') * weight;
		weight /= 10;
	}
	return digits > 0 && *text == '\0' ? 0 : -1;
}

static int limits_parse(const struct limit_row *row, const char *text, uint64_t *value)
{
	uint64_t millionths = 0, scale = limits_scale(row);
	const char *rest = limits_digits(text, value);

	if (rest == NULL)
		return -1;
	if (row->unit == LIMIT_SECONDS ? limits_fraction(rest, &millionths) < 0 : *rest != '\0') {
		errno = EINVAL;
		return -1;
	}
	if (*value > row->most || (*value == row->most && millionths > 0) || *value < row->least) {
		errno = ERANGE;
		return -1;
	}
	*value = *value * scale + millionths;
	return 0;
}

int http_limits_set(struct http_limits *limits, const char *name, const char *value)
{
	for (size_t i = 0; i < N_LIMITS; i++) {
		uint64_t number;

		if (strcmp(limit_rows[i].name, name) != 0)
			continue;
		if (limits_parse(&limit_rows[i], value, &number) < 0)
			return -1;
		*limits_field(limits, &limit_rows[i]) = number;
		return 0;
	}
	errno = ENOENT;
	return -1;
}

int http_limits_row(unsigned i, struct http_limit *row)
{
	static const char *const units[] = {
		[LIMIT_BYTES] = "bytes",
		[LIMIT_COUNT] = "",
		[LIMIT_SECONDS] = "s",
		[LIMIT_RATE] = "bytes/s",
	};

	if (i >= N_LIMITS)
		return -1;
	*row = (struct http_limit){
		.name = limit_rows[i].name,
		.unit = units[limit_rows[i].unit],
		.text = limit_rows[i].text,
		.initial = limit_rows[i].initial,
		.least = limit_rows[i].least,
		.most = limit_rows[i].most,
	};
	return 0;
}
