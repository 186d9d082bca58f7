/* SPDX-License-Identifier: BSD-3-Clause */
/* TIME-WAIT entries.
 *
 * They stand in chunks that are never moved, named by an index from 1 on; a hash table
 * of indices finds them, a FIFO of them expires them. An entry that dies leaves the
 * hash table at once and the FIFO when its turn comes (remote_port 0 marks it): so the
 * FIFO stays in the order of expiry without a second link. The algorithm is told in the
 * header. */

#include "tcp/time_wait.h"
#include "tcp/demux.h"
#include "tcp/reply.h"
#include "tcp/tcb.h"
#include "util/memory.h"
#include "wire/address.h"
#include <string.h>

enum {
	TIME_WAIT_CHUNK = 256, /* entries */
	TIME_WAIT_FIRST_BUCKETS = 256,
	TIME_WAIT_LOAD = 2, /* entries per bucket before the table doubles */
};

/* An entry is not restarted again within this time, or MSL if that is shorter. */
static const uint64_t time_wait_rest_us = 1000000;

static const uint32_t time_wait_clock_mask = 0x7fffffff; /* of expires_ms */

_Static_assert(sizeof(struct time_wait_entry) + sizeof(uint32_t) <= 64,
	"an entry and its hash slot cost at most 64 bytes");

static struct time_wait_entry *time_wait_at(const struct time_wait_table *t, uint32_t index)
{
	return &t->chunks[(index - 1) / TIME_WAIT_CHUNK][(index - 1) % TIME_WAIT_CHUNK];
}

static bool time_wait_is_dead(const struct time_wait_entry *entry)
{
	return entry->remote_port == 0;
}

static struct evtcp_tuple time_wait_tuple(const struct time_wait_entry *entry)
{
	return (struct evtcp_tuple){.local = {entry->local, entry->local_port},
		.remote = {entry->remote, entry->remote_port}};
}

void time_wait_init(struct tcp *tcp)
{
	memset(&tcp->time_wait, 0, sizeof(tcp->time_wait));
}

void time_wait_free_all(struct tcp *tcp)
{
	struct time_wait_table *t = &tcp->time_wait;

	for (uint32_t i = 0; i < t->n_chunks; i++)
		memory_free(tcp->world, t->chunks[i]);
	memory_free(tcp->world, t->chunks);
	memory_free(tcp->world, t->buckets);
	time_wait_init(tcp);
}

/* ---- telling of them ---------------------------------------------------------------- */

/* An entry is no block, but it is the state of a connection, which ends. */
static void time_wait_trace_end(
	struct tcp *tcp, const struct time_wait_entry *entry, enum evtcp_cause cause, uint64_t now)
{
	tracer_count(tcp->trace, cause);
	if (!tracer_wants(tcp->trace, EVTCP_EVENT_STATE))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_STATE,
		.reason = {.cause = cause},
		.tuple = time_wait_tuple(entry),
		.u.state = {.from = EVTCP_TIME_WAIT, .to = EVTCP_CLOSED}};
	tracer_emit(tcp->trace, &event);
}

/* ---- hash table --------------------------------------------------------------------- */

static uint32_t *time_wait_bucket(const struct time_wait_table *t, uint64_t hash)
{
	return &t->buckets[hash & (t->n_buckets - 1)];
}

static uint32_t time_wait_first(uint32_t bucket)
{
	return bucket & TIME_WAIT_MOST;
}

/* The buckets take the low bits of a hash. */
static uint32_t time_wait_kind(uint64_t hash)
{
	return (uint32_t)(hash >> 61);
}

static uint32_t time_wait_bit(uint32_t kind)
{
	return UINT32_C(1) << (TIME_WAIT_INDEX_BITS + kind);
}

/* Of an entry: too seldom to have room for its hash. */
static uint64_t time_wait_hash(const struct tcp *tcp, const struct time_wait_entry *entry)
{
	struct evtcp_tuple tuple = time_wait_tuple(entry);

	return demux_hash(tcp, &tuple);
}

static void time_wait_link(struct time_wait_table *t, uint32_t index, uint64_t hash)
{
	struct time_wait_entry *entry = time_wait_at(t, index);
	uint32_t *bucket = time_wait_bucket(t, hash);

	entry->kind = time_wait_kind(hash) & 7;
	entry->next_in_bucket = time_wait_first(*bucket);
	*bucket = (*bucket & ~(uint32_t)TIME_WAIT_MOST) | time_wait_bit(entry->kind) | index;
}

