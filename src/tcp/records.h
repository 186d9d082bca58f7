/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RECORDS_H
#define TCP_RECORDS_H

/* Transmission records: what is in flight, as a short sorted list of ranges of
 * sequence numbers, each with when it was sent, how often, and what is believed of
 * it. The ranges tile [snd_una, snd_nxt) exactly; SYN and FIN count as one number
 * each. RTT samples, loss recovery and congestion control read this one
 * structure. Neighbours that are alike merge; at the limit of records a range is
 * marked whole instead of being split. */

#include "tcp/rate.h"
#include <evtcp/types.h>
#include <stdbool.h>

enum {
	RECORD_SACKED = 1u << 0,       /* the peer holds it (RFC 2018 5 rule 1, RFC 6675 3) */
	RECORD_LOST = 1u << 1,         /* believed lost, to be sent again */
	RECORD_RETRANSMITTED = 1u << 2 /* sent more than once: no RTT sample (Karn) */
};

struct record {
	uint32_t seq, end;     /* [seq, end), never empty */
	uint64_t sent_at_us;   /* the last time (RFC 8985 4 rule 2), */
	struct rate_mark rate; /* and what was delivered by then */
	uint16_t sent;         /* how often */
	uint8_t flags;
};

/* That something leaves: when, and what the record of it keeps for the rate. */
struct transmission {
	uint64_t at_us;
	struct rate_mark rate;
};

enum { RECORDS_INLINE = 2 };

struct records {
	struct record *list; /* few, or an allocated array */
	uint32_t first, len, capacity;
	uint32_t in_flight; /* bytes neither SACKed nor lost: the pipe of RFC 6675 4 rule 2 */
	uint32_t sacked;    /* bytes with RECORD_SACKED */
	uint32_t n_lost;    /* records with RECORD_LOST */
	uint32_t lost_from; /* if n_lost: before this number there is none */
	struct record few[RECORDS_INLINE];
};

/* What one segment told of the records: filled by records_ack, then by records_sack for
 * each block. "Newly delivered" is what the peer is now known to hold and was not before,
 * by either. Zeroed by the caller, but for what says "in". */
struct records_delivered {
	/* In: what was sent more than once tells a time only if it was last sent at or before
	 * this moment; later, the answer is to an earlier copy (RFC 8985 6.2 step 2). */
	uint64_t plausible_us;
	/* In: the latest moment at which what this segment echoes can have been sent, by its
	 * timestamp; UINT64_MAX if it has none. */
	uint64_t echoed_us;
	uint64_t again_since_us;  /* in: when the episode that may be undone began (undo.h) */
	uint32_t fack_before;     /* in: RACK.fack: below it, things come out of order */
	uint32_t original_before; /* in: what counts as original ends here at the latest */
	uint32_t highest;         /* in: SND.UNA; out: the highest number delivered */

	uint32_t acked;       /* bytes that left at the front */
	uint32_t bytes;       /* newly delivered */
	uint64_t rtt_sent_us; /* when the newest that was sent once was sent; 0: none */
	uint32_t spurious;    /* of acked: sent again after what is echoed (RFC 3522 3.2 (2)) */
	bool retransmitted;   /* a range that left was sent more than once (Karn) */
	bool original;        /* a range that was sent once, before original_before */
	bool reordered;       /* such a range, and below fack_before */
	/* The newest delivered transmission that tells a time: RACK.segment. */
	bool has_newest;
	uint64_t newest_sent_us;
	uint32_t newest_end;
	struct rate_mark newest_rate;
};

void records_init(struct records *r);
void records_free(struct records *r, const struct evtcp_world *world);

/* records_sent (RFC 8985 6.1): [seq, end) was sent for the first time; seq is where the last one
 * ended. Grows up to limit records, then the last one takes the range in. Never
 * fails: without memory the last one takes it in. */
void records_sent(struct records *r, uint32_t seq, uint32_t end, const struct transmission *tx,
	uint32_t limit, const struct evtcp_world *world);

/* records_ack: everything before una is acknowledged. */
void records_ack(struct records *r, uint32_t una, struct records_delivered *delivered);

/* records_sack: the peer holds [seq, end), as far as that is in flight. A record that would
 * have to be split and cannot be (limit, memory) stays as it was: that errs on the safe
 * side. */
void records_sack(struct records *r, uint32_t seq, uint32_t end,
	struct records_delivered *delivered, uint32_t limit, const struct evtcp_world *world);

/* records_is_reneged: the oldest record is SACKed, and yet the peer acknowledges nothing of
 * it: it has dropped what it held (RFC 2018 8). */
bool records_is_reneged(const struct records *r);

/* records_forget_sacked: the oldest record, which is SACKed, is in flight again. */
void records_forget_sacked(struct records *r);

/* records_mark_all_lost: what is not SACKed is lost (RTO). */
void records_mark_all_lost(struct records *r);

/* records_mark_longer_lost: what is in flight in records of more than len bytes is lost: a
 * path has become too small for it (RFC 1191 6.4 rule 2). */
void records_mark_longer_lost(struct records *r, uint32_t len);

/* When a record is lost by RFC 8985 6.2 step 5: another sent after it (at xmit_us, or at the
 * same time with a higher end) was delivered, and wait_us has passed since it was sent. */
struct records_deadline {
	uint64_t xmit_us;
	uint32_t end;
	uint64_t wait_us;
};

/* records_mark_overdue: marks what is lost by that rule at the time now. Returns how many
 * bytes; *remaining_us is how long the last of those will take that the rule covers and
 * that are not overdue yet, 0 if there are none. */
uint32_t records_mark_overdue(struct records *r, const struct records_deadline *deadline,
	uint64_t now, uint64_t *remaining_us);

/* records_clear_lost: nothing is lost after all: it is in flight. */
void records_clear_lost(struct records *r);

/* records_mark_first_lost: the first bytes in flight, at most len, are lost. */
void records_mark_first_lost(
	struct records *r, uint32_t len, uint32_t limit, const struct evtcp_world *world);

/* records_next_lost: the first lost record, NULL if none (RFC 6675 4 (1)). */
struct record *records_next_lost(struct records *r);

/* records_lost_range: from where the first lost record begins to where the last ends; equal if
 * there is none. Looks at every record: for who tells of it. */
void records_lost_range(const struct records *r, uint32_t *seq, uint32_t *end);

/* records_sent_again: the first len bytes of record were sent again: they are in
 * flight; the rest keeps its marks. If it cannot be split (limit, memory) the whole
 * record counts as sent. record is not valid any more. */
void records_sent_again(struct records *r, struct record *record, uint32_t len,
	const struct transmission *tx, uint32_t limit, const struct evtcp_world *world);

/* records_grow_last: the last record, which is lost, ends at end from now on: what goes
 * again takes bytes with it that were never sent. */
void records_grow_last(struct records *r, uint32_t end);

/* records_tail: the last len bytes as a record of their own; with what stands before them
 * if it cannot be split. NULL when nothing is in flight. */
struct record *records_tail(
	struct records *r, uint32_t len, uint32_t limit, const struct evtcp_world *world);

/* records_first_is_ambiguous: the oldest record may have been sent more than once: no
 * RTT sample from it (Karn). */
void records_first_is_ambiguous(struct records *r);

/* records_first: the oldest record, NULL when nothing is in flight. */
const struct record *records_first(const struct records *r);

/* records_check: asserts that they tile [una, nxt) and that sums are right. */
void records_check(const struct records *r, uint32_t una, uint32_t nxt);

#endif
