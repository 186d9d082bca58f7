/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_IPV6_H
#define TEST_IPV6_H

/* IPv6 packets of any kind, octet by octet and without the code under test, for the
 * tests of those who judge packets: every field can be wrong. */

#include "test_world.h"

enum {
	TEST_HOP_BY_HOP = 0,
	TEST_TCP6 = 6,
	TEST_UDP6 = 17,
	TEST_ROUTING = 43,
	TEST_FRAGMENT = 44,
	TEST_ICMPV6 = 58,
	TEST_NO_NEXT_HEADER = 59,
	TEST_DESTINATION = 60
};

/* fd00:e7::HOST, as a struct evtcp_addr. */
#define TEST_ADDRESS6(host) \
	((struct evtcp_addr){{0xfd, 0, 0, 0xe7, [14] = (host) >> 8 & 0xff, [15] = (host)&0xff}})

struct test_ipv6 {
	unsigned version; /* 0: 6 */
	unsigned payload_len;
	uint8_t traffic_class, next_header, hop_limit;
	uint32_t flow_label;
	struct evtcp_addr src, dst;
};

static inline void test_ipv6_put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

/* test_ipv6_header: writes 40 octets at out. */
static inline void test_ipv6_header(uint8_t *out, const struct test_ipv6 *h)
{
	uint32_t version = h->version ? h->version : 6;

	test_ipv6_put(out, version << 28 | (uint32_t)h->traffic_class << 20 | h->flow_label, 4);
	test_ipv6_put(out + 4, h->payload_len, 2);
	out[6] = h->next_header;
	out[7] = h->hop_limit;
	memcpy(out + 8, h->src.bytes, 16);
	memcpy(out + 24, h->dst.bytes, 16);
}

/* test_ipv6_sum: the checksum of an upper layer of len octets at upper, in a packet
 * whose header is at ip, without extension headers: RFC 8200 8.1 rule 1. */
static inline uint16_t test_ipv6_sum(const uint8_t *ip, const uint8_t *upper, size_t len)
{
	uint8_t *summed = calloc(1, 40 + len);
	uint16_t sum;

	memcpy(summed, ip + 8, 32);
	test_ipv6_put(summed + 32, (uint32_t)len, 4);
	summed[39] = ip[6];
	if (len > 0)
		memcpy(summed + 40, upper, len);
	sum = test_checksum(summed, 40 + len);
	free(summed);
	return sum;
}

#endif
