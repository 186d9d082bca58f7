/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_SEGMENTS_H
#define LINK_SEGMENTS_H

/* Packets of several TCP segments (evtcp_packet.segment_len), and such whose checksum is
 * left out (checksum_left): what they look like inside, and how they become packets as
 * they are on a wire. What network hardware calls TSO, in software, for whoever takes no
 * such packets. */

#include <evtcp/link.h>

enum {
	SEGMENTS_HEADERS_MAX = 256, /* IP, its options or extension headers, and TCP */
	SEGMENTS_PIECES_MAX = 64    /* of one packet */
};

/* Where things are in a TCP packet: offsets from its start. */
struct segments_layout {
	bool ipv4;
	uint16_t tcp_at;
	uint16_t payload_at;
	uint32_t end; /* of the payload: what comes behind is the link's padding */
};

/* segments_find: the layout of a packet that begins with the len bytes at data. False unless
 * it is TCP with all its headers there, in no more than SEGMENTS_HEADERS_MAX bytes. */
bool segments_find(const uint8_t *data, size_t len, struct segments_layout *layout);

/* segments_each: gives one each segment of packet, in order, as a packet by itself with its
 * checksums, which is one's during the call. It keeps time, reason and fate. 0; or -1, and all
 * the same one has got them all, with the errno of the first that it returned -1 for; or -1
 * with EINVAL and nothing done, where the packet is none such: no TCP, headers not in the first
 * piece, bytes missing, too many pieces. */
int segments_each(const struct evtcp_packet *packet,
	int (*one)(void *arg, struct evtcp_packet *segment), void *arg);

#endif
