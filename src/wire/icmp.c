/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP messages, from bytes and back.
 *
 *      0      1      2       4              8
 *      | type | code | cksum | rest         | body
 *
 * In: bytes behind an IP header. Out: the message, or what an error quotes.
 *
 * It decides nothing: which message is answered, believed or ignored is the
 * business of the ip room. */

#include "wire/icmp.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <string.h>

static uint16_t sum_of(const struct icmp_ends *ends, const uint8_t *data, size_t len)
{
	struct checksum c;

	checksum_init(&c);
	if (!evtcp_addr_is_ipv4(ends->src))
		checksum_add_pseudo_header(
			&c, ends->src, ends->dst, IP_PROTOCOL_ICMPV6, (uint32_t)len);
	checksum_add(&c, data, len);
	return checksum_finish(&c);
}

enum evtcp_cause icmp_parse(
	struct icmp_message *m, const struct icmp_ends *ends, const uint8_t *data, size_t len)
{
	if (len < ICMP_HEADER)
		return EVTCP_CAUSE_ICMP_TRUNCATED;
	if (sum_of(ends, data, len) != 0)
		return EVTCP_CAUSE_ICMP_CHECKSUM;
	m->type = data[0];
	m->code = data[1];
	m->rest = bytes_get32(data + 4);
	m->body = data + ICMP_HEADER;
	m->body_len = len - ICMP_HEADER;
	return EVTCP_CAUSE_NONE;
}

size_t icmp_build(const struct icmp_message *m, const struct icmp_ends *ends, uint8_t *out)
{
	out[0] = m->type;
	out[1] = m->code;
	bytes_put16(out + 2, 0);
	bytes_put32(out + 4, m->rest);
	if (m->body_len > 0)
		memcpy(out + ICMP_HEADER, m->body, m->body_len);
	bytes_put16(out + 2, sum_of(ends, out, ICMP_HEADER + m->body_len));
	return ICMP_HEADER + m->body_len;
}

static enum evtcp_cause quote_parse_ipv4(
	struct icmp_quote *quote, const uint8_t *body, size_t len, size_t *header_len)
{
	struct ipv4_header h;
	enum evtcp_cause cause = ipv4_header_parse_quoted(&h, body, len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	*quote = (struct icmp_quote){.src = h.src,
		.dst = h.dst,
		.protocol = h.protocol,
		.is_later_fragment = h.fragment_offset != 0};
	*header_len = h.header_len;
	return EVTCP_CAUSE_NONE;
}

static enum evtcp_cause quote_parse_ipv6(
	struct icmp_quote *quote, const uint8_t *body, size_t len, size_t *header_len)
{
	struct ipv6_header h;
	enum evtcp_cause cause = ipv6_header_parse_quoted(&h, body, len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	*quote = (struct icmp_quote){.src = h.src, .dst = h.dst, .protocol = h.next_header};
	*header_len = IPV6_HEADER;
	return EVTCP_CAUSE_NONE;
}

enum evtcp_cause icmp_quote_parse(struct icmp_quote *quote, const uint8_t *body, size_t len)
{
	bool is_ipv6 = len > 0 && body[0] >> 4 == 6;
	size_t header_len;

	if ((is_ipv6 ? quote_parse_ipv6 : quote_parse_ipv4)(quote, body, len, &header_len) !=
		EVTCP_CAUSE_NONE)
		return EVTCP_CAUSE_ICMP_QUOTE;
	quote->payload = body + header_len;
	quote->payload_len = len - header_len;
	return EVTCP_CAUSE_NONE;
}
