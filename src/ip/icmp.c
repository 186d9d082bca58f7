/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP as a host does it: answers pings, reads errors about our segments, and says
 * so when somebody speaks a protocol to us that we do not.
 *
 * In: a view of a packet for us. Out: an answer in the caller's buffer, an error for
 * tcp, or the cause why neither.
 *
 * Never answered: ICMP errors, and whatever ip_input refuses (broadcast, multicast,
 * fragments, impossible sources): RFC 1122 3.2.2. IP options are not copied into
 * answers: record route and timestamp (3.2.1.8) serve attackers more than users.
 * Redirects are not believed: there is one link and no choice of router. */

#include "ip/icmp.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp.h"

#include <assert.h>
#include <errno.h>

enum { UDP_HEADER = 8, PORTS_AND_SEQ = 8 };

/* Builds an IP packet to view's source around message; it must fit. */
static void build_reply(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *message, struct ip_reply *reply)
{
	struct ip_datagram datagram = {
		.src = view->dst, /* RFC 1122 3.2.2.6, 3.2.2.1: from the address that was meant */
		.dst = view->src,
		.protocol = IP_PROTOCOL_ICMP,
		/* RFC 1122 3.2.2: an echo reply goes with its request's class. */
		.dscp = message->type == ICMP_ECHO_REPLY ? view->tos >> 2 : 0,
		.payload_len = ICMP_HEADER + message->body_len,
	};
	size_t header_len = ip_output_header(ip, &datagram, reply->buffer);

	reply->len = header_len + icmp_build(message, reply->buffer + header_len);
}

