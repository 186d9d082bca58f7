/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_WITNESS_H
#define SIM_WITNESS_H

/* Who watches the wire between two hosts and knows the RFCs: each packet that a
 * host sends is held against what that host was told before. It sees packets only,
 * never a host's memory.
 *
 * Positions: 0 is the SYN, 1 the first byte of the stream, and so on; 64 bits, so
 * that they do not wrap. */

#include "packet.h"
#include "ranges.h"
#include "verdict.h"

#include <evtcp/link.h>

enum { WITNESS_FLOWS = 64, WITNESS_NO_FLOW = UINT32_MAX };

/* What is true of a host whatever it talks about. */
struct witness_host {
	uint32_t address; /* host byte order */
	uint32_t mtu;
	bool ipv6;
	uint32_t mss_floor;
	uint32_t receive_buffer;             /* to which it may grow */
	uint32_t ranges;                     /* out of order that it keeps */
	bool window_scale, timestamps, sack; /* may be offered */
	bool user_timeout;                   /* may be told */
	bool ecn, asks_ecn, accurate_ecn;    /* may be agreed to; asked for; the accurate one */
	bool heeds_marks;                    /* else no data of its has ECT */
};

/* What one end of a flow was told of ECN, and has told. */
struct witness_ecn {
	bool asked, asked_accurate; /* a SYN has come that asks, by RFC 3168 or RFC 9768 */
	bool has_called;            /* a SYN has left */
	bool was_answered;          /* a SYN-ACK has come */
	bool agreed, accurate;      /* a SYN-ACK that agrees has left, or was the first to come */
	bool refused;               /* one that does not agree to the accurate one has left */
	bool cookie;                /* one that has left was a cookie */
	unsigned syn_codepoints;    /* a bit for each that a SYN has come with */
	uint32_t packets;           /* that have come with CE; and octets by codepoint: */
	uint64_t octets[4];
	uint64_t told[4]; /* of these */
};

/* One end of a flow. */
struct witness_side {
	uint16_t port;
	uint64_t stream_key; /* of what it writes */
	/* what it has sent */
	bool syn_sent, fin_sent, ack_sent;
	uint32_t iss;
	struct packet syn;
	uint64_t sent_end; /* position after the last it has sent */
	uint64_t fin_at;
	uint64_t acked;       /* position in the other's space: the largest it acknowledged */
	uint64_t offered_end; /* the right edge it has offered */
	/* what has reached it */
	bool syn_came;
	struct packet others_syn;
	struct ranges came;        /* positions of the other's space */
	struct ranges again;       /* of these, what has come once more since its last ACK */
	uint64_t permitted_end;    /* the right edge it was offered, own space */
	uint64_t queued_last;      /* where the last text that it queued out of order begins */
	bool rst_came, other_came; /* since it last sent */
	struct witness_ecn ecn;
};

struct witness_flow {
	struct witness_side sides[2];
	/* A second SYN with another number was sent: an old SYN woke a listener up, or a
	 * host forgot. Sequence numbers are not followed any more. */
	bool muddled;
};

/* Things that happened, for the coverage. */
struct witness_stats {
	uint64_t packets, payload_bytes;
	uint64_t sequence_wraps;     /* a segment that spans 2^32, or sides that passed it */
	uint64_t simultaneous_opens; /* both SYNs had no ACK */
	uint64_t zero_windows;       /* sent with window 0 */
	uint64_t recent_blocks;      /* first SACK blocks of which the most recent text is known */
	uint64_t dsacks;             /* reports of what came twice */
	uint64_t marks_told;         /* counters of marked octets that have moved */
	uint64_t sack_blocks, shrunk_by_scale, muddled;
};

struct witness {
	struct witness_host hosts[2];
	struct witness_flow flows[WITNESS_FLOWS];
	uint32_t n_flows;
	bool lenient; /* ports may have been damaged, too */
	struct witness_stats stats;
	struct verdict *verdict;
};

/* witness_init, witness_free. verdict must outlive it. */
void witness_init(
	struct witness *witness, const struct witness_host hosts[2], struct verdict *verdict);
void witness_free(struct witness *witness);

/* witness_open: a connection between these ports (of host 0 and 1) is about to be
 * tried; a later one between the same ports takes over as soon as it has sent a SYN.
 * keys name the streams that the two sides write. */
void witness_open(struct witness *witness, const uint16_t ports[2], const uint64_t keys[2]);

/* witness_forget: a host has lost its memory, or was told what nobody said; what was
 * said before binds nobody any more. */
void witness_forget(struct witness *witness);

/* witness_sent: host has sent these bytes, for that cause. Judges them. Returns the
 * flow that they belong to, to be handed to witness_delivered, WITNESS_NO_FLOW if
 * none. *packet is filled as far as it could be read. */
uint32_t witness_sent(struct witness *witness, unsigned host, const uint8_t *bytes, size_t len,
	enum evtcp_cause cause);

/* witness_delivered: these bytes, undamaged, are about to reach host. */
void witness_delivered(
	struct witness *witness, unsigned host, uint32_t flow, const uint8_t *bytes, size_t len);

/* witness_least_window: the smallest window, as written, with which this packet to host
 * would not take back what host was offered before; its own if that cannot be said. */
uint16_t witness_least_window(
	const struct witness *witness, unsigned host, uint32_t flow, const struct packet *packet);

/* witness_queued: host says that it has put these bytes, which were delivered, beyond a
 * gap: the next SACK option must begin with them. */
void witness_queued(
	struct witness *witness, unsigned host, uint32_t flow, const uint8_t *bytes, size_t len);

#endif
