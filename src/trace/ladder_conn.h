/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_CONN_H
#define TRACE_LADDER_CONN_H

/* The connections that a ladder draws: a tag for each, who stands left, and the
 * sequence numbers of both directions made relative. */

#include <evtcp/link.h>
#include <stdbool.h>

#include "util/list.h"
#include "wire/tcp_header.h"

/* Connections known at once; beyond that the one that was silent for longest is
 * forgotten, and gets a new tag should it speak again. */
#define LADDER_MAX_CONNECTIONS 256

/* A segment to be drawn, from a packet or from an event. */
struct ladder_segment {
	bool outbound; /* sent by the stack */
	uint16_t flags;
	uint32_t seq, ack;
	uint32_t payload_len;
	uint16_t window;                   /* as in the header */
	const struct tcp_options *options; /* NULL if unknown */
	uint64_t at_us;
	struct evtcp_reason reason; /* why it was sent, or what became of it */
	enum evtcp_cause fate;      /* what a link did to it, or EVTCP_CAUSE_NONE */
};

/* One direction. Relative numbers count from the SYN, which is 0; where the SYN was
 * not seen, the first byte seen is 1. They go on beyond 2^32. */
struct ladder_flow {
	bool known;       /* top and relative mean something */
	bool fin;         /* has passed */
	bool scaled;      /* its SYN offered a window scale */
	bool zero;        /* its last window was 0 */
	uint8_t wscale;   /* of the windows in its segments */
	uint8_t opened;   /* AE, CWR and ECE of its first SYN with any of them, as a number */
	uint8_t ace;      /* of its last segment (RFC 9768) */
	uint32_t ceb;     /* octets that came marked, as its last AccECN option told */
	uint32_t top;     /* highest sequence number seen so far, */
	int64_t relative; /* and what that is relative to the SYN */
};

#define LADDER_PENDING_TEXT 256

struct ladder_conn {
	struct list_node node;
	struct evtcp_tuple tuple;
	unsigned tag;         /* 1, 2, ... */
	bool local_left;      /* the stack is the client */
	bool drawn;           /* its head stands */
	bool over;            /* ended: a SYN opens another one */
	uint64_t drawn_at_us; /* when its last line was */
	struct ladder_flow out, in;
	/* What the stack said before the segment that it belongs to is shown: drawn
	 * with it. "" if nothing waits. */
	char states[LADDER_PENDING_TEXT]; /* "→ FIN-WAIT-2 → TIME-WAIT" */
	enum evtcp_cause states_cause;    /* of the last of them */
	bool states_outbound;             /* they wait for a segment of ours */
	char remark[LADDER_PENDING_TEXT]; /* a line of its own */
};

struct ladder_conns {
	const struct evtcp_world *world;
	struct list recent; /* the one heard last is at the end */
	unsigned len;
	unsigned tags; /* given so far */
};

/* ladder_conns_init: none. world must outlive it. */
void ladder_conns_init(struct ladder_conns *conns, const struct evtcp_world *world);
void ladder_conns_free(struct ladder_conns *conns);

/* ladder_conns_find: the connection between these ends, NULL if it is unknown. */
struct ladder_conn *ladder_conns_find(struct ladder_conns *conns, const struct evtcp_tuple *tuple);

/* ladder_conns_add: a new one, which the stack began if local_left. Takes the place
 * of the oldest when there are too many; NULL without memory. */
struct ladder_conn *ladder_conns_add(
	struct ladder_conns *conns, const struct evtcp_tuple *tuple, bool local_left);

/* ladder_conns_renew: conn becomes a new connection between the same ends, with a
 * new tag; what is pending stays. */
void ladder_conns_renew(struct ladder_conns *conns, struct ladder_conn *conn, bool local_left);

/* ladder_conn_is_reborn: segment opens a new connection where conn has ended. */
bool ladder_conn_is_reborn(const struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_conn_note: takes the numbers, window scale and end of a segment into account;
 * call it before the segment's numbers are asked for. */
void ladder_conn_note(struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_conn_is_accurate: its SYNs agreed on Accurate ECN (RFC 9768 3.1.2, table 2): AE, CWR and
 * ECE of other segments are a number. */
bool ladder_conn_is_accurate(const struct ladder_conn *conn);

/* ladder_flow_relative: seq, of flow's direction, relative to its SYN; plain seq
 * while nothing is known. */
int64_t ladder_flow_relative(const struct ladder_flow *flow, uint32_t seq);

#endif
