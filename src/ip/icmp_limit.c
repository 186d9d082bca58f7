/* SPDX-License-Identifier: BSD-3-Clause */

/* The limits on ICMP that we send: two token buckets, and a small table of the
 * destinations that got an error within the last second.
 *
 * In: a destination and the time. Out: yes (then it is counted) or no.
 *
 * Credit is measured in time: a bucket earns a microsecond each microsecond and a
 * message costs one interval, so there is no division on the way. */

#include "ip/icmp_limit.h"

#include "wire/address.h"

void icmp_limit_init(struct icmp_limit *limit, const struct evtcp_world *world, uint32_t per_second)
{
	*limit = (struct icmp_limit){.world = world};
	if (per_second == 0)
		return;
	limit->interval_us = (uint32_t)((UINT64_C(1000000) + per_second - 1) / per_second);
	keyed_hash_init(&limit->hash, world);
}

/* Fills the bucket up to now. The very first look finds it full. */
static void refill(struct icmp_limit_bucket *bucket, int64_t full_us, uint64_t now)
{
	uint64_t earned = now - bucket->at_us;

	if (bucket->at_us == 0 || earned >= (uint64_t)(full_us - bucket->credit_us))
		bucket->credit_us = full_us;
	else
		bucket->credit_us += (int64_t)earned;
	bucket->at_us = now;
}

/* The price of one message: an interval and up to a quarter of it at random. */
static int64_t draw_cost(struct icmp_limit *limit)
{
	uint32_t random;

	limit->world->random(limit->world->arg, &random, sizeof(random));
	return limit->interval_us + random % (limit->interval_us / 4 + 1);
}

/* Takes one message out of the bucket, if there is one in. The random part may be
 * owed: were it forgiven, a bucket that is kept empty would have no chance in it. */
static bool take(struct icmp_limit *limit, struct icmp_limit_bucket *bucket, uint64_t now)
{
	refill(bucket, ICMP_LIMIT_BURST * (int64_t)limit->interval_us, now);
	if (bucket->credit_us < limit->interval_us)
		return false;
	bucket->credit_us -= draw_cost(limit);
	return true;
}

/* dst's entry; if it has none, the one of its set that waited longest. */
static struct icmp_limit_destination *find_destination(
	struct icmp_limit *limit, const struct evtcp_addr *dst)
{
	uint64_t hash = keyed_hash(&limit->hash, dst->bytes, sizeof(dst->bytes));
	struct icmp_limit_destination *set = limit->destinations[hash % ICMP_LIMIT_SETS];
	struct icmp_limit_destination *oldest = &set[0];

	for (int i = 0; i < ICMP_LIMIT_WAYS; i++) {
		if (address_equal(&set[i].addr, dst))
			return &set[i];
		if (set[i].at_us < oldest->at_us)
			oldest = &set[i];
	}
	return oldest;
}

bool icmp_limit_allow_error(struct icmp_limit *limit, const struct evtcp_addr *dst, uint64_t now)
{
	struct icmp_limit_destination *destination;

	if (limit->interval_us == 0)
		return true;
	destination = find_destination(limit, dst);
	if (address_equal(&destination->addr, dst) &&
		now - destination->at_us < ICMP_LIMIT_DESTINATION_US)
		return false;
	if (!take(limit, &limit->errors, now))
		return false;
	destination->addr = *dst;
	destination->at_us = now;
	return true;
}

bool icmp_limit_allow_echo(struct icmp_limit *limit, uint64_t now)
{
	return limit->interval_us == 0 || take(limit, &limit->echoes, now);
}
