/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SPARE_BUFFERS_H
#define TCP_SPARE_BUFFERS_H

/* Evbuffers that hold nothing, kept for whoever needs one next: the last that was given is the
 * first to be taken, for its memory is at hand. A connection that may rest has buffers only while
 * they hold something: two for each request, which to make and to free costs as much as what goes
 * through them. */

#include <event2/buffer.h>

/* As many as there are packets in a batch, each of which may bring a request. */
enum { SPARE_BUFFERS_MAX = 64 };

/* Zeroed: there are none. */
struct spare_buffers {
	unsigned n;
	struct evbuffer *kept[SPARE_BUFFERS_MAX];
};

/* spare_buffers_take: an empty buffer, the caller's; NULL without memory. */
struct evbuffer *spare_buffers_take(struct spare_buffers *spare);

/* spare_buffers_give: buffer, which holds nothing, and has no callbacks, is not the caller's any
 * more. */
void spare_buffers_give(struct spare_buffers *spare, struct evbuffer *buffer);

/* spare_buffers_free: frees all that are kept. */
void spare_buffers_free(struct spare_buffers *spare);

#endif
