/* SPDX-License-Identifier: BSD-3-Clause */

/* Errors about segments. Input: a captured packet. Output: which segment it is about, and what is
 * wrong with that. What the error means to its receiver (RFC 5927) is not judged. */

#include "ladder/icmp_error.h"

#include "wire/bytes.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_chain.h"

enum { ICMP_ERROR_QUOTE = 8 /* of the segment: ports, sequence number (RFC 792) */ };

/* Where the ICMP message is in the packet; 0 if there is none. */
static size_t icmp_error_find_ipv4(struct icmp_error *error, const uint8_t *ip, size_t len)
{
	struct ipv4_header header;

	if (ipv4_header_parse_quoted(&header, ip, len) != EVTCP_CAUSE_NONE ||
		header.protocol != IP_PROTOCOL_ICMP || header.fragment_offset != 0)
		return 0;
	error->from = header.src;
	return header.header_len;
}

static size_t icmp_error_find_ipv6(struct icmp_error *error, const uint8_t *ip, size_t len)
{
	struct ipv6_header header;
	struct ipv6_chain chain;

	if (ipv6_header_parse_quoted(&header, ip, len) != EVTCP_CAUSE_NONE ||
		ipv6_chain_walk(&chain, ip, len) != EVTCP_CAUSE_NONE ||
		chain.upper != IP_PROTOCOL_ICMPV6)
		return 0;
	error->from = header.src;
	error->is_ipv6 = true;
	return chain.upper_at;
}

static bool icmp_error_is_one(const struct icmp_error *error)
{
	if (error->is_ipv6)
		return icmpv6_is_error(error->type);
	return error->type == ICMP_UNREACHABLE || error->type == ICMP_SOURCE_QUENCH ||
	       error->type == ICMP_TIME_EXCEEDED || error->type == ICMP_PARAMETER_PROBLEM;
}

bool icmp_error_parse(struct icmp_error *error, const uint8_t *ip, size_t len)
{
	struct icmp_quote quote;
	size_t at;

	*error = (struct icmp_error){.is_ipv6 = false};
	if (len == 0)
		return false;
	at = (ip[0] >> 4 == 6 ? icmp_error_find_ipv6 : icmp_error_find_ipv4)(error, ip, len);
	if (at == 0 || len < at + ICMP_HEADER)
		return false;
	error->type = ip[at];
	error->code = ip[at + 1];
	error->mtu = bytes_get16(ip + at + 6);
	at += ICMP_HEADER;
	if (!icmp_error_is_one(error) ||
		icmp_quote_parse(&quote, ip + at, len - at) != EVTCP_CAUSE_NONE ||
		quote.protocol != IP_PROTOCOL_TCP || quote.is_later_fragment ||
		quote.payload_len < ICMP_ERROR_QUOTE)
		return false;
	error->src = (struct evtcp_endpoint){quote.src, bytes_get16(quote.payload)};
	error->dst = (struct evtcp_endpoint){quote.dst, bytes_get16(quote.payload + 2)};
	error->seq = bytes_get32(quote.payload + 4);
	if (error->is_ipv6 ? error->type != ICMPV6_PACKET_TOO_BIG
			   : error->type != ICMP_UNREACHABLE ||
				     error->code != ICMP_FRAGMENTATION_NEEDED)
		error->mtu = 0;
	return true;
}

static const char *icmp_error_name_ipv6(const struct icmp_error *error)
{
	static const char *const unreachable[] = {[ICMPV6_NO_ROUTE] = "no route",
		[ICMPV6_PROHIBITED] = "prohibited",
		[ICMPV6_BEYOND_SCOPE] = "beyond the scope of its source",
		[ICMPV6_ADDRESS_UNREACHABLE] = "address unreachable",
		[ICMPV6_PORT_UNREACHABLE] = "port unreachable",
		[ICMPV6_POLICY] = "refused by policy",
		[ICMPV6_REJECT_ROUTE] = "route rejected"};

	switch (error->type) {
	case ICMPV6_UNREACHABLE:
		return error->code < sizeof(unreachable) / sizeof(unreachable[0])
			       ? unreachable[error->code]
			       : "unreachable";
	case ICMPV6_PACKET_TOO_BIG:
		return "packet too big";
	case ICMPV6_TIME_EXCEEDED:
		return "time exceeded";
	case ICMPV6_PARAMETER_PROBLEM:
		return "parameter problem";
	default:
		return "an error of a kind that is not known";
	}
}

static const char *icmp_error_name_unreachable(uint8_t code)
{
	switch (code) {
	case ICMP_NET_UNREACHABLE:
		return "network unreachable";
	case ICMP_HOST_UNREACHABLE:
		return "host unreachable";
	case ICMP_PROTOCOL_UNREACHABLE:
		return "protocol unreachable";
	case ICMP_PORT_UNREACHABLE:
		return "port unreachable";
	case ICMP_FRAGMENTATION_NEEDED:
		return "fragmentation needed";
	case ICMP_NET_PROHIBITED:
	case ICMP_HOST_PROHIBITED:
	case ICMP_PROHIBITED:
		return "prohibited";
	default:
		return "unreachable";
	}
}

const char *icmp_error_name(const struct icmp_error *error)
{
	if (error->is_ipv6)
		return icmp_error_name_ipv6(error);
	switch (error->type) {
	case ICMP_UNREACHABLE:
		return icmp_error_name_unreachable(error->code);
	case ICMP_SOURCE_QUENCH:
		return "source quench";
	case ICMP_TIME_EXCEEDED:
		return "time exceeded";
	default:
		return "parameter problem";
	}
}
