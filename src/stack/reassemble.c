/* SPDX-License-Identifier: BSD-3-Clause */

/* Fragments as the stack sees them: what IP keeps, the stack counts and times out.
 *
 * In: views of fragments; the time. Out: whole packets for batch.c; counters; a Time
 * Exceeded to who sent the first fragment of something that stayed incomplete (RFC 1122
 * 3.3.2 rule 2, RFC 8200 4.5 rule 3, RFC 4443 3.3), which waits for the flush like any answer.
 *
 * It knows no fragment from another: that is the ip room's. */

#include "stack/reassemble.h"

#include "ip/icmp.h"
#include "stack/stack.h"

void reassemble_init(struct evtcp_stack *stack, const struct evtcp_limits *limits)
{
	struct reassembly_limits bounds = {.bytes = limits->fragment_bytes,
		.datagrams = limits->fragmented,
		.fragments = limits->fragments};

	reassembly_init(&stack->reassembly, &stack->world, &bounds);
}

enum evtcp_cause reassemble_input(struct evtcp_stack *stack, const struct ip_view *view,
	uint64_t now, uint8_t **whole, size_t *len)
{
	struct reassembly_news news;
	enum evtcp_cause cause = reassembly_add(&stack->reassembly, view, now, &news);

	for (uint32_t i = 0; i < news.gave_way; i++)
		tracer_count(&stack->trace, EVTCP_CAUSE_IP_FRAGMENT_LIMIT);
	if (news.stale)
		tracer_count(&stack->trace, EVTCP_CAUSE_IP_FRAGMENT_STALE);
	if (cause == EVTCP_CAUSE_NONE) {
		*whole = news.whole;
		*len = news.len;
	}
	return cause;
}

/* Tells who sent the first fragment, if that is here (ATTACKS R06). */
static void tell_sender(
	struct evtcp_stack *stack, const struct reassembly_datagram *datagram, uint64_t now)
{
	struct ip_reply reply = {.capacity = stack->mtu};
	struct ip_view view;
	size_t len;
	const uint8_t *first = reassembly_first_packet(datagram, &len);

	if (!first || ip_input(&stack->ip, first, len, &view) != EVTCP_CAUSE_IP_FRAGMENT)
		return;
	reply.buffer = replies_room(stack, reply.capacity);
	if (!reply.buffer)
		return;
	ip_icmp_give_up(&stack->ip, &view, now, &reply);
	if (reply.len > 0)
		replies_push(stack, reply.len, reply.cause);
	else if (reply.cause != EVTCP_CAUSE_NONE)
		tracer_count(&stack->trace, reply.cause); /* the rate limit */
}

void reassemble_run_timers(struct evtcp_stack *stack, uint64_t now)
{
	struct reassembly_datagram *datagram;

	while ((datagram = reassembly_overdue(&stack->reassembly, now))) {
		if (!reassembly_is_refused(datagram)) {
			tracer_count(&stack->trace, EVTCP_CAUSE_IP_REASSEMBLY_TIMEOUT);
			tell_sender(stack, datagram, now);
		}
		reassembly_drop(&stack->reassembly, datagram);
	}
}
