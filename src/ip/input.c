/* SPDX-License-Identifier: BSD-3-Clause */

/* The first look at a packet: is it IP, whole, undamaged, for us, and from somebody
 * who can exist?
 *
 * In: bytes from a link, and our addresses. Out: a view of the payload, or the cause
 * why the packet is dropped.
 *
 * Everything is checked before anything is believed, in the order of RFC 1122 3.2.1:
 * version, lengths, checksum, addresses, options. A packet that fails is dropped in
 * silence: who forged it learns nothing, and whose address it bears is not bothered.
 * Only where RFC 8200 4 wants the source of an IPv6 packet told, the view says so.
 *
 * It keeps no state. What a fragment alone can tell is judged here, what several tell
 * together in reassembly.c. */

#include "ip/ip.h"

#include "wire/address.h"
#include "wire/bytes.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp_header.h"

/* What a first fragment has to hold of these, for there are filters that look no further
 * (RFC 1858 3); IPv6 requires it of every upper layer (RFC 7112 5). */
enum { UDP_HEADER = 8, ICMP_TYPE_AND_MORE = 8 };

/* RFC 1122 3.2.1.3 rule 1, 3.3.6 rule 1: a destination that is not one of our addresses. */
static enum evtcp_cause why_not_ours(const struct ip *ip, const struct evtcp_addr *dst)
{
	static const struct evtcp_addr limited_broadcast = {
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 255, 255, 255, 255}};

	if (address_is_multicast(dst) || address_equal(dst, &limited_broadcast))
		return EVTCP_CAUSE_IP_BROADCAST;
	for (int i = 0; i < ip->n_addresses; i++) {
		if (address_is_broadcast_of(
			    dst, &ip->addresses[i].addr, ip->addresses[i].prefix_len))
			return EVTCP_CAUSE_IP_BROADCAST;
	}
	if (!address_is_unicast(dst) || address_is_loopback(dst))
		return EVTCP_CAUSE_IP_MARTIAN;
	return EVTCP_CAUSE_IP_NOT_OURS;
}

/* Can src be a source, and is dst ours? Then view->local is its index. */
static enum evtcp_cause judge_addresses(const struct ip *ip, const struct evtcp_addr *src,
	const struct evtcp_addr *dst, struct ip_view *view)
{
	int local;

	/* A source that is ours is forged: Land (source equal to destination) is one
	 * case of it. RFC 1122 3.2.1.3 rule 2, RFC 9293 MUST-63. */
	if (!ip_can_be_peer(ip, src))
		return EVTCP_CAUSE_IP_MARTIAN;
	local = ip_find_address(ip, dst);
	if (local < 0)
		return why_not_ours(ip, dst); /* RFC 9293 3.9.2.3, MUST-57 */
	view->local = (uint8_t)local;
	return EVTCP_CAUSE_NONE;
}

/* The checks behind the header's form, those that need our addresses among them. */
static enum evtcp_cause judge_ipv4(const struct ip *ip, const struct ipv4_header *h,
	const uint8_t *packet, struct ip_view *view)
{
	enum evtcp_cause cause;

	if (!ipv4_header_is_intact(packet, h->header_len)) /* RFC 1122 3.2.1.2 */
		return EVTCP_CAUSE_IP_CHECKSUM;
	cause = judge_addresses(ip, &h->src, &h->dst, view);
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	/* RFC 1122 3.2.1.8 rules 2, 3 want a source route handed to the transport, which would
	 * answer along it: whoever forges a source could then collect the answers. We
	 * refuse it, as every router and host of today does; other options are
	 * ignored (RFC 1122 3.2.1.8 rule 1, RFC 9293 MUST-50). */
	return ipv4_options_check(packet + IPV4_HEADER_MIN, h->header_len - IPV4_HEADER_MIN);
}

/* ---- fragments -------------------------------------------------------------- */

/* Whether the data of a first fragment, or of one that follows close on it, holds what
 * filters read of TCP: RFC 1858 3, RFC 3128. */
