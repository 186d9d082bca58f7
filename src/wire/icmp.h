/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

/* ICMP messages of IPv4 (RFC 792): eight bytes, then a body whose meaning depends
 * on the type: what an echo carries, or the start of the packet that an error is
 * about. Pure functions. */

#include "wire/ipv4.h"

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_ECHO_REQUEST = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12
};

/* Codes of ICMP_UNREACHABLE: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
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

enum { ICMP_HEADER = 8 };

struct icmp_message {
	uint8_t type, code;
	uint32_t rest;       /* bytes 4 to 7: an echo's id and number; an MTU in the low half */
	const uint8_t *body; /* behind the header; of the packet that was parsed, or the
			      * builder's own */
	size_t body_len;     /* bytes */
};

/* icmp_parse: reads and verifies len bytes. EVTCP_CAUSE_NONE,
 * EVTCP_CAUSE_ICMP_TRUNCATED or EVTCP_CAUSE_ICMP_CHECKSUM; *m is then not to be
 * used. m->body points into data. */
enum evtcp_cause icmp_parse(struct icmp_message *m, const uint8_t *data, size_t len);

/* icmp_build: writes the message, checksum included, to out, which has room for
 * ICMP_HEADER + m->body_len bytes, and returns that length. */
size_t icmp_build(const struct icmp_message *m, uint8_t *out);

/* icmp_quote_len: how many bytes of a packet of len bytes an error quotes: as many
 * as keep the error within 576 bytes (RFC 1812 4.3.2.3), so its header and more
 * than the eight bytes that RFC 1122 3.2.2 asks for. */
size_t icmp_quote_len(size_t len);

/* The start of a packet that an ICMP error quotes. */
struct icmp_quote {
	struct ipv4_header ip;  /* total_len is what the error says, not judged */
	const uint8_t *payload; /* into the error's body */
	size_t payload_len;     /* bytes that are there, perhaps 0 */
};

/* icmp_quote_parse: reads the body of an error. EVTCP_CAUSE_NONE, or
 * EVTCP_CAUSE_ICMP_QUOTE when it does not hold a whole IPv4 header. */
enum evtcp_cause icmp_quote_parse(struct icmp_quote *quote, const uint8_t *body, size_t len);

#endif
