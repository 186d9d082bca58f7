/* SPDX-License-Identifier: BSD-3-Clause */

/* Answers without a connection, kept until the flush.
 *
 * In: segments that TCP returned from input, packets that ICMP built. Out: the same
 * packets to the link, in the order in which they were caused.
 *
 * They are stored as bytes because nothing else remembers them: there is no state
 * from which they could be made later. */

#include "stack/replies.h"
#include "stack/output.h"
#include "stack/stack.h"
#include "util/memory.h"

/* Memory for both arrays at once, on the first answer ever: many stacks never
 * need it. */
static bool replies_make(struct evtcp_stack *stack)
{
	struct replies *replies = &stack->batch.replies;
	size_t list_size = REPLIES_MAX * sizeof(*replies->list);

	if (!replies->list)
		replies->list = memory_alloc(&stack->world, list_size + REPLIES_BYTES);
	if (!replies->list)
		return false;
	replies->bytes = (uint8_t *)replies->list + list_size;
	return true;
}

void replies_free(struct evtcp_stack *stack)
{
	memory_free(&stack->world, stack->batch.replies.list);
	stack->batch.replies = (struct replies){0};
}

uint8_t *replies_room(struct evtcp_stack *stack, size_t max)
{
	struct replies *replies = &stack->batch.replies;

	if (!replies_make(stack))
		return NULL;
	if (replies->len == REPLIES_MAX || max > REPLIES_BYTES - replies->used)
		replies_send(stack);
	return replies->bytes + replies->used;
}

static struct reply *replies_add(struct replies *replies, size_t len)
{
	struct reply *reply = &replies->list[replies->len++];

	*reply = (struct reply){.len = (uint32_t)len};
	replies->used += reply->len;
	return reply;
}

void replies_push(struct evtcp_stack *stack, size_t len, enum evtcp_cause cause)
{
	struct reply *reply = replies_add(&stack->batch.replies, len);

	reply->event.at_us = stack->batch.now_us;
	reply->event.reason.cause = cause;
}

void replies_push_segment(struct evtcp_stack *stack, const struct segment_out *out)
{
	uint8_t *room = replies_room(stack, OUTPUT_HEADERS_MAX);
	struct reply *reply;

	if (!room) {
		tracer_count(&stack->trace, EVTCP_CAUSE_NO_MEMORY);
		return;
	}
	reply = replies_add(&stack->batch.replies, output_build_headers(stack, out, false, room));
	reply->is_segment = true;
	output_describe(stack, out, &reply->event);
}

void replies_send(struct evtcp_stack *stack)
{
	struct replies *replies = &stack->batch.replies;
	uint8_t *at = replies->bytes;

	for (unsigned i = 0; i < replies->len; i++) {
		struct reply *reply = &replies->list[i];
		struct iovec iov = {.iov_base = at, .iov_len = reply->len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = reply->len};

		enum evtcp_cause refused;

		packet.reason = reply->event.reason;
		refused = output_packet(stack, &packet);
		if (reply->is_segment || refused != EVTCP_CAUSE_NONE)
			output_tell(stack, &reply->event, refused);
		at += reply->len;
	}
	replies->len = 0;
	replies->used = 0;
}
