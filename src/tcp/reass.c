/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of what came out of order.
 *
 * A sorted array: a search halves it, and to open or close a place moves its tail, which
 * for the thousand ranges that a window of 4 MiB can have is less work than to copy one
 * segment. So what a packet costs is bounded, and nobody can make us search (ATTACKS T22).
 * Adding walks the gaps between ranges that the new bytes cover, fills each with a copy,
 * and so joins the ranges on both sides; bytes that are already there are not touched. */

#include "tcp/reass.h"
#include "util/memory.h"
#include "wire/seq.h"
#include <assert.h>
#include <string.h>

enum { REASS_FIRST_CAPACITY = 4, REASS_GROWTH = 2 };

struct reass *reass_new(const struct evtcp_world *world)
{
	struct reass *r = memory_zalloc(world, sizeof(struct reass));

	if (r != NULL)
		r->world = world;
	return r;
}

void reass_free(struct reass *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->len; i++)
		evbuffer_free(r->ranges[i].buf);
	memory_free(r->world, r->ranges);
	memory_free(r->world, r);
}

static void reass_remove(struct reass *r, uint32_t i)
{
	evbuffer_free(r->ranges[i].buf);
	memmove(&r->ranges[i], &r->ranges[i + 1], (r->len - i - 1) * sizeof(r->ranges[0]));
	r->len--;
}

static uint32_t reass_next_capacity(const struct reass *r)
{
	return r->capacity == 0 ? REASS_FIRST_CAPACITY : r->capacity * REASS_GROWTH;
}

/* Makes room in the array for one more range. False without memory. */
static bool reass_grow(struct reass *r)
{
	uint32_t capacity = reass_next_capacity(r);

	if (r->len < r->capacity)
		return true;
	struct reass_range *ranges =
		memory_realloc(r->world, r->ranges, capacity * sizeof(*ranges));
	if (ranges == NULL)
		return false;
	r->ranges = ranges;
	r->capacity = capacity;
	return true;
}

/* Opens an empty range for the beginning of a piece before index i. False without memory. */
static bool reass_insert(struct reass *r, uint32_t i, const struct reass_piece *piece)
{
	struct evbuffer *buf;

	if (!reass_grow(r) || (buf = evbuffer_new()) == NULL)
		return false;
	memmove(&r->ranges[i + 1], &r->ranges[i], (r->len - i) * sizeof(r->ranges[0]));
	r->len++;
	r->ranges[i] = (struct reass_range){
		.seq = piece->seq, .end = piece->seq, .tsval = piece->tsval, .buf = buf};
	return true;
}

/* The first range that ends at or after seq: the one that holds it, touches it, or
 * follows it. */
static uint32_t reass_find(const struct reass *r, uint32_t seq)
{
	uint32_t from = 0, to = r->len;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (seq_lt(r->ranges[middle].end, seq))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The range that holds the octet seq; NULL: none. */
static const struct reass_range *reass_range_of(const struct reass *r, uint32_t seq)
{
	uint32_t i = reass_find(r, seq + 1);

	return i < r->len && seq_leq(r->ranges[i].seq, seq) ? &r->ranges[i] : NULL;
}

/* ---- joining --------------------------------------------------------------------------
 *
 * To move a buffer's chains to another is cheap, but they stay as they are: who sends
 * octet by octet, from right to left or with gaps that are filled later, would make us
 * keep a kilobyte for each. So what is small is copied into the room that the other has,
 * and moved only where there is no memory for that. */

/* Less than this is small: two chains of libevent's smallest. */
static const size_t reass_small = 2048;

/* What src holds goes behind what dst holds. */
static bool reass_append(struct evbuffer *dst, struct evbuffer *src)
{
	size_t len = evbuffer_get_length(src);
	unsigned char *bytes = len < reass_small ? evbuffer_pullup(src, -1) : NULL;

	if (bytes != NULL && evbuffer_add(dst, bytes, len) == 0)
		return true;
	return evbuffer_add_buffer(dst, src) == 0;
}

/* What src holds goes before what dst holds. */
static bool reass_prepend(struct evbuffer *dst, struct evbuffer *src)
{
	size_t before = evbuffer_get_length(dst), len = evbuffer_get_length(src);
	unsigned char *bytes = len < reass_small ? evbuffer_pullup(src, -1) : NULL;

	if (bytes != NULL && evbuffer_prepend(dst, bytes, len) == 0)
		return true;
	evbuffer_drain(dst, evbuffer_get_length(dst) - before); /* a part may have had room */
	return evbuffer_prepend_buffer(dst, src) == 0;
}

/* Joins range i + 1 to range i, which ends where that begins. */
static bool reass_join(struct reass *r, uint32_t i)
{
	struct reass_range *left = &r->ranges[i], *right = left + 1;
	struct evbuffer *emptied = right->buf;

	if (left->end - left->seq >= right->end - right->seq) {
		if (!reass_append(left->buf, right->buf))
			return false;
	} else {
		if (!reass_prepend(right->buf, left->buf))
			return false;
		emptied = left->buf;
		left->buf = right->buf;
	}
	right->buf = emptied;
	left->end = right->end;
	left->tsval = seq_min(left->tsval, right->tsval);
	reass_remove(r, i + 1);
	return true;
}

/* ---- adding and taking -------------------------------------------------------------- */

/* Forgets that what goes was touched: it would crowd out ranges that are still to be told. */
static void reass_forget(struct reass *r, const struct reass_range *range)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < r->n_recent; i++) {
		if (!seq_between(r->recent[i], range->seq, range->end))
			r->recent[n++] = r->recent[i];
	}
	r->n_recent = n;
}

