/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_HELD_H
#define FAULTS_HELD_H

/* Packets that are held back: until a moment, or until so many others have passed. */

#include "util/deadline_queue.h"
#include "util/list.h"

#include <evtcp/link.h>
#include <stdbool.h>

/* A copy of a packet; or, of length 0, a note to look whether something is over for a connection.
 */
struct held_packet {
	struct deadline_node due;
	struct list_node in_all;
	struct evtcp_tuple tuple;
	bool outbound;
	uint32_t behind; /* so many segments of its direction are to pass first; 0: it waits for its
			  * moment */
	uint32_t seq;    /* of the segment, */
	bool has_data;   /* and whether there is data in it */
	unsigned rule;   /* which holds it back */
	uint64_t conn;   /* of a note: the number of its connection */
	struct evtcp_reason reason;
	enum evtcp_cause fate;
	unsigned fate_rule;
	size_t len; /* bytes */
	uint8_t bytes[];
};

struct held {
	struct evtcp_world world;
	struct deadline_queue queue;
	struct list all;
	size_t memory; /* bytes */
};

/* held_init: nothing. The struct must not be moved afterwards. held_free: drops all. */
void held_init(struct held *held, const struct evtcp_world *world);
void held_free(struct held *held);

/* held_add: a copy of packet, due at at_us; the caller fills in whose it is. NULL without memory,
 * or when there is too much already. packet may be NULL: a note. */
struct held_packet *held_add(struct held *held, const struct evtcp_packet *packet, uint64_t at_us);

/* held_passed: a segment of this direction has passed: who waits for it is due when the last has.
 */
void held_passed(struct held *held, const struct evtcp_tuple *tuple, bool outbound, uint64_t now);

/* held_end: what this rule holds back is due now, and so are all notes: it may be over what they
 * are about. */
void held_end(struct held *held, unsigned rule, uint64_t now);

/* held_has: data of the connection that begins with this number is held back already. */
bool held_has(const struct held *held, const struct evtcp_tuple *tuple, uint32_t seq);

/* held_next: when the first is due; UINT64_MAX: nothing is there. held_pop: the next that is due by
 * now, NULL if there is none. Give it back with held_release. */
uint64_t held_next(const struct held *held);
struct held_packet *held_pop(struct held *held, uint64_t now);
void held_release(struct held *held, struct held_packet *packet);

#endif
