/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_GRAPH_H
#define LADDER_GRAPH_H

/* What a time-sequence graph of one connection is drawn from, gathered while the file is read:
 * whose data it shows is decided at the end, when it is known who sent more. */

#include "ladder/follow.h"

#define GRAPH_NOTE 120

struct graph_range {
	int64_t begin, end;
};

/* A segment, as a graph has it. Sequence numbers are relative. */
struct graph_segment {
	uint64_t at_us;
	int64_t begin, end; /* that it occupies */
	int64_t acked;      /* that it acknowledges, if it does, */
	int64_t edge;       /* and how far its receiver may send then */
	uint32_t payload_len;
	uint16_t flags;
	bool outbound;
	bool acks;
	bool again, late, lost, refused;
	uint8_t n_sack;
	struct graph_range sack[TCP_MAX_SACK_BLOCKS]; /* begin and end of each block */
	uint32_t note; /* index in notes, of what is remarkable; 0: nothing */
};

struct graph {
	const struct evtcp_world *world;
	unsigned wanted;          /* number of the connection; 0: the only one */
	struct evtcp_tuple tuple; /* of it: the client is local */
	struct graph_segment *segments;
	size_t n, size;
	char (*notes)[GRAPH_NOTE]; /* clean UTF-8 */
	uint32_t n_notes, size_notes;
	bool out_of_memory;
};

/* graph_init: of the connection with this number, or 0, of the first. world must outlive it. */
void graph_init(struct graph *graph, const struct evtcp_world *world, unsigned wanted);
void graph_free(struct graph *graph);

/* graph_show: for struct view; arg is a struct graph. */
void graph_show(void *arg, const struct rung *rung);

/* graph_is_from_client: whether the client has sent more bytes than the server. */
bool graph_is_from_client(const struct graph *graph);

#endif
