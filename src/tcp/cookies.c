/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN cookies.
 *
 *   bits 31..27  counter of 64 s steps, mod 32
 *   bits 26..24  index into the table of MSS values
 *   bits 23..0   keyed hash of (tuple, IRS, counter, index)
 *
 * The counter in clear lets us find which step a cookie is of; the hash covers it, so
 * it cannot be moved. 2^24 guesses in 128 s are the price of a forgery; RFC 4987 3.6
 * and DJB's original scheme have the same figure. */

#include "tcp/cookies.h"
#include "wire/seq.h"
#include <stddef.h>

enum { COOKIE_STEP_S = 64, COOKIE_STEPS_VALID = 2, COOKIE_HASH_BITS = 24 };

/* Jumbo frames, Ethernet, PPPoE, tunnels, IPv6's and IPv4's default; and the least that a
 * block takes (tcb.c), so that who announces a small MSS gets nothing larger but by
 * limits.mss_floor. */
static const uint16_t cookies_mss[8] = {48, 536, 1220, 1360, 1400, 1440, 1460, 8960};

/* TSval's low bits: 1 of ECN, 4 of window scale, 1 of SACK. */
enum { COOKIE_TS_BITS = 6, COOKIE_TS_MASK = (1 << COOKIE_TS_BITS) - 1 };

void cookies_init(struct cookies *cookies, const struct evtcp_world *world)
{
	keyed_hash_init(&cookies->key, world);
}

static uint64_t cookies_step(uint64_t now)
{
	return now / (COOKIE_STEP_S * UINT64_C(1000000));
}

static uint32_t cookies_hash(const struct cookies *cookies, const struct evtcp_tuple *tuple,
	uint32_t irs, uint64_t step, unsigned index)
{
	uint64_t salt = ((uint64_t)irs << 32) ^ (step << 3) ^ index;
	return (uint32_t)keyed_hash_tuple(&cookies->key, tuple, salt) &
	       ((UINT32_C(1) << COOKIE_HASH_BITS) - 1);
}

uint32_t cookies_iss(struct cookies *cookies, const struct evtcp_tuple *tuple, uint32_t irs,
	uint16_t mss, uint64_t now)
{
	uint64_t step = cookies_step(now);
	unsigned index = 0;

	cookies->last_sent_us = now;
	for (unsigned i = 0; i < sizeof(cookies_mss) / sizeof(cookies_mss[0]); i++) {
		if (cookies_mss[i] <= mss)
			index = i;
	}
	return (uint32_t)(step & 31) << 27 | (uint32_t)index << COOKIE_HASH_BITS |
	       cookies_hash(cookies, tuple, irs, step, index);
}

bool cookies_check(const struct cookies *cookies, const struct evtcp_tuple *tuple, uint32_t irs,
	uint32_t iss, uint16_t *mss, uint64_t now)
{
	uint64_t step = cookies_step(now);
	uint64_t age = (step - (iss >> 27)) & 31;
	unsigned index = (iss >> COOKIE_HASH_BITS) & 7;

	/* Without a flood nobody can hold one: no guessing then. */
	if (cookies->last_sent_us == 0 ||
		cookies_step(now) - cookies_step(cookies->last_sent_us) >= COOKIE_STEPS_VALID)
		return false;
	if (age >= COOKIE_STEPS_VALID || age > step)
		return false;
	if (cookies_hash(cookies, tuple, irs, step - age, index) !=
		(iss & ((UINT32_C(1) << COOKIE_HASH_BITS) - 1)))
		return false;
	*mss = cookies_mss[index];
	return true;
}

uint32_t cookies_tsval(uint32_t tsval, const struct cookie_options *options)
{
	uint32_t low =
		(uint32_t)options->ecn << 5 | (uint32_t)(options->wscale & 15) << 1 | options->sack;
	uint32_t value = (tsval & ~(uint32_t)COOKIE_TS_MASK) | low;

	/* Not ahead of the clock: the next segment's TSval must not be older. */
	return seq_gt(value, tsval) ? value - (COOKIE_TS_MASK + 1) : value;
}

void cookies_from_tsecr(uint32_t tsecr, struct cookie_options *options)
{
	options->wscale = (tsecr >> 1) & 15;
	options->sack = tsecr & 1;
	options->ecn = tsecr >> 5 & 1;
}
