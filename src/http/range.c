/* SPDX-License-Identifier: BSD-3-Clause */
/* Judges Range fields. Input: the field's value and how long the representation is; output:
 * whole, a part, or none such. Does not know whether the field applies at all: that is the
 * caller's business, and that of http/conditions.h (If-Range). */
#include "http/range.h"

static void range_skip(struct http_text *text, size_t n)
{
	*text = (struct http_text){text->at + n, text->len - n};
}

/* Takes a number off the front of text, as UINT64_MAX if it is larger than that. Whether one
 * stood there. */
static int range_take_number(struct http_text *text, uint64_t *number)
{
	size_t n = 0;

	for (*number = 0; n < text->len; n++) {
		unsigned digit = (unsigned char)text->at[n] - (unsigned)'0';

		if (digit > 9)
			break;
		*number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
	}
	range_skip(text, n);
	return n > 0;
}

/* Takes the only member of a list that is not empty. 0 if there is none, or another. RFC 9110
 * 5.6.1.2: white space stands beside commas, so there is none before a first member. */
static int range_only_member(struct http_text list, struct http_text *only)
{
	int is_first = 1, n = 0;

	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		struct http_text member = {list.at, comma ? (size_t)(comma - list.at) : list.len};
		struct http_text trimmed = http_text_trim(member);

		if (trimmed.len > 0) {
			if (n > 0 || (is_first && trimmed.at != member.at))
				return 0;
			*only = trimmed;
			n++;
		}
		is_first = 0;
		range_skip(&list, member.len + (comma != NULL));
	}
	return n;
}

/* "A-B" */
static enum http_range_verdict range_between(
	uint64_t first, uint64_t last, uint64_t length, struct http_range *range)
{
	if (last < first)
		return HTTP_RANGE_WHOLE; /* RFC 9110 14.1.1: invalid, whatever the length */
	if (first >= length)
		return HTTP_RANGE_UNSATISFIABLE;
	if (last >= length)
		last = length - 1;
	*range = (struct http_range){first, last - first + 1};
	return HTTP_RANGE_PART;
}

/* "-N" */
static enum http_range_verdict range_suffix(uint64_t n, uint64_t length, struct http_range *range)
{
	if (n == 0)
		return HTTP_RANGE_UNSATISFIABLE;
	if (length == 0)
		return HTTP_RANGE_WHOLE;
	if (n > length)
		n = length;
	*range = (struct http_range){length - n, n};
	return HTTP_RANGE_PART;
}

enum http_range_verdict http_range_parse(
	struct http_text value, uint64_t length, struct http_range *range)
{
	struct http_text unit = {value.at, http_text_token(value)}, rest = {"", 0};
	uint64_t first, last;
	int has_first, has_last;

	if (!http_text_equal_case(unit, "bytes") || value.len == unit.len ||
		value.at[unit.len] != '=')
		return HTTP_RANGE_WHOLE;
	range_skip(&value, unit.len + 1);
	if (!range_only_member(value, &rest))
		return HTTP_RANGE_WHOLE;
	has_first = range_take_number(&rest, &first);
	if (rest.len == 0 || rest.at[0] != '-')
		return HTTP_RANGE_WHOLE;
	range_skip(&rest, 1);
	has_last = range_take_number(&rest, &last);
	if (rest.len > 0 || !(has_first || has_last))
		return HTTP_RANGE_WHOLE;
	if (!has_first)
		return range_suffix(last, length, range);
	return range_between(first, has_last ? last : UINT64_MAX, length, range);
}
