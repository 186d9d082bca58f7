/* SPDX-License-Identifier: BSD-3-Clause */

/* Random numbers from a seed: a counter with an odd step, passed through a mixer
 * of multiplications and shifts (the construction known as SplitMix64).
 *
 * In: a seed and a label. Out: numbers, chances, bytes.
 *
 * Good enough to choose what a simulated network does, and nothing else: whoever
 * sees one number knows all that follow. */

#include "rng.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t rng_scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t rng_mix(uint64_t a, uint64_t b)
{
	return rng_scramble(rng_scramble(a + STEP) ^ (b + STEP));
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t label)
{
	rng->state = rng_mix(seed, label);
}

uint64_t rng_next(struct rng *rng)
{
	rng->state += STEP;
	return rng_scramble(rng->state);
}

uint64_t rng_range(struct rng *rng, uint64_t first, uint64_t last)
{
	uint64_t span = last - first + 1;

	/* The remainder favours small values by span / 2^64: of no account here. */
	return span == 0 ? rng_next(rng) : first + rng_next(rng) % span;
}

static unsigned rng_bits(uint64_t x)
{
	unsigned n = 0;

	for (; x > 1; x >>= 1)
		n++;
	return n;
}

uint64_t rng_log_range(struct rng *rng, uint64_t first, uint64_t last)
{
	unsigned power = (unsigned)rng_range(rng, rng_bits(first), rng_bits(last));
	uint64_t low = UINT64_C(1) << power, high = low + (low - 1);

	return rng_range(rng, low < first ? first : low, high > last ? last : high);
}

bool rng_chance(struct rng *rng, uint32_t ppm)
{
	return ppm != 0 && rng_range(rng, 0, 999999) < ppm;
}

bool rng_percent(struct rng *rng, unsigned percent)
{
	return rng_range(rng, 0, 99) < percent;
}

void rng_fill(struct rng *rng, void *buf, size_t len)
{
	uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(rng_next(rng) >> 56);
}
