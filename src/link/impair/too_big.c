/* SPDX-License-Identifier: BSD-3-Clause */

/* The ICMP of a path with a small MTU.
 *
 * In: a packet that does not fit. Out: the error that its sender gets, a whole IP packet,
 * or nothing where the RFCs forbid an error.
 *
 * It drops nothing and sends nothing: impair_link.c does. */

#include "link/impair/too_big.h"

#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <string.h>

enum { TOO_BIG_TTL = 64 };

/* The first size bytes of the packet, or all there are. */
static size_t too_big_head(const struct evtcp_packet *packet, uint8_t *head, size_t size)
{
	size_t len = 0;

	for (int i = 0; i < packet->iovcnt && len < size; i++) {
		size_t n = packet->iov[i].iov_len;

		n = n < size - len ? n : size - len;
		if (n > 0)
			memcpy(head + len, packet->iov[i].iov_base, n);
		len += n;
	}
	return len;
}

/* How much of a packet of len bytes an ICMP message of at most max bytes quotes. */
static size_t too_big_quote_len(size_t len, size_t max)
{
	return len < max - ICMP_HEADER ? len : max - ICMP_HEADER;
}

/* ---- IPv4 ------------------------------------------------------------ */

static bool too_big_is_icmp_error(const struct ipv4_header *h, const uint8_t *head, size_t len)
{
	uint8_t type;

	if (h->protocol != IP_PROTOCOL_ICMP || h->header_len >= len)
		return false;
	type = head[h->header_len];
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

static size_t too_big_answer_ipv4(const uint8_t *head, size_t len, unsigned mtu, uint8_t *out)
{
	struct ipv4_header h, answer;
	struct icmp_message m = {.type = ICMP_UNREACHABLE,
		.code = ICMP_FRAGMENTATION_NEEDED,
		.rest = mtu,
		.body = head,
		.body_len = too_big_quote_len(len, ICMP_ERROR_MAX - IPV4_HEADER_MIN)};
	struct icmp_ends ends = {&h.dst, &h.src};
	size_t icmp_len;

	if (ipv4_header_parse_quoted(&h, head, len) != EVTCP_CAUSE_NONE || !h.dont_fragment ||
		h.fragment_offset != 0 || too_big_is_icmp_error(&h, head, len))
		return 0;
	icmp_len = icmp_build(&m, &ends, out + IPV4_HEADER_MIN);
	answer = (struct ipv4_header){
		.src = h.dst,
		.dst = h.src,
		.total_len = (uint16_t)(IPV4_HEADER_MIN + icmp_len),
		.ttl = TOO_BIG_TTL,
		.protocol = IP_PROTOCOL_ICMP,
	};
	ipv4_header_build(&answer, out);
	return IPV4_HEADER_MIN + icmp_len;
}

/* ---- IPv6 ------------------------------------------------------------ */

static size_t too_big_answer_ipv6(const uint8_t *head, size_t len, unsigned mtu, uint8_t *out)
{
	struct ipv6_header h, answer;
	struct icmp_message m = {.type = ICMPV6_PACKET_TOO_BIG,
		.rest = mtu,
		.body = head,
		.body_len = too_big_quote_len(len, ICMPV6_ERROR_MAX - IPV6_HEADER)};
	struct icmp_ends ends = {&h.dst, &h.src};
	size_t icmp_len;

	if (ipv6_header_parse_quoted(&h, head, len) != EVTCP_CAUSE_NONE ||
		(h.next_header == IP_PROTOCOL_ICMPV6 && len > IPV6_HEADER &&
			icmpv6_is_error(head[IPV6_HEADER])))
		return 0;
	icmp_len = icmp_build(&m, &ends, out + IPV6_HEADER);
	answer = (struct ipv6_header){
		.src = h.dst,
		.dst = h.src,
		.payload_len = (uint16_t)icmp_len,
		.next_header = IP_PROTOCOL_ICMPV6,
		.hop_limit = TOO_BIG_TTL,
	};
	ipv6_header_build(&answer, out);
	return IPV6_HEADER + icmp_len;
}

size_t too_big_answer(
	const struct evtcp_packet *packet, unsigned mtu, uint8_t out[TOO_BIG_ANSWER_MAX])
{
	uint8_t head[TOO_BIG_ANSWER_MAX];
	size_t len = too_big_head(packet, head, sizeof(head));

	if (len == 0)
		return 0;
	if (head[0] >> 4 == 4)
		return too_big_answer_ipv4(head, len, mtu, out);
	return head[0] >> 4 == 6 ? too_big_answer_ipv6(head, len, mtu, out) : 0;
}