/* Makes room for one more range by dropping the furthest, of which the peer may have been told
 * (RFC 2018 8 rule 1). False if the one to come at index i would itself be the furthest. */
static bool reass_make_room(struct reass *r, uint32_t i, uint32_t limit)
{
	if (limit > REASS_MAX_RANGES || limit == 0)
		limit = REASS_MAX_RANGES;
	if (r->len < limit)
		return true;
	if (i >= r->len)
		return false;
	struct reass_range *last = &r->ranges[r->len - 1];
	r->bytes -= last->end - last->seq;
	reass_forget(r, last);
	reass_remove(r, r->len - 1);
	return true;
}

/* Extends range i, which ends within the piece, by what that holds up to the next range, and
 * so on until its end. False without memory; what was added so far stays. */
static bool reass_extend(struct reass *r, uint32_t i, const struct reass_piece *piece)
{
	struct reass_range *range = &r->ranges[i];
	uint32_t end = piece->seq + piece->len;

	while (seq_lt(range->end, end)) {
		bool more = i + 1 < r->len;
		uint32_t stop = more ? seq_min(end, r->ranges[i + 1].seq) : end;
		uint32_t n = stop - range->end;

		if (n > 0 &&
			evbuffer_add(range->buf, piece->data + (range->end - piece->seq), n) == -1)
			return false;
		range->end = stop;
		range->tsval = seq_min(range->tsval, piece->tsval);
		r->bytes += n;
		if (more && r->ranges[i + 1].seq == stop && !reass_join(r, i))
			return false;
	}
	/* It may just touch the next one. */
	if (i + 1 < r->len && r->ranges[i + 1].seq == range->end)
		return reass_join(r, i);
	return true;
}

uint32_t reass_footprint(const struct reass *r)
{
	if (r == NULL)
		return 0;
	return (uint32_t)(sizeof(*r) + r->capacity * sizeof(*r->ranges)) +
	       r->len * REASS_RANGE_COST + r->bytes;
}

uint32_t reass_growth(const struct reass *r, uint32_t len)
{
	static const struct reass none;
	size_t whole = r == NULL ? sizeof(*r) : 0, more = 0;

	if (r == NULL)
		r = &none;
	if (r->len == r->capacity)
		more = (reass_next_capacity(r) - r->capacity) * sizeof(*r->ranges);
	return (uint32_t)(whole + more) + REASS_RANGE_COST + len;
}

/* The range that holds seq is the most recent. */
static void reass_touch(struct reass *r, uint32_t seq)
{
	const struct reass_range *range = reass_range_of(r, seq);
	uint32_t others[REASS_RECENT];
	uint8_t n = 0;

	for (uint8_t i = 0; i < r->n_recent && n < REASS_RECENT - 1; i++) {
		if (!seq_between(r->recent[i], range->seq, range->end))
			others[n++] = r->recent[i];
	}
	r->recent[0] = seq;
	memcpy(r->recent + 1, others, n * sizeof(others[0]));
	r->n_recent = (uint8_t)(n + 1);
}

