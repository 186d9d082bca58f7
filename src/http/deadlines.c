/* SPDX-License-Identifier: BSD-3-Clause */
/* A binary min-heap of deadlines. Each entry knows its slot, so that it can be
 * moved and taken out in O(log n). Input and output are entries that belong to
 * others; no clock is read and nothing is called back. */
#include "http/deadlines.h"

#include <assert.h>
#include <errno.h>

#define DEADLINES_FIRST_SIZE 16

void http_deadlines_init(struct http_deadlines *deadlines)
{
	*deadlines = (struct http_deadlines){0};
}

void http_deadlines_free(struct http_deadlines *deadlines, const struct evtcp_world *world)
{
	world->free(world->arg, deadlines->heap);
	http_deadlines_init(deadlines);
}

static void deadlines_put(struct http_deadlines *deadlines, uint32_t slot, struct http_deadline *d)
{
	deadlines->heap[slot] = d;
	d->slot = slot;
}

/* Moves d from a hole at slot towards the root, then towards the leaves, until the
 * order holds. */
static void deadlines_settle(
	struct http_deadlines *deadlines, uint32_t slot, struct http_deadline *d)
{
	struct http_deadline **heap = deadlines->heap;

	while (slot > 0 && heap[(slot - 1) / 2]->at_us > d->at_us) {
		deadlines_put(deadlines, slot, heap[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	for (;;) {
		uint32_t child = slot * 2 + 1;

		if (child + 1 < deadlines->len && heap[child + 1]->at_us < heap[child]->at_us)
			child++;
		if (child >= deadlines->len || heap[child]->at_us >= d->at_us)
			break;
		deadlines_put(deadlines, slot, heap[child]);
		slot = child;
	}
	deadlines_put(deadlines, slot, d);
}

int http_deadlines_add(struct http_deadlines *deadlines, struct http_deadline *deadline,
	const struct evtcp_world *world)
{
	if (deadlines->len == deadlines->size) {
		uint32_t size = deadlines->size ? deadlines->size * 2 : DEADLINES_FIRST_SIZE;
		void *heap = world->realloc(
			world->arg, deadlines->heap, size * sizeof(deadlines->heap[0]));

		if (heap == NULL) {
			errno = ENOMEM;
			return -1;
		}
		deadlines->heap = heap;
		deadlines->size = size;
	}
	deadlines->len++;
	deadlines_settle(deadlines, deadlines->len - 1, deadline);
	return 0;
}

void http_deadlines_remove(struct http_deadlines *deadlines, struct http_deadline *deadline)
{
	struct http_deadline *last = deadlines->heap[deadlines->len - 1];

	assert(deadlines->heap[deadline->slot] == deadline && "an entry is where it says");
	deadlines->len--;
	if (last != deadline)
		deadlines_settle(deadlines, deadline->slot, last);
}

void http_deadlines_move(
	struct http_deadlines *deadlines, struct http_deadline *deadline, uint64_t at_us)
{
	assert(deadlines->heap[deadline->slot] == deadline && "an entry is where it says");
	deadline->at_us = at_us;
	deadlines_settle(deadlines, deadline->slot, deadline);
}

struct http_deadline *http_deadlines_first(const struct http_deadlines *deadlines)
{
	return deadlines->len > 0 ? deadlines->heap[0] : NULL;
}
