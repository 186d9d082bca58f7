/* SPDX-License-Identifier: BSD-3-Clause */

/* Byte streams that can be told at any position.
 *
 * In: a key, a position, a length. Out: the bytes there, or how far given bytes
 * agree with them.
 *
 * Eight positions share one mixed word; nothing is remembered between calls. */

#include "stream.h"

#include "rng.h"

static uint8_t stream_byte(uint64_t word, uint64_t position)
{
	return (uint8_t)(word >> (8 * (position % 8)));
}

void stream_fill(uint64_t key, uint64_t from, void *buf, size_t len)
{
	uint8_t *bytes = buf;
	uint64_t word = rng_mix(key, from / 8);

	for (size_t i = 0; i < len; i++) {
		if ((from + i) % 8 == 0)
			word = rng_mix(key, (from + i) / 8);
		bytes[i] = stream_byte(word, from + i);
	}
}

size_t stream_match(uint64_t key, uint64_t from, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;
	uint64_t word = rng_mix(key, from / 8);

	for (size_t i = 0; i < len; i++) {
		if ((from + i) % 8 == 0)
			word = rng_mix(key, (from + i) / 8);
		if (bytes[i] != stream_byte(word, from + i))
			return i;
	}
	return len;
}
