/* SPDX-License-Identifier: BSD-3-Clause */
/* The send queue on an evbuffer.
 *
 * An offset into an evbuffer is found by walking its chains, which would make a
 * burst of n segments cost n walks. A cursor remembers where the last view ended;
 * output views a burst in order, so the walk is one step each. The address of the first byte is
 * remembered, too, for who fetches it beforehand (stack/expect). Whatever changes the buffer
 * forgets both. */

#include "tcp/sendq.h"
#include "wire/seq.h"
#include <assert.h>
#include <string.h>

void sendq_init(struct sendq *q, uint32_t seq)
{
	memset(q, 0, sizeof(*q));
	q->seq = seq;
}

/* The buffer changes: what was found in it is there no more. */
static void sendq_forget(struct sendq *q)
{
	q->first = NULL;
	q->cursor_valid = false;
}

void sendq_free(struct sendq *q, struct spare_buffers *spare)
{
	if (q->len > 0)
		evbuffer_free(q->buf);
	else if (q->buf != NULL)
		spare_buffers_give(spare, q->buf);
	q->buf = NULL;
	q->len = 0;
	sendq_forget(q);
}

/* A piece up to this size is copied behind what waits already: a chain of its own
 * would cost 1 KB, and a segment holds only SEGMENT_IOVECS of them. */
enum { SENDQ_SMALL = 512 };

/* The first n bytes of data, which are in one chain, by copy. */
static int sendq_copy(struct sendq *q, struct evbuffer *data, const void *first, size_t n)
{
	if (evbuffer_add(q->buf, first, n) == -1)
		return -1;
	return evbuffer_drain(data, n);
}

/* Whether the first chain of data, longer than there is room for, is worth waiting for: to cut it
 * is to copy it. It is a part of what waits already, so that less than a third of the buffer is
 * left empty meanwhile; and a segment of that is out or will be, whose ACK makes room: less a cork
 * may hold back until there is none. */
static bool sendq_may_wait(const struct sendq *q, size_t chain, uint32_t segment)
{
	return chain <= q->len / 2 && q->len >= segment;
}

/* Moves the first chain of data, or its first len bytes if it is longer and cannot wait. Returns
 * the bytes moved. evbuffer_remove_buffer could do the whole, but loses bytes when it has no memory
 * to copy the chain that is cut. */
static ssize_t sendq_move(struct sendq *q, struct evbuffer *data, uint32_t len, uint32_t segment)
{
	struct evbuffer_iovec first;

	if (evbuffer_peek(data, 1, NULL, &first, 1) < 1)
		return -1;
	if (first.iov_len <= len)
		return evbuffer_remove_buffer(data, q->buf, first.iov_len);
	if (sendq_may_wait(q, first.iov_len, segment))
		return 0;
	return sendq_copy(q, data, first.iov_base, len) == -1 ? -1 : (ssize_t)len;
}

static ssize_t sendq_take(struct sendq *q, struct evbuffer *data, uint32_t len, uint32_t segment)
{
	struct evbuffer_iovec first;
	bool all = len == evbuffer_get_length(data);
	uint32_t moved = 0;
	ssize_t n = 0;

	if (all && len <= SENDQ_SMALL && q->len > 0 &&
		evbuffer_peek(data, len, NULL, &first, 1) == 1)
		return sendq_copy(q, data, first.iov_base, len) == -1 ? -1 : (ssize_t)len;
	if (all)
		return evbuffer_add_buffer(q->buf, data) == -1 ? -1 : (ssize_t)len;
	for (; moved < len && (n = sendq_move(q, data, len - moved, segment)) > 0;
		moved += (uint32_t)n)
		;
	return moved > 0 ? (ssize_t)moved : n;
}

ssize_t sendq_append(struct sendq *q, struct evbuffer *data, uint32_t len, uint32_t segment,
	struct spare_buffers *spare)
{
	ssize_t taken;

	if (q->buf == NULL && (q->buf = spare_buffers_take(spare)) == NULL)
		return -1;
	sendq_forget(q);
	taken = sendq_take(q, data, len, segment);
	if (taken > 0)
		q->len += (uint32_t)taken;
	return taken;
}

void sendq_take_over(struct sendq *q, struct evbuffer *data, uint32_t len)
{
	assert(q->buf == NULL && len > 0);
	q->buf = data;
	q->len = len;
	sendq_forget(q);
}

/* Puts the cursor on seq. */
static int sendq_seek(struct sendq *q, uint32_t seq)
{
	bool onward = q->cursor_valid && seq_leq(q->cursor_seq, seq);
	uint32_t distance = onward ? seq - q->cursor_seq : seq - q->seq;
	enum evbuffer_ptr_how how = onward ? EVBUFFER_PTR_ADD : EVBUFFER_PTR_SET;

	q->cursor_valid = evbuffer_ptr_set(q->buf, &q->cursor, distance, how) == 0;
	q->cursor_seq = seq;
	return q->cursor_valid ? 0 : -1;
}

int sendq_view(
	struct sendq *q, uint32_t seq, uint32_t len, struct iovec *iov, int max, uint32_t *viewed)
{
	bool at_first = seq == q->seq;

	*viewed = 0;
	if (len == 0)
		return 0;
	assert(seq - q->seq <= sendq_len(q) && len <= sendq_len(q) - (seq - q->seq));
	/* The beginning is found without a cursor: a small answer is all of it. */
	if (!at_first && sendq_seek(q, seq) == -1)
		return 0;

	/* evbuffer_peek says how many pieces the range has, which may be more than
	 * it filled in. */
	int pieces = evbuffer_peek(q->buf, len, at_first ? NULL : &q->cursor, iov, max);
	if (pieces > max)
		pieces = max;
	for (int i = 0; i < pieces; i++) {
		if (iov[i].iov_len > len - *viewed)
			iov[i].iov_len = len - *viewed;
		*viewed += (uint32_t)iov[i].iov_len;
	}
	if (at_first && pieces > 0) {
		q->first = iov[0].iov_base;
		q->first_len = (uint32_t)iov[0].iov_len;
	}
	return pieces;
}

void sendq_drop(struct sendq *q, uint32_t seq, struct spare_buffers *spare)
{
	uint32_t n = seq - q->seq;

	if (n == 0)
		return;
	assert(n <= sendq_len(q));
	evbuffer_drain(q->buf, n);
	q->len -= n;
	q->seq = seq;
	sendq_forget(q);
	/* An idle connection holds no buffer. */
	if (q->len == 0)
		sendq_free(q, spare);
}

void sendq_check(const struct sendq *q)
{
	struct evbuffer_iovec first = {.iov_base = NULL};

	assert(q->len == (q->buf == NULL ? 0 : evbuffer_get_length(q->buf)));
	if (q->first != NULL)
		(void)evbuffer_peek(q->buf, 1, NULL, &first, 1);
	assert(q->first == first.iov_base && (q->first == NULL || q->first_len <= first.iov_len));
}
