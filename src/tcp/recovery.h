/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RECOVERY_H
#define TCP_RECOVERY_H

/* Loss recovery: decides from acknowledgments and timeouts what is lost, tells congestion
 * control, and marks it in the records, from where output sends it again. Three phases:
 *
 *              loss seen                      RTO
 *      OPEN ─────────────► FAST       any ─────────► TIMEOUT
 *        ▲                  │                           │
 *        └──────────────────┴───────────────────────────┘
 *           what was in flight at its beginning is acknowledged,
 *           or was not lost after all (undo.h)
 *
 * How loss is seen: sack_recovery.h for a peer that sends SACK, newreno.h for one that does
 * not. */

#include "tcp/frto.h"
#include "tcp/records.h"
#include "tcp/sack.h"

enum recovery_phase { RECOVERY_OPEN, RECOVERY_FAST, RECOVERY_TIMEOUT };

struct recovery {
	uint8_t phase;       /* enum recovery_phase */
	uint8_t frto;        /* enum frto */
	uint8_t dupacks;     /* in a row; with SACK: that told of something new (RFC 6675 2) */
	bool partial_seen;   /* a partial ACK came in this recovery (RFC 6582 4) */
	uint32_t recover;    /* highest number sent when recovery or RTO began */
	uint32_t flight;     /* FlightSize when the first of the dupacks came */
	uint32_t flight_before; /* and before the first segment of the batch at hand */
	uint32_t inflate_to; /* no duplicate ACK raises cwnd above this (newreno.c) */
};

/* What one segment told about our data, in terms of all mechanisms. */
struct recovery_ack {
	struct records_delivered delivered;
	struct sack_news sack;
	struct rate_sample rate;
	uint32_t acked; /* SND.UNA has advanced by so much */
	/* What of it counts for growth. RFC 5681 3.1 and RFC 3465 count what is acknowledged. Where
	 * packets are known to come out of order that comes in leaps, behind whatever is late,
	 * which L (RFC 3465 2.3, RFC 9406 4.2) takes for bursts, and all but stops slow start by.
	 * There it is what has newly arrived: as much, at the pace at which it comes. */
	uint32_t growth;
	uint32_t in_flight_before;
	uint64_t rtt_us;   /* how long what it acknowledges took, by any clock; 0: unknown */
	bool rtt_is_exact; /* by the records, not by a timestamp's milliseconds */
	bool dupack;       /* by RFC 5681 2 */
	bool ece;          /* it tells of a CE mark (RFC 3168) */
};

/* recovery_init: nothing was sent yet but the SYN, or will be, numbered iss. */
void recovery_init(struct tcb *tcb);

/* recovery_on_ack: an acknowledgment; the records are marked already. Returns whether the
 * retransmission timer is to be restarted. */
bool recovery_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now);

/* recovery_on_rto: the retransmission timer fired after delay_us. */
void recovery_on_rto(struct tcb *tcb, uint64_t delay_us, uint64_t now);

/* recovery_sent: [seq, end) leaves, for the first time or again. */
void recovery_sent(struct tcb *tcb, uint32_t seq, uint32_t end, bool again);

/* recovery_is_by_prr: what may be sent is counted by PRR, to the segment. */
bool recovery_is_by_prr(const struct tcb *tcb);

/* recovery_limited_transmit: by how much new data may exceed cwnd, which stays as it is, since
 * duplicate ACKs tell that something has arrived (RFC 3042 2 rules 1, 3 and 4). With SACK what
 * arrived is not in flight any more, and so has made room by itself (RFC 6675 5 (3)). */
uint32_t recovery_limited_transmit(const struct tcb *tcb);

/* recovery_flight: FlightSize of RFC 5681. recovery_segment: how much one segment carries
 * beside timestamps. */
uint32_t recovery_flight(const struct tcb *tcb);
uint32_t recovery_segment(const struct tcb *tcb);

/* For newreno and sack_recovery:
 * recovery_will_send: what is marked lost goes, because of cause.
 * recovery_trace_window: tells of a window that cause has made another; an algorithm with a
 * model (cc.h) does so itself.
 * recovery_grow_window: congestion control hears of an acknowledgment.
 * recovery_trace_lost: tells that so many bytes are newly marked lost, if it is any, to go again
 * because of cause; counts nothing.
 * recovery_mark_first: the first segment in flight is lost, because of cause.
 * recovery_count_dupack: one more in a row.
 * recovery_reduce: a loss, seen while flight bytes were out: ssthresh is new.
 * recovery_enter_fast: fast recovery begins: ssthresh is new, cwnd is the caller's.
 * recovery_leave: everything up to the recovery point is acknowledged; cwnd is new. */
void recovery_trace_window(
	struct tcb *tcb, enum evtcp_cause cause, uint32_t cwnd_before, uint64_t now);
void recovery_will_send(struct tcb *tcb, enum evtcp_cause cause);
void recovery_grow_window(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now);
void recovery_trace_lost(
	const struct tcb *tcb, enum evtcp_cause cause, uint32_t bytes, uint64_t now);
void recovery_mark_first(struct tcb *tcb, enum evtcp_cause cause, uint64_t now);
void recovery_count_dupack(struct tcb *tcb);
void recovery_reduce(struct tcb *tcb, uint32_t flight);
void recovery_enter_fast(struct tcb *tcb, uint64_t now);
void recovery_leave(struct tcb *tcb, uint32_t cwnd_before, uint64_t now);

#endif
