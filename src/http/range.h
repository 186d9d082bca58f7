/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

/* Which part of a representation a Range field asks for (RFC 9110 14.1.2, 14.2). A pure
 * function. One part is as much as anybody gets: answers of several parts have been a way to
 * make servers work for nothing (ATTACKS H05). */

#include "http/text.h"

enum http_range_verdict {
	HTTP_RANGE_WHOLE,         /* 200: as if the field were not there */
	HTTP_RANGE_PART,          /* 206 */
	HTTP_RANGE_UNSATISFIABLE, /* 416 */
};

/* Octets of a representation, at least one. */
struct http_range {
	uint64_t first; /* counted from 0 */
	uint64_t len;   /* first + len is at most the representation's length */
};

/* http_range_parse: what `value`, that of a Range field, asks of a representation of `length`
 * octets. *range is written where the verdict is HTTP_RANGE_PART: what there is of "bytes=A-B",
 * "bytes=A-" or, the last N octets, "bytes=-N". It is HTTP_RANGE_UNSATISFIABLE where A is not
 * below length, or N is 0.
 *
 * HTTP_RANGE_WHOLE for all else, for a server may pass over the field: a value that is not there
 * (at is NULL), another unit, what is malformed, B below A, more than one range; and the last
 * octets of a representation that has none, which no Content-Range could tell. Empty members of
 * the list are passed over (RFC 9110 5.6.1.2), and what is behind a second range is not looked at.
 *
 * Numbers may have any number of digits. One that 64 bits do not hold is beyond every end, and
 * as large as another such. */
enum http_range_verdict http_range_parse(
	struct http_text value, uint64_t length, struct http_range *range);

#endif
