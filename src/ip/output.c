/* SPDX-License-Identifier: BSD-3-Clause */

/* The header in front of what we send.
 *
 * In: a description of the datagram. Out: the header's bytes. The payload is never
 * touched: it leaves as further pieces of the same write.
 *
 * No route is looked up and nothing is fragmented: there is one link, and TCP cuts
 * its segments to what fits. */

#include "ip/ip.h"

#include "wire/address.h"

#include <assert.h>

size_t ip_header_len(const struct evtcp_addr *dst)
{
	return evtcp_addr_is_ipv4(dst) ? IPV4_HEADER_MIN : IP_HEADER_MAX;
}

size_t ip_output_header(const struct ip *ip, const struct ip_datagram *datagram, uint8_t *out)
{
	struct ipv4_header h = {
		.src = datagram->src,
		.dst = datagram->dst,
		.total_len = (uint16_t)(IPV4_HEADER_MIN + datagram->payload_len),
		/* The ID serves reassembly alone, and nobody may fragment this: RFC 6864
		 * 4.1 allows any value. 0 tells an observer nothing: neither how much we
		 * send to others nor which packets come from one host. */
		.id = 0,
		.dont_fragment = true,
		.tos = (uint8_t)(datagram->dscp << 2 | (datagram->ecn & 3)),
		.ttl = datagram->ttl != 0 ? datagram->ttl : ip->ttl,
		.protocol = datagram->protocol,
	};

	assert(evtcp_addr_is_ipv4(&datagram->src) && evtcp_addr_is_ipv4(&datagram->dst) &&
		"ip_add_address takes IPv4 only");
	assert(datagram->payload_len <= IPV4_PACKET_MAX - IPV4_HEADER_MIN);
	ipv4_header_build(&h, out);
	return IPV4_HEADER_MIN;
}
