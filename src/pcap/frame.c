/* SPDX-License-Identifier: BSD-3-Clause */

/* Link headers. Input: a frame and its link type. Output: where IP begins in it. No header is laid
 * over the bytes, and none is believed beyond them. Not looked into: frames of IEEE 802.3 with LLC,
 * tunnels, wireless. */

#include "pcap/frame.h"

#include "wire/bytes.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,

	ETHERNET_ADDRESSES = 12, /* the type stands behind them */
	VLAN_TAG = 4,
	NULL_HEADER = 4,
	SLL_HEADER = 16,
	SLL2_HEADER = 20,
	SLL_TO_US = 0, /* who captured; other numbers: to several, or it passed by */
	SLL_OUTGOING = 4
};

/* The frame has a type at type_at, with VLAN tags behind it as it says. */
static enum pcap_frame frame_of_type(const struct pcap_packet *packet, size_t type_at, size_t *at)
{
	for (unsigned tags = 0; tags <= PCAP_MAX_TAGS; tags++, type_at += VLAN_TAG) {
		if (packet->len < type_at + 2)
			return PCAP_FRAME_SHORT;
		*at = type_at + 2;
		switch (bytes_get16(packet->bytes + type_at)) {
		case ETHERTYPE_IPV4:
		case ETHERTYPE_IPV6:
			return PCAP_FRAME_IP;
		case ETHERTYPE_VLAN:
		case ETHERTYPE_QINQ:
		case ETHERTYPE_QINQ_OLD:
			break;
		default:
			return PCAP_FRAME_OTHER;
		}
	}
	return PCAP_FRAME_OTHER;
}

/* A type of its own, before the header's end: no tag can follow. */
static enum pcap_frame frame_of_cooked(
	const struct pcap_packet *packet, size_t type_at, size_t header, size_t *at)
{
	uint16_t type;

	if (packet->len < header)
		return PCAP_FRAME_SHORT;
	type = bytes_get16(packet->bytes + type_at);
	if (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ)
		return frame_of_type(packet, header + 2, at); /* behind the tag */
	*at = header;
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? PCAP_FRAME_IP : PCAP_FRAME_OTHER;
}

static void frame_set_direction(struct pcap_packet *packet, unsigned type)
{
	if (packet->direction == PCAP_UNKNOWN && type == SLL_OUTGOING)
		packet->direction = PCAP_OUTBOUND;
	else if (packet->direction == PCAP_UNKNOWN && type == SLL_TO_US)
		packet->direction = PCAP_INBOUND;
}

/* AF_INET is 2 everywhere, AF_INET6 differs from system to system. */
static bool frame_is_family(uint32_t family)
{
	return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

static enum pcap_frame frame_of_null(const struct pcap_packet *packet, size_t *at)
{
	uint32_t family;

	if (packet->len < NULL_HEADER)
		return PCAP_FRAME_SHORT;
	family = bytes_get32(packet->bytes);
	*at = NULL_HEADER;
	return frame_is_family(family) || frame_is_family(__builtin_bswap32(family))
		       ? PCAP_FRAME_IP
		       : PCAP_FRAME_OTHER;
}

enum pcap_frame pcap_frame_find_ip(struct pcap_packet *packet, size_t *at)
{
	*at = 0;
	switch (packet->interface->link_type) {
	case LINKTYPE_ETHERNET:
		return frame_of_type(packet, ETHERNET_ADDRESSES, at);
	case LINKTYPE_RAW:
	case LINKTYPE_RAW_BSD:
	case LINKTYPE_RAW_OPENBSD:
	case LINKTYPE_IPV4:
	case LINKTYPE_IPV6:
		return PCAP_FRAME_IP;
	case LINKTYPE_NULL:
	case LINKTYPE_LOOP:
		return frame_of_null(packet, at);
	case LINKTYPE_LINUX_SLL:
		if (packet->len >= SLL_HEADER)
			frame_set_direction(packet, bytes_get16(packet->bytes));
		return frame_of_cooked(packet, 14, SLL_HEADER, at);
	case LINKTYPE_LINUX_SLL2:
		if (packet->len >= SLL2_HEADER) {
			frame_set_direction(packet, packet->bytes[10]);
			packet->device = bytes_get32(packet->bytes + 4);
		}
		return frame_of_cooked(packet, 0, SLL2_HEADER, at);
	default:
		return PCAP_FRAME_UNKNOWN;
	}
}
