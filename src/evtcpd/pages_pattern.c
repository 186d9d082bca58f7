/* SPDX-License-Identifier: BSD-3-Clause */
/* Three periods of the pattern, built by the compiler: constant, shared by all stacks of
 * a process, never copied. Input: offset and length; output: references to them in an
 * evbuffer, one for as much as is usually asked for at a time. */
#include "evtcpd/pages_pattern.h"

#include <event2/buffer.h>

// clang-format off
/* ROWn(digits): the number with these digits and its newline. TENn: ten of them, with
 * one digit appended; and so on. */
#define ROW1(a) {a, '\n'}
#define ROW2(a, b) {a, b, '\n'}
#define ROW3(a, b, c) {a, b, c, '\n'}
#define ROW4(a, b, c, d) {a, b, c, d, '\n'}
#define TEN2(a) \
	ROW2(a, '0'), ROW2(a, '1'), ROW2(a, '2'), ROW2(a, '3'), ROW2(a, '4'), \
	ROW2(a, '5'), ROW2(a, '6'), ROW2(a, '7'), ROW2(a, '8'), ROW2(a, '9')
#define TEN3(a, b) \
	ROW3(a, b, '0'), ROW3(a, b, '1'), ROW3(a, b, '2'), ROW3(a, b, '3'), ROW3(a, b, '4'), \
	ROW3(a, b, '5'), ROW3(a, b, '6'), ROW3(a, b, '7'), ROW3(a, b, '8'), ROW3(a, b, '9')
#define TEN4(a, b, c) \
	ROW4(a, b, c, '0'), ROW4(a, b, c, '1'), ROW4(a, b, c, '2'), ROW4(a, b, c, '3'), \
	ROW4(a, b, c, '4'), ROW4(a, b, c, '5'), ROW4(a, b, c, '6'), ROW4(a, b, c, '7'), \
	ROW4(a, b, c, '8'), ROW4(a, b, c, '9')
#define HUNDRED3(a) \
	TEN3(a, '0'), TEN3(a, '1'), TEN3(a, '2'), TEN3(a, '3'), TEN3(a, '4'), \
	TEN3(a, '5'), TEN3(a, '6'), TEN3(a, '7'), TEN3(a, '8'), TEN3(a, '9')
#define HUNDRED4(a, b) \
	TEN4(a, b, '0'), TEN4(a, b, '1'), TEN4(a, b, '2'), TEN4(a, b, '3'), TEN4(a, b, '4'), \
	TEN4(a, b, '5'), TEN4(a, b, '6'), TEN4(a, b, '7'), TEN4(a, b, '8'), TEN4(a, b, '9')
#define THOUSAND4(a) \
	HUNDRED4(a, '0'), HUNDRED4(a, '1'), HUNDRED4(a, '2'), HUNDRED4(a, '3'), \
	HUNDRED4(a, '4'), HUNDRED4(a, '5'), HUNDRED4(a, '6'), HUNDRED4(a, '7'), \
	HUNDRED4(a, '8'), HUNDRED4(a, '9')
#define FROM_1_TO_9(M) M('1'), M('2'), M('3'), M('4'), M('5'), M('6'), M('7'), M('8'), M('9')
#define PERIOD { \
	{FROM_1_TO_9(ROW1)}, \
	{FROM_1_TO_9(TEN2)}, \
	{FROM_1_TO_9(HUNDRED3)}, \
	{FROM_1_TO_9(THOUSAND4)}, \
}
// clang-format on

struct pattern {
	char ones[9][2], tens[90][3], hundreds[900][4], thousands[9000][5];
};

/* 64 KB that begin anywhere in the first period are one piece. */
static const struct pattern periods[] = {PERIOD, PERIOD, PERIOD};

_Static_assert(sizeof(struct pattern) == PAGES_PATTERN_PERIOD, "arrays of char have no gaps");

int pages_pattern_add(struct evbuffer *to, uint64_t offset, size_t len)
{
	const char *bytes = (const char *)periods;

	while (len > 0) {
		size_t at = (size_t)(offset % PAGES_PATTERN_PERIOD);
		size_t n = sizeof(periods) - at < len ? sizeof(periods) - at : len;

		if (evbuffer_add_reference(to, bytes + at, n, NULL, NULL) < 0)
			return -1;
		offset += n;
		len -= n;
	}
	return 0;
}
