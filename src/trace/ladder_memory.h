/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_MEMORY_H
#define TRACE_LADDER_MEMORY_H

/* The connections that a live ladder remembers, and what it has heard of them and not drawn yet. */

#include "trace/ladder_conn.h"
#include "util/list.h"

/* Connections known at once; beyond that the one that was silent for longest is
 * forgotten, and gets a new tag should it speak again. */
#define LADDER_MAX_CONNECTIONS 256

#define LADDER_PENDING_TEXT 256

struct ladder_entry {
	struct list_node node;
	struct ladder_conn conn;
	/* What the stack said before the segment that it belongs to is shown: drawn
	 * with it. "" if nothing waits. */
	char states[LADDER_PENDING_TEXT]; /* "→ FIN-WAIT-2 → TIME-WAIT" */
	enum evtcp_cause states_cause;    /* of the last of them */
	bool states_outbound;             /* they wait for a segment of ours */
	char remark[LADDER_PENDING_TEXT]; /* a line of its own */
};

struct ladder_memory {
	const struct evtcp_world *world;
	struct list recent; /* the one heard last is at the end */
	unsigned len;
	unsigned tags; /* given so far */
};

/* ladder_memory_init: none. world must outlive it. */
void ladder_memory_init(struct ladder_memory *memory, const struct evtcp_world *world);
void ladder_memory_free(struct ladder_memory *memory);

/* ladder_memory_find: the connection between these ends, NULL if it is unknown. */
struct ladder_entry *ladder_memory_find(
	struct ladder_memory *memory, const struct evtcp_tuple *tuple);

/* ladder_memory_add: a new one, which the stack began if local_left. Takes the place
 * of the oldest when there are too many; NULL without memory. */
struct ladder_entry *ladder_memory_add(
	struct ladder_memory *memory, const struct evtcp_tuple *tuple, bool local_left);

/* ladder_memory_renew: entry is about a new connection between the same ends, with a
 * new tag; what is pending stays. */
void ladder_memory_renew(struct ladder_memory *memory, struct ladder_entry *entry, bool local_left);

#endif
