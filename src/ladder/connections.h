/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_CONNECTIONS_H
#define LADDER_CONNECTIONS_H

/* The connections of a capture: found by their ends, numbered in the order in which they begin, and
 * what each side has sent so far. */

#include "ladder/seen.h"
#include "ladder/sight.h"
#include "trace/ladder_conn.h"
#include "util/hash_table.h"
#include "util/keyed_hash.h"

/* Packets of a connection that are remembered, to know one that was captured twice. */
#define CONNECTION_RECENT 8

/* What one end has sent. */
struct side {
	struct seen seen;    /* sequence numbers, SYN and FIN included */
	uint64_t segments;   /* but for copies */
	uint64_t bytes;      /* of payload, each counted once */
	uint64_t again;      /* segments of which something had been seen before */
	uint64_t lost;       /* segments that did not arrive, where the file tells */
	bool has_acked;      /* the next three mean something */
	int64_t acked;       /* what it acknowledged last, relative to the other side's SYN */
	uint32_t window;     /* that it told last, in bytes */
	unsigned duplicates; /* how often in a row the same was acknowledged */
	bool fin, rst;       /* it has sent one */
};

/* What makes two packets copies of one. */
struct recent_packet {
	uint64_t at_us;
	uint32_t seq, ack, payload_len, device, tsval;
	unsigned interface_index;
	uint16_t flags, window, id, checksum;
	bool outbound;
};

struct connection {
	struct hash_node node;
	struct ladder_conn conn;
	bool chosen;     /* to be shown */
	bool cut_told;   /* that options are missing, */
	bool scale_told; /* and one of the SYNs, so that nobody knows how windows are scaled */
	bool timed;      /* the next two mean something */
	uint64_t began_at_us, last_at_us;
	bool captured_local, captured_remote; /* where, if the file tells */
	struct side out, in;                  /* sent by conn's local end, and by its remote one */
	struct recent_packet recent[CONNECTION_RECENT];
	unsigned n_recent; /* seen in all; the ring turns */
};

struct connections {
	const struct evtcp_world *world;
	struct keyed_hash hash;
	struct hash_table table; /* of those that may go on */
	struct connection *
		*all; /* in the order of their numbers, which are one more than the index */
	size_t n, size;
};

/* connections_init: none. world must outlive it. */
void connections_init(struct connections *connections, const struct evtcp_world *world);
void connections_free(struct connections *connections);

/* connections_of: the connection that a segment belongs to, which is new if nobody has spoken
 * between these ends, or if the segment is a SYN that opens another one there. Whether conn's local
 * end sent it goes to *outbound. NULL without memory. */
struct connection *connections_of(
	struct connections *connections, const struct sight *sight, bool *outbound);

/* connections_find: the latest connection between these ends, whoever sends, and who that is in
 * *outbound; NULL if there is none. */
struct connection *connections_find(const struct connections *connections,
	const struct evtcp_endpoint *src, const struct evtcp_endpoint *dst, bool *outbound);

/* connection_side: who has sent what is outbound, or not. */
static inline struct side *connection_side(struct connection *connection, bool outbound)
{
	return outbound ? &connection->out : &connection->in;
}

/* connection_is_copy: the packet, which recent describes, was captured before: on another device,
 * or twice on one. It is remembered either way. */
bool connection_is_copy(struct connection *connection, const struct recent_packet *recent);

#endif
