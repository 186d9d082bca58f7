/* SPDX-License-Identifier: BSD-3-Clause */

/* What links do, as events.
 *
 * Input: what a link tells its observers about a packet. Output: an event, if it did something to
 * it. The stack knows nothing of it: to the stack a segment that a link has lost was sent. */

#include "trace/packet_view.h"

static bool sighting_is_of_interest(enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	if (sighting == EVTCP_DROPPED_IN || sighting == EVTCP_DROPPED_OUT)
		return true;
	if (packet->fate == EVTCP_CAUSE_NONE)
		return sighting == EVTCP_WIRE_OUT && packet->fate_rule != 0; /* made by a rule */
	return evtcp_cause_class(packet->fate) != EVTCP_CLASS_DROPPED;
}

int evtcp_event_of_sighting(
	struct evtcp_event *event, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	bool outbound = sighting == EVTCP_DROPPED_OUT || sighting == EVTCP_WIRE_OUT;
	struct packet_view view;

	if (!sighting_is_of_interest(sighting, packet) || !packet_view_parse(&view, packet))
		return 0;
	*event = (struct evtcp_event){.at_us = packet->at_us, .kind = EVTCP_EVENT_LINK};
	event->reason.cause =
		packet->fate != EVTCP_CAUSE_NONE ? packet->fate : packet->reason.cause;
	packet_view_describe(&view, outbound, event);
	event->u.segment.outbound = outbound;
	event->u.segment.rule = (uint16_t)packet->fate_rule;
	return 1;
}
