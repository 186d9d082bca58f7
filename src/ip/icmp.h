/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_ICMP_H
#define IP_ICMP_H

/* ICMP as a host does it (RFC 1122 3.2.2, RFC 4443): echo requests are answered (RFC 1122
 * 3.2.2.6 rules 1, 4, RFC 4443 4.1), errors about our own segments are understood, and what we
 * do not speak is refused.
 *
 * Answers are built into the caller's buffer and returned, not sent. */

#include "ip/ip.h"

/* An answer: a whole IP packet. The caller sets buffer and capacity. */
struct ip_reply {
	uint8_t *buffer;
	size_t capacity; /* the link's MTU: at least 68, RFC 791 3.2 rule 1 */
	size_t len;      /* 0: nothing is to be sent */
	/* Why it is sent: ICMP_ECHO_REPLY, ICMP_PORT_UNREACHABLE,
	 * ICMP_PROTOCOL_UNREACHABLE, ICMP_PARAMETER_PROBLEM or ICMP_REASSEMBLY_TIMEOUT. Without an
	 * answer: NONE, or ICMP_RATE_LIMIT, to be counted beside what became of the packet that was
	 * refused. */
	enum evtcp_cause cause;
};

/* How serious an ICMP error is for a connection. */
enum ip_icmp_class {
	IP_ICMP_SOFT,                 /* a note: the network may recover */
	IP_ICMP_HARD,                 /* nobody will ever answer there */
	IP_ICMP_FRAGMENTATION_NEEDED, /* the segment was too large: see mtu */
};

/* An error about a TCP segment that bears one of our addresses as its source.
 * Whether we ever sent it only tcp can tell: the quoted sequence number must be in
 * flight (RFC 5927 4.1). */
struct ip_icmp_error {
	struct evtcp_tuple tuple; /* local is us */
	uint32_t seq;             /* of the quoted segment */
	enum ip_icmp_class class_;
	int error;    /* errno for an application: ECONNREFUSED, EHOSTUNREACH, ... */
	uint16_t mtu; /* of the next hop as it says, 0 if it does not; to be doubted */
	uint8_t type, code;
};

/* ip_icmp_is_for: whether view (from ip_input) holds an ICMP message of its family. */
bool ip_icmp_is_for(const struct ip_view *view);

/* ip_icmp_input: one ICMP message for us came in view (from ip_input). Returns
 * what became of it:
 *   EVTCP_CAUSE_ICMP_ECHO_REQUEST  reply holds the answer;
 *   EVTCP_CAUSE_ICMP_ERROR         *error is filled: hand it to tcp, whose verdict
 *                                  replaces this one;
 *   a DROPPED cause                nothing to do; EVTCP_CAUSE_ICMP_RATE_LIMIT is an
 *                                  echo request too many.
 * reply->len and reply->cause are always set. */
enum evtcp_cause ip_icmp_input(struct ip *ip, const struct ip_view *view, uint64_t now,
	struct ip_reply *reply, struct ip_icmp_error *error);

/* ip_icmp_refuse: view (from ip_input) holds a protocol for which nobody is here.
 * Returns the cause to drop it with: EVTCP_CAUSE_UDP_NO_PORT, UDP_TRUNCATED,
 * UDP_CHECKSUM or IP_PROTOCOL. reply holds a port or protocol unreachable quoting it
 * (RFC 1122 3.2.2.1 rule 1, 4.1.3.1, RFC 4443 3.1; for IPv6 a Parameter Problem, RFC 8200 4
 * rule 2), unless the packet is damaged or ICMP itself or the rate limit forbids; reply->len and reply->cause are always set. */
enum evtcp_cause ip_icmp_refuse(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply);

/* ip_icmp_complain: ip_input refused the packet of view and says that its source is to
 * be told (view->problem.due). reply holds a Parameter Problem, unless the rate limit
 * forbids; reply->len and reply->cause are always set. */
void ip_icmp_complain(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply);

/* ip_icmp_give_up: the rest of the datagram whose first fragment is in view (from
 * ip_input) has not come in time. reply holds a Time Exceeded (RFC 1122 3.3.2 rule 2, RFC 8200
 * 4.5), unless the rate limit forbids or it is ICMP that is no echo request; reply->len and
 * reply->cause are always set. */
void ip_icmp_give_up(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply);

#endif
