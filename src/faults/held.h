/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_HELD_H
#define FAULTS_HELD_H

/* Packets that are held back on one way: until a moment, or until so many others have passed. */

#include "faults/follow.h"

#include <evtcp/link.h>

/* A copy of a packet. */
struct held_packet {
	struct deadline_node due;
	struct list_node in_all;
	struct hash_node of_conn; /* of those that belong to a connection */
	struct evtcp_tuple tuple; /* its */
	uint32_t behind;          /* so many of its segments are to pass first; 0: it waits for its
				   * moment */
	uint32_t seq;             /* of the segment, */
	bool has_data;            /* and whether there is data in it */
	bool belongs;             /* to a connection */
	unsigned rule;            /* which holds it back */
	struct evtcp_reason reason;
	enum evtcp_cause fate;
	unsigned fate_rule;
	enum evtcp_cause earlier_fate;
	unsigned earlier_fate_rule;
	size_t len; /* bytes */
	uint8_t bytes[];
};

struct held {
	struct evtcp_world world;
	struct deadline_queue queue;
	struct list all;
	struct hash_table conns; /* of packets, by the connection that they belong to */
	size_t memory;           /* bytes */
};

/* held_init: nothing. The struct must not be moved afterwards. held_free: drops all. */
void held_init(struct held *held, const struct evtcp_world *world);
void held_free(struct held *held);

/* held_add: a copy of packet, due at at_us; the caller fills in what it is. NULL without memory,
 * or when there is too much already. */
struct held_packet *held_add(struct held *held, const struct evtcp_packet *packet, uint64_t at_us);

/* held_belongs: the packet is one of conn: the two below find it. Without memory they do not. */
void held_belongs(struct held *held, struct held_packet *packet, const struct follow_conn *conn);

/* held_passed: a segment of conn has passed: who waits for it is due when the last has. held_has:
 * data of conn that begins with this number is held back already. Either looks at what belongs to
 * conn, and at nothing else. */
void held_passed(struct held *held, const struct follow_conn *conn, uint64_t now);
bool held_has(const struct held *held, const struct follow_conn *conn, uint32_t seq);

/* held_end: what this rule holds back is due now. */
void held_end(struct held *held, unsigned rule, uint64_t now);

/* held_next: when the first is due; UINT64_MAX: nothing is there. held_pop: the next that is due by
 * now, NULL if there is none. Give it back with held_release. */
uint64_t held_next(const struct held *held);
struct held_packet *held_pop(struct held *held, uint64_t now);
void held_release(struct held *held, struct held_packet *packet);

#endif
