/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_IPV4_H
#define TEST_IPV4_H

/* IPv4 packets of any kind, octet by octet and without the code under test, for the
 * tests of those who judge packets: every field can be wrong, and checksums are right
 * unless a test breaks them. */

#include "test_world.h"

#define TEST_ADDRESS(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { TEST_ICMP = 1, TEST_TCP = 6, TEST_UDP = 17 };

/* What a packet says of itself. header_words is IHL, as written; header and payload
 * are laid out as if it were at least 5. */
struct test_ipv4 {
	unsigned version; /* 0: 4 */
	unsigned header_words;
	unsigned total_len;
	uint16_t fragment; /* flags and offset as on the wire */
	uint8_t ttl, tos, protocol;
	uint32_t src, dst;
};

static inline void test_ipv4_put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

/* test_ipv4_seal: the header checksum over header_len bytes. */
static inline void test_ipv4_seal(uint8_t *packet, size_t header_len)
{
	test_ipv4_put(packet + 10, 0, 2);
	test_ipv4_put(packet + 10, test_checksum(packet, header_len), 2);
}

/* test_ipv4_header: writes 20 bytes at out and a checksum over as many as header_words
 * says; options, if any, must be behind it already. */
static inline void test_ipv4_header(uint8_t *out, const struct test_ipv4 *h)
{
	out[0] = (uint8_t)((h->version ? h->version : 4) << 4 | h->header_words);
	out[1] = h->tos;
	test_ipv4_put(out + 2, h->total_len, 2);
	test_ipv4_put(out + 4, 0x1234, 2);
	test_ipv4_put(out + 6, h->fragment, 2);
	out[8] = h->ttl;
	out[9] = h->protocol;
	test_ipv4_put(out + 12, h->src, 4);
	test_ipv4_put(out + 16, h->dst, 4);
	test_ipv4_seal(out, h->header_words < 5 ? 20 : h->header_words * 4);
}

#endif
