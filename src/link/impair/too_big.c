/* SPDX-License-Identifier: BSD-3-Clause */

/* The ICMP of a path with a small MTU.
 *
 * In: a packet that does not fit. Out: the error that its sender gets, a whole IP packet,
 * or nothing where the RFCs forbid an error.
 *
 * It drops nothing and sends nothing: impair_link.c does. */

#include "link/impair/too_big.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp.h"

#include <string.h>

enum { TOO_BIG_TTL = 64 };

/* RFC 8200 3, RFC 4443 3.2. */
enum {
	IPV6_BYTES = 40,
	IPV6_NEXT_HEADER = 6,
	IPV6_SRC = 8,
	IPV6_DST = 24,
	IPV6_ICMP = 58,
	ICMPV6_BYTES = 8,
	ICMPV6_TOO_BIG = 2,
	ICMPV6_INFORMATIONAL = 128
};

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
		.body_len = icmp_quote_len(len)};
	size_t icmp_len;

	if (ipv4_header_parse_quoted(&h, head, len) != EVTCP_CAUSE_NONE || !h.dont_fragment ||
		h.fragment_offset != 0 || too_big_is_icmp_error(&h, head, len))
		return 0;
	icmp_len = icmp_build(&m, out + IPV4_HEADER_MIN);
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
	size_t room = TOO_BIG_ANSWER_MAX - IPV6_BYTES - ICMPV6_BYTES;
	size_t icmp_len = ICMPV6_BYTES + (len < room ? len : room);
	uint8_t *icmp = out + IPV6_BYTES;
	struct evtcp_addr src, dst;
	struct checksum sum;

	if (len < IPV6_BYTES || (head[IPV6_NEXT_HEADER] == IPV6_ICMP && len > IPV6_BYTES &&
					head[IPV6_BYTES] < ICMPV6_INFORMATIONAL))
		return 0;
	memset(out, 0, IPV6_BYTES + ICMPV6_BYTES);
	out[0] = 6 << 4;
	bytes_put16(out + 4, (uint16_t)icmp_len);
	out[IPV6_NEXT_HEADER] = IPV6_ICMP;
	out[7] = TOO_BIG_TTL;
	memcpy(out + IPV6_SRC, head + IPV6_DST, sizeof(src.bytes));
	memcpy(out + IPV6_DST, head + IPV6_SRC, sizeof(dst.bytes));
	memcpy(src.bytes, out + IPV6_SRC, sizeof(src.bytes));
	memcpy(dst.bytes, out + IPV6_DST, sizeof(dst.bytes));
	icmp[0] = ICMPV6_TOO_BIG;
	bytes_put32(icmp + 4, mtu);
	memcpy(icmp + ICMPV6_BYTES, head, icmp_len - ICMPV6_BYTES);
	checksum_init(&sum);
	checksum_add_pseudo_header(&sum, &src, &dst, IPV6_ICMP, (uint32_t)icmp_len);
	checksum_add(&sum, icmp, icmp_len);
	bytes_put16(icmp + 2, checksum_finish(&sum));
	return IPV6_BYTES + icmp_len;
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
