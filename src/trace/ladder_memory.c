/* SPDX-License-Identifier: BSD-3-Clause */

/* Whom a live ladder knows: a bounded number of connections, each with a tag.
 *
 * Input: the ends of connections. Output: their entries. A list in order of use is searched from
 * the one heard last: few connections speak at any one time, and a ladder is read by a person. */

#include "trace/ladder_memory.h"

#include "util/memory.h"
#include "wire/address.h"

void ladder_memory_init(struct ladder_memory *memory, const struct evtcp_world *world)
{
	*memory = (struct ladder_memory){.world = world};
	list_init(&memory->recent);
}

static struct ladder_entry *ladder_memory_at(struct list_node *node)
{
	return container_of(node, struct ladder_entry, node);
}

void ladder_memory_free(struct ladder_memory *memory)
{
	struct list_node *node;

	while ((node = list_pop(&memory->recent)) != NULL)
		memory_free(memory->world, ladder_memory_at(node));
	memory->len = 0;
}

struct ladder_entry *ladder_memory_find(
	struct ladder_memory *memory, const struct evtcp_tuple *tuple)
{
	struct list_node *node = memory->recent.head.prev;

	for (; node != &memory->recent.head; node = node->prev) {
		struct ladder_entry *entry = ladder_memory_at(node);

		if (entry->conn.tuple.remote.port != tuple->remote.port ||
			!endpoint_equal(&entry->conn.tuple.local, &tuple->local) ||
			!endpoint_equal(&entry->conn.tuple.remote, &tuple->remote))
			continue;
		list_remove(node);
		list_push(&memory->recent, node);
		return entry;
	}
	return NULL;
}

struct ladder_entry *ladder_memory_add(
	struct ladder_memory *memory, const struct evtcp_tuple *tuple, bool local_left)
{
	struct ladder_entry *entry = NULL;
	struct list_node *oldest;

	if (memory->len < LADDER_MAX_CONNECTIONS)
		entry = memory_alloc(memory->world, sizeof(*entry));
	if (entry) {
		memory->len++;
	} else {
		oldest = list_pop(&memory->recent);
		if (!oldest)
			return NULL;
		entry = ladder_memory_at(oldest);
	}
	memset(entry, 0, sizeof(*entry));
	entry->conn.tuple = *tuple;
	list_push(&memory->recent, &entry->node);
	ladder_memory_renew(memory, entry, local_left);
	return entry;
}

void ladder_memory_renew(struct ladder_memory *memory, struct ladder_entry *entry, bool local_left)
{
	ladder_conn_begin(&entry->conn, ++memory->tags, local_left);
}
