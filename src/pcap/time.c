/* SPDX-License-Identifier: BSD-3-Clause */

/* Times of captures in one unit. Input: numbers of a stranger's file. Output: nanoseconds, at the
 * edge of what they can be where the numbers make no sense. */

#include "pcap/time.h"

#define NS_PER_S UINT64_C(1000000000)

/* Whole seconds, and nanoseconds below one. */
struct time_parts {
	uint64_t s, ns;
};

static struct time_parts time_of_binary(uint64_t ticks, unsigned bits)
{
	uint64_t fraction;

	if (bits == 0)
		return (struct time_parts){ticks, 0};
	fraction = bits < 64 ? ticks & (UINT64_MAX >> (64 - bits)) : ticks;
	/* Of a fraction so many bits that the product does not overflow. */
	struct time_parts parts = {bits < 64 ? ticks >> bits : 0, 0};

	if (bits > 34) {
		fraction = bits - 34 < 64 ? fraction >> (bits - 34) : 0;
		bits = 34;
	}
	parts.ns = fraction * NS_PER_S >> bits;
	return parts;
}

static struct time_parts time_of_decimal(uint64_t ticks, unsigned digits)
{
	uint64_t per_s = 1, ns_per_tick = NS_PER_S;

	for (; digits > 19; digits--)
		ticks /= 10; /* 10^20 does not fit; nor would it show */
	for (unsigned i = 0; i < digits; i++)
		per_s *= 10;
	struct time_parts parts = {ticks / per_s, ticks % per_s};

	for (unsigned i = 0; i < digits && i < 9; i++)
		ns_per_tick /= 10;
	for (unsigned i = 9; i < digits; i++)
		parts.ns /= 10;
	parts.ns *= ns_per_tick;
	return parts;
}

uint64_t pcap_time_ns(uint64_t ticks, uint8_t resolution, int64_t offset_s)
{
	struct time_parts parts = resolution & 0x80 ? time_of_binary(ticks, resolution & 0x7f)
						    : time_of_decimal(ticks, resolution);
	uint64_t back = offset_s < 0 ? 0 - (uint64_t)offset_s : 0;

	if (back > parts.s)
		return 0;
	parts.s -= back;
	if (offset_s > 0)
		parts.s = parts.s > UINT64_MAX - (uint64_t)offset_s ? UINT64_MAX
								    : parts.s + (uint64_t)offset_s;
	if (parts.s >= UINT64_MAX / NS_PER_S)
		return UINT64_MAX;
	return parts.s * NS_PER_S + parts.ns;
}
