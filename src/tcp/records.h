/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RECORDS_H
#define TCP_RECORDS_H

/* Transmission records: what is in flight, as a short sorted list of ranges of
 * sequence numbers, each with when it was sent, how often, and what is believed of
 * it. The ranges tile [snd_una, snd_nxt) exactly; SYN and FIN count as one number
 * each. RTT samples, loss recovery and congestion control read this one
 * structure. Neighbours that are alike merge; at the limit of records a range is
 * marked whole instead of being split. */

#include <evtcp/types.h>
#include <stdbool.h>

enum {
	RECORD_SACKED = 1u << 0,       /* the peer holds it (RFC 2018) */
	RECORD_LOST = 1u << 1,         /* believed lost, to be sent again */
	RECORD_RETRANSMITTED = 1u << 2 /* sent more than once: no RTT sample (Karn) */
};

struct record {
	uint32_t seq, end;   /* [seq, end), never empty */
	uint64_t sent_at_us; /* the last time */
	uint16_t sent;       /* how often */
	uint8_t flags;
};

enum { RECORDS_INLINE = 2 };

struct records {
	struct record *list; /* few, or an allocated array */
	uint32_t first, len, capacity;
	uint32_t in_flight; /* bytes neither SACKed nor lost: the pipe of RFC 6675 */
	uint32_t n_lost;    /* records with RECORD_LOST */
	struct record few[RECORDS_INLINE];
};

/* What an acknowledgment told. */
struct records_acked {
	uint32_t bytes;       /* newly acknowledged sequence numbers */
	uint64_t rtt_sent_us; /* when the newest acknowledged range that was sent once was
				 sent; 0 if there is none */
	bool retransmitted;   /* a range that was sent more than once is among them */
};

void records_init(struct records *r);
void records_free(struct records *r, const struct evtcp_world *world);

/* records_sent: [seq, end) was sent for the first time; seq is where the last one
 * ended. Grows up to limit records, then the last one takes the range in. Never
 * fails: without memory the last one takes it in. */
void records_sent(struct records *r, uint32_t seq, uint32_t end, uint64_t now, uint32_t limit,
	const struct evtcp_world *world);

/* records_ack: everything before una is acknowledged. */
void records_ack(struct records *r, uint32_t una, struct records_acked *acked);

/* records_mark_all_lost: what is not SACKed is lost (RTO). */
void records_mark_all_lost(struct records *r);

/* records_mark_first_lost: the first bytes in flight, at most len, are lost. */
void records_mark_first_lost(
	struct records *r, uint32_t len, uint32_t limit, const struct evtcp_world *world);

/* records_next_lost: the first lost record, NULL if none. */
struct record *records_next_lost(struct records *r);

/* records_sent_again: the first len bytes of record were sent again: they are in
 * flight; the rest keeps its marks. If it cannot be split (limit, memory) the whole
 * record counts as sent. record is not valid any more. */
void records_sent_again(struct records *r, struct record *record, uint32_t len, uint64_t now,
	uint32_t limit, const struct evtcp_world *world);

/* records_grow_last: the last record, which is lost, ends at end from now on: what goes
 * again takes bytes with it that were never sent. */
void records_grow_last(struct records *r, uint32_t end);

/* records_first_is_ambiguous: the oldest record may have been sent more than once: no
 * RTT sample from it (Karn). */
void records_first_is_ambiguous(struct records *r);

/* records_first: the oldest record, NULL when nothing is in flight. */
const struct record *records_first(const struct records *r);

/* records_check: asserts that they tile [una, nxt) and that sums are right. */
void records_check(const struct records *r, uint32_t una, uint32_t nxt);

#endif
