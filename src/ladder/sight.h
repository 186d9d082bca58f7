/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_SIGHT_H
#define LADDER_SIGHT_H

/* The TCP segment in a captured packet, as far as the capture goes. Unlike trace/packet_view.h,
 * which sees packets whole, this copes with those that a snapshot length has cut, with first
 * fragments, and with lengths that the sender's card was to fill in. */

#include <evtcp/types.h>
#include <stdbool.h>

#include "wire/tcp_header.h"

struct sight {
	struct evtcp_endpoint src, dst;
	struct tcp_header tcp;
	uint32_t payload_len; /* bytes; of a first fragment those in it */
	bool header_cut;      /* not all of its options were captured */
	bool fragment;        /* the first of several */
	bool marked;          /* CE (RFC 3168) */
	uint16_t id;          /* of the IPv4 header; 0 over IPv6 */
	uint16_t checksum;    /* of the TCP header, as captured */
};

enum sight_kind {
	SIGHT_TCP,
	SIGHT_OTHER,    /* another protocol */
	SIGHT_FRAGMENT, /* a later fragment: no header */
	SIGHT_SHORT,    /* too little was captured */
	SIGHT_MALFORMED /* lengths that cannot be */
};

/* sight_parse: reads an IP packet of whole_len bytes, the first len of which were captured. Fills
 * *sight for SIGHT_TCP only. Checksums are not verified: of what leaves a machine they are often
 * not there yet. */
enum sight_kind sight_parse(struct sight *sight, const uint8_t *ip, size_t len, size_t whole_len);

#endif
