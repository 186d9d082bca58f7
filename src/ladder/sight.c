/* SPDX-License-Identifier: BSD-3-Clause */

/* From captured bytes to a TCP header. Input: an IP packet, perhaps cut. Output: what can be said
 * of the segment in it. */

#include "ladder/sight.h"

#include "wire/bytes.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_chain.h"

#include <string.h>

enum {
	SIGHT_ECN = 3,      /* both bits: CE */
	SIGHT_TCP_MIN = 16, /* of the TCP header, up to the window */
	SIGHT_CHECKSUM_AT = 16
};

/* Where TCP is in the packet, and where that ends, in bytes from its beginning. */
struct sight_place {
	size_t tcp_at, end;
};

static enum sight_kind sight_of_ipv4(
	struct sight *sight, const uint8_t *ip, size_t len, struct sight_place *place)
{
	struct ipv4_header header;
	enum evtcp_cause cause = ipv4_header_parse_quoted(&header, ip, len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause == EVTCP_CAUSE_IP_TRUNCATED ? SIGHT_SHORT : SIGHT_MALFORMED;
	if (header.protocol != IP_PROTOCOL_TCP)
		return SIGHT_OTHER;
	if (header.fragment_offset != 0)
		return SIGHT_FRAGMENT;
	sight->src.addr = header.src;
	sight->dst.addr = header.dst;
	sight->fragment = header.more_fragments;
	sight->marked = (header.tos & SIGHT_ECN) == SIGHT_ECN;
	sight->id = header.id;
	place->tcp_at = header.header_len;
	if (header.total_len != 0) /* 0: the card was to cut it up, and to say how long each is */
		place->end = header.total_len;
	return SIGHT_TCP;
}

static enum sight_kind sight_of_chain(
	struct sight *sight, const uint8_t *ip, size_t len, struct sight_place *place)
{
	struct ipv6_chain chain;
	enum evtcp_cause cause = ipv6_chain_walk(&chain, ip, len);

	if (cause == EVTCP_CAUSE_IP_FRAGMENT) {
		/* The offset, with three bits of other meaning: RFC 8200 4.5. */
		if (chain.fragment_at + 8 > len)
			return SIGHT_SHORT;
		if ((bytes_get16(ip + chain.fragment_at + 2) & 0xfff8) != 0)
			return SIGHT_FRAGMENT;
		sight->fragment = true;
		cause = ipv6_chain_walk_first_fragment(&chain, ip, len);
	}
	if (cause == EVTCP_CAUSE_IP_TRUNCATED)
		return len < place->end ? SIGHT_SHORT : SIGHT_MALFORMED;
	place->tcp_at = chain.upper_at;
	return cause == EVTCP_CAUSE_NONE && chain.upper == IP_PROTOCOL_TCP ? SIGHT_TCP
									   : SIGHT_OTHER;
}

static enum sight_kind sight_of_ipv6(
	struct sight *sight, const uint8_t *ip, size_t len, struct sight_place *place)
{
	struct ipv6_header header;
	enum evtcp_cause cause = ipv6_header_parse_quoted(&header, ip, len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause == EVTCP_CAUSE_IP_TRUNCATED ? SIGHT_SHORT : SIGHT_MALFORMED;
	sight->src.addr = header.src;
	sight->dst.addr = header.dst;
	sight->marked = (header.traffic_class & SIGHT_ECN) == SIGHT_ECN;
	if (header.payload_len != 0) /* 0: longer than the field can say, or as with IPv4 */
		place->end = IPV6_HEADER + (size_t)header.payload_len;
	return sight_of_chain(sight, ip, len < place->end ? len : place->end, place);
}

/* Reads the TCP header of which len bytes were captured, of rest that are there. */
static enum sight_kind sight_read_tcp(
	struct sight *sight, const uint8_t *tcp, size_t len, size_t rest)
{
	uint8_t header[TCP_HEADER_MAX] = {0};
	size_t has, had = len < sizeof(header) ? len : sizeof(header), parsed;

	if (len < SIGHT_TCP_MIN)
		return rest < TCP_HEADER_MIN && !sight->fragment ? SIGHT_MALFORMED : SIGHT_SHORT;
	memcpy(header, tcp, had);
	has = (size_t)(header[12] >> 4) * 4;
	if (has < TCP_HEADER_MIN || (has > rest && !sight->fragment))
		return SIGHT_MALFORMED;
	sight->header_cut = has > had;
	if (sight->header_cut) {
		/* As many options as there are, as if there were no more. */
		size_t left = had < TCP_HEADER_MIN ? TCP_HEADER_MIN : had / 4 * 4;

		header[12] = (uint8_t)(left / 4 << 4 | (header[12] & 0x0f));
		had = left;
	}
	if (tcp_header_parse(&sight->tcp, header, had, &parsed) != EVTCP_CAUSE_NONE)
		return SIGHT_MALFORMED;
	sight->checksum = bytes_get16(header + SIGHT_CHECKSUM_AT);
	sight->src.port = sight->tcp.src_port;
	sight->dst.port = sight->tcp.dst_port;
	sight->payload_len = has < rest ? (uint32_t)(rest - has) : 0;
	return SIGHT_TCP;
}

enum sight_kind sight_parse(struct sight *sight, const uint8_t *ip, size_t len, size_t whole_len)
{
	struct sight_place place = {0, whole_len};
	enum sight_kind kind;

	*sight = (struct sight){0};
	if (len == 0)
		return SIGHT_SHORT;
	kind = (ip[0] >> 4 == 6 ? sight_of_ipv6 : sight_of_ipv4)(sight, ip, len, &place);
	if (kind != SIGHT_TCP)
		return kind;
	if (place.end > whole_len || place.end < place.tcp_at || place.end > UINT32_MAX)
		return SIGHT_MALFORMED;
	if (len > place.end)
		len = place.end; /* bytes behind the packet are not the packet */
	if (len < place.tcp_at)
		return SIGHT_SHORT;
	return sight_read_tcp(
		sight, ip + place.tcp_at, len - place.tcp_at, place.end - place.tcp_at);
}