static void time_wait_unlink(struct tcp *tcp, uint32_t index)
{
	struct time_wait_table *t = &tcp->time_wait;
	struct time_wait_entry *entry = time_wait_at(t, index);
	uint32_t *bucket = time_wait_bucket(t, time_wait_hash(tcp, entry)), kinds = 0;
	uint32_t first = time_wait_first(*bucket);

	if (first == index)
		first = entry->next_in_bucket;
	for (uint32_t i = first; i != 0; i = time_wait_at(t, i)->next_in_bucket) {
		struct time_wait_entry *other = time_wait_at(t, i);
		if (other->next_in_bucket == index)
			other->next_in_bucket = entry->next_in_bucket;
		kinds |= time_wait_bit(other->kind);
	}
	*bucket = first | kinds;
	t->len--;
}

/* Doubles the buckets when they are loaded; without memory chains just get longer.
 * False if there are none at all. */
static bool time_wait_grow_buckets(struct tcp *tcp)
{
	struct time_wait_table *t = &tcp->time_wait;
	uint32_t n = t->n_buckets == 0 ? TIME_WAIT_FIRST_BUCKETS : t->n_buckets * 2;

	if (t->n_buckets != 0 && t->len < TIME_WAIT_LOAD * t->n_buckets)
		return true;
	uint32_t *buckets = memory_zalloc(tcp->world, n * sizeof(*buckets));
	if (buckets == NULL)
		return t->n_buckets != 0;
	memory_free(tcp->world, t->buckets);
	t->buckets = buckets;
	t->n_buckets = n;
	for (uint32_t i = t->fifo_head; i != 0; i = time_wait_at(t, i)->next_in_fifo) {
		if (!time_wait_is_dead(time_wait_at(t, i)))
			time_wait_link(t, i, time_wait_hash(tcp, time_wait_at(t, i)));
	}
	return true;
}

uint32_t time_wait_find(const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash)
{
	const struct time_wait_table *t = &tcp->time_wait;
	uint32_t bucket = t->len != 0 ? *time_wait_bucket(t, hash) : 0;

	if ((bucket & time_wait_bit(time_wait_kind(hash))) == 0)
		return 0;
	for (uint32_t i = time_wait_first(bucket); i != 0;) {
		const struct time_wait_entry *entry = time_wait_at(t, i);
		if (entry->remote_port == tuple->remote.port &&
			entry->local_port == tuple->local.port &&
			address_equal(&entry->remote, &tuple->remote.addr) &&
			address_equal(&entry->local, &tuple->local.addr))
			return i;
		i = entry->next_in_bucket;
	}
	return 0;
}

/* ---- FIFO and free list -------------------------------------------------------------- */

static void time_wait_push(struct time_wait_table *t, uint32_t index)
{
	time_wait_at(t, index)->next_in_fifo = 0;
	if (t->fifo_tail != 0)
		time_wait_at(t, t->fifo_tail)->next_in_fifo = index;
	else
		t->fifo_head = index;
	t->fifo_tail = index;
	t->n_fifo++;
}

static uint32_t time_wait_pop(struct time_wait_table *t)
{
	uint32_t index = t->fifo_head;

	t->fifo_head = time_wait_at(t, index)->next_in_fifo;
	if (t->fifo_head == 0)
		t->fifo_tail = 0;
	t->n_fifo--;
	return index;
}

static void time_wait_release(struct time_wait_table *t, uint32_t index)
{
	time_wait_at(t, index)->next_in_fifo = t->free_head;
	t->free_head = index;
}

/* One more chunk on the free list. */
static bool time_wait_grow(struct tcp *tcp)
{
	struct time_wait_table *t = &tcp->time_wait;
	struct time_wait_entry **chunks;

	if (t->capacity + TIME_WAIT_CHUNK > TIME_WAIT_MOST)
		return false;
	chunks = memory_realloc(tcp->world, t->chunks, (t->n_chunks + 1) * sizeof(*chunks));
	if (chunks == NULL)
		return false;
	t->chunks = chunks;
	t->chunks[t->n_chunks] =
		memory_alloc(tcp->world, TIME_WAIT_CHUNK * sizeof(struct time_wait_entry));
	if (t->chunks[t->n_chunks] == NULL)
		return false;
	t->n_chunks++;
	t->capacity += TIME_WAIT_CHUNK;
	for (uint32_t i = 0; i < TIME_WAIT_CHUNK; i++)
		time_wait_release(t, t->capacity - i);
	return true;
}

