/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_RNG_H
#define SIM_RNG_H

/* Random numbers that a seed decides, equal on every machine. Each part of a
 * simulation draws from a stream of its own, so that one more draw in one part
 * does not move the others. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/* rng_init: the stream that seed and label name. Different labels give streams
 * that have nothing to do with each other. */
void rng_init(struct rng *rng, uint64_t seed, uint64_t label);

/* rng_next: 64 random bits. */
uint64_t rng_next(struct rng *rng);

/* rng_range: from first to last, both included, equally likely. first <= last. */
uint64_t rng_range(struct rng *rng, uint64_t first, uint64_t last);

/* rng_log_range: from first (at least 1) to last, both included, each power of
 * two as likely as the next: small numbers are not drowned by large ones. */
uint64_t rng_log_range(struct rng *rng, uint64_t first, uint64_t last);

/* rng_chance: true ppm times in a million. */
bool rng_chance(struct rng *rng, uint32_t ppm);

/* rng_percent: true percent times in a hundred. */
bool rng_percent(struct rng *rng, unsigned percent);

/* rng_fill: len random bytes. */
void rng_fill(struct rng *rng, void *buf, size_t len);

/* rng_mix: 64 bits that look random, the same for equal a and b. */
uint64_t rng_mix(uint64_t a, uint64_t b);

#endif
