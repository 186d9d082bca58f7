/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_REPLIES_H
#define STACK_REPLIES_H

/* Answers that belong to no connection (RST, SYN cookie, TIME-WAIT's ACK, ICMP),
 * complete to the byte, waiting for the flush. When there is no room for another
 * they leave at once. */

#include "tcp/segment.h"
#include <evtcp/trace.h>

struct evtcp_stack;

enum {
	REPLIES_MAX = 64,
	REPLIES_BYTES = 128 * 1024 /* 64 of 1,500 bytes, or one of any size */
};

struct reply {
	uint32_t len;             /* bytes of its packet */
	struct evtcp_event event; /* SENT for a segment; else only its moment and reason */
	bool is_segment;
};

struct replies {
	uint8_t *bytes;     /* REPLIES_BYTES, NULL until the first */
	struct reply *list; /* REPLIES_MAX, in the same piece of memory */
	uint32_t used;      /* of bytes */
	unsigned len;       /* of list */
};

void replies_free(struct evtcp_stack *stack);

/* replies_room: where a packet of at most max bytes can be built; what waited may
 * have left. NULL without memory. */
uint8_t *replies_room(struct evtcp_stack *stack, size_t max);

/* replies_push: len bytes were built at replies_room, to be sent because of cause. */
void replies_push(struct evtcp_stack *stack, size_t len, enum evtcp_cause cause);

/* replies_push_segment: out is to be sent; without memory it is dropped and
 * counted. */
void replies_push_segment(struct evtcp_stack *stack, const struct segment_out *out);

/* replies_send: hands what waits to the link, oldest first. */
void replies_send(struct evtcp_stack *stack);

#endif