/* The oldest entry goes before its time. */
static void time_wait_recycle(struct tcp *tcp, uint64_t now)
{
	struct time_wait_table *t = &tcp->time_wait;
	uint32_t index = time_wait_pop(t);
	struct time_wait_entry *entry = time_wait_at(t, index);

	if (!time_wait_is_dead(entry)) {
		time_wait_trace_end(tcp, entry, EVTCP_CAUSE_TIME_WAIT_RECYCLED, now);
		time_wait_unlink(tcp, index);
	}
	time_wait_release(t, index);
}

static uint32_t time_wait_new(struct tcp *tcp, uint64_t now)
{
	struct time_wait_table *t = &tcp->time_wait;
	uint32_t limit = tcp->config.limits.time_wait;

	if (limit != 0 && t->n_fifo >= limit)
		time_wait_recycle(tcp, now);
	if (!time_wait_grow_buckets(tcp))
		return 0;
	if (t->free_head == 0 && !time_wait_grow(tcp)) {
		if (t->fifo_head == 0)
			return 0;
		time_wait_recycle(tcp, now);
	}
	uint32_t index = t->free_head;
	t->free_head = time_wait_at(t, index)->next_in_fifo;
	return index;
}

/* ---- life of an entry ---------------------------------------------------------------- */

static uint32_t time_wait_expiry(const struct tcp *tcp, uint64_t now)
{
	/* rounded up: never less than 2 MSL */
	return (uint32_t)((now + 2 * tcp->config.msl_us + 999) / 1000) & time_wait_clock_mask;
}

/* Milliseconds until the entry expires; 0 or less when it is due. */
static int32_t time_wait_remaining(const struct time_wait_entry *entry, uint64_t now)
{
	uint32_t ahead = (entry->expires_ms - (uint32_t)(now / 1000)) & time_wait_clock_mask;
	return ahead > time_wait_clock_mask / 2 ? (int32_t)(ahead | ~time_wait_clock_mask)
						: (int32_t)ahead;
}

/* The moment of the head of the FIFO, as a 64-bit time. */
static void time_wait_update_deadline(struct time_wait_table *t, uint64_t now)
{
	if (t->fifo_head == 0) {
		t->head_expires_us = UINT64_MAX;
		return;
	}
	int32_t remaining = time_wait_remaining(time_wait_at(t, t->fifo_head), now);
	uint64_t now_ms = now / 1000;
	t->head_expires_us = remaining > 0 ? (now_ms + (uint32_t)remaining) * 1000 : now;
}

/* Takes an entry, whose tuple has this hash, in as the newest. */
static void time_wait_insert(
	struct tcp *tcp, const struct time_wait_entry *entry, uint64_t hash, uint64_t now)
{
	struct time_wait_table *t = &tcp->time_wait;
	uint32_t index = time_wait_new(tcp, now);

	if (index == 0) {
		tracer_count(tcp->trace, EVTCP_CAUSE_NO_MEMORY);
		return;
	}
	*time_wait_at(t, index) = *entry;
	time_wait_at(t, index)->expires_ms = time_wait_expiry(tcp, now) & time_wait_clock_mask;
	time_wait_link(t, index, hash);
	t->len++;
	time_wait_push(t, index);
	if (t->fifo_head == index)
		time_wait_update_deadline(t, now);
}

/* Out of the hash table; the FIFO forgets it when its turn comes. */
static void time_wait_kill(struct tcp *tcp, uint32_t index)
{
	time_wait_unlink(tcp, index);
	time_wait_at(&tcp->time_wait, index)->remote_port = 0;
}

void time_wait_add(struct tcp *tcp, const struct tcb *tcb, uint64_t now)
{
	struct time_wait_entry entry = {
		.remote = tcb->tuple.remote.addr,
		.local = tcb->tuple.local.addr,
		.remote_port = tcb->tuple.remote.port,
		.local_port = tcb->tuple.local.port,
		.rcv_nxt = tcb->rcv_nxt,
		.snd_nxt = tcb->snd_nxt,
		.ts_recent = tcb->ts_recent,
		.ts_ok = tcb->ts_ok,
	};
	time_wait_insert(tcp, &entry, tcb->by_tuple.hash, now);
}

/* Whether the 2 MSL began so shortly ago that they need not begin anew. */
static bool time_wait_is_fresh(
	const struct tcp *tcp, const struct time_wait_entry *entry, uint64_t now)
{
	uint64_t msl_us = tcp->config.msl_us;
	uint64_t rest_us = msl_us < time_wait_rest_us ? msl_us : time_wait_rest_us;

	return time_wait_remaining(entry, now) > (int64_t)(2 * msl_us - rest_us) / 1000;
}

