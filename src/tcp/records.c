/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmission records: a window [first, first + len) of an array of ranges. Old
 * ones leave at the front by moving `first`, new ones come at the end; splits shift
 * the shorter tail. Two records live inside the struct, which is enough for a short
 * response; the array comes when there are more and goes when all is acknowledged.
 *
 * in_flight counts bytes that are neither SACKed nor lost; marking and sending again
 * go through record_mark, so that the sums cannot drift. To find a number halves the list;
 * to look for what is overdue walks it: it is short, for a burst is one record and what is
 * SACKed in a row is one, too. */

#include "tcp/records.h"
#include "util/memory.h"
#include "wire/seq.h"
#include <assert.h>
#include <string.h>

enum { RECORDS_GROWTH = 4 };

/* ---- one record ---------------------------------------------------------------------------- */

static uint32_t record_len(const struct record *record)
{
	return record->end - record->seq;
}

static bool record_is_in_flight(const struct record *record)
{
	return (record->flags & (RECORD_SACKED | RECORD_LOST)) == 0;
}

static struct record *record_at(const struct records *r, uint32_t i)
{
	return &r->list[r->first + i];
}

/* The first record that ends behind seq; r->len: none does. */
static uint32_t records_find(const struct records *r, uint32_t seq)
{
	uint32_t from = 0, to = r->len;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (seq_leq(record_at(r, middle)->end, seq))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void records_init(struct records *r)
{
	memset(r, 0, sizeof(*r));
	r->list = r->few;
	r->capacity = RECORDS_INLINE;
}

void records_free(struct records *r, const struct evtcp_world *world)
{
	if (r->list != r->few)
		memory_free(world, r->list);
	records_init(r);
}

/* Moves the records to the front of the array. False if they are there already. */
static bool records_move_up(struct records *r)
{
	if (r->first == 0)
		return false;
	memmove(r->list, r->list + r->first, r->len * sizeof(*r->list));
	r->first = 0;
	return true;
}

/* A larger array, of at most twice the limit: at least half of it is free then before the
 * records have to be moved once more, so that a move is paid for by as many that have left. */
static bool records_grow(struct records *r, uint32_t limit, const struct evtcp_world *world)
{
	uint32_t capacity = r->capacity * RECORDS_GROWTH;

	if (capacity / 2 > limit)
		capacity = 2 * limit;
	struct record *list = memory_alloc(world, capacity * sizeof(*list));
	if (list == NULL)
		return false;
	memcpy(list, r->list + r->first, r->len * sizeof(*list));
	if (r->list != r->few)
		memory_free(world, r->list);
	r->list = list;
	r->first = 0;
	r->capacity = capacity;
	return true;
}

/* The array is full up to its end. False without memory. */
static bool records_rearrange(struct records *r, uint32_t limit, const struct evtcp_world *world)
{
	if (r->first >= r->len)
		return records_move_up(r);
	return records_grow(r, limit, world) || records_move_up(r);
}

/* Makes room for one more record. False at the limit or without memory. */
static inline bool records_make_room(
	struct records *r, uint32_t limit, const struct evtcp_world *world)
{
	if (r->len >= limit)
		return false;
	return r->first + r->len < r->capacity || records_rearrange(r, limit, world);
}

/* The sums count len bytes of this record no longer, or (again) as it is. */
static void record_uncount(struct records *r, const struct record *record, uint32_t len)
{
	if (record_is_in_flight(record))
		r->in_flight -= len;
	if ((record->flags & RECORD_SACKED) != 0)
		r->sacked -= len;
}

static void record_count(struct records *r, const struct record *record, uint32_t len)
{
	if (record_is_in_flight(record))
		r->in_flight += len;
	if ((record->flags & RECORD_SACKED) != 0)
		r->sacked += len;
}

/* Sets a record's marks and keeps the sums. */
static void record_mark(struct records *r, struct record *record, unsigned flags)
{
	record_uncount(r, record, record_len(record));
	r->n_lost -= (record->flags & RECORD_LOST) != 0;
	record->flags = (uint8_t)flags;
	record_count(r, record, record_len(record));
	if ((flags & RECORD_LOST) == 0)
		return;
	if (r->n_lost++ == 0 || seq_lt(record->seq, r->lost_from))
		r->lost_from = record->seq;
}

/* Cuts record i so that its first len bytes are record i and the rest i + 1. False
 * if there is no room for one more. */
static bool records_split(struct records *r, uint32_t i, uint32_t len, uint32_t limit,
	const struct evtcp_world *world)
{
	if (!records_make_room(r, limit, world))
		return false;
	struct record *head = record_at(r, i);
	assert(len > 0 && len < record_len(head));
	memmove(head + 1, head, (r->len - i) * sizeof(*head));
	r->len++;
	head[0].end = head[1].seq = head->seq + len;
	r->n_lost += (head->flags & RECORD_LOST) != 0;
	return true;
}

/* Whether record i and the one after it say the same, so that one will do. */
static bool records_are_alike(const struct records *r, uint32_t i)
{
	const struct record *a = record_at(r, i), *b = a + 1;
	return a->flags == b->flags && a->sent_at_us == b->sent_at_us && a->sent == b->sent;
}

/* Merges record i + 1 into record i. */
static void records_merge(struct records *r, uint32_t i)
{
	struct record *record = record_at(r, i);
	record->end = record[1].end;
	r->n_lost -= (record[1].flags & RECORD_LOST) != 0;
	memmove(record + 1, record + 2, (r->len - i - 2) * sizeof(*record));
	r->len--;
}

void records_sent(struct records *r, uint32_t seq, uint32_t end, const struct transmission *tx,
	uint32_t limit, const struct evtcp_world *world)
{
	struct record *last = r->len > 0 ? record_at(r, r->len - 1) : NULL;

	assert(seq_lt(seq, end) && (last == NULL || last->end == seq));
	r->in_flight += end - seq;
	/* One record per burst: equal neighbours merge. */
	if (last != NULL && last->flags == 0 && last->sent_at_us == tx->at_us) {
		last->end = end;
		return;
	}
	if (!records_make_room(r, limit, world)) {
		last = record_at(r, r->len - 1);
		record_mark(r, last, last->flags & ~(unsigned)(RECORD_LOST | RECORD_SACKED));
		last->end = end;
		last->sent_at_us = tx->at_us;
		last->rate = tx->rate;
		last->flags |= RECORD_RETRANSMITTED; /* one time cannot stand for both */
		return;
	}
	*record_at(r, r->len++) = (struct record){
		.seq = seq, .end = end, .sent_at_us = tx->at_us, .rate = tx->rate, .sent = 1};
}

/* ---- what the peer holds ---------------------------------------------------------------- */

/* Whether the transmission at sent_us, up to end, is newer than the newest so far
 * (RACK_sent_after of RFC 8985 6.2). */
static bool delivered_is_newer(const struct records_delivered *d, uint64_t sent_us, uint32_t end)
{
	return !d->has_newest || sent_us > d->newest_sent_us ||
	       (sent_us == d->newest_sent_us && seq_gt(end, d->newest_end));
}

/* The first len bytes of a record, not delivered before, are. */
static void records_deliver(const struct record *record, uint32_t len, struct records_delivered *d)
{
	uint32_t end = record->seq + len;

	if ((record->flags & RECORD_SACKED) != 0)
		return;
	d->bytes += len;
	d->highest = seq_max(d->highest, end);
	if ((record->flags & RECORD_RETRANSMITTED) == 0) {
		d->original = d->original || seq_leq(end, d->original_before);
		d->reordered = d->reordered || seq_lt(end, d->fack_before);
		if (record->sent_at_us > d->rtt_sent_us)
			d->rtt_sent_us = record->sent_at_us;
	} else if (record->sent_at_us > d->plausible_us) {
		return;
	}
	if (delivered_is_newer(d, record->sent_at_us, end)) {
		d->has_newest = true;
		d->newest_sent_us = record->sent_at_us;
		d->newest_end = end;
		d->newest_rate = record->rate;
	}
}

/* Whether it was the first copy that has arrived: the second one was sent after what the
 * segment echoes (RFC 3522 3.2 (4)). When that was is known where there is no third; else when
 * the first of all second copies left (RFC 3522 3.2 (2)). Of what was SACKed it is too late to
 * tell. */
static bool record_is_spurious(const struct record *record, const struct records_delivered *d)
{
	uint64_t again_us = record->sent <= 2 ? record->sent_at_us : d->again_since_us;

	return (record->flags & RECORD_SACKED) == 0 && again_us > d->echoed_us;
}

void records_ack(struct records *r, uint32_t una, struct records_delivered *delivered)
{
	while (r->len > 0) {
		struct record *record = record_at(r, 0);
		if (seq_leq(una, record->seq))
			break;
		uint32_t end = seq_min(una, record->end);
		uint32_t n = end - record->seq;

		records_deliver(record, n, delivered);
		delivered->acked += n;
		if ((record->flags & RECORD_RETRANSMITTED) != 0) {
			delivered->retransmitted = true; /* Karn: RFC 6298 3 rule 1, MUST-18 */
			if (record_is_spurious(record, delivered))
				delivered->spurious += n;
		}
		record_uncount(r, record, n);
		record->seq = end;
		if (seq_lt(record->seq, record->end))
			break;
		r->n_lost -= (record->flags & RECORD_LOST) != 0;
		r->first++;
		r->len--;
	}
	if (r->len == 0)
		r->first = 0;
}

/* Cuts record i so that it begins at seq and ends at end at the latest; what is cut off
 * becomes records of its own. Returns where the record within [seq, end) stands then, or
 * r->len when it cannot be cut. */
static uint32_t records_cut(struct records *r, uint32_t i, uint32_t seq, uint32_t end,
	uint32_t limit, const struct evtcp_world *world)
{
	if (seq_lt(record_at(r, i)->seq, seq)) {
		if (!records_split(r, i, seq - record_at(r, i)->seq, limit, world))
			return r->len;
		i++;
	}
	if (seq_gt(record_at(r, i)->end, end) &&
		!records_split(r, i, end - record_at(r, i)->seq, limit, world))
		return r->len;
	return i;
}

void records_sack(struct records *r, uint32_t seq, uint32_t end,
	struct records_delivered *delivered, uint32_t limit, const struct evtcp_world *world)
{
	for (uint32_t i = records_find(r, seq); i < r->len && seq_lt(record_at(r, i)->seq, end);
		i++) {
		struct record *record = record_at(r, i);
		if ((record->flags & RECORD_SACKED) != 0)
			continue;
		uint32_t within = records_cut(r, i, seq, end, limit, world);
		if (within == r->len)
			continue;
		i = within;
		record = record_at(r, i);
		records_deliver(record, record_len(record), delivered);
		record_mark(r, record, (record->flags & ~(unsigned)RECORD_LOST) | RECORD_SACKED);
		/* What is held needs no details any more: neighbours become one. */
		if (i > 0 && (record_at(r, i - 1)->flags & RECORD_SACKED) != 0)
			records_merge(r, --i);
		if (i + 1 < r->len && (record_at(r, i + 1)->flags & RECORD_SACKED) != 0)
			records_merge(r, i);
	}
}

bool records_is_reneged(const struct records *r)
{
	return r->len > 0 && (record_at(r, 0)->flags & RECORD_SACKED) != 0;
}

void records_forget_sacked(struct records *r)
{
	/* It may be several that became one: none of their times is a sample. */
	record_mark(r, record_at(r, 0), RECORD_RETRANSMITTED);
}

/* ---- what is lost ------------------------------------------------------------------------- */

void records_mark_all_lost(struct records *r)
{
	for (uint32_t i = 0; i < r->len; i++) {
		struct record *record = record_at(r, i);
		if ((record->flags & RECORD_SACKED) == 0)
			record_mark(r, record, record->flags | RECORD_LOST);
	}
}

void records_mark_longer_lost(struct records *r, uint32_t len)
{
	for (uint32_t i = 0; i < r->len; i++) {
		struct record *record = record_at(r, i);
		if (record_is_in_flight(record) && record_len(record) > len)
			record_mark(r, record, record->flags | RECORD_LOST);
	}
}

void records_mark_first_lost(
	struct records *r, uint32_t len, uint32_t limit, const struct evtcp_world *world)
{
	if (r->len == 0)
		return;
	if (record_len(record_at(r, 0)) > len)
		records_split(r, 0, len, limit, world);
	struct record *record = record_at(r, 0);
	record_mark(r, record, record->flags | RECORD_LOST);
}

uint32_t records_mark_overdue(struct records *r, const struct records_deadline *deadline,
	uint64_t now, uint64_t *remaining_us)
{
	uint32_t lost = 0;

	*remaining_us = 0;
	for (uint32_t i = 0; i < r->len; i++) {
		struct record *record = record_at(r, i);
		uint64_t due_us = record->sent_at_us + deadline->wait_us;
		bool sent_before = record->sent_at_us < deadline->xmit_us ||
				   (record->sent_at_us == deadline->xmit_us &&
					   seq_lt(record->end, deadline->end));

		/* Nothing beyond it was sent earlier: in order without loss the first is it. */
		if (record->flags == 0 && !sent_before)
			break;
		if (!record_is_in_flight(record) || !sent_before)
			continue;
		if (due_us <= now) {
			lost += record_len(record);
			record_mark(r, record, record->flags | RECORD_LOST);
		} else if (due_us - now > *remaining_us) {
			*remaining_us = due_us - now;
		}
	}
	return lost;
}

void records_clear_lost(struct records *r)
{
	for (uint32_t i = 0; r->n_lost > 0 && i < r->len; i++) {
		struct record *record = record_at(r, i);
		record_mark(r, record, record->flags & ~(unsigned)RECORD_LOST);
	}
}

struct record *records_next_lost(struct records *r)
{
	if (r->n_lost == 0)
		return NULL;
	for (uint32_t i = records_find(r, r->lost_from); i < r->len; i++) {
		struct record *record = record_at(r, i);
		if ((record->flags & RECORD_LOST) != 0) {
			r->lost_from = record->seq;
			return record;
		}
	}
	return NULL;
}

void records_lost_range(const struct records *r, uint32_t *seq, uint32_t *end)
{
	bool found = false;

	*seq = *end = 0;
	for (uint32_t i = 0; i < r->len; i++) {
		const struct record *record = record_at(r, i);

		if ((record->flags & RECORD_LOST) == 0)
			continue;
		if (!found)
			*seq = record->seq;
		*end = record->end;
		found = true;
	}
}

void records_sent_again(struct records *r, struct record *record, uint32_t len,
	const struct transmission *tx, uint32_t limit, const struct evtcp_world *world)
{
	uint32_t i = (uint32_t)(record - r->list) - r->first;

	if (len < record_len(record))
		records_split(r, i, len, limit, world);
	record = record_at(r, i);
	record_mark(r, record, RECORD_RETRANSMITTED);
	record->sent_at_us = tx->at_us;
	record->rate = tx->rate;
	if (record->sent < UINT16_MAX)
		record->sent++;
	if (i > 0 && records_are_alike(r, i - 1))
		records_merge(r, i - 1);
}

void records_grow_last(struct records *r, uint32_t end)
{
	struct record *last = record_at(r, r->len - 1);

	assert((last->flags & RECORD_LOST) != 0 && seq_lt(last->end, end));
	last->end = end;
}

struct record *records_tail(
	struct records *r, uint32_t len, uint32_t limit, const struct evtcp_world *world)
{
	if (r->len == 0)
		return NULL;
	uint32_t whole = record_len(record_at(r, r->len - 1));
	if (whole > len)
		records_split(r, r->len - 1, whole - len, limit, world);
	return record_at(r, r->len - 1);
}

void records_first_is_ambiguous(struct records *r)
{
	record_at(r, 0)->flags |= RECORD_RETRANSMITTED;
}

const struct record *records_first(const struct records *r)
{
	return r->len > 0 ? record_at(r, 0) : NULL;
}

void records_check(const struct records *r, uint32_t una, uint32_t nxt)
{
	uint32_t seq = una, in_flight = 0, sacked = 0, n_lost = 0;

	for (uint32_t i = 0; i < r->len; i++) {
		const struct record *record = record_at(r, i);
		assert(record->seq == seq); /* no gap, no overlap */
		assert(seq_lt(record->seq, record->end));
		assert((record->flags & RECORD_SACKED) == 0 || (record->flags & RECORD_LOST) == 0);
		in_flight += record_is_in_flight(record) ? record_len(record) : 0;
		sacked += (record->flags & RECORD_SACKED) != 0 ? record_len(record) : 0;
		n_lost += (record->flags & RECORD_LOST) != 0;
		assert((record->flags & RECORD_LOST) == 0 || seq_leq(r->lost_from, seq));
		seq = record->end;
	}
	assert(seq == nxt); /* they tile what is in flight */
	assert(in_flight == r->in_flight);
	assert(sacked == r->sacked);
	assert(n_lost == r->n_lost);
	(void)nxt;
	(void)in_flight;
	(void)sacked;
	(void)n_lost;
}
