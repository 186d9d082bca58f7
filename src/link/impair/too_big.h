/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_IMPAIR_TOO_BIG_H
#define LINK_IMPAIR_TOO_BIG_H

/* What a router says of a packet that is larger than its next link: "fragmentation needed"
 * (RFC 792, RFC 1191 4) or "packet too big" (RFC 4443 3.2). */

#include <evtcp/link.h>

/* The longest answer: RFC 4443 2.4 (c), the minimum MTU of IPv6. */
enum { TOO_BIG_ANSWER_MAX = 1280 };

/* too_big_answer: writes the whole IP packet with which a router answers packet, for a next
 * link of mtu bytes, to out and returns its length. It comes from the address that packet
 * was going to, which the sender can reach. 0 if no answer is due: an IPv4 packet that may be
 * fragmented, a later fragment, an ICMP error (RFC 1122 3.2.2 rule 4, RFC 4443 2.4 (e)), or what
 * is no IP packet. */
size_t too_big_answer(
	const struct evtcp_packet *packet, unsigned mtu, uint8_t out[TOO_BIG_ANSWER_MAX]);

#endif
