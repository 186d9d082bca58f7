/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

/* The IPv4 header (RFC 791 3.1) as a struct in host byte order, and back. Pure
 * functions over bytes; what an address or an option means is for the ip room. */

#include "wire/address.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>

enum {
	IPV4_HEADER_MIN = 20, /* without options; what we build */
	IPV4_HEADER_MAX = 60,
	IPV4_PACKET_MAX = 65535,
	IPV4_MTU_MIN = 68 /* what every link must carry whole: RFC 791 3.2 rule 1 */
};

/* Protocol numbers, the same for both families where both have them. */
enum { IP_PROTOCOL_ICMP = 1, IP_PROTOCOL_TCP = 6, IP_PROTOCOL_UDP = 17, IP_PROTOCOL_ICMPV6 = 58 };

struct ipv4_header {
	struct evtcp_addr src, dst; /* v4-mapped */
	uint16_t total_len;         /* header and payload, bytes */
	uint16_t id;
	uint16_t fragment_offset; /* bytes, a multiple of 8 */
	uint8_t header_len;       /* bytes, 20 to 60 */
	uint8_t tos;              /* DSCP in the upper six bits, ECN in the lower two */
	uint8_t ttl;
	uint8_t protocol;
	bool dont_fragment, more_fragments;
};

/* Flags, beside the offset of a fragment in units of eight octets. */
enum { IPV4_DONT_FRAGMENT = 0x4000, IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET_MASK = 0x1fff };

/* ipv4_header_parse_quoted: reads the header at the start of a packet, as an ICMP error
 * quotes it: total_len is read and not judged, for the rest of the packet is not
 * there and some systems of the past wrote it in the wrong byte order. */
static inline enum evtcp_cause ipv4_header_parse_quoted(
	struct ipv4_header *h, const uint8_t *data, size_t len)
{
	uint16_t flags;
	size_t header_len;

	if (len < IPV4_HEADER_MIN)
		return EVTCP_CAUSE_IP_TRUNCATED;
	if (data[0] >> 4 != 4)
		return EVTCP_CAUSE_IP_VERSION; /* RFC 1122 3.2.1.1 */
	header_len = (size_t)(data[0] & 15) * 4;
	if (header_len < IPV4_HEADER_MIN)
		return EVTCP_CAUSE_IP_HEADER_LENGTH;
	if (header_len > len)
		return EVTCP_CAUSE_IP_TRUNCATED;
	flags = bytes_get16(data + 6);
	h->header_len = (uint8_t)header_len;
	h->tos = data[1];
	h->total_len = bytes_get16(data + 2);
	h->id = bytes_get16(data + 4);
	h->dont_fragment = (flags & IPV4_DONT_FRAGMENT) != 0;
	h->more_fragments = (flags & IPV4_MORE_FRAGMENTS) != 0;
	h->fragment_offset = (uint16_t)((flags & IPV4_OFFSET_MASK) * 8);
	h->ttl = data[8];
	h->protocol = data[9];
	address_read_ipv4(&h->src, data + 12);
	address_read_ipv4(&h->dst, data + 16);
	return EVTCP_CAUSE_NONE;
}

/* ipv4_header_parse: reads the header of a packet of len captured bytes. Returns
 * EVTCP_CAUSE_NONE when version is 4 and 20 <= header_len <= total_len <= len;
 * bytes beyond total_len are padding. Else EVTCP_CAUSE_IP_VERSION,
 * EVTCP_CAUSE_IP_HEADER_LENGTH (impossible) or EVTCP_CAUSE_IP_TRUNCATED (bytes are
 * missing), and *h is not to be used. Verifies no checksum. */
static inline enum evtcp_cause ipv4_header_parse(
	struct ipv4_header *h, const uint8_t *data, size_t len)
{
	enum evtcp_cause cause = ipv4_header_parse_quoted(h, data, len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	if (h->total_len < h->header_len)
		return EVTCP_CAUSE_IP_HEADER_LENGTH;
	if (h->total_len > len)
		return EVTCP_CAUSE_IP_TRUNCATED;
	return EVTCP_CAUSE_NONE;
}

/* ipv4_header_is_intact: the checksum over the header_len bytes at data holds. */
bool ipv4_header_is_intact(const uint8_t *data, size_t header_len);

/* ipv4_options_check: walks len bytes of options (at most 40, in at most 40 steps).
 * EVTCP_CAUSE_NONE: nothing that matters, unknown options included.
 * EVTCP_CAUSE_IP_SOURCE_ROUTE: a loose or strict source route is among them.
 * EVTCP_CAUSE_IP_OPTION: a length of 0, 1 or beyond the header. */
enum evtcp_cause ipv4_options_check(const uint8_t *options, size_t len);

/* ipv4_header_build: writes IPV4_HEADER_MIN bytes, checksum included, to out.
 * header_len of *h is not read. Addresses must be v4-mapped. In line: of what a caller always says
 * the same nothing is left. */
static inline void ipv4_header_build(const struct ipv4_header *h, uint8_t *out)
{
	struct checksum c;
	uint32_t flags = (h->dont_fragment ? (unsigned)IPV4_DONT_FRAGMENT : 0) |
			 (h->more_fragments ? (unsigned)IPV4_MORE_FRAGMENTS : 0);
	/* The words in front of the addresses: summed as they are made, not read again. */
	uint32_t length =
		(4u << 4 | IPV4_HEADER_MIN / 4u) << 24 | (uint32_t)h->tos << 16 | h->total_len;
	uint32_t fragment = (uint32_t)h->id << 16 | flags | h->fragment_offset / 8u;
	uint32_t life = (uint32_t)h->ttl << 24 | (uint32_t)h->protocol << 16;

	checksum_init(&c);
	checksum_add_number(&c, length);
	checksum_add_number(&c, fragment);
	checksum_add_number(&c, life);
	checksum_add_number(&c, address_to_ipv4(&h->src));
	checksum_add_number(&c, address_to_ipv4(&h->dst));
	bytes_put32(out, length);
	bytes_put32(out + 4, fragment);
	bytes_put32(out + 8, life | checksum_finish(&c));
	address_write_ipv4(&h->src, out + 12);
	address_write_ipv4(&h->dst, out + 16);
}

#endif
