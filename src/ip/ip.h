/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_IP_H
#define IP_IP_H

/* The network layer: which packets are for us and sound, what their payload is,
 * and the header in front of what we send.
 *
 * Nothing here sends, reads a clock, counts or calls back: each function returns
 * the cause of what it decided, and the stack counts it, once. Addresses are
 * evtcp_addr, IPv4 mapped into IPv6: IPv6 is a second parser behind ip_input and a
 * second builder behind ip_output_header, ICMPv6 a second row in icmp_family, and
 * nothing above notices.
 *
 * There is no neighbour discovery and no autoconfiguration (RFC 4861, 4862): a TUN is a
 * wire between two ends that carries packets without link addresses, so there is nobody
 * to look for, and what the kernel multicasts there is dropped and counted.
 *
 * The road of a packet:
 *
 *	cause = ip_input(ip, packet, len, &view);
 *	view.protocol is TCP: the stack hands view.payload to tcp;
 *	              is ICMP: ip_icmp_input (ip/icmp.h);
 *	              is anything else: ip_icmp_refuse (ip/icmp.h);
 *	cause is IP_FRAGMENT: reassembly_add (ip/reassembly.h), and what comes out of that
 *	takes this road again. */

#include "ip/icmp_limit.h"
#include "wire/address.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
	IP_MAX_ADDRESSES = 16,
	IP_HEADER_MAX = IPV6_HEADER /* the longest header that we build */
};

struct ip_address {
	struct evtcp_addr addr;
	uint8_t prefix_len; /* of its subnet: 0 to 32 for IPv4, to 128 for IPv6 */
	/* The addresses of its subnet whose host bits are all one, or all zero, which nobody has
	 * (address_is_broadcast_of); where there are none, addr. */
	struct evtcp_addr broadcast[2];
};

struct ip {
	struct ip_address addresses[IP_MAX_ADDRESSES];
	uint8_t n_addresses;
	uint8_t ttl; /* or hop limit, of what we send, when the sender names none; never 0 */
	struct icmp_limit icmp_limit;
};

/* ip_init: no address yet. world must outlive it; ttl is at least 1 (RFC 1122 3.2.1.7
 * rules 2, 3); icmp_per_second as in icmp_limit_init. Owns nothing: there is no ip_free. */
void ip_init(struct ip *ip, const struct evtcp_world *world, uint8_t ttl, uint32_t icmp_per_second);

/* ip_add_address: we answer for addr from now on. 0, or an errno value: EINVAL (not
 * unicast, loopback, prefix_len longer than the address, or its subnet's broadcast
 * address), EEXIST or ENOSPC. */
int ip_add_address(struct ip *ip, const struct evtcp_addr *addr, unsigned prefix_len);

/* ip_has_ipv6: one of our addresses is of IPv6. */
bool ip_has_ipv6(const struct ip *ip);

/* ip_find_address: the index of addr among ours, -1 if it is not ours. */
int ip_find_address(const struct ip *ip, const struct evtcp_addr *addr);

/* ip_can_be_peer: whether addr can be the other end of anything: unicast, not
 * loopback (which never leaves a host), not a broadcast address of our subnets, not
 * one of our own. Who connects asks this (RFC 9293 3.9.1.1, MUST-46), and ip_input
 * asks it of every source (MUST-63, RFC 1122 3.2.1.3 rule 2). */
bool ip_can_be_peer(const struct ip *ip, const struct evtcp_addr *addr);

/* ip_source_for: our address to talk to dst from (RFC 1122 3.2.1.3 rule 3): the one whose subnet
 * holds dst with the longest prefix, else the first of dst's family. NULL if there is none. Valid
 * as long as ip. */
const struct evtcp_addr *ip_source_for(const struct ip *ip, const struct evtcp_addr *dst);

/* What a Parameter Problem about an IPv6 packet says (RFC 4443 3.4). */
struct ip_problem {
	bool due;     /* it was refused for this, and its source is to be told */
	uint8_t code; /* not refused: what to say if nobody speaks its protocol */
	uint32_t at;  /* offset of the octet in question */
};

/* What a fragment says of its place (RFC 791 3.1, RFC 8200 4.5 rule 1). */
struct ip_fragment {
	uint32_t id;
	uint32_t offset;         /* of its data, a multiple of 8 */
	bool more;               /* it is not the last */
	uint16_t header_len;     /* in front of its data, the fragment header of IPv6 included */
	uint16_t next_header_at; /* IPv6: the octet that names the fragment header */
};

/* A packet that ip_input found sound. The pointers point into the packet. */
struct ip_view {
	struct evtcp_addr src, dst;  /* dst is one of ours */
	uint8_t local;               /* its index in ip.addresses */
	uint8_t protocol;            /* IP_PROTOCOL_TCP, ... */
	uint8_t ttl, tos;            /* as received; ECN is the lower two bits of tos */
	struct ip_problem problem;   /* of IPv6 */
	struct ip_fragment fragment; /* of IP_FRAGMENT */
	const uint8_t *payload;      /* behind the header, its options and extensions */
	size_t payload_len;          /* bytes; link padding is cut off */
	const uint8_t *packet;       /* from the IP header on, for quoting in an error */
	size_t packet_len;           /* header and payload */
};

/* ip_input: validates the len bytes of one packet and fills *view, which is valid as
 * long as the packet is. EVTCP_CAUSE_NONE; EVTCP_CAUSE_IP_FRAGMENT for one that is sound
 * as far as can be told of a single one, to be handed to reassembly_add (a later fragment's
 * protocol is what its header says, its payload is its data); or the IP_... cause to drop
 * it with: malformed, checksum wrong, source route, not ours, an address that cannot be
 * there. Nothing is sent about a packet refused here, but where IPv6 asks for
 * it: then view->problem.due is set (it is always valid), and *view is what
 * ip_icmp_complain needs. */
enum evtcp_cause ip_input(
	const struct ip *ip, const uint8_t *packet, size_t len, struct ip_view *view);

/* What to send: the payload is the caller's. */
struct ip_datagram {
	struct evtcp_addr src, dst; /* of one family; src is one of ours */
	uint8_t protocol;
	uint8_t dscp; /* six bits */
	uint8_t ecn;  /* two bits */
	uint8_t ttl;  /* or hop limit; 0: the stack's default */
	size_t payload_len;
};

/* ip_header_len: bytes of the header that ip_output_header builds for packets to
 * dst: an MTU less this is what a payload may have. */
static inline size_t ip_header_len(const struct evtcp_addr *dst)
{
	return address_is_ipv4(dst) ? IPV4_HEADER_MIN : IPV6_HEADER;
}

/* ip_output_header: writes the header, complete with checksum, for a datagram to
 * out (IP_HEADER_MAX bytes) and returns its length. Don't Fragment is always set (and
 * what it means in IPv6): TCP never depends on reassembly. Header and payload must fit in
 * 65,535 bytes. */
size_t ip_output_header(const struct ip *ip, const struct ip_datagram *datagram, uint8_t *out);

#endif
