/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_ICMP_ERROR_H
#define LADDER_ICMP_ERROR_H

/* An ICMP or ICMPv6 error about a TCP segment: what happened to it on its way, told by who gave it
 * up. */

#include <evtcp/types.h>
#include <stdbool.h>

struct icmp_error {
	struct evtcp_addr from;         /* who says so */
	struct evtcp_endpoint src, dst; /* of the segment, */
	uint32_t seq;                   /* and its sequence number */
	bool is_ipv6;
	uint8_t type, code;
	uint16_t mtu; /* of the next link, where that is what is wrong; 0: not told */
};

/* icmp_error_parse: reads an IP packet, len bytes of which were captured. False if it is no error
 * about a TCP segment, or too little of that is there. Checksums are not verified. */
bool icmp_error_parse(struct icmp_error *error, const uint8_t *ip, size_t len);

/* icmp_error_name: "host unreachable", "packet too big"; static storage. */
const char *icmp_error_name(const struct icmp_error *error);

#endif
