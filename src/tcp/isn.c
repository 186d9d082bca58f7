/* SPDX-License-Identifier: BSD-3-Clause */
/* ISN = M + F(tuple, secret) (RFC 6528 3 rules 1 and 2): for one tuple the numbers advance with a
 * 4 us clock, for another they are unrelated, and without the key nobody can compute
 * one from the other. */

#include "tcp/isn.h"

void isn_init(struct isn *isn, const struct evtcp_world *world)
{
	keyed_hash_init(&isn->iss_key, world);
	keyed_hash_init(&isn->ts_key, world);
}

uint32_t isn_iss(const struct isn *isn, const struct evtcp_tuple *tuple, uint64_t now)
{
	/* RFC 9293 3.4.1: MUST-8 (the clock), SHLD-1, MUST-9 (the hash) */
	return (uint32_t)keyed_hash_tuple(&isn->iss_key, tuple, 0) + (uint32_t)(now / 4);
}

uint32_t isn_ts_offset(const struct isn *isn, const struct evtcp_tuple *tuple)
{
	return (uint32_t)keyed_hash_tuple(&isn->ts_key, tuple, 0); /* RFC 7323 7 */
}
