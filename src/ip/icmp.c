/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP as a host does it: answers pings, reads errors about our segments, and says
 * so when somebody speaks a protocol to us that we do not.
 *
 * In: a view of a packet for us. Out: an answer in the caller's buffer, an error for
 * tcp, or the cause why neither.
 *
 * Never answered: ICMP errors, and whatever ip_input refuses (broadcast, multicast,
 * impossible sources), but for what IPv6 wants told: RFC 1122 3.2.2 rule 4, RFC 4443
 * 2.4 (e). IP options are not copied into answers: record route and timestamp (3.2.1.8)
 * serve attackers more than users. Redirects are neither sent (RFC 1122 3.2.2.2 rule 1) nor
 * believed: there is one link and no choice of router. What differs between the families is in
 * icmp_family.c. */

#include "ip/icmp.h"

#include "ip/icmp_family.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

#include <assert.h>

enum { UDP_HEADER = 8, PORTS_AND_SEQ = 8 };

/* Builds an IP packet to view's source around message; it must fit. */
static void build_reply(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *message, struct ip_reply *reply)
{
	const struct icmp_family *family = icmp_family_of(&view->src);
	struct ip_datagram datagram = {
		.src = view->dst, /* RFC 1122 3.2.2.6 rule 2, RFC 4443 2.2: who was meant */
		.dst = view->src,
		.protocol = family->protocol,
		/* RFC 1122 3.2.2 rules 5, 6: an echo reply goes with its request's class. */
		.dscp = message->type == family->echo_reply ? view->tos >> 2 : 0,
		.payload_len = ICMP_HEADER + message->body_len,
	};
	struct icmp_ends ends = {&datagram.src, &datagram.dst};
	size_t header_len = ip_output_header(ip, &datagram, reply->buffer);

	reply->len = header_len + icmp_build(message, &ends, reply->buffer + header_len);
}

/* How much body an answer to view's sender can have. */
static size_t body_room(const struct ip_view *view, const struct ip_reply *reply)
{
	size_t headers = ip_header_len(&view->src) + ICMP_HEADER;

	assert(reply->capacity >= headers &&
		"an MTU is at least 68 (RFC 791 3.2 rule 1), IPv6: 1280 (RFC 8200 5 rule 1)");
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
		.type = icmp_family_of(&view->src)->echo_reply,
		.rest = request->rest,
		.body = request->body,
		/* RFC 1122 3.2.2.6 rule 3, RFC 4443 4.2: all of it, or cut to the MTU by who cannot
		   fragment */
		.body_len = smaller(request->body_len, body_room(view, reply)),
	};

	if (!icmp_limit_allow_echo(&ip->icmp_limit, now))
		return EVTCP_CAUSE_ICMP_RATE_LIMIT;
	build_reply(ip, view, &answer, reply);
	reply->cause = EVTCP_CAUSE_ICMP_ECHO_REPLY;
	return EVTCP_CAUSE_ICMP_ECHO_REQUEST;
}

/* Reads which segment the error is about (RFC 1122 3.2.2 rule 3, RFC 4443 2.4 (d)). It must have
 * been one of ours: TCP, from the address that the error came to, and not a later fragment, which
 * has no ports (we send none). */
static enum evtcp_cause read_quote(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *m, struct ip_icmp_error *error)
{
	struct icmp_quote quote;

	if (icmp_quote_parse(&quote, m->body, m->body_len) != EVTCP_CAUSE_NONE)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (quote.protocol != IP_PROTOCOL_TCP || quote.is_later_fragment)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (quote.payload_len < PORTS_AND_SEQ)
		return EVTCP_CAUSE_ICMP_QUOTE;
	if (ip_find_address(ip, &quote.src) != view->local || !ip_can_be_peer(ip, &quote.dst))
		return EVTCP_CAUSE_ICMP_QUOTE;
	error->tuple.local.addr = quote.src;
	error->tuple.remote.addr = quote.dst;
	error->tuple.local.port = bytes_get16(quote.payload);
	error->tuple.remote.port = bytes_get16(quote.payload + 2);
	error->seq = bytes_get32(quote.payload + 4);
	return EVTCP_CAUSE_ICMP_ERROR;
}

static enum evtcp_cause read_error(const struct ip *ip, const struct ip_view *view,
	const struct icmp_message *m, struct ip_icmp_error *error)
{
	*error = (struct ip_icmp_error){.class_ = IP_ICMP_SOFT, .type = m->type, .code = m->code};
	icmp_family_of(&view->src)->classify(error, m);
	return read_quote(ip, view, m, error);
}

bool ip_icmp_is_for(const struct ip_view *view)
{
	return view->protocol == icmp_family_of(&view->src)->protocol;
}

