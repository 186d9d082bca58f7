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
static uint64_t connections_hash(const struct connections *connections, const struct sight *sight)
{
	struct evtcp_tuple tuple = {sight->src, sight->dst};
	int order =
		memcmp(sight->src.addr.bytes, sight->dst.addr.bytes, sizeof(sight->src.addr.bytes));

	if (order > 0 || (order == 0 && sight->src.port > sight->dst.port))
		tuple = (struct evtcp_tuple){sight->dst, sight->src};
	return keyed_hash_tuple(&connections->hash, &tuple, 0);
}

static struct connection *connections_find(
	const struct connections *connections, uint64_t hash, const struct sight *sight)
{
	struct hash_node *node = hash_table_first(&connections->table, hash);

	for (; node; node = hash_table_next(node)) {
		struct connection *connection = container_of(node, struct connection, node);
		const struct evtcp_tuple *tuple = &connection->conn.tuple;

		if ((endpoint_equal(&tuple->local, &sight->src) &&
			    endpoint_equal(&tuple->remote, &sight->dst)) ||
			(endpoint_equal(&tuple->local, &sight->dst) &&
				endpoint_equal(&tuple->remote, &sight->src)))
			return connection;
	}
	return NULL;
}

static bool connections_is_outbound(const struct connection *connection, const struct sight *sight)
{
	return endpoint_equal(&connection->conn.tuple.local, &sight->src);
}

/* A SYN that is not the one that opened this connection opens another. */
static bool connections_is_another(const struct connection *connection, const struct sight *sight)
{
	bool outbound = connections_is_outbound(connection, sight);
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
	struct connections *connections, uint64_t hash, const struct sight *sight)
{
	struct ladder_segment segment = {.outbound = true, .flags = sight->tcp.flags};
	struct evtcp_tuple tuple = {sight->src, sight->dst};
	struct connection *connection;

	if (!connections_grow(connections))
		return NULL;
	connection = memory_zalloc(connections->world, sizeof(*connection));
	if (!connection)
		return NULL;
	if (hash_table_insert(&connections->table, &connection->node, hash) < 0) {
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
	uint64_t hash = connections_hash(connections, sight);
	struct connection *connection = connections_find(connections, hash, sight);

	if (connection && connections_is_another(connection, sight)) {
		hash_table_remove(&connections->table, &connection->node);
		seen_free(&connection->out.seen);
		seen_free(&connection->in.seen);
		connection = NULL;
	}
	if (!connection)
		connection = connections_add(connections, hash, sight);
	if (connection)
		*outbound = connections_is_outbound(connection, sight);
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
