/* SPDX-License-Identifier: BSD-3-Clause */

/* The TCP segment in a packet that passes by.
 *
 * Input: an IP packet in pieces. Output: its endpoints, TCP header and payload
 * length, or nothing. Only the first bytes are copied, as many as the headers
 * can have: watching costs the same for any size.
 *
 * It does not verify checksums, options or addresses, and reassembles nothing:
 * what passes is shown as it is. */

#include "trace/packet_view.h"

#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_chain.h"

#include <string.h>

/* As much as is looked at: an IPv4 header and TCP's, or an IPv6 header, TCP's, and as many
 * extension headers as fit between them. */
enum { PACKET_VIEW_HEAD = 256 };

/* Copies the first size bytes of the packet, or all there are. */
static size_t packet_view_head(const struct evtcp_packet *packet, uint8_t *head, size_t size)
{
	size_t len = 0;

	for (int i = 0; i < packet->iovcnt && len < size; i++) {
		size_t n = packet->iov[i].iov_len;

		if (n > size - len)
			n = size - len;
		if (n == 0)
			continue; /* an empty piece may have no address */
		memcpy(head + len, packet->iov[i].iov_base, n);
		len += n;
	}
	return len;
}

/* Where TCP's header is: bytes from the start of the packet, and where the packet ends. */
struct packet_view_place {
	size_t tcp_at, end;
};

static bool packet_view_find_ipv4(
	struct packet_view *view, const uint8_t *head, size_t len, struct packet_view_place *place)
{
	struct ipv4_header h;

	if (ipv4_header_parse_quoted(&h, head, len) != EVTCP_CAUSE_NONE ||
		h.protocol != IP_PROTOCOL_TCP || h.fragment_offset != 0)
		return false;
	view->src.addr = h.src;
	view->dst.addr = h.dst;
	*place = (struct packet_view_place){h.header_len, h.total_len};
	return true;
}

static bool packet_view_find_ipv6(
	struct packet_view *view, const uint8_t *head, size_t len, struct packet_view_place *place)
{
	struct ipv6_header h;
	struct ipv6_chain chain;
	size_t end;

	if (ipv6_header_parse_quoted(&h, head, len) != EVTCP_CAUSE_NONE)
		return false;
	end = IPV6_HEADER + (size_t)h.payload_len;
	if (ipv6_chain_walk(&chain, head, len < end ? len : end) != EVTCP_CAUSE_NONE ||
		chain.upper != IP_PROTOCOL_TCP)
		return false;
	view->src.addr = h.src;
	view->dst.addr = h.dst;
	*place = (struct packet_view_place){chain.upper_at, end};
	return true;
}

bool packet_view_parse(struct packet_view *view, const struct evtcp_packet *packet)
{
	uint8_t head[PACKET_VIEW_HEAD];
	size_t len = packet_view_head(packet, head, sizeof(head)), tcp_header_size;
	struct packet_view_place place;

	if (len == 0)
		return false;
	if (!(head[0] >> 4 == 6 ? packet_view_find_ipv6 : packet_view_find_ipv4)(
		    view, head, len, &place))
		return false;
	if (place.tcp_at > place.end || place.end > packet->len)
		return false;
	if (len > place.end)
		len = place.end; /* bytes behind the packet are not the packet */
	if (tcp_header_parse(&view->tcp, head + place.tcp_at, len - place.tcp_at,
		    &tcp_header_size) != EVTCP_CAUSE_NONE)
		return false;
	view->src.port = view->tcp.src_port;
	view->dst.port = view->tcp.dst_port;
	view->tcp_at = place.tcp_at;
	view->payload_at = place.tcp_at + tcp_header_size;
	view->payload_len = (uint32_t)(place.end - place.tcp_at - tcp_header_size);
	return true;
}

uint32_t packet_view_seq_len(const struct packet_view *view)
{
	return view->payload_len + ((view->tcp.flags & TCP_SYN) != 0) +
	       ((view->tcp.flags & TCP_FIN) != 0);
}

void packet_view_tuple(const struct packet_view *view, bool outbound, struct evtcp_tuple *tuple)
{
	tuple->local = outbound ? view->src : view->dst;
	tuple->remote = outbound ? view->dst : view->src;
}

void packet_view_describe(const struct packet_view *view, bool outbound, struct evtcp_event *event)
{
	packet_view_tuple(view, outbound, &event->tuple);
	event->u.segment.seq = view->tcp.seq;
	event->u.segment.ack = view->tcp.ack;
	event->u.segment.window = view->tcp.window;
	event->u.segment.flags = view->tcp.flags;
	event->u.segment.payload_len = view->payload_len;
}
