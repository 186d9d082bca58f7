/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_IMPAIR_DICE_H
#define LINK_IMPAIR_DICE_H

/* Random numbers that a seed decides, equal on every machine: a counter with an odd
 * step, passed through a mixer of shifts and multiplications (SplitMix64). Good enough
 * to choose what a link does, and nothing else.
 *
 * Each verb of each direction rolls dice of its own: what the n-th packet meets does not
 * depend on what else the link is told to do. */

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline uint64_t dice_roll(struct dice *dice)
{
	dice->state += UINT64_C(0x9e3779b97f4a7c15);
	return dice_scramble(dice->state);
}

/* dice_init: those that seed and label name; different labels have nothing to do with
 * each other. */
static inline void dice_init(struct dice *dice, uint64_t seed, uint64_t label)
{
	dice->state = seed;
	dice->state = dice_scramble(dice_roll(dice) ^ label);
}

/* dice_below: from 0 to n - 1, equally likely (but for n / 2^64, of no account here).
 * n >= 1. */
static inline uint64_t dice_below(struct dice *dice, uint64_t n)
{
	return dice_roll(dice) % n;
}

/* dice_chance: true ppm times in a million. Rolls once in any case. */
static inline bool dice_chance(struct dice *dice, uint32_t ppm)
{
	return dice_below(dice, 1000000) < ppm;
}

#endif
