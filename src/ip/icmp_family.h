/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_ICMP_FAMILY_H
#define IP_ICMP_FAMILY_H

/* What differs between ICMP (RFC 792, RFC 1122 3.2.2) and ICMPv6 (RFC 4443): numbers and
 * what errors mean. What is the same for both is written once, in icmp.c. */

#include "ip/icmp.h"
#include "wire/icmp.h"

struct icmp_family {
	uint8_t protocol; /* IP_PROTOCOL_ICMP or IP_PROTOCOL_ICMPV6 */
	uint8_t echo_request, echo_reply, time_exceeded;
	size_t error_max; /* how long an error may be, in bytes and with its own headers */
	/* Whether a message of this type is an error about a packet. */
	bool (*is_error)(uint8_t type);
	/* Fills class_, error and mtu of an error: how serious it is for a connection. */
	void (*classify)(struct ip_icmp_error *error, const struct icmp_message *m);
	/* Fills type, code and rest of the error that refuses view's packet, and returns why
	 * it is sent: nobody listens on the port, nobody speaks the protocol. */
	enum evtcp_cause (*refuse_port)(const struct ip_view *view, struct icmp_message *m);
	enum evtcp_cause (*refuse_protocol)(const struct ip_view *view, struct icmp_message *m);
};

/* icmp_family_of: the one that is spoken with addr. */
const struct icmp_family *icmp_family_of(const struct evtcp_addr *addr);

/* icmp_family_problem: fills m with the Parameter Problem that view's packet gave cause
 * to, and returns why it is sent. IPv6 only. */
enum evtcp_cause icmp_family_problem(const struct ip_view *view, struct icmp_message *m);

#endif
