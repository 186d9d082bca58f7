/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_CONN_H
#define TRACE_LADDER_CONN_H

/* A connection as a ladder draws it: a tag, who stands left, and the sequence numbers of both
 * directions made relative. */

#include <evtcp/link.h>
#include <stdbool.h>

#include "wire/tcp_header.h"

/* A segment to be drawn, from a packet or from an event. */
struct ladder_segment {
	bool outbound; /* sent by the tuple's local end: the stack, where there is one */
	uint16_t flags;
	uint32_t seq, ack;
	uint32_t payload_len;
	uint16_t window;                   /* as in the header */
	const struct tcp_options *options; /* NULL if unknown */
	uint64_t at_us;
	struct evtcp_reason reason;    /* why it was sent, or what became of it */
	enum evtcp_cause fate;         /* what a link did to it, or EVTCP_CAUSE_NONE; */
	unsigned fate_rule;            /* by which rule of a fault script, or 0 */
	enum evtcp_cause earlier_fate; /* the same of another link, before that */
	unsigned earlier_fate_rule;
};

/* One direction. Relative numbers count from the SYN, which is 0; where the SYN was
 * not seen, the first byte seen is 1. They go on beyond 2^32. */
struct ladder_flow {
	bool known;       /* top and relative mean something */
	bool opens;       /* its SYN was seen */
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

struct ladder_conn {
	struct evtcp_tuple tuple;
	unsigned tag;         /* 1, 2, ... */
	bool local_left;      /* the local end is the client */
	bool drawn;           /* its head stands */
	bool over;            /* ended: a SYN opens another one */
	uint64_t began_at_us; /* when its first line was, */
	uint64_t drawn_at_us; /* and its last */
	struct ladder_flow out, in;
};

/* ladder_conn_begin: conn, whose tuple stays, is a new one that nothing is known of. */
void ladder_conn_begin(struct ladder_conn *conn, unsigned tag, bool local_left);

/* ladder_conn_opens_left: whether the local end is the client, as far as the first segment that is
 * seen can tell: who sends a SYN is, who answers it is not, and servers' ports are low. */
bool ladder_conn_opens_left(const struct evtcp_tuple *tuple, const struct ladder_segment *segment);

/* ladder_conn_is_reborn: segment opens a new connection where conn has ended. */
bool ladder_conn_is_reborn(const struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_conn_note: takes the numbers, window scale and end of a segment into account;
 * call it before the segment's numbers are asked for. */
void ladder_conn_note(struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_conn_is_accurate: its SYNs agreed on Accurate ECN (RFC 9768 3.1.2, table 2): AE, CWR and
 * ECE of other segments are a number. */
bool ladder_conn_is_accurate(const struct ladder_conn *conn);

/* ladder_conn_window: the window of segment in bytes, scaled if both SYNs offered that. */
uint32_t ladder_conn_window(const struct ladder_conn *conn, const struct ladder_segment *segment);

/* ladder_flow_relative: seq, of flow's direction, relative to its SYN; plain seq
 * while nothing is known. */
int64_t ladder_flow_relative(const struct ladder_flow *flow, uint32_t seq);

#endif
