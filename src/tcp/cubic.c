/* SPDX-License-Identifier: BSD-3-Clause */
/* The curve of CUBIC (RFC 9438 4.2) without floating point. In: windows in bytes, times in
 * milliseconds; out: the same. With C = 0.4 and t in milliseconds
 *
 *     C * t^3 segments = 0.4 * t^3 / 10^9 = t^3 / (2.5 * 10^9)
 *
 * so one constant serves both directions. It keeps no state. */

#include "tcp/cubic.h"

static const uint64_t cubic_scale = UINT64_C(2500000000);

/* (2^18 - 1)^3 is below 2^54, and is seven million segments. */
static const uint32_t cubic_most_ms = (UINT32_C(1) << 18) - 1;

/* Digit by digit, three bits of x for each bit of the root, as one does it by hand: with
 * root r so far, the next bit is 1 if (2r + 1)^3 - (2r)^3 = 3 * 2r * (2r + 1) + 1 still
 * fits into what is left. 22 steps, no division, once in an epoch. */
uint32_t cubic_root(uint64_t x)
{
	uint64_t root = 0;

	for (int shift = 63; shift >= 0; shift -= 3) {
		root *= 2;
		uint64_t step = 3 * root * (root + 1) + 1;
		if (x >> shift >= step) {
			x -= step << shift;
			root++;
		}
	}
	return (uint32_t)root;
}

uint32_t cubic_k_ms(uint32_t below, uint32_t mss)
{
	return cubic_root(below * cubic_scale / mss);
}

/* C * ms^3, in bytes: whole segments and the rest apart, so that nothing overflows. */
static uint64_t cubic_offset(uint32_t ms, uint32_t mss)
{
	uint64_t d = ms < cubic_most_ms ? ms : cubic_most_ms;
	uint64_t cube = d * d * d;

	return cube / cubic_scale * mss + cube % cubic_scale * mss / cubic_scale;
}

uint32_t cubic_window(const struct cubic *cubic, uint32_t t_ms, uint32_t mss)
{
	uint64_t offset;

	if (t_ms < cubic->k_ms) { /* concave: RFC 9438 4.4 */
		offset = cubic_offset(cubic->k_ms - t_ms, mss);
		return offset < cubic->w_max ? cubic->w_max - (uint32_t)offset : 0;
	}
	offset = cubic_offset(t_ms - cubic->k_ms, mss); /* convex: RFC 9438 4.5 */
	return offset < UINT32_MAX - cubic->w_max ? cubic->w_max + (uint32_t)offset : UINT32_MAX;
}
