/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FRAGMENT_H
#define FRAGMENT_H

/* A part of a packet, as a router (IPv4) or a sender (IPv6) would cut it, or as nobody
 * should: "frag 7:512@1024+", ID, size and offset in octets, "+" for more to come, as
 * tcpdump writes it. */

#include "scan.h"

struct fragment {
	uint32_t id, size, offset; /* size 0: it is no fragment */
	bool more;
};

/* fragment_scan: reads what follows the word "frag". */
bool fragment_scan(struct scan *scan, struct fragment *fragment);

/* fragment_cut: replaces the packet of len octets by that fragment of it, zeros where the
 * packet has no octets. Returns its length. */
size_t fragment_cut(const struct fragment *fragment, uint8_t *octets, size_t len);

#endif
