/* SPDX-License-Identifier: BSD-3-Clause */

/* The TCP segment in a packet that passes by.
 *
 * Input: an IP packet in pieces. Output: its endpoints, TCP header and payload
 * length, or nothing. Only the first bytes are copied, as many as the two headers
 * can have: payload is never touched, so watching costs the same for any size.
 *
 * It does not verify checksums, options or addresses, and reassembles nothing:
 * what passes is shown as it is. */

#include "trace/packet_view.h"

#include "wire/address.h"

enum {
	IPV4_HEADER_MIN = 20,
	IPV4_HEADER_MAX = 60,
	IPV4_PROTOCOL_TCP = 6,
	IPV4_OFFSET_MASK = 0x1fff
};

static uint32_t packet_view_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t packet_view_u32(const uint8_t *at)
{
	return packet_view_u16(at) << 16 | packet_view_u16(at + 2);
}

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

bool packet_view_parse(struct packet_view *view, const struct evtcp_packet *packet)
{
	uint8_t head[IPV4_HEADER_MAX + TCP_HEADER_MAX];
	size_t len = packet_view_head(packet, head, sizeof(head)), tcp_header_size;

	if (len < IPV4_HEADER_MIN || head[0] >> 4 != 4)
		return false;

	size_t header_len = (size_t)(head[0] & 15) * 4;
	size_t total = packet_view_u16(head + 2);

	if (header_len < IPV4_HEADER_MIN || header_len > total || total > packet->len ||
		header_len > len)
		return false;
	if (head[9] != IPV4_PROTOCOL_TCP || (packet_view_u16(head + 6) & IPV4_OFFSET_MASK) != 0)
		return false;
	if (len > total)
		len = total; /* bytes behind the packet are not the packet */
	if (tcp_header_parse(&view->tcp, head + header_len, len - header_len, &tcp_header_size) !=
		EVTCP_CAUSE_NONE)
		return false;

	address_from_ipv4(&view->src.addr, packet_view_u32(head + 12));
	address_from_ipv4(&view->dst.addr, packet_view_u32(head + 16));
	view->src.port = view->tcp.src_port;
	view->dst.port = view->tcp.dst_port;
	view->payload_len = (uint32_t)(total - header_len - tcp_header_size);
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
