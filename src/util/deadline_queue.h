/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_DEADLINE_QUEUE_H
#define UTIL_DEADLINE_QUEUE_H

/* A priority queue of moments: a heap of four children each, of the moments and of pointers to
 * nodes that live inside the objects that have deadlines. It is lazy in one direction: moving a
 * deadline later costs nothing, and is found when the old moment comes.
 *
 * The order is total (moment, then the number that a node has for as long as it is there), so that
 * equal inputs run in an equal order, however often a lazy one was put back. */

#include <evtcp/types.h>
#include <stdbool.h>

/* One object's place in the queue; zeroed is "not queued". */
struct deadline_node {
	uint64_t at_us;    /* the moment it is queued for; at or before the true one */
	uint32_t order;    /* breaks ties; 0: none yet */
	uint32_t position; /* index in the heap + 1; 0 when not queued */
};

/* A place in the heap: the node's moment and order beside it, so that comparing does not reach
 * for objects that are nowhere near. */
struct deadline_entry {
	uint64_t at_us;
	struct deadline_node *node;
	uint32_t order;
};

struct deadline_queue {
	struct deadline_entry *heap;
	uint32_t len, capacity;
	uint32_t last_order; /* goes round after 2^32 nodes, which only mixes ties */
	const struct evtcp_world *world;
};

/* deadline_queue_init: an empty queue; world outlives it and gives memory. */
void deadline_queue_init(struct deadline_queue *queue, const struct evtcp_world *world);

/* deadline_queue_free: forgets all nodes (they are not touched) and the heap. */
void deadline_queue_free(struct deadline_queue *queue);

/* deadline_queue_reserve: makes room for n nodes in all, so that set cannot fail
 * for them. An owner reserves when it makes an object. 0, or -1 without memory. */
int deadline_queue_reserve(struct deadline_queue *queue, uint32_t n);

/* deadline_queue_number: gives node its number, the next one. Who does not care gets one when it is
 * first queued. */
void deadline_queue_number(struct deadline_queue *queue, struct deadline_node *node);

/* deadline_queue_move: the node stands at at_us from here on, be that sooner or later than before.
 * deadline_queue_set: its moment is at_us. A node that is queued for an earlier one stays where it
 * is (lazy): it is found again when that comes. Room must have been reserved. */
void deadline_queue_move(struct deadline_queue *queue, struct deadline_node *node, uint64_t at_us);
static inline void deadline_queue_set(
	struct deadline_queue *queue, struct deadline_node *node, uint64_t at_us)
{
	if (node->position == 0 || at_us < node->at_us)
		deadline_queue_move(queue, node, at_us);
}

/* deadline_queue_remove: takes the node out; nothing if it is not in. */
void deadline_queue_remove(struct deadline_queue *queue, struct deadline_node *node);

/* deadline_queue_earliest: the first moment, UINT64_MAX when empty. */
uint64_t deadline_queue_earliest(const struct deadline_queue *queue);

/* deadline_queue_pop_due: takes out and returns the first node if its moment is
 * at or before now, else NULL. The owner runs what is due and sets it again.
 * deadline_queue_first_due: the same, but it stays where it is, for an owner who moves it on or
 * takes it out afterwards: half the way through the heap for one that is mostly found too early. */
struct deadline_node *deadline_queue_pop_due(struct deadline_queue *queue, uint64_t now);
struct deadline_node *deadline_queue_first_due(const struct deadline_queue *queue, uint64_t now);

/* deadline_queue_check: asserts heap order and positions; for tests. */
void deadline_queue_check(const struct deadline_queue *queue);

#endif