static void time_wait_restart(struct tcp *tcp, uint32_t index, uint64_t hash, uint64_t now)
{
	struct time_wait_entry entry = *time_wait_at(&tcp->time_wait, index);

	if (time_wait_is_fresh(tcp, &entry, now))
		return;
	time_wait_kill(tcp, index);
	time_wait_insert(tcp, &entry, hash, now);
}

/* ---- input ---------------------------------------------------------------------------- */

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>: what TIME-WAIT answers with. The window is that
 * of a connection that reads nothing more, which nobody will use. */
static void time_wait_ack(struct tcp *tcp, const struct time_wait_entry *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	reply_ack(tcp, seg, entry->snd_nxt, entry->rcv_nxt, reply);
	reply->reason.cause = EVTCP_CAUSE_TIME_WAIT_ACK;
	reply->h.window = UINT16_MAX;
	if (entry->ts_ok) {
		reply->h.options.present = TCP_OPT_TIMESTAMPS;
		reply->h.options.tsval = isn_tsval(isn_ts_offset(&tcp->isn, &seg->tuple), now);
		reply->h.options.tsecr = entry->ts_recent;
	}
}

/* Whether limits.challenge_ms have passed since the last time, and notes the new one. An
 * entry has eight bits for that: eighths of the span, counted modulo 255 (32 spans, after
 * which one answer may be missing, and is asked for again), plus 1. */
static bool time_wait_may_answer(const struct tcp *tcp, struct time_wait_entry *entry, uint64_t now)
{
	const uint64_t eighth_ms = (tcp->config.limits.challenge_ms + UINT64_C(7)) / 8;

	if (eighth_ms == 0)
		return true;
	uint32_t moment = (uint32_t)(now / 1000 / eighth_ms % UINT8_MAX);
	uint32_t passed = (moment + UINT8_MAX + 1 - entry->answered) % UINT8_MAX;
	if (entry->answered != 0 && passed <= 8) /* the first may have been a part of one */
		return false;
	entry->answered = moment + 1;
	return true;
}

/* The same, for what is no text and no FIN: once in limits.challenge_ms, as other states do
 * (ATTACKS T10): there may be a TIME-WAIT at the other end, too. */
static void time_wait_challenge(struct tcp *tcp, struct time_wait_entry *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	if (!time_wait_may_answer(tcp, entry, now))
		return;
	time_wait_ack(tcp, entry, seg, now, reply);
}

/* RFC 6191 2 rules 1 to 5, SHLD-4: whether seg may begin a new connection of the tuple, with isn. A
 * newer timestamp does, and timestamps where the old connection had none; where they cannot tell, a
 * sequence number beyond the old ones. */
static bool time_wait_may_reuse(const struct tcp *tcp, const struct time_wait_entry *entry,
	const struct segment *seg, uint32_t isn)
{
	const struct tcp_options *options = &seg->h.options;
	bool has_ts =
		(options->present & TCP_OPT_TIMESTAMPS) != 0 && tcp->config.options.timestamps;

	if (!entry->ts_ok && has_ts)
		return true;
	if (entry->ts_ok && has_ts && options->tsval != entry->ts_recent)
		return seq_gt(options->tsval, entry->ts_recent);
	return seq_gt(isn, entry->rcv_nxt);
}

/* Whether this is the third segment of a handshake that a cookie of ours answered: with
 * a SYN that may reuse the tuple, and an ISS above the old numbers. The ACK of a cookie by
 * which the old connection was opened is not. */
static bool time_wait_cookie_returns(const struct tcp *tcp, const struct time_wait_entry *entry,
	const struct segment *seg, uint64_t now)
{
	uint32_t irs = seg->h.seq - 1, iss = seg->h.ack - 1;
	uint16_t mss;

	return seq_gt(iss, entry->snd_nxt) && time_wait_may_reuse(tcp, entry, seg, irs) &&
	       cookies_check(&tcp->cookies, &seg->tuple, irs, iss, &mss, now);
}

/* Whether the segment is one for the listener. */
static bool time_wait_is_reuse(const struct tcp *tcp, const struct time_wait_entry *entry,
	const struct segment *seg, uint64_t now)
{
	switch (seg->h.flags & (TCP_SYN | TCP_ACK)) {
	case TCP_SYN:
		return (seg->h.flags & TCP_FIN) == 0 &&
		       time_wait_may_reuse(tcp, entry, seg, seg->h.seq);
	case TCP_ACK:
		return time_wait_cookie_returns(tcp, entry, seg, now);
	default:
		return false;
	}
}

