/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_REASS_H
#define TCP_REASS_H

/* Reassembly: what came out of order, as a bounded number of disjoint,
 * non-adjacent ranges beyond rcv_nxt, each with its bytes in an evbuffer. Of bytes
 * that come twice the first copy is kept (ATTACKS T24). The ranges are the SACK
 * blocks, the one touched last first (RFC 2018 4). */

#include "wire/tcp_header.h"
#include <event2/buffer.h>
#include <evtcp/types.h>

enum { REASS_MAX_RANGES = 64 };

struct reass_range {
	uint32_t seq, end;
	uint32_t touched; /* larger is more recent */
	struct evbuffer *buf;
};

struct reass {
	uint32_t len; /* ranges in use, sorted by seq */
	uint32_t touches;
	uint32_t bytes;
	uint32_t fin_seq; /* where a FIN that came early stands, when has_fin */
	bool has_fin;
	struct reass_range ranges[REASS_MAX_RANGES];
};

/* reass_new: empty. NULL without memory. reass_free: with all it holds. */
struct reass *reass_new(const struct evtcp_world *world);
void reass_free(struct reass *r, const struct evtcp_world *world);

/* reass_add: keeps len bytes at data that belong to sequence number seq (beyond
 * rcv_nxt). At the limit of ranges (at most REASS_MAX_RANGES) the range that is
 * furthest away goes, which may be this one. Returns how many bytes are held more
 * than before (negative when a range went), *kept tells whether this one is held;
 * without memory it is not. */
int64_t reass_add(struct reass *r, uint32_t seq, const uint8_t *data, uint32_t len, uint32_t limit,
	bool *kept);

/* reass_take: moves to input what is in order from *rcv_nxt on, advancing it, and
 * forgets what is before it. Returns bytes moved; *freed counts the bytes that r
 * holds less than before. */
uint32_t reass_take(struct reass *r, uint32_t *rcv_nxt, struct evbuffer *input, uint32_t *freed);

/* reass_blocks: up to max SACK blocks, most recent first. Returns how many. */
int reass_blocks(const struct reass *r, struct tcp_sack_block *blocks, int max);

/* reass_is_empty: no range and no FIN. */
bool reass_is_empty(const struct reass *r);

/* reass_check: asserts order, disjointness and sums. */
void reass_check(const struct reass *r, uint32_t rcv_nxt);

#endif
