/* SPDX-License-Identifier: BSD-3-Clause */

/* The IPv4 header, from bytes to a struct in host order and back.
 *
 *      0        1       2         4     6         8     9       10      12    16   20
 *      | 4, IHL | TOS   | total   | ID  | flags,  | TTL | proto | cksum | src | dst | options
 *                                         offset / 8
 *
 * In: bytes of a stranger. Out: a header whose lengths are true of those bytes, or
 * the cause why there is none. Every sum of lengths is checked, once, where it is read (in line:
 * ipv4.h), so that no room above can subtract one from a smaller one. */

#include "wire/ipv4.h"

/* RFC 791 3.1: the option's first byte, copy flag and class included. */
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LSRR = 131, OPTION_SSRR = 137 };

bool ipv4_header_is_intact(const uint8_t *data, size_t header_len)
{
	struct checksum c;

	checksum_init(&c);
	checksum_add_header(&c, data, header_len);
	return checksum_finish(&c) == 0;
}

enum evtcp_cause ipv4_options_check(const uint8_t *options, size_t len)
{
	while (len > 0 && options[0] != OPTION_END) {
		size_t step = 1; /* a NOP has no length byte */

		if (options[0] == OPTION_LSRR || options[0] == OPTION_SSRR)
			return EVTCP_CAUSE_IP_SOURCE_ROUTE;
		if (options[0] != OPTION_NOP) {
			if (len < 2 || options[1] < 2 || options[1] > len)
				return EVTCP_CAUSE_IP_OPTION;
			step = options[1];
		}
		options += step;
		len -= step;
	}
	return EVTCP_CAUSE_NONE;
}
