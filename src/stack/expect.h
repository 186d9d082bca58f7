/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_EXPECT_H
#define STACK_EXPECT_H

/* What a link has in hand before it passes the first of it on: segments whose connections are
 * fetched meanwhile. Of a connection among very many nothing is in a cache, and one segment after
 * the other would wait for a dozen lines of memory; all of a batch are asked for together.
 *
 * It is a guess at what will come, made from bytes that nobody has judged yet. Nothing depends on
 * it but time: what does not come is forgotten, and a hash is only used for the tuple that it was
 * made of. */

#include <evtcp/stack.h>
#include <stdbool.h>

struct evtcp_packet;
struct evtcp_stack;

enum { EXPECT_MOST = 64 };

struct expected {
	const uint8_t *bytes; /* of the packet */
	struct evtcp_tuple tuple;
	uint64_t hash; /* demux_hash of it */
};

struct expect {
	uint32_t few; /* with so many connections, or fewer, nothing is expected */
	evtcp_fetch_cb fetch_cb;
	struct expected segment[EXPECT_MOST];
	uint32_t n, used; /* used ones have come, or been passed over */
	bool is_fetched;  /* the first has come, and no more are expected until all have */
};

/* expect_init: nothing is expected. */
void expect_init(struct evtcp_stack *stack);

/* expect_packet: this one will come, as it is, unless it does not. */
void expect_packet(struct evtcp_stack *stack, const struct evtcp_packet *packet);

/* expect_hash: demux_hash of tuple, of the segment in the packet of these bytes that has come
 * now: from what was expected, if that is so. */
uint64_t expect_hash(
	struct evtcp_stack *stack, const uint8_t *bytes, const struct evtcp_tuple *tuple);

/* expect_come: a packet comes; if it is the first of those that were expected, all are fetched
 * now. */
void expect_come(struct evtcp_stack *stack);

/* expect_end: the batch is over; nothing is expected. */
void expect_end(struct evtcp_stack *stack);

#endif
