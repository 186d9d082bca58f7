/* SPDX-License-Identifier: BSD-3-Clause */
/* ISN = M + F(tuple, secret) (RFC 6528 3 rules 1 and 2): for one tuple the numbers advance with a
 * 4 us clock, for another they are unrelated, and without the key nobody can compute
 * one from the other. One hash of 64 bits is both F and the timestamps' offset: of a pseudorandom
 * function, one half says nothing of the other. */

#include "tcp/isn.h"

void isn_init(struct isn *isn, const struct evtcp_world *world)
{
	keyed_hash_init(&isn->key, world);
}

struct isn_start isn_start(const struct isn *isn, const struct evtcp_tuple *tuple, uint64_t now)
{
	uint64_t hash = keyed_hash_flow(&isn->key, tuple);

	return (struct isn_start){
		/* RFC 9293 3.4.1: MUST-8 (the clock), SHLD-1, MUST-9 (the hash) */
		.iss = (uint32_t)hash + (uint32_t)(now / 4),
		.ts_offset = (uint32_t)(hash >> 32), /* RFC 7323 7 */
	};
}

uint32_t isn_ts_offset(const struct isn *isn, const struct evtcp_tuple *tuple)
{
	return isn_start(isn, tuple, 0).ts_offset;
}
