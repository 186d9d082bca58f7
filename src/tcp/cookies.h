/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_COOKIES_H
#define TCP_COOKIES_H

/* SYN cookies (RFC 4987 3.6 rules 1 to 3): when the half-open table is full, the ISS of the
 * SYN-ACK carries what is needed to build the connection from the third segment:
 * a keyed hash of the tuple, the peer's ISN and a counter that moves every 64 s,
 * five bits of that counter, and an index into a table of MSS values. With
 * timestamps, window scale, SACK and ECN go into the low bits of TSval; without them
 * they are given up. Two counters are accepted: a cookie lives 64 to 128 s. */

#include "util/keyed_hash.h"
#include <stdbool.h>

struct cookies {
	struct keyed_hash key;
	uint64_t last_sent_us; /* 0: none yet. Long after it no ACK can carry one */
};

/* What a cookie remembers of the SYN. */
struct cookie_options {
	uint16_t mss;   /* of the table: at or below what was announced, but 48 */
	uint8_t wscale; /* theirs; 15: none */
	bool sack;
	bool ecn; /* agreed upon (RFC 3168) */
};

void cookies_init(struct cookies *cookies, const struct evtcp_world *world);

/* cookies_iss: the ISS that carries mss for this tuple and IRS. */
uint32_t cookies_iss(struct cookies *cookies, const struct evtcp_tuple *tuple, uint32_t irs,
	uint16_t mss, uint64_t now);

/* cookies_check: whether iss is a cookie of ours, at most two counter steps old;
 * then *mss is filled. */
bool cookies_check(const struct cookies *cookies, const struct evtcp_tuple *tuple, uint32_t irs,
	uint32_t iss, uint16_t *mss, uint64_t now);

/* cookies_tsval: the TSval to send: tsval with its low bits replaced, never ahead
 * of tsval. cookies_from_tsecr: what they held. */
uint32_t cookies_tsval(uint32_t tsval, const struct cookie_options *options);
void cookies_from_tsecr(uint32_t tsecr, struct cookie_options *options);

#endif
