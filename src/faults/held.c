/* SPDX-License-Identifier: BSD-3-Clause */

/* What is held back, in a queue of moments.
 *
 * In: packets, with the moment at which they go on. Out: packets, when it has come. Whoever waits
 * for others to overtake it stands in the same queue, with a moment at which it waits no longer.
 *
 * Memory is bounded: what is beyond that is not held back. There are few at any time, so that
 * looking through all of them costs little. */

#include "faults/held.h"

#include "util/memory.h"
#include "wire/address.h"

#define HELD_MEMORY_MAX ((size_t)64 * 1024 * 1024)

void held_init(struct held *held, const struct evtcp_world *world)
{
	held->world = *world;
	held->memory = 0;
	deadline_queue_init(&held->queue, &held->world);
	list_init(&held->all);
}

void held_free(struct held *held)
{
	struct held_packet *packet;

	while ((packet = held_pop(held, UINT64_MAX)) != NULL)
		held_release(held, packet);
	deadline_queue_free(&held->queue);
}

struct held_packet *held_add(struct held *held, const struct evtcp_packet *packet, uint64_t at_us)
{
	size_t len = packet ? packet->len : 0, size = sizeof(struct held_packet) + len, at = 0;
	struct held_packet *copy;

	if (held->memory + size > HELD_MEMORY_MAX ||
		deadline_queue_reserve(&held->queue, held->queue.len + 1) < 0)
		return NULL;
	copy = memory_alloc(&held->world, size);
	if (!copy)
		return NULL;
	*copy = (struct held_packet){.len = len};
	for (int i = 0; packet && i < packet->iovcnt; i++) {
		if (packet->iov[i].iov_len > 0)
			memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	if (packet) {
		copy->reason = packet->reason;
		copy->fate = packet->fate;
		copy->fate_rule = packet->fate_rule;
	}
	held->memory += size;
	list_push(&held->all, &copy->in_all);
	deadline_queue_set(&held->queue, &copy->due, at_us);
	return copy;
}

static bool held_is_of(
	const struct held_packet *packet, const struct evtcp_tuple *tuple, bool outbound)
{
	return packet->outbound == outbound &&
	       endpoint_equal(&packet->tuple.remote, &tuple->remote) &&
	       endpoint_equal(&packet->tuple.local, &tuple->local);
}

/* The queue is lazy about moments that move, but only to later ones. */
static void held_move(struct held *held, struct held_packet *packet, uint64_t at_us)
{
	deadline_queue_remove(&held->queue, &packet->due);
	deadline_queue_set(&held->queue, &packet->due, at_us);
}

void held_passed(struct held *held, const struct evtcp_tuple *tuple, bool outbound, uint64_t now)
{
	struct list_node *head = &held->all.head;

	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct held_packet *packet = container_of(node, struct held_packet, in_all);

		if (packet->behind > 0 && held_is_of(packet, tuple, outbound) &&
			--packet->behind == 0)
			held_move(held, packet, now);
	}
}

void held_end(struct held *held, unsigned rule, uint64_t now)
{
	struct list_node *head = &held->all.head;

	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct held_packet *packet = container_of(node, struct held_packet, in_all);

		if (packet->rule == rule || packet->len == 0)
			held_move(held, packet, now);
	}
}

bool held_has(const struct held *held, const struct evtcp_tuple *tuple, uint32_t seq)
{
	const struct list_node *head = &held->all.head;

	for (struct list_node *node = head->next; node != head; node = node->next) {
		const struct held_packet *packet = container_of(node, struct held_packet, in_all);

		if (packet->has_data && packet->seq == seq && held_is_of(packet, tuple, true))
			return true;
	}
	return false;
}

uint64_t held_next(const struct held *held)
{
	return deadline_queue_earliest(&held->queue);
}

struct held_packet *held_pop(struct held *held, uint64_t now)
{
	struct deadline_node *node = deadline_queue_pop_due(&held->queue, now);
	struct held_packet *packet;

	if (!node)
		return NULL;
	packet = container_of(node, struct held_packet, due);
	list_remove(&packet->in_all);
	return packet;
}

void held_release(struct held *held, struct held_packet *packet)
{
	held->memory -= sizeof(*packet) + packet->len;
	memory_free(&held->world, packet);
}
