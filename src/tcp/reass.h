/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_REASS_H
#define TCP_REASS_H

/* Reassembly: what came out of order, as a bounded number of disjoint,
 * non-adjacent ranges beyond rcv_nxt, each with its bytes in an evbuffer. Of bytes
 * that come twice the first copy is kept (ATTACKS T24). The ranges are the SACK
 * blocks, the ones touched last first (RFC 2018 4).
 *
 * A range of one byte takes a kilobyte of memory, so it is not bytes that are counted
 * against limits, but the footprint: an estimate of all that keeping them takes (ATTACKS
 * T23). Joining copies small ranges together, so that memory for a range stays within
 * three times its bytes, in whatever pieces they came. */

#include "wire/tcp_header.h"
#include <event2/buffer.h>
#include <evtcp/types.h>

enum {
	REASS_MAX_RANGES = 4096,
	REASS_FEW_RANGES = 64, /* so many each connection may have, however small its buffer */
	REASS_RECENT = 8, /* ranges whose order is remembered: more than fit in a SACK option */
	/* What a range takes besides its bytes: an evbuffer (144 octets), and the rest of a
	 * chain of 1,024, libevent's smallest, with what malloc adds to both. */
	REASS_RANGE_COST = 1200
};

struct reass_range {
	uint32_t seq, end;
	uint32_t tsval; /* the earliest of what it was made of */
	struct evbuffer *buf;
};

/* What one segment brings: len bytes at data, which begin at sequence number seq, and its
 * TSval (0 without timestamps). */
struct reass_piece {
	uint32_t seq, len, tsval;
	const uint8_t *data;
};

struct reass {
	const struct evtcp_world *world;
	struct reass_range *ranges; /* len of them, sorted by seq; an array of capacity */
	uint32_t len, capacity;
	uint32_t bytes;   /* in all ranges, without what keeping them takes */
	uint32_t fin_seq; /* where a FIN that came early stands, when has_fin */
	bool has_fin;
	uint8_t n_recent;
	uint32_t recent[REASS_RECENT]; /* a number in each of the ranges touched last, the last
					  first */
	uint32_t taken_tsval;          /* of the range that was taken last */
};

/* reass_new: empty. NULL without memory. The world is used as long as it lives.
 * reass_free: with all it holds; NULL is nothing. */
struct reass *reass_new(const struct evtcp_world *world);
void reass_free(struct reass *r);

/* reass_footprint: how much memory r takes, in bytes, by estimate; 0 for NULL. */
uint32_t reass_footprint(const struct reass *r);

/* reass_growth: by how much the footprint grows at most when len bytes are added: they may
 * become a range of their own, and the array may have to grow. r NULL: it has to be made
 * first. */
uint32_t reass_growth(const struct reass *r, uint32_t len);

/* reass_add: keeps a copy of a piece from beyond rcv_nxt. At the limit of ranges (at most
 * REASS_MAX_RANGES, which 0 means) the range that is furthest away goes, which may be this
 * one. Returns whether this one is held; without memory it is not. */
bool reass_add(struct reass *r, const struct reass_piece *piece, uint32_t limit);

/* reass_take: moves to input what is in order from *rcv_nxt on, advancing it, and
 * forgets what is before it. Returns bytes moved; where there are any, taken_tsval is a TSval
 * that nothing beyond *rcv_nxt was first sent before. */
uint32_t reass_take(struct reass *r, uint32_t *rcv_nxt, struct evbuffer *input);

/* reass_renew: what is held counts as sent at tsval: its own TSvals are so old that they may
 * have wrapped. */
void reass_renew(struct reass *r, uint32_t tsval);

/* reass_find_held: the first part of [seq, end) that is held already, in *held (RFC 2883 4.2:
 * of several only the first is told). False: nothing of it is. */
bool reass_find_held(
	const struct reass *r, uint32_t seq, uint32_t end, struct tcp_sack_block *held);

/* reass_block_of: the whole range that holds seq, in *block. False: there is none. */
bool reass_block_of(const struct reass *r, uint32_t seq, struct tcp_sack_block *block);

/* reass_blocks: up to max SACK blocks, at most REASS_RECENT: the most recent first, then, where
 * ranges have grown together, others from the left. Returns how many. */
int reass_blocks(const struct reass *r, struct tcp_sack_block *blocks, int max);

/* reass_is_empty: no range and no FIN. */
bool reass_is_empty(const struct reass *r);

/* reass_check: asserts order, disjointness and sums. */
void reass_check(const struct reass *r, uint32_t rcv_nxt);

#endif
