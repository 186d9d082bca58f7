/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_ICMP_LIMIT_H
#define IP_ICMP_LIMIT_H

/* How many ICMP messages we send, so that nobody can use us to flood another
 * (RFC 1812 4.3.2.8), and so that what we refuse to one tells nothing about
 * another (CVE-2020-25705).
 *
 * There are two token buckets, one for errors and one for echo replies: a ping
 * flood cannot silence errors. Each message takes its token and a random part of
 * up to a quarter more, so that counting answers does not reveal how many others
 * got one; in the long run about eight ninths of the limit leave. An error must
 * also be the first to its destination for a second; that is asked first and a
 * refusal there takes no token, so that who asks too often spends only his own.
 */

#include "util/keyed_hash.h"
#include <stdbool.h>

enum {
	ICMP_LIMIT_BURST = 50, /* messages that may leave at once */
	ICMP_LIMIT_SETS = 64,  /* destinations remembered: 64 sets of 4 */
	ICMP_LIMIT_WAYS = 4
};

/* The span of one error to each destination. */
#define ICMP_LIMIT_DESTINATION_US UINT64_C(1000000)

struct icmp_limit_bucket {
	int64_t credit_us; /* at most ICMP_LIMIT_BURST intervals; owes at most a quarter */
	uint64_t at_us;    /* when credit_us was true; 0 before the first message */
};

struct icmp_limit_destination {
	struct evtcp_addr addr;
	uint64_t at_us; /* of its last error; 0: unused */
};

struct icmp_limit {
	const struct evtcp_world *world;
	uint32_t interval_us; /* of one message; 0: no limit at all */
	struct icmp_limit_bucket errors, echoes;
	struct keyed_hash hash; /* spreads destinations over sets, secretly */
	struct icmp_limit_destination destinations[ICMP_LIMIT_SETS][ICMP_LIMIT_WAYS];
};

/* icmp_limit_init: full buckets of per_second messages a second each (rounded down
 * to a whole interval of microseconds); 0 is no limit, also none by destination.
 * world must outlive it: it gives the hash key now and the random parts later. */
void icmp_limit_init(
	struct icmp_limit *limit, const struct evtcp_world *world, uint32_t per_second);

/* icmp_limit_allow_error: whether an error may go to dst now; if so it is counted
 * as sent. When a set is full the destination that waited longest is forgotten:
 * then it may get a second error within its second, within the bucket's limit. */
bool icmp_limit_allow_error(struct icmp_limit *limit, const struct evtcp_addr *dst, uint64_t now);

/* icmp_limit_allow_echo: whether an echo reply may leave now; if so it is counted. */
bool icmp_limit_allow_echo(struct icmp_limit *limit, uint64_t now);

#endif
