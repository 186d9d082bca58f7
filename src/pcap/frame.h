/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_FRAME_H
#define PCAP_FRAME_H

/* From a captured frame to the IP packet in it: what stands before it differs from link type to
 * link type. Pure functions. */

#include "pcap/reader.h"

/* Numbers of the registry of link types (draft-ietf-opsawg-pcaplinktype). */
enum {
	LINKTYPE_NULL =
		0, /* BSD loopback: an address family, in the byte order of whoever captured */
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_RAW_BSD = 12, /* what LINKTYPE_RAW is called by some systems, and in some files */
	LINKTYPE_RAW_OPENBSD = 14,
	LINKTYPE_RAW = 101,
	LINKTYPE_LOOP = 108, /* as NULL, in network byte order */
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_LINUX_SLL2 = 276
};

/* VLAN tags that are looked behind. */
#define PCAP_MAX_TAGS 8

enum pcap_frame {
	PCAP_FRAME_IP,     /* IPv4 or IPv6 */
	PCAP_FRAME_OTHER,  /* another protocol */
	PCAP_FRAME_SHORT,  /* not enough of it was captured to tell */
	PCAP_FRAME_UNKNOWN /* a link type that is not read */
};

/* pcap_frame_find_ip: what packet holds; where it is IP, *at bytes are before it. A direction that
 * the link header tells (Linux cooked) is written to packet, if it has none. */
enum pcap_frame pcap_frame_find_ip(struct pcap_packet *packet, size_t *at);

#endif
