/* SPDX-License-Identifier: BSD-3-Clause */

/* Between a packet and the header that TUN has in front of it.
 *
 *   gso_type, gso_size   segment_len
 *   NEEDS_CSUM           checksum_left: the field holds the pseudo-header's sum
 *   DATA_VALID           checksum_left, on the way in: whoever took it from a wire has checked
 *
 * What comes in may have been written by anybody who has a raw socket on the device, so nothing
 * in the header is believed that the packet does not bear out. */

#include "link/vnet.h"

#include "link/segments.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/tcp_header.h"

#include <string.h>

enum { VNET_TCP_FLAGS_AT = 13, VNET_TCP_CHECKSUM_AT = 16 };

/* What the copying of many octets depends on. */
enum {
	VNET_PAGE = 4096,
	VNET_SLOW = 31, /* the destination so many octets further in its page than the source */
	VNET_SHIFT = 32,
	VNET_SHIFTS = 4,
	VNET_SMALL = 512 /* octets whose copying is quick in any case */
};

/* Whether no piece is copied at a twentieth of the speed (tun_link.c), where all that follows the
 * first `linear` octets goes to whole pages, one behind the other. */
static bool vnet_is_copied_fast(const struct evtcp_packet *packet, size_t linear)
{
	size_t at = 0; /* of the piece in the packet */

	for (int i = 0; i < packet->iovcnt; at += packet->iov[i].iov_len, i++) {
		size_t skip = at < linear ? linear - at : 0;
		uintptr_t from = (uintptr_t)packet->iov[i].iov_base + skip;

		if (skip + VNET_SMALL < packet->iov[i].iov_len &&
			(at + skip - linear - from - 1) % VNET_PAGE < VNET_SLOW)
			return false;
	}
	return true;
}

/* The kernel keeps so many octets apart from the pages: the headers, and some of the payload where
 * the rest is copied faster then. */
static uint16_t vnet_hdr_len(const struct evtcp_packet *packet, uint16_t headers)
{
	uint16_t linear = headers;

	while (!vnet_is_copied_fast(packet, linear) && linear < headers + VNET_SHIFTS * VNET_SHIFT)
		linear += VNET_SHIFT;
	return linear;
}

bool vnet_write(struct virtio_net_hdr *header, const struct evtcp_packet *packet)
{
	const uint8_t *bytes = packet->iov[0].iov_base;
	struct segments_layout layout;

	*header = (struct virtio_net_hdr){.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	if (packet->segment_len == 0 && !packet->checksum_left)
		return true;
	if (!segments_find(bytes, packet->iov[0].iov_len, &layout))
		return false;
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = layout.tcp_at;
	header->csum_offset = VNET_TCP_CHECKSUM_AT;
	if (packet->segment_len == 0)
		return true;
	header->hdr_len = vnet_hdr_len(packet, layout.payload_at);
	header->gso_size = packet->segment_len;
	header->gso_type = layout.ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	if ((bytes[layout.tcp_at + VNET_TCP_FLAGS_AT] & TCP_CWR) != 0)
		header->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	return true;
}

/* Completes the checksum of what is not TCP: the kernel leaves out that of UDP as well. */
static bool vnet_complete(const struct virtio_net_hdr *header, const struct iovec *piece)
{
	uint8_t *bytes = piece->iov_base;
	size_t start = header->csum_start, field = start + header->csum_offset;
	struct checksum sum;
	uint16_t value;

	if (field + 2 > piece->iov_len)
		return false;
	checksum_init(&sum);
	checksum_add(&sum, bytes + start, piece->iov_len - start);
	value = checksum_finish(&sum);
	bytes_put16(bytes + field, value != 0 ? value : UINT16_MAX); /* RFC 768: 0 is none */
	return true;
}

/* Whether the checksum that is left out is TCP's. */
static bool vnet_is_tcp_checksum(
	const struct virtio_net_hdr *header, const struct segments_layout *layout)
{
	return (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 &&
	       header->csum_start == layout->tcp_at && header->csum_offset == VNET_TCP_CHECKSUM_AT;
}

static bool vnet_read_segments(const struct virtio_net_hdr *header,
	const struct segments_layout *layout, struct evtcp_packet *packet)
{
	unsigned type = header->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;

	if (type != (layout->ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6) ||
		header->gso_size == 0 || !vnet_is_tcp_checksum(header, layout))
		return false;
	if (layout->end - layout->payload_at > header->gso_size)
		packet->segment_len = header->gso_size;
	packet->checksum_left = true;
	return true;
}

bool vnet_read(const struct virtio_net_hdr *header, struct evtcp_packet *packet)
{
	const struct iovec *piece = &packet->iov[0];
	struct segments_layout layout;

	packet->segment_len = 0;
	packet->checksum_left = false;
	if (header->flags == 0 && header->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	bool tcp = segments_find(piece->iov_base, piece->iov_len, &layout);
	if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return tcp && vnet_read_segments(header, &layout, packet);
	bool needs = (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
	if (needs && !(tcp && vnet_is_tcp_checksum(header, &layout)))
		return vnet_complete(header, piece);
	packet->checksum_left =
		tcp && (needs || (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0);
	return true;
}
