/* SPDX-License-Identifier: BSD-3-Clause */

/* What is held back, in a queue of moments.
 *
 * In: packets, with the moment at which they go on. Out: packets, when it has come. Whoever waits
 * for others to overtake it stands in the same queue, with a moment at which it waits no longer.
 *
 * Memory is bounded: what is beyond that is not held back. There may be tens of thousands all the
 * same, when many connections stall: so those of each connection are found by themselves, and only
 * the end of a rule looks through all. */

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
	hash_table_init(&held->conns, &held->world);
}

void held_free(struct held *held)
{
	struct held_packet *packet;

	while ((packet = held_pop(held, UINT64_MAX)) != NULL)
		held_release(held, packet);
	deadline_queue_free(&held->queue);
	hash_table_free(&held->conns);
}

struct held_packet *held_add(struct held *held, const struct evtcp_packet *packet, uint64_t at_us)
{
	size_t size = sizeof(struct held_packet) + packet->len, at = 0;
	struct held_packet *copy;

	if (held->memory + size > HELD_MEMORY_MAX ||
		deadline_queue_reserve(&held->queue, held->queue.len + 1) < 0)
		return NULL;
	copy = memory_alloc(&held->world, size);
	if (!copy)
		return NULL;
	*copy = (struct held_packet){.reason = packet->reason,
		.fate = packet->fate,
		.fate_rule = packet->fate_rule,
		.earlier_fate = packet->earlier_fate,
		.earlier_fate_rule = packet->earlier_fate_rule,
		.len = packet->len};
	for (int i = 0; i < packet->iovcnt; i++) {
		if (packet->iov[i].iov_len > 0)
			memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	held->memory += size;
	list_push(&held->all, &copy->in_all);
	deadline_queue_set(&held->queue, &copy->due, at_us);
	return copy;
}

/* ---- whose ----------------------------------------------------------- */

void held_belongs(struct held *held, struct held_packet *packet, const struct follow_conn *conn)
{
	packet->tuple = conn->tuple;
	packet->belongs = hash_table_insert(&held->conns, &packet->of_conn, conn->hashed.hash) == 0;
}

/* The packet of conn at node, or at the first behind it that is of conn; NULL: there is none. */
static struct held_packet *held_of(struct hash_node *node, const struct follow_conn *conn)
{
	for (; node; node = hash_table_next(node)) {
		struct held_packet *packet = container_of(node, struct held_packet, of_conn);

		if (endpoint_equal(&packet->tuple.remote, &conn->tuple.remote) &&
			endpoint_equal(&packet->tuple.local, &conn->tuple.local))
			return packet;
	}
	return NULL;
}

static struct held_packet *held_first_of(const struct held *held, const struct follow_conn *conn)
{
	return held_of(hash_table_first(&held->conns, conn->hashed.hash), conn);
}

static struct held_packet *held_next_of(
	const struct held_packet *packet, const struct follow_conn *conn)
{
	return held_of(hash_table_next(&packet->of_conn), conn);
}

bool held_has(const struct held *held, const struct follow_conn *conn, uint32_t seq)
{
	const struct held_packet *packet = held_first_of(held, conn);

	while (packet && !(packet->has_data && packet->seq == seq))
		packet = held_next_of(packet, conn);
	return packet != NULL;
}

/* ---- when ------------------------------------------------------------- */

/* The queue is lazy about moments that move, but only to later ones. */
static void held_move(struct held *held, struct held_packet *packet, uint64_t at_us)
{
	deadline_queue_remove(&held->queue, &packet->due);
	deadline_queue_set(&held->queue, &packet->due, at_us);
}

void held_passed(struct held *held, const struct follow_conn *conn, uint64_t now)
{
	struct held_packet *packet = held_first_of(held, conn);

	for (; packet; packet = held_next_of(packet, conn))
		if (packet->behind > 0 && --packet->behind == 0)
			held_move(held, packet, now);
}

void held_end(struct held *held, unsigned rule, uint64_t now)
{
	struct list_node *head = &held->all.head;

	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct held_packet *packet = container_of(node, struct held_packet, in_all);

		if (packet->rule == rule)
			held_move(held, packet, now);
	}
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
	if (packet->belongs)
		hash_table_remove(&held->conns, &packet->of_conn);
	return packet;
}

void held_release(struct held *held, struct held_packet *packet)
{
	held->memory -= sizeof(*packet) + packet->len;
	memory_free(&held->world, packet);
}