static bool holds_tcp_header(const uint8_t *data, size_t len)
{
	return len >= TCP_HEADER_MIN && (size_t)(data[12] >> 4) * 4 <= len;
}

/* What one fragment can tell, the same for both families (ATTACKS R02, R05); room is how
 * long the data of the whole can be. */
static enum evtcp_cause judge_fragment(const struct ip_view *view, size_t room)
{
	const struct ip_fragment *fragment = &view->fragment;
	size_t len = view->packet_len - fragment->header_len;

	if (len == 0 || (fragment->more && len % 8 != 0) || fragment->offset + len > room)
		return EVTCP_CAUSE_IP_FRAGMENT_MALFORMED;
	return EVTCP_CAUSE_IP_FRAGMENT;
}

static enum evtcp_cause judge_ipv4_fragment(const struct ipv4_header *h, struct ip_view *view)
{
	struct ip_fragment *fragment = &view->fragment;
	enum evtcp_cause cause;

	if (!h->more_fragments && h->fragment_offset == 0)
		return EVTCP_CAUSE_NONE; /* whatever its ID: RFC 6864 4.2 rule 1 */
	*fragment = (struct ip_fragment){.id = h->id,
		.offset = h->fragment_offset,
		.more = h->more_fragments,
		.header_len = h->header_len};
	cause = judge_fragment(view, (size_t)IPV4_PACKET_MAX - h->header_len);
	if (cause != EVTCP_CAUSE_IP_FRAGMENT || h->protocol != IP_PROTOCOL_TCP)
		return cause;
	if (fragment->offset == 0 ? !holds_tcp_header(view->payload, view->payload_len)
				  : fragment->offset < TCP_HEADER_MIN)
		return EVTCP_CAUSE_IP_FRAGMENT_TINY;
	return cause;
}

static enum evtcp_cause input_ipv4(
	const struct ip *ip, const uint8_t *packet, size_t len, struct ip_view *view)
{
	struct ipv4_header h;
	enum evtcp_cause cause = ipv4_header_parse(&h, packet, len);

	if (cause == EVTCP_CAUSE_NONE)
		cause = judge_ipv4(ip, &h, packet, view);
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	view->src = h.src;
	view->dst = h.dst;
	view->protocol = h.protocol;
	view->ttl = h.ttl; /* even 0: RFC 1122 3.2.1.7 rule 1, we are the destination */
	view->tos = h.tos;
	view->payload = packet + h.header_len;
	view->payload_len = (size_t)h.total_len - h.header_len;
	view->packet_len = h.total_len;
	return judge_ipv4_fragment(&h, view);
}

/* RFC 7112 5, RFC 8200 4.5 rule 8: the first fragment has the whole chain of headers, the upper
 * layer's too. */
static enum evtcp_cause judge_first_fragment(
	const uint8_t *packet, struct ipv6_chain *chain, const struct ip_view *view)
{
	enum evtcp_cause cause = ipv6_chain_walk_first_fragment(chain, packet, view->packet_len);
	const uint8_t *upper = packet + chain->upper_at;
	size_t len = view->packet_len - chain->upper_at;
	bool whole = true;

	if (cause == EVTCP_CAUSE_IP_FRAGMENT)
		return EVTCP_CAUSE_IP_FRAGMENT_MALFORMED; /* of a fragment */
	if (cause != EVTCP_CAUSE_NONE && cause != EVTCP_CAUSE_IP_TRUNCATED)
		return cause;
	if (chain->upper == IP_PROTOCOL_TCP)
		whole = holds_tcp_header(upper, len);
	else if (chain->upper == IP_PROTOCOL_UDP)
		whole = len >= UDP_HEADER;
	else if (chain->upper == IP_PROTOCOL_ICMPV6)
		whole = len >= ICMP_TYPE_AND_MORE;
	if (cause == EVTCP_CAUSE_NONE && whole)
		return EVTCP_CAUSE_IP_FRAGMENT;
	chain->problem_code = IPV6_PROBLEM_INCOMPLETE_CHAIN;
	chain->problem_at = 0;
	return EVTCP_CAUSE_IP_FRAGMENT_TINY;
}