bool reass_add(struct reass *r, const struct reass_piece *piece, uint32_t limit)
{
	uint32_t i = reass_find(r, piece->seq), end = piece->seq + piece->len;

	if (i == r->len || seq_lt(piece->seq, r->ranges[i].seq)) {
		/* Begins in a gap: a new range, which swallows those it reaches. */
		bool joins = i < r->len && seq_leq(r->ranges[i].seq, end);
		if ((!joins && !reass_make_room(r, i, limit)) || !reass_insert(r, i, piece))
			return false;
	}
	uint32_t before = r->bytes;
	bool kept = reass_extend(r, i, piece);
	if (r->ranges[i].seq == r->ranges[i].end)
		reass_remove(r, i); /* memory ran out before its first byte */
	else if (kept || r->bytes != before)
		reass_touch(r, piece->seq);
	return kept;
}

uint32_t reass_take(struct reass *r, uint32_t *rcv_nxt, struct evbuffer *input)
{
	uint32_t taken = 0;

	while (r->len > 0 && seq_leq(r->ranges[0].seq, *rcv_nxt)) {
		struct reass_range *range = &r->ranges[0];
		uint32_t len = range->end - range->seq;
		uint32_t old = seq_min(*rcv_nxt, range->end) - range->seq;

		evbuffer_drain(range->buf, old);
		if (!reass_append(input, range->buf))
			len = old; /* stays dropped: the peer will send it again */
		*rcv_nxt += len - old;
		taken += len - old;
		r->taken_tsval = range->tsval;
		r->bytes -= range->end - range->seq;
		reass_forget(r, range);
		reass_remove(r, 0);
	}
	return taken;
}

void reass_renew(struct reass *r, uint32_t tsval)
{
	for (uint32_t i = 0; i < r->len; i++)
		r->ranges[i].tsval = tsval;
}

bool reass_find_held(const struct reass *r, uint32_t seq, uint32_t end, struct tcp_sack_block *held)
{
	for (uint32_t i = reass_find(r, seq); i < r->len; i++) {
		const struct reass_range *range = &r->ranges[i];
		*held = (struct tcp_sack_block){seq_max(seq, range->seq), seq_min(end, range->end)};
		if (seq_lt(held->left, held->right))
			return true;
	}
	return false;
}

bool reass_block_of(const struct reass *r, uint32_t seq, struct tcp_sack_block *block)
{
	const struct reass_range *range = reass_range_of(r, seq);

	if (range != NULL)
		*block = (struct tcp_sack_block){range->seq, range->end};
	return range != NULL;
}

/* Adds a range to n blocks unless it is among them. Returns how many there are. */
static int reass_add_block(const struct reass_range *range, struct tcp_sack_block *blocks, int n)
{
	for (int i = 0; i < n; i++) {
		if (blocks[i].left == range->seq)
			return n;
	}
	blocks[n] = (struct tcp_sack_block){range->seq, range->end};
	return n + 1;
}

/* RFC 2018 3 rule 1, 8 rule 3: what is held, and nothing else. */
int reass_blocks(const struct reass *r, struct tcp_sack_block *blocks, int max)
{
	int n = 0;

	/* RFC 2018 4 rules 4 and 6: the block with the newest segment first, then the others by
	 * how recently they were reported; as many as there is room for. */
	for (uint8_t i = 0; i < r->n_recent && n < max; i++) {
		const struct reass_range *range = reass_range_of(r, r->recent[i]);
		if (range != NULL)
			n = reass_add_block(range, blocks, n);
	}
	for (uint32_t i = 0; i < r->len && n < max; i++)
		n = reass_add_block(&r->ranges[i], blocks, n);
	return n;
}

bool reass_is_empty(const struct reass *r)
{
	return r->len == 0 && !r->has_fin;
}

void reass_check(const struct reass *r, uint32_t rcv_nxt)
{
	uint32_t bytes = 0, end = rcv_nxt;

	assert(r->len <= r->capacity && r->n_recent <= REASS_RECENT);
	for (uint32_t i = 0; i < r->len; i++) {
		const struct reass_range *range = &r->ranges[i];
		assert(seq_lt(end, range->seq)); /* sorted, disjoint, not adjacent */
		assert(seq_lt(range->seq, range->end));
		assert(evbuffer_get_length(range->buf) == range->end - range->seq);
		bytes += range->end - range->seq;
		end = range->end;
	}
	assert(bytes == r->bytes);
	(void)bytes;
	(void)end;
}
