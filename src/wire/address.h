/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_ADDRESS_H
#define WIRE_ADDRESS_H

/* Questions to addresses (evtcp_addr of <evtcp/types.h>, whose functions are
 * implemented in address.c too). Those that are asked about each packet are in line. */

#include "wire/bytes.h"
#include <evtcp/types.h>
#include <stdbool.h>
#include <string.h>

static inline bool address_equal(const struct evtcp_addr *a, const struct evtcp_addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static inline bool endpoint_equal(const struct evtcp_endpoint *a, const struct evtcp_endpoint *b)
{
	return a->port == b->port && address_equal(&a->addr, &b->addr);
}

/* What all IPv4 addresses begin with (RFC 4291 2.5.5.2), and where their own octets stand. */
static const uint8_t address_mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum { ADDRESS_IPV4_AT = sizeof(address_mapped_prefix), ADDRESS_IPV4_LEN = 4 };

/* address_is_ipv4: evtcp_addr_is_ipv4. */
static inline bool address_is_ipv4(const struct evtcp_addr *addr)
{
	return memcmp(addr->bytes, address_mapped_prefix, sizeof(address_mapped_prefix)) == 0;
}

/* address_from_ipv4, address_to_ipv4: a mapped address of or to four octets as
 * one number in host byte order, 0x0a000002 for 10.0.0.2. */
static inline void address_from_ipv4(struct evtcp_addr *addr, uint32_t ipv4)
{
	memcpy(addr->bytes, address_mapped_prefix, sizeof(address_mapped_prefix));
	bytes_put32(addr->bytes + ADDRESS_IPV4_AT, ipv4);
}

static inline uint32_t address_to_ipv4(const struct evtcp_addr *addr)
{
	return bytes_get32(addr->bytes + ADDRESS_IPV4_AT);
}

/* address_read_ipv4, address_write_ipv4: the same of or to four octets as a packet has them. */
static inline void address_read_ipv4(struct evtcp_addr *addr, const uint8_t *octets)
{
	memcpy(addr->bytes, address_mapped_prefix, sizeof(address_mapped_prefix));
	memcpy(addr->bytes + ADDRESS_IPV4_AT, octets, ADDRESS_IPV4_LEN);
}

static inline void address_write_ipv4(const struct evtcp_addr *addr, uint8_t *octets)
{
	memcpy(octets, addr->bytes + ADDRESS_IPV4_AT, ADDRESS_IPV4_LEN);
}

/* address_is_low_ipv6: all octets but the last are 0, and the last is this: ::, ::1. */
static inline bool address_is_low_ipv6(const struct evtcp_addr *addr, uint8_t last)
{
	static const uint8_t zeros[15];

	return memcmp(addr->bytes, zeros, sizeof(zeros)) == 0 && addr->bytes[15] == last;
}

/* address_is_any: 0.0.0.0 or ::. */
static inline bool address_is_any(const struct evtcp_addr *addr)
{
	return address_is_ipv4(addr) ? address_to_ipv4(addr) == 0 : address_is_low_ipv6(addr, 0);
}

/* address_is_multicast: 224/4 (RFC 1122 3.2.1.3 rule 2 class D) or ff00::/8. */
static inline bool address_is_multicast(const struct evtcp_addr *addr)
{
	return address_is_ipv4(addr) ? addr->bytes[ADDRESS_IPV4_AT] >> 4 == 0xe
				     : addr->bytes[0] == 0xff;
}

/* address_is_unicast: false for any, multicast (224/4, ff00::/8), class E and
 * limited broadcast (240/4), 0/8; loopback (127/8, ::1) is unicast. */
static inline bool address_is_unicast(const struct evtcp_addr *addr)
{
	uint8_t first = addr->bytes[ADDRESS_IPV4_AT];

	if (address_is_ipv4(addr))
		return first != 0 && first < 224; /* from there on classes D and E */
	return !address_is_any(addr) && !address_is_multicast(addr);
}

static inline bool address_is_loopback(const struct evtcp_addr *addr)
{
	return address_is_ipv4(addr) ? addr->bytes[ADDRESS_IPV4_AT] == 127
				     : address_is_low_ipv6(addr, 1);
}

/* address_is_in_prefix: addr is of net's family and its first prefix_len bits are
 * net's. prefix_len is at most 32 for IPv4, 128 for IPv6. */
bool address_is_in_prefix(
	const struct evtcp_addr *addr, const struct evtcp_addr *net, unsigned prefix_len);

/* address_is_broadcast_of: all host bits of the IPv4 prefix are one (prefix_len
 * up to 30: RFC 3021 gives /31 no broadcast), or all are zero. False for IPv6. */
static inline bool address_is_broadcast_of(
	const struct evtcp_addr *addr, const struct evtcp_addr *net, unsigned prefix_len)
{
	uint32_t host_mask, ipv4, host;

	if (!address_is_ipv4(addr) || !address_is_ipv4(net) || prefix_len > 30)
		return false;
	host_mask = UINT32_MAX >> prefix_len;
	ipv4 = address_to_ipv4(addr);
	if (((ipv4 ^ address_to_ipv4(net)) & ~host_mask) != 0)
		return false;
	host = ipv4 & host_mask;
	return host == host_mask || host == 0; /* RFC 1122 3.3.6 rule 1: both forms */
}

#endif
