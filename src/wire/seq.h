/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_SEQ_H
#define WIRE_SEQ_H

/* Sequence numbers live on a circle of 2^32 (RFC 9293 3.4 rule 1). a is before b when
 * the way from a forward to b is shorter than half the circle. They are compared
 * through these functions only; at a distance of exactly 2^31 neither is before
 * the other. */

#include <stdbool.h>
#include <stdint.h>

/* seq_diff: how far b is ahead of a, in bytes; negative when it is behind. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	uint32_t forward = b - a;
	return forward <= INT32_MAX ? (int32_t)forward : -(int32_t)(a - b - 1) - 1;
}

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	uint32_t forward = b - a;
	return forward != 0 && forward < UINT32_C(0x80000000);
}

static inline bool seq_leq(uint32_t a, uint32_t b)
{
	return b - a < UINT32_C(0x80000000);
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return seq_lt(b, a);
}

static inline bool seq_geq(uint32_t a, uint32_t b)
{
	return seq_leq(b, a);
}

/* seq_between: seq is in the half-open range [first, end). */
static inline bool seq_between(uint32_t seq, uint32_t first, uint32_t end)
{
	return seq - first < end - first;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(b, a) ? b : a;
}

#endif
