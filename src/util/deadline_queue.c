/* SPDX-License-Identifier: BSD-3-Clause */

/* A heap in which each has four children, of moments and pointers to the nodes of those who
 * have deadlines.
 *
 *      heap[0]            the earliest; heap[i] comes before heap[4i+1] ... heap[4i+4]
 *      node->position     index + 1, so that a zeroed node is "not queued"
 *
 * In: moments in microseconds. Out: the nodes whose moment has come, in a total
 * order (moment, then order of nodes).
 *
 * With a million of them it is half as deep as one of two children, four children are next to
 * each other, and comparing looks at no node: what costs is memory that is far away.
 *
 * It does not look at a clock, does not allocate except in reserve, and does not
 * run anything: the owner asks who is due, and acts. */

#include "util/deadline_queue.h"

#include "util/memory.h"

#include <assert.h>

enum { MIN_CAPACITY = 64, CHILDREN = 4 };

static bool is_before(const struct deadline_entry *a, const struct deadline_entry *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static uint32_t parent_of(uint32_t index)
{
	return (index - 1) / CHILDREN;
}

static void place(struct deadline_queue *queue, struct deadline_entry entry, uint32_t index)
{
	queue->heap[index] = entry;
	entry.node->position = index + 1;
}

/* Moves entry from the hole at index towards the root, as far as it belongs. */
static void sift_up(struct deadline_queue *queue, struct deadline_entry entry, uint32_t index)
{
	while (index > 0) {
		uint32_t parent = parent_of(index);

		if (!is_before(&entry, &queue->heap[parent]))
			break;
		place(queue, queue->heap[parent], index);
		index = parent;
	}
	place(queue, entry, index);
}

/* Moves entry from the hole at index towards the leaves, as far as it belongs. */
static void sift_down(struct deadline_queue *queue, struct deadline_entry entry, uint32_t index)
{
	for (;;) {
		/* 64 bits: four times an index near 2^32 must not wrap */
		uint64_t first = CHILDREN * (uint64_t)index + 1;

		if (first >= queue->len)
			break;
		const struct deadline_entry *children = &queue->heap[first], *least = children;
		uint64_t n = queue->len - first;
		for (unsigned i = 1; i < CHILDREN && i < n; i++) {
			if (is_before(&children[i], least))
				least = &children[i];
		}
		if (!is_before(least, &entry))
			break;
		place(queue, *least, index);
		index = (uint32_t)(least - queue->heap);
	}
	place(queue, entry, index);
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
	struct deadline_entry *heap;

	if (n <= queue->capacity)
		return 0;
	/* Doubling, so that reserving one more for each new object stays cheap. */
	while (capacity < n)
		capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
	heap = memory_realloc(queue->world, queue->heap, capacity * sizeof(*heap));
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

void deadline_queue_move(struct deadline_queue *queue, struct deadline_node *node, uint64_t at_us)
{
	bool is_later = node->position != 0 && at_us > node->at_us;
	uint32_t index = node->position - 1;

	if (node->position == 0) {
		assert(queue->len < queue->capacity && "room was reserved");
		index = queue->len++;
	}
	node->at_us = at_us;
	if (node->order == 0)
		deadline_queue_number(queue, node);
	if (is_later)
		sift_down(queue, (struct deadline_entry){at_us, node, node->order}, index);
	else
		sift_up(queue, (struct deadline_entry){at_us, node, node->order}, index);
}

void deadline_queue_remove(struct deadline_queue *queue, struct deadline_node *node)
{
	uint32_t index = node->position - 1;
	struct deadline_entry last;

	if (node->position == 0)
		return;
	assert(index < queue->len && queue->heap[index].node == node &&
		"the node is in this queue");
	node->position = 0;
	last = queue->heap[--queue->len];
	if (last.node == node)
		return;
	/* The last leaf fills the hole; from there it belongs above or below. */
	if (index > 0 && is_before(&last, &queue->heap[parent_of(index)]))
		sift_up(queue, last, index);
	else
		sift_down(queue, last, index);
}

uint64_t deadline_queue_earliest(const struct deadline_queue *queue)
{
	return queue->len > 0 ? queue->heap[0].at_us : UINT64_MAX;
}

struct deadline_node *deadline_queue_first_due(const struct deadline_queue *queue, uint64_t now)
{
	return queue->len > 0 && queue->heap[0].at_us <= now ? queue->heap[0].node : NULL;
}

struct deadline_node *deadline_queue_pop_due(struct deadline_queue *queue, uint64_t now)
{
	struct deadline_node *first = deadline_queue_first_due(queue, now);

	if (first != NULL)
		deadline_queue_remove(queue, first);
	return first;
}

void deadline_queue_check(const struct deadline_queue *queue)
{
	assert(queue->len <= queue->capacity);
	for (uint32_t i = 0; i < queue->len; i++) {
		const struct deadline_entry *entry = &queue->heap[i];

		assert(entry->node->position == i + 1 && "a node knows its place");
		assert(entry->at_us == entry->node->at_us && "and its moment");
		assert(entry->order == entry->node->order);
		assert(i == 0 || is_before(&queue->heap[parent_of(i)], entry));
	}
}
