/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

/* ICMP messages of IPv4 (RFC 792) and IPv6 (RFC 4443): in both eight bytes, then a body
 * whose meaning depends on the type: what an echo carries, or the start of the packet
 * that an error is about. Types, codes and what the checksum covers differ. Pure
 * functions. */

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_ECHO_REQUEST = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12
};

/* Codes of ICMP_UNREACHABLE: RFC 792, RFC 1122 3.2.2.1 rule 2, RFC 1812 5.2.7.1. */
enum {
	ICMP_NET_UNREACHABLE = 0,
	ICMP_HOST_UNREACHABLE = 1,
	ICMP_PROTOCOL_UNREACHABLE = 2,
	ICMP_PORT_UNREACHABLE = 3,
	ICMP_FRAGMENTATION_NEEDED = 4,
	ICMP_SOURCE_ROUTE_FAILED = 5,
	ICMP_NET_PROHIBITED = 9,
	ICMP_HOST_PROHIBITED = 10,
	ICMP_PROHIBITED = 13
};

/* The code of a time exceeded that is about fragments, in both (RFC 792, RFC 4443 3.3). */
enum { ICMP_REASSEMBLY = 1 };

/* ICMPv6: RFC 4443. Below 128 are errors. */
enum {
	ICMPV6_UNREACHABLE = 1,
	ICMPV6_PACKET_TOO_BIG = 2,
	ICMPV6_TIME_EXCEEDED = 3,
	ICMPV6_PARAMETER_PROBLEM = 4,
	ICMPV6_ECHO_REQUEST = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_REDIRECT = 137 /* RFC 4861 */
};

/* Codes of ICMPV6_UNREACHABLE. */
enum {
	ICMPV6_NO_ROUTE = 0,
	ICMPV6_PROHIBITED = 1,
	ICMPV6_BEYOND_SCOPE = 2,
	ICMPV6_ADDRESS_UNREACHABLE = 3,
	ICMPV6_PORT_UNREACHABLE = 4,
	ICMPV6_POLICY = 5, /* of the source address */
	ICMPV6_REJECT_ROUTE = 6
};

static inline bool icmpv6_is_error(uint8_t type)
{
	return type < 128;
}

/* icmpv6_is_error_or_redirect: what never causes an error (RFC 4443 2.4 (e)). */
static inline bool icmpv6_is_error_or_redirect(uint8_t type)
{
	return icmpv6_is_error(type) || type == ICMPV6_REDIRECT;
}

enum { ICMP_HEADER = 8 };

/* How long an error may be, its own headers included; it quotes as much as fits: RFC 1812
 * 4.3.2.3, RFC 4443 2.4 (c). */
enum { ICMP_ERROR_MAX = 576, ICMPV6_ERROR_MAX = 1280 };

struct icmp_message {
	uint8_t type, code;
	uint32_t rest;       /* bytes 4 to 7: an echo's id and number; an MTU in the low half */
	const uint8_t *body; /* behind the header; of the packet that was parsed, or the
			      * builder's own */
	size_t body_len;     /* bytes */
};

/* Between whom a message goes: their family says which ICMP it is, and ICMPv6's checksum
 * covers them (RFC 4443 2.3); that of IPv4 covers the message alone. */
struct icmp_ends {
	const struct evtcp_addr *src, *dst;
};

/* icmp_parse: reads and verifies len bytes. EVTCP_CAUSE_NONE,
 * EVTCP_CAUSE_ICMP_TRUNCATED or EVTCP_CAUSE_ICMP_CHECKSUM; *m is then not to be
 * used. m->body points into data. */
enum evtcp_cause icmp_parse(
	struct icmp_message *m, const struct icmp_ends *ends, const uint8_t *data, size_t len);

/* icmp_build: writes the message, checksum included, to out, which has room for
 * ICMP_HEADER + m->body_len bytes, and returns that length. */
size_t icmp_build(const struct icmp_message *m, const struct icmp_ends *ends, uint8_t *out);

/* The start of a packet that an ICMP error quotes. */
struct icmp_quote {
	struct evtcp_addr src, dst;
	uint8_t protocol;
	bool is_later_fragment; /* payload is not the start of what protocol sent */
	const uint8_t *payload; /* into the error's body */
	size_t payload_len;     /* bytes that are there, perhaps 0 */
};

/* icmp_quote_parse: reads the body of an error about a packet of ours, of either
 * family; it stands to reason that its extension headers are not looked behind, for we
 * send none. EVTCP_CAUSE_NONE, or EVTCP_CAUSE_ICMP_QUOTE when it does not hold a whole
 * IP header. */
enum evtcp_cause icmp_quote_parse(struct icmp_quote *quote, const uint8_t *body, size_t len);

#endif