enum evtcp_cause ip_icmp_input(struct ip *ip, const struct ip_view *view, uint64_t now,
	struct ip_reply *reply, struct ip_icmp_error *error)
{
	const struct icmp_family *family = icmp_family_of(&view->src);
	struct icmp_ends ends = {&view->src, &view->dst};
	struct icmp_message m;
	enum evtcp_cause cause = icmp_parse(&m, &ends, view->payload, view->payload_len);

	reply->len = 0;
	reply->cause = EVTCP_CAUSE_NONE;
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	if (m.type == family->echo_request)
		return answer_echo(ip, view, now, &m, reply);
	if (family->is_error(m.type))
		return read_error(ip, view, &m, error);
	/* RFC 1122 3.2.2 rule 1, RFC 4443 2.4 (b): unknown types are discarded in silence; so are
	 * an echo reply, for we never ask, what asks for a mask or more (RFC 1122 3.2.2.7,
	 * 3.2.2.9), and the discovery of neighbours and routers. */
	return EVTCP_CAUSE_ICMP_TYPE;
}

/* Whether view holds a whole UDP datagram; a damaged one is not worth an answer,
 * for its source may be damaged as well. A checksum of 0 is none (RFC 768), which IPv6
 * does not allow (RFC 8200 8.1 rule 2). */
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
		return evtcp_addr_is_ipv4(&view->src) ? EVTCP_CAUSE_UDP_NO_PORT
						      : EVTCP_CAUSE_UDP_CHECKSUM;
	checksum_init(&c);
	checksum_add_pseudo_header(&c, &view->src, &view->dst, IP_PROTOCOL_UDP, (uint32_t)len);
	checksum_add(&c, view->payload, len);
	return checksum_finish(&c) == 0 ? EVTCP_CAUSE_UDP_NO_PORT : EVTCP_CAUSE_UDP_CHECKSUM;
}

/* Makes the error m the reply, quoting view's packet as far as it fits (RFC 1122 3.2.2
 * rule 2), unless the rate limit forbids (RFC 4443 2.4 (f)). */
static void send_error(struct ip *ip, const struct ip_view *view, uint64_t now,
	struct icmp_message *m, struct ip_reply *reply)
{
	size_t quote_max =
		icmp_family_of(&view->src)->error_max - ip_header_len(&view->src) - ICMP_HEADER;

	if (!icmp_limit_allow_error(&ip->icmp_limit, &view->src, now)) {
		reply->cause = EVTCP_CAUSE_ICMP_RATE_LIMIT;
		return;
	}
	m->body = view->packet;
	m->body_len = smaller(smaller(view->packet_len, quote_max), body_room(view, reply));
	build_reply(ip, view, m, reply);
}

enum evtcp_cause ip_icmp_refuse(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply)
{
	const struct icmp_family *family = icmp_family_of(&view->src);
	bool is_udp = view->protocol == IP_PROTOCOL_UDP;
	enum evtcp_cause cause = is_udp ? check_udp(view) : EVTCP_CAUSE_IP_PROTOCOL;
	struct icmp_message m = {0};

	reply->len = 0;
	reply->cause = EVTCP_CAUSE_NONE;
	if (cause != EVTCP_CAUSE_UDP_NO_PORT && cause != EVTCP_CAUSE_IP_PROTOCOL)
		return cause;
	if (view->protocol == family->protocol)
		return cause; /* RFC 1122 3.2.2 rule 4: ICMP about ICMP could go on for ever */
	reply->cause = (is_udp ? family->refuse_port : family->refuse_protocol)(view, &m);
	send_error(ip, view, now, &m, reply);
	return cause;
}

void ip_icmp_complain(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply)
{
	struct icmp_message m = {0};

	reply->len = 0;
	reply->cause = icmp_family_problem(view, &m);
	send_error(ip, view, now, &m, reply);
}

void ip_icmp_give_up(
	struct ip *ip, const struct ip_view *view, uint64_t now, struct ip_reply *reply)
{
	const struct icmp_family *family = icmp_family_of(&view->src);
	struct icmp_message m = {.type = family->time_exceeded, .code = ICMP_REASSEMBLY};

	reply->len = 0;
	reply->cause = EVTCP_CAUSE_NONE;
	/* RFC 1122 3.2.2 rule 4, RFC 4443 2.4 (e): never about an error. */
	if (view->protocol == family->protocol &&
		(view->payload_len == 0 || view->payload[0] != family->echo_request))
		return;
	reply->cause = EVTCP_CAUSE_ICMP_REASSEMBLY_TIMEOUT;
	send_error(ip, view, now, &m, reply);
}