void time_wait_reused(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash, uint64_t now)
{
	uint32_t index = time_wait_find(tcp, tuple, hash);

	if (index == 0)
		return;
	time_wait_trace_end(
		tcp, time_wait_at(&tcp->time_wait, index), EVTCP_CAUSE_TIME_WAIT_REUSED, now);
	time_wait_kill(tcp, index);
}

/* RFC 6191 2 rule 6 */
struct evtcp_reason time_wait_refuse(struct tcp *tcp, uint32_t index, const struct segment *seg,
	uint64_t now, struct segment_out *reply)
{
	time_wait_challenge(tcp, time_wait_at(&tcp->time_wait, index), seg, now, reply);
	return reason_of(EVTCP_CAUSE_OUTSIDE_WINDOW);
}

struct evtcp_reason time_wait_input(struct tcp *tcp, uint32_t index, struct segment *seg,
	uint64_t now, struct segment_out *reply)
{
	struct time_wait_entry *entry = time_wait_at(&tcp->time_wait, index);
	const struct tcp_header *h = &seg->h;
	bool has_ts = (h->options.present & TCP_OPT_TIMESTAMPS) != 0;
	bool old_ts = entry->ts_ok && has_ts && seq_lt(h->options.tsval, entry->ts_recent);

	/* RFC 1337 3 (F1): a RST does not end TIME-WAIT. */
	if ((h->flags & TCP_RST) != 0)
		return reason_of(EVTCP_CAUSE_RST_IN_TIME_WAIT);
	if (time_wait_is_reuse(tcp, entry, seg, now)) {
		seg->reuses = true;
		seg->iss_above = entry->snd_nxt;
		return reason_of(EVTCP_CAUSE_TIME_WAIT_REUSED);
	}
	/* A late FIN: our last ACK was lost. RFC 9293 3.10.7.4: acknowledge it, and the
	 * 2 MSL begin anew, unless they have only just begun. */
	if ((h->flags & TCP_FIN) != 0 && (h->flags & (TCP_SYN | TCP_ACK)) == TCP_ACK && !old_ts &&
		h->seq + segment_len(seg) == entry->rcv_nxt) {
		time_wait_ack(tcp, entry, seg, now, reply);
		time_wait_restart(tcp, index, seg->hash, now);
		return reason_of(EVTCP_CAUSE_OLD_DUPLICATE);
	}
	/* RFC 9293 3.10.7.4, first step: nothing is acceptable any more. An ACK of exactly
	 * what we have is no reason to answer: two stacks would answer each other for ever
	 * (ATTACKS T10). */
	if (segment_len(seg) == 0 && h->seq == entry->rcv_nxt)
		return reason_of(EVTCP_CAUSE_OLD_DUPLICATE);
	if (segment_len(seg) > 0 && (h->flags & TCP_SYN) == 0)
		time_wait_ack(tcp, entry, seg, now, reply);
	else
		time_wait_challenge(tcp, entry, seg, now, reply);
	return reason_of(old_ts ? EVTCP_CAUSE_PAWS : EVTCP_CAUSE_OUTSIDE_WINDOW);
}

/* ---- expiry ---------------------------------------------------------------------------- */

uint64_t time_wait_deadline(const struct tcp *tcp)
{
	return tcp->time_wait.fifo_head == 0 ? UINT64_MAX : tcp->time_wait.head_expires_us;
}

/* RFC 9293 3.10.8 rule 3 */
unsigned time_wait_run_timers(struct tcp *tcp, uint64_t now, unsigned budget)
{
	struct time_wait_table *t = &tcp->time_wait;
	unsigned run = 0;

	while (t->fifo_head != 0 && (budget == 0 || run < budget)) {
		struct time_wait_entry *entry = time_wait_at(t, t->fifo_head);
		bool dead = time_wait_is_dead(entry);
		if (!dead && time_wait_remaining(entry, now) > 0)
			break;
		uint32_t index = time_wait_pop(t);
		if (!dead) {
			time_wait_trace_end(tcp, entry, EVTCP_CAUSE_TIME_WAIT_EXPIRED, now);
			time_wait_unlink(tcp, index);
		}
		time_wait_release(t, index);
		run++;
	}
	time_wait_update_deadline(t, now);
	return run;
}
