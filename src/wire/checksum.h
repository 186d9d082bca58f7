/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

/* The Internet checksum (RFC 1071): a running sum over pieces of any length,
 * folded and complemented at the end. */

#include "wire/address.h"

#include <arpa/inet.h>
#include <evtcp/types.h>
#include <stdbool.h>
#include <sys/uio.h>

struct checksum {
	uint64_t sum; /* of words as the machine loads them, each carry added back in */
	bool odd;     /* an odd number of bytes so far: the next one is a low byte */
};

static inline void checksum_init(struct checksum *c)
{
	c->sum = 0;
	c->odd = false;
}

/* checksum_add_word: adds eight bytes as the machine loads them from an even place, or four, or
 * two. */
static inline void checksum_add_word(struct checksum *c, uint64_t word)
{
	c->sum += word;
	c->sum += c->sum < word; /* an add-with-carry instruction */
}

/* checksum_add_number: adds a number of 16 or 32 bits that a header has at an even place. */
static inline void checksum_add_number(struct checksum *c, uint32_t number)
{
	checksum_add_word(c, htonl(number));
}

/* checksum_add: adds len bytes at data, of any alignment. */
void checksum_add(struct checksum *c, const void *data, size_t len);

/* checksum_add_header: the same for a header of five to fifteen words of four bytes, as IPv4's and
 * TCP's are. */
enum { CHECKSUM_HEADER_MIN = 20, CHECKSUM_HEADER_MAX = 60 };
void checksum_add_header(struct checksum *c, const uint8_t *header, size_t len);

/* checksum_add_iov: adds the first len bytes of the pieces. */
void checksum_add_iov(struct checksum *c, const struct iovec *iov, int iovcnt, size_t len);

/* checksum_add_pseudo_header: the one of RFC 9293 3.1 for IPv4 (when both
 * addresses are v4-mapped) or of RFC 8200 8.1 rule 1 for IPv6, which
 * checksum_add_pseudo_header_ipv6 adds. It comes first. */
void checksum_add_pseudo_header_ipv6(struct checksum *c, const struct evtcp_addr *src,
	const struct evtcp_addr *dst, uint8_t protocol, uint32_t len);
static inline void checksum_add_pseudo_header(struct checksum *c, const struct evtcp_addr *src,
	const struct evtcp_addr *dst, uint8_t protocol, uint32_t len)
{
	if (address_is_ipv4(src) && address_is_ipv4(dst)) /* four words: no carry */
		checksum_add_word(c, (uint64_t)htonl(address_to_ipv4(src)) +
					     htonl(address_to_ipv4(dst)) + htonl(protocol) +
					     htonl(len));
	else
		checksum_add_pseudo_header_ipv6(c, src, dst, protocol, len);
}

/* checksum_add_pseudo_header_of: the same for the addresses in the IP header at packet, which must
 * be there as a whole. */
void checksum_add_pseudo_header_of(
	struct checksum *c, const uint8_t *packet, uint8_t protocol, uint32_t len);

/* checksum_fold: 16 bits that are congruent to value modulo 0xffff, and 0 only if it is 0. A number
 * and the same with its halves changed have a sum whose upper half is that of the halves, and the
 * carry of the lower one, which is the same sum, is in it already. */
static inline uint16_t checksum_fold(uint64_t value)
{
	uint32_t half = (uint32_t)((value + (value << 32 | value >> 32)) >> 32);

	return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

/* checksum_finish: the value for the header's field, in host byte order; 0 when
 * what was added contains a correct checksum field. */
static inline uint16_t checksum_finish(const struct checksum *c)
{
	return (uint16_t)~ntohs(checksum_fold(c->sum));
}

#endif
