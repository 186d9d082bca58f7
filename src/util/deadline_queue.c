/* SPDX-License-Identifier: BSD-3-Clause */

/* A binary heap of pointers to the nodes of those who have deadlines.
 *
 *      heap[0]            the earliest; heap[i] comes before heap[2i+1], heap[2i+2]
 *      node->position     index + 1, so that a zeroed node is "not queued"
 *
 * In: moments in microseconds. Out: the nodes whose moment has come, in a total
 * order (moment, then order of nodes).
 *
 * It does not look at a clock, does not allocate except in reserve, and does not
 * run anything: the owner pops and acts. */

#include "util/deadline_queue.h"

#include "util/memory.h"

#include <assert.h>

enum { MIN_CAPACITY = 64 };

static bool is_before(const struct deadline_node *a, const struct deadline_node *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void place(struct deadline_queue *queue, struct deadline_node *node, uint32_t index)
{
	queue->heap[index] = node;
	node->position = index + 1;
}

/* Moves node from the hole at index towards the root, as far as it belongs. */
static void sift_up(struct deadline_queue *queue, struct deadline_node *node, uint32_t index)
{
	while (index > 0) {
		uint32_t parent = (index - 1) / 2;

		if (!is_before(node, queue->heap[parent]))
			break;
		place(queue, queue->heap[parent], index);
		index = parent;
	}
	place(queue, node, index);
}

/* Moves node from the hole at index towards the leaves, as far as it belongs. */
static void sift_down(struct deadline_queue *queue, struct deadline_node *node, uint32_t index)
{
	for (;;) {
		/* 64 bits: twice an index near 2^32 must not wrap */
		uint64_t child = 2 * (uint64_t)index + 1;

		if (child >= queue->len)
			break;
		if (child + 1 < queue->len && is_before(queue->heap[child + 1], queue->heap[child]))
			child++;
		if (!is_before(queue->heap[child], node))
			break;
		place(queue, queue->heap[child], index);
		index = (uint32_t)child;
	}
	place(queue, node, index);
}

void deadline_queue_init(struct deadline_queue *queue, const struct evtcp_world *world)
{
	*queue = (struct deadline_queue){.world = world};
}

void deadline_queue_free(struct deadline_queue *queue)
{
	memory_free(queue->world, queue->heap);
	deadline_queue_init(queue, queue->world);
}

int deadline_queue_reserve(struct deadline_queue *queue, uint32_t n)
{
	uint32_t capacity = queue->capacity < MIN_CAPACITY ? MIN_CAPACITY : queue->capacity;
	struct deadline_node **heap;

	if (n <= queue->capacity)
		return 0;
	/* Doubling, so that reserving one more for each new object stays cheap. */
	while (capacity < n)
		capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
	heap = memory_realloc(queue->world, queue->heap, capacity * sizeof(struct deadline_node *));
	if (!heap)
		return -1;
	queue->heap = heap;
	queue->capacity = capacity;
	return 0;
}

void deadline_queue_number(struct deadline_queue *queue, struct deadline_node *node)
{
	node->order = ++queue->last_order;
}

void deadline_queue_set(struct deadline_queue *queue, struct deadline_node *node, uint64_t at_us)
{
	uint32_t index;

	if (node->position != 0) {
		if (node->at_us <= at_us)
			return; /* lazy: found again when the earlier moment comes */
		index = node->position - 1;
	} else {
		assert(queue->len < queue->capacity && "room was reserved");
		index = queue->len++;
	}
	node->at_us = at_us;
	if (node->order == 0)
		deadline_queue_number(queue, node);
	sift_up(queue, node, index);
}

void deadline_queue_remove(struct deadline_queue *queue, struct deadline_node *node)
{
	uint32_t index = node->position - 1;
	struct deadline_node *last;

	if (node->position == 0)
		return;
	assert(index < queue->len && queue->heap[index] == node && "the node is in this queue");
	node->position = 0;
	last = queue->heap[--queue->len];
	if (last == node)
		return;
	/* The last leaf fills the hole; from there it belongs above or below. */
	if (index > 0 && is_before(last, queue->heap[(index - 1) / 2]))
		sift_up(queue, last, index);
	else
		sift_down(queue, last, index);
}

uint64_t deadline_queue_earliest(const struct deadline_queue *queue)
{
	return queue->len > 0 ? queue->heap[0]->at_us : UINT64_MAX;
}

struct deadline_node *deadline_queue_pop_due(struct deadline_queue *queue, uint64_t now)
{
	struct deadline_node *first;

	if (queue->len == 0 || queue->heap[0]->at_us > now)
		return NULL;
	first = queue->heap[0];
	deadline_queue_remove(queue, first);
	return first;
}

void deadline_queue_check(const struct deadline_queue *queue)
{
	assert(queue->len <= queue->capacity);
	for (uint32_t i = 0; i < queue->len; i++) {
		assert(queue->heap[i]->position == i + 1 && "a node knows its place");
		assert(i == 0 || is_before(queue->heap[(i - 1) / 2], queue->heap[i]));
	}
}
