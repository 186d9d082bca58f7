/* SPDX-License-Identifier: BSD-3-Clause */

/* The header in front of what we send.
 *
 * In: a description of the datagram. Out: the header's bytes. The payload is never
 * touched: it leaves as further pieces of the same write.
 *
 * No route is looked up and nothing is fragmented: there is one link, and TCP cuts
 * its segments to what fits. Nor is one reversed that a packet came by (RFC 8200 8.4). */

#include "ip/ip.h"

#include "wire/address.h"

#include <assert.h>

static size_t output_ipv4(const struct ip *ip, const struct ip_datagram *datagram, uint8_t *out)
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

	assert(datagram->payload_len <= IPV4_PACKET_MAX - IPV4_HEADER_MIN);
	ipv4_header_build(&h, out);
	return IPV4_HEADER_MIN;
}

static size_t output_ipv6(const struct ip *ip, const struct ip_datagram *datagram, uint8_t *out)
{
	struct ipv6_header h = {
		.src = datagram->src,
		.dst = datagram->dst,
		/* RFC 6437 3 allows a label of 0, no label. One is for routers with several
		 * paths that cannot find the ports behind extension headers: we send no
		 * such headers, and have one link. */
		.flow_label = 0,
		.payload_len = (uint16_t)datagram->payload_len,
		.traffic_class = (uint8_t)(datagram->dscp << 2 | (datagram->ecn & 3)),
		.next_header = datagram->protocol,
		.hop_limit = datagram->ttl != 0 ? datagram->ttl : ip->ttl,
	};

	assert(datagram->payload_len <= IPV6_PAYLOAD_MAX - IPV6_HEADER);
	ipv6_header_build(&h, out);
	return IPV6_HEADER;
}

size_t ip_output_header(const struct ip *ip, const struct ip_datagram *datagram, uint8_t *out)
{
	bool is_ipv4 = address_is_ipv4(&datagram->dst);

	assert(address_is_ipv4(&datagram->src) == is_ipv4 && "both ends of one family");
	return is_ipv4 ? output_ipv4(ip, datagram, out) : output_ipv6(ip, datagram, out);
}
