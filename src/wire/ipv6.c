/* SPDX-License-Identifier: BSD-3-Clause */

/* The IPv6 header, from bytes to a struct in host order and back.
 *
 *      0                                4         6      7       8     24    40
 *      | 6, traffic class, flow label   | payload | next | hop   | src | dst |
 *                                         length          limit
 *
 * In: bytes of a stranger. Out: a header whose length is true of those bytes, or the
 * cause why there is none.
 *
 * It does not look behind the header, and does not know which addresses may be there,
 * but for one: the mapped ones are refused here, for nobody above could tell. */

#include "wire/ipv6.h"

#include "wire/address.h"
#include "wire/bytes.h"

enum { FLOW_LABEL_MASK = 0xfffff };

enum evtcp_cause ipv6_header_parse_quoted(struct ipv6_header *h, const uint8_t *data, size_t len)
{
	uint32_t first;

	if (len < IPV6_HEADER)
		return EVTCP_CAUSE_IP_TRUNCATED;
	first = bytes_get32(data);
	if (first >> 28 != 6)
		return EVTCP_CAUSE_IP_VERSION;
	h->traffic_class = (uint8_t)(first >> 20);
	h->flow_label = first & FLOW_LABEL_MASK;
	h->payload_len = bytes_get16(data + 4);
	h->next_header = data[6];
	h->hop_limit = data[7];
	memcpy(h->src.bytes, data + 8, sizeof(h->src.bytes));
	memcpy(h->dst.bytes, data + 24, sizeof(h->dst.bytes));
	if (address_is_ipv4(&h->src) || address_is_ipv4(&h->dst))
		return EVTCP_CAUSE_IP_MARTIAN;
	return EVTCP_CAUSE_NONE;
}

enum evtcp_cause ipv6_header_parse(struct ipv6_header *h, const uint8_t *data, size_t len)
{
	enum evtcp_cause cause = ipv6_header_parse_quoted(h, data, len);

	if (cause == EVTCP_CAUSE_NONE && h->payload_len > len - IPV6_HEADER)
		return EVTCP_CAUSE_IP_TRUNCATED;
	return cause;
}

void ipv6_header_build(const struct ipv6_header *h, uint8_t *out)
{
	bytes_put32(out, UINT32_C(6) << 28 | (uint32_t)h->traffic_class << 20 |
				 (h->flow_label & FLOW_LABEL_MASK));
	bytes_put16(out + 4, h->payload_len);
	out[6] = h->next_header;
	out[7] = h->hop_limit;
	memcpy(out + 8, h->src.bytes, sizeof(h->src.bytes));
	memcpy(out + 24, h->dst.bytes, sizeof(h->dst.bytes));
}
