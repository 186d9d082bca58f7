/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

/* A TCP segment on its way in or out, between the IP layer and the protocol. */

#include "wire/seq.h"
#include "wire/tcp_header.h"
#include <evtcp/link.h>
#include <sys/uio.h>

/* Received: the names of RFC 9293 3.3.1 are h.seq (SEG.SEQ), h.ack (SEG.ACK),
 * segment_len() (SEG.LEN), h.window (SEG.WND, unscaled), h.urgent (SEG.UP). */
struct segment {
	struct tcp_header h;
	struct evtcp_tuple tuple; /* local is the destination: us */
	uint64_t hash;            /* of the tuple: demux_hash */
	const uint8_t *payload;   /* valid during the call only */
	uint32_t payload_len;
	uint32_t segment_len; /* of each of those that came as one, which may be this one alone */
	uint8_t ecn;          /* the ECN field of IP (ecn.h) */
	bool cut;             /* text or FIN did not fit in our window and was cut off */
	bool had_syn;         /* that was cut off: its window is not scaled (RFC 7323 2.2) */
	/* A SYN that reuses a tuple in TIME-WAIT: the new ISS is above this (MAY-2). */
	bool reuses;
	uint32_t iss_above;
};

/* segment_len: SEG.LEN, the sequence numbers it occupies: payload, SYN and FIN (RFC 9293 3.4
 * rule 2). */
static inline uint32_t segment_len(const struct segment *seg)
{
	return seg->payload_len + ((seg->h.flags & TCP_SYN) != 0) + ((seg->h.flags & TCP_FIN) != 0);
}

/* segment_count: how many came as this one. */
static inline uint32_t segment_count(const struct segment *seg)
{
	return seg->segment_len == 0 || seg->payload_len <= seg->segment_len
		       ? 1
		       : (seg->payload_len + seg->segment_len - 1) / seg->segment_len;
}

/* segment_is_acceptable: RFC 9293 3.4 rule 3; 3.10.7.4, the table of four cases, for the window
 * [rcv_nxt, rcv_nxt + rcv_wnd) (MUST-1: unsigned arithmetic). One case is wider: what is empty may
 * stand at the right edge of an open window, too, as at that of a closed one. Who has filled the
 * window numbers its ACKs from there; if what filled it was lost, the table would refuse each, and
 * neither our data nor what waits for its room would ever move but for the peer's RTO. */
static inline bool segment_is_acceptable(
	const struct segment *seg, uint32_t rcv_nxt, uint32_t rcv_wnd)
{
	uint32_t len = segment_len(seg), edge = rcv_nxt + rcv_wnd;
	uint32_t first = seg->h.seq, last = first + len - 1;

	if (len == 0)
		return seq_between(first, rcv_nxt, edge + 1);
	if (rcv_wnd == 0)
		return false;
	return seq_between(first, rcv_nxt, edge) || seq_between(last, rcv_nxt, edge) ||
	       /* it spans the whole window: the RFC's table forgets this case */
	       (seq_lt(first, rcv_nxt) && seq_geq(last, edge));
}

/* A payload is at most this many pieces of the send queue; a segment that would
 * need more is cut short. */
enum { SEGMENT_IOVECS = 16 };

/* To be sent: a header and pieces that point into the send queue, valid until the
 * next call into the connection. Addresses come from the tuple (local is the
 * source), the header's ports too. */
struct segment_out {
	struct tcp_header h;
	struct evtcp_tuple tuple;
	uint16_t segment_len; /* 0: one segment; else the link makes several of it, each so long */
	struct iovec payload[SEGMENT_IOVECS];
	int n_payload;
	uint32_t payload_len;
	struct evtcp_reason reason;
	uint8_t ttl, dscp, ecn;
};

/* segment_out_count: how many the link makes of it. */
static inline uint32_t segment_out_count(const struct segment_out *out)
{
	return out->segment_len == 0
		       ? 1
		       : (out->payload_len + out->segment_len - 1u) / out->segment_len;
}

#endif
