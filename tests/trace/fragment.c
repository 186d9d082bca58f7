/* SPDX-License-Identifier: BSD-3-Clause */

/* Fragments, as text and as octets.
 *
 * Input: a whole packet of either family. Output: one fragment of it in its place. What
 * has a fragment header already or options in front of it is not for this. */

#include "fragment.h"

#include "packet.h"

#include <string.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_HEADER = 8, NEXT_FRAGMENT = 44 };
enum { FLAG_MORE = 0x2000 };

bool fragment_scan(struct scan *scan, struct fragment *fragment)
{
	int64_t id, size, offset;

	if (!scan_need_number(scan, 0, UINT16_MAX, &id) || !scan_need_text(scan, ":") ||
		!scan_need_number(scan, 1, PACKET_MAX - IPV6_HEADER - FRAGMENT_HEADER, &size) ||
		!scan_need_text(scan, "@") || !scan_need_number(scan, 0, 65528, &offset))
		return false;
	if (offset % 8 != 0)
		return scan_fail(scan, "an offset is a multiple of 8");
	*fragment = (struct fragment){.id = (uint32_t)id,
		.size = (uint32_t)size,
		.offset = (uint32_t)offset,
		.more = scan_text(scan, "+")};
	return true;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071, over an IPv4 header. */
static void seal(uint8_t *header)
{
	uint32_t sum = 0;

	put16(header + 10, 0);
	for (int i = 0; i < IPV4_HEADER; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(header + 10, ~(sum + (sum >> 16)));
}

size_t fragment_cut(const struct fragment *fragment, uint8_t *octets, size_t len)
{
	static uint8_t data[PACKET_MAX];
	bool ipv6 = octets[0] >> 4 == 6;
	size_t header = ipv6 ? IPV6_HEADER : IPV4_HEADER, there = len - header, part = 0;

	if (fragment->offset < there)
		part = there - fragment->offset;
	if (part > fragment->size)
		part = fragment->size;
	memset(data, 0, fragment->size);
	if (part > 0)
		memcpy(data, octets + header + fragment->offset, part);
	if (ipv6) {
		octets[IPV6_HEADER] = octets[6];
		octets[6] = NEXT_FRAGMENT;
		octets[IPV6_HEADER + 1] = 0;
		put16(octets + IPV6_HEADER + 2, fragment->offset | fragment->more);
		packet_put32(octets + IPV6_HEADER + 4, fragment->id);
		put16(octets + 4, FRAGMENT_HEADER + fragment->size);
		header += FRAGMENT_HEADER;
	} else {
		put16(octets + 2, IPV4_HEADER + fragment->size);
		put16(octets + 4, fragment->id);
		put16(octets + 6, fragment->offset / 8 | (fragment->more ? FLAG_MORE : 0));
		seal(octets);
	}
	memcpy(octets + header, data, fragment->size);
	return header + fragment->size;
}
