/* SPDX-License-Identifier: BSD-3-Clause */

/* From the ends of a segment to its connection. Input: segments in the order of the file. Output:
 * connections, which stay until all is over, for the list of them is asked for at the end.
 *
 * Ends are looked up in one order, whoever sends. The left one is the client, as far as the first
 * segment can tell, and stands as conn's local end. */

#include "ladder/connections.h"

#include "util/list.h"
#include "util/memory.h"
#include "wire/address.h"

#include <string.h>

/* Two packets that look alike are copies if no more than this is between them. */
#define COPY_US 200000

void connections_init(struct connections *connections, const struct evtcp_world *world)
{
	*connections = (struct connections){.world = world};
	keyed_hash_init(&connections->hash, world);
	hash_table_init(&connections->table, world);
}

void connections_free(struct connections *connections)
{
	for (size_t i = 0; i < connections->n; i++) {
		seen_free(&connections->all[i]->out.seen);
		seen_free(&connections->all[i]->in.seen);
		memory_free(connections->world, connections->all[i]);
	}
	memory_free(connections->world, connections->all);
	hash_table_free(&connections->table);
}

/* The same number for a segment and its answer. */
static uint64_t connections_hash(const struct connections *connections,
	const struct evtcp_endpoint *src, const struct evtcp_endpoint *dst)
{
	struct evtcp_tuple tuple = {*src, *dst};
	int order = memcmp(src->addr.bytes, dst->addr.bytes, sizeof(src->addr.bytes));

	if (order > 0 || (order == 0 && src->port > dst->port))
		tuple = (struct evtcp_tuple){*dst, *src};
	return keyed_hash_tuple(&connections->hash, &tuple, 0);
}

struct connection *connections_find(const struct connections *connections,
	const struct evtcp_endpoint *src, const struct evtcp_endpoint *dst, bool *outbound)
{
	struct hash_node *node =
		hash_table_first(&connections->table, connections_hash(connections, src, dst));

	for (; node; node = hash_table_next(node)) {
		struct connection *connection = container_of(node, struct connection, node);
		const struct evtcp_tuple *tuple = &connection->conn.tuple;

		*outbound = endpoint_equal(&tuple->local, src);
		if (endpoint_equal(*outbound ? &tuple->local : &tuple->remote, src) &&
			endpoint_equal(*outbound ? &tuple->remote : &tuple->local, dst))
			return connection;
	}
	return NULL;
}

/* A SYN that is not the one that opened this connection opens another. */
static bool connections_is_another(
	const struct connection *connection, const struct sight *sight, bool outbound)
{
	const struct ladder_flow *flow = outbound ? &connection->conn.out : &connection->conn.in;

	if ((sight->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN || !flow->known)
		return false;
	return connection->conn.over || !flow->opens ||
	       ladder_flow_relative(flow, sight->tcp.seq) != 0;
}

/* Room in the list of all for one more. */
static bool connections_grow(struct connections *connections)
{
	size_t size = connections->size ? 2 * connections->size : 16;
	struct connection **all;

	if (connections->n < connections->size)
		return true;
	all = memory_realloc(
		connections->world, connections->all, size * sizeof(struct connection *));
	if (!all)
		return false;
	connections->all = all;
	connections->size = size;
	return true;
}

static struct connection *connections_add(
	struct connections *connections, const struct sight *sight)
{
	struct ladder_segment segment = {.outbound = true, .flags = sight->tcp.flags};
	struct evtcp_tuple tuple = {sight->src, sight->dst};
	struct connection *connection;

	if (!connections_grow(connections))
		return NULL;
	connection = memory_zalloc(connections->world, sizeof(*connection));
	if (!connection)
		return NULL;
	if (hash_table_insert(&connections->table, &connection->node,
		    connections_hash(connections, &sight->src, &sight->dst)) < 0) {
		memory_free(connections->world, connection);
		return NULL;
	}
	if (!ladder_conn_opens_left(&tuple, &segment))
		tuple = (struct evtcp_tuple){sight->dst, sight->src};
	connection->conn.tuple = tuple;
	ladder_conn_begin(&connection->conn, (unsigned)connections->n + 1, true);
	seen_init(&connection->out.seen, connections->world);
	seen_init(&connection->in.seen, connections->world);
	connections->all[connections->n++] = connection;
	return connection;
}

struct connection *connections_of(
	struct connections *connections, const struct sight *sight, bool *outbound)
{
	struct connection *connection =
		connections_find(connections, &sight->src, &sight->dst, outbound);

	if (connection && connections_is_another(connection, sight, *outbound)) {
		hash_table_remove(&connections->table, &connection->node);
		seen_free(&connection->out.seen);
		seen_free(&connection->in.seen);
		connection = NULL;
	}
	if (!connection)
		connection = connections_add(connections, sight);
	if (connection)
		*outbound = endpoint_equal(&connection->conn.tuple.local, &sight->src);
	return connection;
}

/* Linux gives each packet of a connection a number of its own (RFC 6864 asks for that where it
 * matters); where there is none, only what was captured at two places is a copy. */
static bool connection_packets_are_one(const struct recent_packet *a, const struct recent_packet *b)
{
	bool elsewhere = a->interface_index != b->interface_index || a->device != b->device;

	return a->outbound == b->outbound && a->seq == b->seq && a->ack == b->ack &&
	       a->payload_len == b->payload_len && a->flags == b->flags && a->window == b->window &&
	       a->tsval == b->tsval && a->id == b->id && (a->id != 0 || elsewhere) &&
	       b->at_us - a->at_us <= COPY_US;
}

bool connection_is_copy(struct connection *connection, const struct recent_packet *recent)
{
	unsigned n =
		connection->n_recent < CONNECTION_RECENT ? connection->n_recent : CONNECTION_RECENT;
	bool copy = false;

	for (unsigned i = 0; i < n; i++)
		copy |= connection_packets_are_one(&connection->recent[i], recent);
	connection->recent[connection->n_recent++ % CONNECTION_RECENT] = *recent;
	return copy;
}
