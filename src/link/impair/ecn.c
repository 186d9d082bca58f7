/* SPDX-License-Identifier: BSD-3-Clause */

/* Congestion Experienced, written into a packet that passes.
 *
 * In: the bytes of a packet. Out: the same with another ECN field and, for IPv4, another
 * header checksum; or a no.
 *
 * The checksum is adjusted, not computed anew: one that was wrong stays wrong. */

#include "link/impair/ecn.h"

#include "wire/bytes.h"

enum { ECN_NOT_ECT = 0, ECN_CE = 3, IPV4_BYTES_MIN = 20, IPV6_BYTES = 40 };

/* RFC 1624 3, equation 3: HC' = ~(~HC + ~m + m'), where m is the word that changes. */
static uint16_t ecn_adjust(uint16_t checksum, uint16_t old, uint16_t new)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~old + new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 3168 5: the two low bits of the second byte. */
static bool ecn_mark_ipv4(uint8_t *bytes)
{
	uint16_t old = bytes_get16(bytes);

	if ((bytes[1] & ECN_CE) == ECN_NOT_ECT)
		return false;
	bytes[1] |= ECN_CE;
	bytes_put16(bytes + 10, ecn_adjust(bytes_get16(bytes + 10), old, bytes_get16(bytes)));
	return true;
}

/* RFC 8200 3, 7: the traffic class stands across two bytes; its two low bits are bits 5 and
 * 4 of the second. */
static bool ecn_mark_ipv6(uint8_t *bytes)
{
	if ((bytes[1] >> 4 & ECN_CE) == ECN_NOT_ECT)
		return false;
	bytes[1] |= ECN_CE << 4;
	return true;
}

bool ecn_mark(uint8_t *bytes, size_t len)
{
	if (len >= IPV4_BYTES_MIN && bytes[0] >> 4 == 4)
		return ecn_mark_ipv4(bytes);
	if (len >= IPV6_BYTES && bytes[0] >> 4 == 6)
		return ecn_mark_ipv6(bytes);
	return false;
}