/* How much body an answer to view's sender can have. */
static size_t body_room(const struct ip_view *view, const struct ip_reply *reply)
{
	size_t headers = ip_header_len(&view->src) + ICMP_HEADER;

	assert(reply->capacity >= headers && "an MTU is at least 68: RFC 791 3.2");
	return reply->capacity - headers;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum evtcp_cause answer_echo(struct ip *ip, const struct ip_view *view, uint64_t now,
	const struct icmp_message *request, struct ip_reply *reply)
{
	struct icmp_message answer = {
		.type = ICMP_ECHO_REPLY,
		.rest = request->rest,
		.body = request->body,
		/* RFC 1122 3.2.2.6: all of it, or cut to the MTU by who cannot fragment */
		.body_len = smaller(request->body_len, body_room(view, reply)),
	};

	if (!icmp_limit_allow_echo(&ip->icmp_limit, now))
		return EVTCP_CAUSE_ICMP_RATE_LIMIT;
	build_reply(ip, view, &answer, reply);
	reply->cause = EVTCP_CAUSE_ICMP_ECHO_REPLY;
	return EVTCP_CAUSE_ICMP_ECHO_REQUEST;
}

/* What the codes of destination unreachable mean. RFC 1122 4.2.3.9 (RFC 9293 3.9.2.2,
 * MUST-56): 0, 1 and 5 are soft. Codes 2 and 3 are hard (SHLD-26), and so are those
 * by which a filter says that it always will refuse. Anything unknown is soft. */
static void classify_unreachable(struct ip_icmp_error *error, const struct icmp_message *m)
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
	case ICMP_FRAGMENTATION_NEEDED: /* RFC 1191 3: not an end, a smaller segment */
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

/* Reads which segment the error is about. It must have been one of ours: TCP, from
 * the address that the error came to, and not a later fragment, which has no ports
 * (we send none). */
static enum evtcp_cause read_quote(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *m, struct ip_icmp_error *error)
{
	struct icmp_quote quote;

	if (icmp_quote_parse(&quote, m->body, m->body_len) != EVTCP_CAUSE_NONE)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (quote.ip.protocol != IP_PROTOCOL_TCP || quote.ip.fragment_offset != 0)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (quote.payload_len < PORTS_AND_SEQ)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (ip_find_address(ip, &quote.ip.src) != view->local || !ip_can_be_peer(ip, &quote.ip.dst))
		return EVTCP_CAUSE_ICMP_QUOTE;
	error->tuple.local.addr = quote.ip.src;
	error->tuple.remote.addr = quote.ip.dst;
	error->tuple.local.port = bytes_get16(quote.payload);
	error->tuple.remote.port = bytes_get16(quote.payload + 2);
	error->seq = bytes_get32(quote.payload + 4);
	return EVTCP_CAUSE_ICMP_ERROR;
}

static enum evtcp_cause read_error(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *m, struct ip_icmp_error *error)
{
	*error = (struct ip_icmp_error){.class_ = IP_ICMP_SOFT, .type = m->type, .code = m->code};
	if (m->type == ICMP_UNREACHABLE)
		classify_unreachable(error, m);
	else /* MUST-56: both are soft */
		error->error = m->type == ICMP_TIME_EXCEEDED ? EHOSTUNREACH : EPROTO;
	return read_quote(ip, view, m, error);
}

enum evtcp_cause ip_icmp_input(struct ip *ip, const struct ip_view *view, uint64_t now,
	struct ip_reply *reply, struct ip_icmp_error *error)
{
	struct icmp_message m;
	enum evtcp_cause cause = icmp_parse(&m, view->payload, view->payload_len);

	reply->len = 0;
	reply->cause = EVTCP_CAUSE_NONE;
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	switch (m.type) {
	case ICMP_ECHO_REQUEST:
		return answer_echo(ip, view, now, &m, reply);
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM:
		return read_error(ip, view, &m, error);
	default: /* RFC 1122 3.2.2: unknown types are discarded in silence; so is source
		  * quench (RFC 9293 MUST-55), and an echo reply, for we never ask */
		return EVTCP_CAUSE_ICMP_TYPE;
	}
}

/* Whether view holds a whole UDP datagram; a damaged one is not worth an answer,
 * for its source may be damaged as well. A checksum of 0 is none (RFC 768). */
static enum evtcp_cause check_udp(const struct ip_view *view)
{
	struct checksum c;
	size_t len;

	if (view->payload_len < UDP_HEADER)
		return EVTCP_CAUSE_UDP_TRUNCATED;
	len = bytes_get16(view->payload + 4);
	if (len < UDP_HEADER || len > view->payload_len)
		return EVTCP_CAUSE_UDP_TRUNCATED;
	if (bytes_get16(view->payload + 6) == 0)
		return EVTCP_CAUSE_UDP_NO_PORT;
	checksum_init(&c);
	checksum_add_pseudo_header(&c, &view->src, &view->dst, IP_PROTOCOL_UDP, (uint32_t)len);
	checksum_add(&c, view->payload, len);
	return checksum_finish(&c) == 0 ? EVTCP_CAUSE_UDP_NO_PORT : EVTCP_CAUSE_UDP_CHECKSUM;
}

enum evtcp_cause ip_icmp_refuse(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply)
{
	bool is_udp = view->protocol == IP_PROTOCOL_UDP;
	enum evtcp_cause cause = is_udp ? check_udp(view) : EVTCP_CAUSE_IP_PROTOCOL;
	struct icmp_message m = {
		.type = ICMP_UNREACHABLE,
		.code = is_udp ? ICMP_PORT_UNREACHABLE : ICMP_PROTOCOL_UNREACHABLE,
		.body = view->packet,
		.body_len = smaller(icmp_quote_len(view->packet_len), body_room(view, reply)),
	};

	reply->len = 0;
	reply->cause = EVTCP_CAUSE_NONE;
	if (cause != EVTCP_CAUSE_UDP_NO_PORT && cause != EVTCP_CAUSE_IP_PROTOCOL)
		return cause;
	if (view->protocol == IP_PROTOCOL_ICMP)
		return cause; /* RFC 1122 3.2.2: ICMP about ICMP could go on for ever */
	if (!icmp_limit_allow_error(&ip->icmp_limit, &view->src, now)) {
		reply->cause = EVTCP_CAUSE_ICMP_RATE_LIMIT;
		return cause;
	}
	build_reply(ip, view, &m, reply);
	reply->cause =
		is_udp ? EVTCP_CAUSE_ICMP_PORT_UNREACHABLE : EVTCP_CAUSE_ICMP_PROTOCOL_UNREACHABLE;
	return cause;
}
