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
 * It keeps no state. Fragments are refused until there is reassembly. */

#include "ip/ip.h"

#include "wire/address.h"
#include "wire/ipv6_chain.h"

/* RFC 1122 3.2.1.3: a destination that is not one of our addresses. */
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
	 * case of it. RFC 1122 3.2.1.3, RFC 9293 MUST-63. */
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
	/* RFC 1122 3.2.1.8 wants a source route handed to the transport, which would
	 * answer along it: whoever forges a source could then collect the answers. We
	 * refuse it, as every router and host of today does; other options are
	 * ignored (RFC 9293 3.9.2, MUST-50). */
	cause = ipv4_options_check(packet + IPV4_HEADER_MIN, h->header_len - IPV4_HEADER_MIN);
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	if (h->more_fragments || h->fragment_offset != 0)
		return EVTCP_CAUSE_IP_FRAGMENT;
	return EVTCP_CAUSE_NONE;
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
	view->ttl = h.ttl; /* even 0: RFC 1122 3.2.1.7, we are the destination */
	view->tos = h.tos;
	view->payload = packet + h.header_len;
	view->payload_len = (size_t)h.total_len - h.header_len;
	view->packet_len = h.total_len;
	return EVTCP_CAUSE_NONE;
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
