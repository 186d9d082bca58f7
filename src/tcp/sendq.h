/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SENDQ_H
#define TCP_SENDQ_H

/* The send queue: bytes from snd_una on, sent or not, in one private evbuffer. It
 * is the retransmission queue too: what is acknowledged is drained, what is sent
 * is looked at, nothing is copied. */

#include "tcp/spare_buffers.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct sendq {
	/* Where the last view has ended, until buf changes: only a long queue asks for it. */
	struct evbuffer_ptr cursor;
	uint32_t cursor_seq; /* where cursor stands, when cursor_valid */
	bool cursor_valid;

	/* From here on every segment asks for it (TCB_OFTEN in tcb.h). */
	struct evbuffer *buf; /* NULL while there has been nothing to send */
	uint32_t seq;         /* sequence number of its first byte */
	uint32_t len;         /* of buf: asked for a dozen times for each segment */
	/* Its first byte, and how many are in one piece with it, as the last view has found it;
	 * NULL when buf has changed since. */
	const void *first;
	uint32_t first_len;
};

/* sendq_init: empty, its first byte will have number seq. Whoever may make or free the buffer
 * takes it from spare, or gives it there. */
void sendq_init(struct sendq *q, uint32_t seq);
void sendq_free(struct sendq *q, struct spare_buffers *spare);

static inline uint32_t sendq_len(const struct sendq *q)
{
	return q->len;
}

/* sendq_append: moves the first len bytes of data to the end. Whole chains move; a
 * chain that is longer than what is left of len stays if twice as much waits already, and a full
 * segment (of so many bytes), and is cut and copied if not; and copied is a small piece that can
 * join the last chain, so that many small writes do not become many chains. Returns bytes moved:
 * fewer than len, which were all of data, never; than a part of it, when a chain stays or memory
 * runs out; -1 when nothing could be moved for want of memory. */
ssize_t sendq_append(struct sendq *q, struct evbuffer *data, uint32_t len, uint32_t segment,
	struct spare_buffers *spare);

/* sendq_is_unused: there is no buffer. sendq_take_over: then data, which holds len bytes, is that
 * from here on, and not the caller's any more: nothing moves. */
static inline bool sendq_is_unused(const struct sendq *q)
{
	return q->buf == NULL;
}

void sendq_take_over(struct sendq *q, struct evbuffer *data, uint32_t len);

/* sendq_view: the bytes [seq, seq + len) as at most max pieces, which are valid
 * until the queue changes. *viewed is how many bytes they hold, less than len when
 * max pieces do not reach. Walks on from the last view when seq is at or after
 * it. Returns the number of pieces. The range must be in the queue. */
int sendq_view(
	struct sendq *q, uint32_t seq, uint32_t len, struct iovec *iov, int max, uint32_t *viewed);

/* sendq_drop: forgets the first bytes, up to seq. */
void sendq_drop(struct sendq *q, uint32_t seq, struct spare_buffers *spare);

/* sendq_check: asserts what holds between calls. */
void sendq_check(const struct sendq *q);

#endif
