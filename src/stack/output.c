/* SPDX-License-Identifier: BSD-3-Clause */

/* From a segment to a packet on the link: TCP header, IP header, checksums, then
 * the link's output.
 *
 *   iov[0]  IP header | TCP header     built here
 *   iov[1]… payload                    pieces of the send queue, never copied
 *
 * In: a segment that TCP wants to send, or many in a row that differ in little, or a finished
 * packet. Out: for each packet one call of the link, one counted cause, one event.
 *
 * Nothing is kept: what the link refuses is lost, and TCP finds that out as it does
 * with any loss. */

#include "stack/output.h"
#include "link/refusal.h"
#include "link/segments.h"
#include "stack/stack.h"
#include "wire/checksum.h"

#include <assert.h>
#include <errno.h>

_Static_assert((int)EVTCP_EVENT_SACKS >= (int)TCP_MAX_SACK_BLOCKS, "all blocks of a header fit");

size_t output_build_headers(const struct evtcp_stack *stack, const struct segment_out *out,
	bool checksum_left, uint8_t *headers)
{
	struct ip_datagram datagram = {
		.src = out->tuple.local.addr,
		.dst = out->tuple.remote.addr,
		.protocol = IP_PROTOCOL_TCP,
		.dscp = out->dscp,
		.ecn = out->ecn,
		.ttl = out->ttl,
	};
	size_t ip_len = ip_header_len(&datagram.dst);
	uint8_t *tcp_header = headers + ip_len;
	size_t tcp_len = tcp_header_build(&out->h, tcp_header);
	struct checksum sum;

	datagram.payload_len = tcp_len + out->payload_len;
	ip_output_header(&stack->ip, &datagram, headers);
	/* RFC 9293 3.1, MUST-2. */
	checksum_init(&sum);
	checksum_add_pseudo_header(&sum, &datagram.src, &datagram.dst, IP_PROTOCOL_TCP,
		(uint32_t)datagram.payload_len);
	if (checksum_left) { /* the link goes on from here */
		tcp_header_set_checksum(tcp_header, (uint16_t)~checksum_finish(&sum));
		return ip_len + tcp_len;
	}
	checksum_add(&sum, tcp_header, tcp_len);
	checksum_add_iov(&sum, out->payload, out->n_payload, out->payload_len);
	tcp_header_set_checksum(tcp_header, checksum_finish(&sum));
	return ip_len + tcp_len;
}

void output_describe_header(const struct tcp_header *h, struct evtcp_event *event)
{
	event->u.segment.seq = h->seq;
	event->u.segment.ack = h->ack;
	event->u.segment.window = h->window;
	event->u.segment.flags = h->flags;
	event->u.segment.n_sack = h->options.n_sack;
	for (unsigned i = 0; i < h->options.n_sack; i++) {
		event->u.segment.sack[i].left = h->options.sack[i].left;
		event->u.segment.sack[i].right = h->options.sack[i].right;
	}
}

void output_describe(
	const struct evtcp_stack *stack, const struct segment_out *out, struct evtcp_event *event)
{
	*event = (struct evtcp_event){
		.at_us = stack->batch.now_us,
		.kind = EVTCP_EVENT_SENT,
		.reason = out->reason,
		.tuple = out->tuple,
	};
	event->u.segment.payload_len = out->payload_len;
	output_describe_header(&out->h, event);
}

/* How many packets the link makes of it. */
static uint32_t output_count(const struct evtcp_packet *packet)
{
	size_t payload_len = packet->len - packet->iov[0].iov_len, each = packet->segment_len;

	return each == 0 ? 1 : (uint32_t)((payload_len + each - 1) / each);
}

enum evtcp_cause output_packet(struct evtcp_stack *stack, struct evtcp_packet *packet)
{
	enum evtcp_cause refused = EVTCP_CAUSE_NONE;

	packet->at_us = stack->batch.now_us;
	if (!stack->link)
		refused = EVTCP_CAUSE_LINK_DOWN;
	else if (evtcp_link_output(stack->link, packet) < 0)
		refused = refusal_cause(errno);
	tracer_add(&stack->trace, refused == EVTCP_CAUSE_NONE ? packet->reason.cause : refused,
		output_count(packet));
	return refused;
}

void output_tell(
	struct evtcp_stack *stack, const struct evtcp_event *sent, enum evtcp_cause refused)
{
	struct evtcp_event event = *sent;

	if (refused != EVTCP_CAUSE_NONE) {
		event.kind = EVTCP_EVENT_DROPPED;
		event.reason = (struct evtcp_reason){.cause = refused};
	}
	if (tracer_wants(&stack->trace, event.kind))
		tracer_emit(&stack->trace, &event);
}

/* ---- one segment, or several at once -------------------------------------------------------- */

/* A segment on its way out, and how much of its payload has gone as packets by themselves. */
struct departure {
	struct evtcp_stack *stack;
	const struct segment_out *out;
	uint32_t gone;
};

/* Tells of the len octets of payload that left in one packet. */
static void departure_tell(
	const struct departure *departure, uint32_t len, enum evtcp_cause refused)
{
	const struct segment_out *out = departure->out;
	struct evtcp_event event;

	output_describe(departure->stack, out, &event);
	event.u.segment.seq += departure->gone;
	event.u.segment.payload_len = len;
	if (departure->gone + len < out->payload_len) /* segments.h: on the last alone */
		event.u.segment.flags &= (uint16_t) ~(TCP_FIN | TCP_PSH);
	output_tell(departure->stack, &event, refused);
}

static inline int departure_packet(void *arg, struct evtcp_packet *packet)
{
	struct departure *departure = arg;
	uint32_t len = (uint32_t)(packet->len - packet->iov[0].iov_len);
	enum evtcp_cause refused = output_packet(departure->stack, packet);

	if (departure->stack->trace.kinds != 0) /* else nobody listens */
		departure_tell(departure, len, refused);
	departure->gone += len;
	return 0;
}

void output_segment(struct evtcp_stack *stack, const struct segment_out *out)
{
	uint8_t headers[OUTPUT_HEADERS_MAX];
	struct iovec iov[1 + SEGMENT_IOVECS];
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 1 + out->n_payload};
	struct departure departure = {.stack = stack, .out = out};
	bool cut;

	packet.segment_len = out->segment_len;
	packet.checksum_left = stack->link && evtcp_link_get_offload(stack->link)->checksum;
	cut = packet.segment_len != 0 && !packet.checksum_left;
	iov[0].iov_base = headers;
	iov[0].iov_len = output_build_headers(stack, out, cut || packet.checksum_left, headers);
	for (int i = 0; i < out->n_payload; i++)
		iov[1 + i] = out->payload[i];
	packet.len = iov[0].iov_len + out->payload_len;
	packet.reason = out->reason;
	if (cut)
		segments_each(&packet, departure_packet, &departure);
	else
		departure_packet(&departure, &packet);
}
