/* SPDX-License-Identifier: BSD-3-Clause */

/* The IPv4 header, from bytes to a struct in host order and back.
 *
 *      0        1       2         4     6         8     9       10      12    16   20
 *      | 4, IHL | TOS   | total   | ID  | flags,  | TTL | proto | cksum | src | dst | options
 *                                         offset / 8
 *
 * In: bytes of a stranger. Out: a header whose lengths are true of those bytes, or
 * the cause why there is none. Every sum of lengths is checked here, once, so that
 * no room above can subtract one from a smaller one. */

#include "wire/ipv4.h"

enum { OFFSET_MASK = 0x1fff };

/* RFC 791 3.1: the option's first byte, copy flag and class included. */
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LSRR = 131, OPTION_SSRR = 137 };

enum evtcp_cause ipv4_header_parse_quoted(struct ipv4_header *h, const uint8_t *data, size_t len)
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
	h->fragment_offset = (uint16_t)((flags & OFFSET_MASK) * 8);
	h->ttl = data[8];
	h->protocol = data[9];
	address_read_ipv4(&h->src, data + 12);
	address_read_ipv4(&h->dst, data + 16);
	return EVTCP_CAUSE_NONE;
}

enum evtcp_cause ipv4_header_parse(struct ipv4_header *h, const uint8_t *data, size_t len)
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

bool ipv4_header_is_intact(const uint8_t *data, size_t header_len)
{
	struct checksum c;

	checksum_init(&c);
	checksum_add_header(&c, data, header_len);
	return checksum_finish(&c) == 0;
}

enum evtcp_cause ipv4_options_check(const uint8_t *options, size_t len)
{
	while (len > 0 && options[0] != OPTION_END) {
		size_t step = 1; /* a NOP has no length byte */

		if (options[0] == OPTION_LSRR || options[0] == OPTION_SSRR)
			return EVTCP_CAUSE_IP_SOURCE_ROUTE;
		if (options[0] != OPTION_NOP) {
			if (len < 2 || options[1] < 2 || options[1] > len)
				return EVTCP_CAUSE_IP_OPTION;
			step = options[1];
		}
		options += step;
		len -= step;
	}
	return EVTCP_CAUSE_NONE;
}