/* The chain of packet's headers has led to a fragment header. */
static enum evtcp_cause judge_ipv6_fragment(
	const uint8_t *packet, struct ipv6_chain *chain, struct ip_view *view)
{
	const uint8_t *header = packet + chain->fragment_at;
	uint16_t place = bytes_get16(header + 2);
	struct ip_fragment *fragment = &view->fragment;
	enum evtcp_cause cause;

	*fragment = (struct ip_fragment){.id = bytes_get32(header + 4),
		.offset = place & 0xfff8u,
		.more = (place & 1) != 0,
		.header_len = (uint16_t)(chain->fragment_at + 8),
		.next_header_at = (uint16_t)chain->next_header_at};
	chain->upper_at = fragment->header_len;
	/* RFC 8200 4.5 rules 4, 5: a wrong length is shown where it stands: the payload length, or
	 * the offset that would carry the whole beyond 65,535. */
	chain->problem_code = IPV6_PROBLEM_FIELD;
	chain->problem_at = fragment->more && (view->packet_len - fragment->header_len) % 8 != 0
				    ? 4
				    : (uint32_t)chain->fragment_at + 2;
	cause = judge_fragment(view, IPV6_PAYLOAD_MAX - (chain->fragment_at - IPV6_HEADER));
	chain->upper = header[0];
	if (cause == EVTCP_CAUSE_IP_FRAGMENT && fragment->offset == 0)
		cause = judge_first_fragment(packet, chain, view);
	/* Told only where it is sure that this is no ICMPv6 error (RFC 4443 2.4 (e)). */
	if ((cause == EVTCP_CAUSE_IP_FRAGMENT_MALFORMED &&
		    view->packet_len > fragment->header_len) ||
		cause == EVTCP_CAUSE_IP_FRAGMENT_TINY)
		chain->problem_due =
			chain->upper == IP_PROTOCOL_TCP || chain->upper == IP_PROTOCOL_UDP;
	return cause;
}

/* Addresses come before extension headers: what is not ours is none of our business, and
 * nothing is said about what came by multicast (RFC 4443 2.4 (e.3)). */
static enum evtcp_cause input_ipv6(
	const struct ip *ip, const uint8_t *packet, size_t len, struct ip_view *view)
{
	struct ipv6_header h;
	struct ipv6_chain chain;
	enum evtcp_cause cause = ipv6_header_parse(&h, packet, len);

	if (cause == EVTCP_CAUSE_NONE)
		cause = judge_addresses(ip, &h.src, &h.dst, view);
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	view->src = h.src;
	view->dst = h.dst;
	view->ttl = h.hop_limit;
	view->tos = h.traffic_class;
	view->packet_len = IPV6_HEADER + (size_t)h.payload_len;
	cause = ipv6_chain_walk(&chain, packet, view->packet_len);
	if (cause == EVTCP_CAUSE_IP_FRAGMENT)
		cause = judge_ipv6_fragment(packet, &chain, view);
	view->problem = (struct ip_problem){
		.due = chain.problem_due, .code = chain.problem_code, .at = chain.problem_at};
	view->protocol = chain.upper;
	view->payload = packet + chain.upper_at;
	view->payload_len = view->packet_len - chain.upper_at;
	return cause;
}

enum evtcp_cause ip_input(
	const struct ip *ip, const uint8_t *packet, size_t len, struct ip_view *view)
{
	*view = (struct ip_view){.packet = packet};
	if (len == 0)
		return EVTCP_CAUSE_IP_TRUNCATED;
	switch (packet[0] >> 4) {
	case 4:
		return input_ipv4(ip, packet, len, view);
	case 6:
		return input_ipv6(ip, packet, len, view);
	default:
		return EVTCP_CAUSE_IP_VERSION;
	}
}
