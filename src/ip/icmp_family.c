/* SPDX-License-Identifier: BSD-3-Clause */

/* The two families of ICMP, as two rows of one table.
 *
 * In: an address, then messages. Out: the family's numbers, and what its types and codes
 * mean to TCP: RFC 9293 3.9.2.2 says it for both. Whatever is not named there is soft:
 * who can forge an ICMP error should not be able to end a connection with it.
 *
 * It reads no bytes and builds none: wire/icmp does. */

#include "ip/icmp_family.h"

#include <errno.h>

/* ---- ICMP ------------------------------------------------------------------- */

static bool ipv4_is_error(uint8_t type)
{
	/* Not source quench (RFC 9293 MUST-55, RFC 5927 6.2), not redirect: there is no choice of
	 * router. */
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

/* What the codes of destination unreachable mean (RFC 1122 3.2.2.1 rule 2). RFC 1122 4.2.3.9 (RFC
 * 9293 3.9.2.2, MUST-56): 0, 1 and 5 are soft. Codes 2 and 3 are hard (SHLD-26), and so are those
 * by which a filter says that it always will refuse. Anything unknown is soft. */
static void ipv4_classify_unreachable(struct ip_icmp_error *error, const struct icmp_message *m)
{
	switch (m->code) {
	case ICMP_PROTOCOL_UNREACHABLE:
		error->class_ = IP_ICMP_HARD;
		error->error = ENOPROTOOPT;
		break;
	case ICMP_PORT_UNREACHABLE:
		error->class_ = IP_ICMP_HARD;
		error->error = ECONNREFUSED;
		break;
	case ICMP_NET_PROHIBITED:
	case ICMP_HOST_PROHIBITED:
	case ICMP_PROHIBITED:
		error->class_ = IP_ICMP_HARD;
		error->error = m->code == ICMP_NET_PROHIBITED ? ENETUNREACH : EHOSTUNREACH;
		break;
	case ICMP_FRAGMENTATION_NEEDED: /* RFC 1191 3 rule 1: not an end, a smaller segment */
		error->class_ = IP_ICMP_FRAGMENTATION_NEEDED;
		error->error = EMSGSIZE;
		error->mtu = (uint16_t)m->rest;
		break;
	case ICMP_NET_UNREACHABLE:
		error->error = ENETUNREACH;
		break;
	default:
		error->error = EHOSTUNREACH;
		break;
	}
}

static void ipv4_classify(struct ip_icmp_error *error, const struct icmp_message *m)
{
	if (m->type == ICMP_UNREACHABLE)
		ipv4_classify_unreachable(error, m);
	else /* MUST-56: both are soft; RFC 1122 3.2.2.4, 3.2.2.5 */
		error->error = m->type == ICMP_TIME_EXCEEDED ? EHOSTUNREACH : EPROTO;
}

static enum evtcp_cause ipv4_refuse_port(const struct ip_view *view, struct icmp_message *m)
{
	(void)view;
	m->type = ICMP_UNREACHABLE;
	m->code = ICMP_PORT_UNREACHABLE;
	return EVTCP_CAUSE_ICMP_PORT_UNREACHABLE;
}

static enum evtcp_cause ipv4_refuse_protocol(const struct ip_view *view, struct icmp_message *m)
{
	(void)view;
	m->type = ICMP_UNREACHABLE;
	m->code = ICMP_PROTOCOL_UNREACHABLE;
	return EVTCP_CAUSE_ICMP_PROTOCOL_UNREACHABLE;
}

/* ---- ICMPv6 ----------------------------------------------------------------- */

/* RFC 4443 2.4 (a): an error of unknown type, too, is for the upper layer. */
static bool ipv6_is_error(uint8_t type)
{
	return icmpv6_is_error(type);
}

/* RFC 9293 3.9.2.2: codes 0 and 3 are soft (MUST-56). The port is hard (SHLD-26), and so
 * is a filter that always will refuse, as for IPv4. */
static void ipv6_classify_unreachable(struct ip_icmp_error *error, const struct icmp_message *m)
{
	switch (m->code) {
	case ICMPV6_PORT_UNREACHABLE:
		error->class_ = IP_ICMP_HARD;
		error->error = ECONNREFUSED;
		break;
	case ICMPV6_PROHIBITED:
	case ICMPV6_POLICY:
	case ICMPV6_REJECT_ROUTE:
		error->class_ = IP_ICMP_HARD;
		error->error = EHOSTUNREACH;
		break;
	case ICMPV6_NO_ROUTE:
		error->error = ENETUNREACH;
		break;
	default:
		error->error = EHOSTUNREACH;
		break;
	}
}

static void ipv6_classify(struct ip_icmp_error *error, const struct icmp_message *m)
{
	switch (m->type) {
	case ICMPV6_UNREACHABLE:
		ipv6_classify_unreachable(error, m);
		break;
	case ICMPV6_PACKET_TOO_BIG: /* RFC 8201 4 rule 1, RFC 4443 3.2 */
		error->class_ = IP_ICMP_FRAGMENTATION_NEEDED;
		error->error = EMSGSIZE;
		error->mtu = m->rest < UINT16_MAX ? (uint16_t)m->rest : UINT16_MAX;
		break;
	case ICMPV6_TIME_EXCEEDED:
		error->error = EHOSTUNREACH;
		break;
	default: /* MUST-56: a parameter problem of any code; and what is unknown */
		error->error = EPROTO;
		break;
	}
}

static enum evtcp_cause ipv6_refuse_port(const struct ip_view *view, struct icmp_message *m)
{
	(void)view;
	m->type = ICMPV6_UNREACHABLE;
	m->code = ICMPV6_PORT_UNREACHABLE;
	return EVTCP_CAUSE_ICMP_PORT_UNREACHABLE;
}

enum evtcp_cause icmp_family_problem(const struct ip_view *view, struct icmp_message *m)
{
	m->type = ICMPV6_PARAMETER_PROBLEM;
	m->code = view->problem.code;
	m->rest = view->problem.at;
	return EVTCP_CAUSE_ICMP_PARAMETER_PROBLEM;
}

/* ---- the table -------------------------------------------------------------- */

static const struct icmp_family icmp_ipv4 = {
	.protocol = IP_PROTOCOL_ICMP,
	.echo_request = ICMP_ECHO_REQUEST,
	.echo_reply = ICMP_ECHO_REPLY,
	.time_exceeded = ICMP_TIME_EXCEEDED,
	.error_max = ICMP_ERROR_MAX,
	.is_error = ipv4_is_error,
	.classify = ipv4_classify,
	.refuse_port = ipv4_refuse_port,
	.refuse_protocol = ipv4_refuse_protocol,
};

static const struct icmp_family icmp_ipv6 = {
	.protocol = IP_PROTOCOL_ICMPV6,
	.echo_request = ICMPV6_ECHO_REQUEST,
	.echo_reply = ICMPV6_ECHO_REPLY,
	.time_exceeded = ICMPV6_TIME_EXCEEDED,
	.error_max = ICMPV6_ERROR_MAX,
	.is_error = ipv6_is_error,
	.classify = ipv6_classify,
	.refuse_port = ipv6_refuse_port,
	/* RFC 8200 4 rule 2: an unknown next header is a Parameter Problem that points at it. */
	.refuse_protocol = icmp_family_problem,
};

const struct icmp_family *icmp_family_of(const struct evtcp_addr *addr)
{
	return evtcp_addr_is_ipv4(addr) ? &icmp_ipv4 : &icmp_ipv6;
}
