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
 *
 * It keeps no state. Fragments are refused until there is reassembly. */

#include "ip/ip.h"

#include "wire/address.h"

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

/* The checks behind the header's form, those that need our addresses among them. */
static enum evtcp_cause judge_ipv4(
	const struct ip *ip, const struct ipv4_header *h, const uint8_t *packet, int *local)
{
	enum evtcp_cause cause;

	if (!ipv4_header_is_intact(packet, h->header_len)) /* RFC 1122 3.2.1.2 */
		return EVTCP_CAUSE_IP_CHECKSUM;
	/* A source that is ours is forged: Land (source equal to destination) is one
	 * case of it. RFC 1122 3.2.1.3, RFC 9293 MUST-63. */
	if (!ip_can_be_peer(ip, &h->src))
		return EVTCP_CAUSE_IP_MARTIAN;
	*local = ip_find_address(ip, &h->dst);
	if (*local < 0)
		return why_not_ours(ip, &h->dst); /* RFC 9293 3.9.2.3, MUST-57 */
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
	int local = -1;

	if (cause == EVTCP_CAUSE_NONE)
		cause = judge_ipv4(ip, &h, packet, &local);
	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	*view = (struct ip_view){
		.src = h.src,
		.dst = h.dst,
		.local = (uint8_t)local,
		.protocol = h.protocol,
		.ttl = h.ttl, /* even 0: RFC 1122 3.2.1.7, we are the destination */
		.tos = h.tos,
		.payload = packet + h.header_len,
		.payload_len = (size_t)h.total_len - h.header_len,
		.packet = packet,
		.packet_len = h.total_len,
	};
	return EVTCP_CAUSE_NONE;
}

enum evtcp_cause ip_input(
	const struct ip *ip, const uint8_t *packet, size_t len, struct ip_view *view)
{
	if (len == 0)
		return EVTCP_CAUSE_IP_TRUNCATED;
	switch (packet[0] >> 4) {
	case 4:
		return input_ipv4(ip, packet, len, view);
	default:
		return EVTCP_CAUSE_IP_VERSION;
	}
}
