/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_IPV6_CHAIN_H
#define WIRE_IPV6_CHAIN_H

/* The extension headers between an IPv6 header and its payload (RFC 8200 4), walked as
 * their destination walks them: each in its turn, in whatever order (RFC 8200 4.1), each option by
 * what its number says is to be done with it. Pure functions. */

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>

/* Numbers of extension headers, in the space of protocol numbers. Authentication (51)
 * and ESP (50) are protocols that nobody speaks here. */
enum {
	IPV6_HOP_BY_HOP = 0,
	IPV6_ROUTING = 43,
	IPV6_FRAGMENT = 44,
	IPV6_NO_NEXT_HEADER = 59,
	IPV6_DESTINATION_OPTIONS = 60
};

/* A longer chain, more options in one header (padding not counted) and more octets of
 * padding in a row are refused (RFC 8504 5.3 allows that): who sends them means to make
 * us work. */
enum { IPV6_CHAIN_HEADERS = 8, IPV6_CHAIN_OPTIONS = 8, IPV6_CHAIN_PADDING = 7 };

/* Offsets count from the start of the packet. */
struct ipv6_chain {
	uint8_t upper;         /* the protocol behind the last extension header */
	size_t upper_at;       /* where its bytes begin: at most the packet's length */
	size_t next_header_at; /* the octet that names it */
	size_t fragment_at;    /* the fragment header; 0: there was none */
	unsigned headers;      /* extension headers walked */
	/* What a Parameter Problem about this packet says (RFC 4443 3.4): where the walk
	 * ended well that upper is unknown, should that be so. */
	uint8_t problem_code;
	uint32_t problem_at;
	bool problem_due; /* the packet is refused and its source is to be told */
};

/* Codes of a Parameter Problem. */
enum {
	IPV6_PROBLEM_FIELD = 0,
	IPV6_PROBLEM_NEXT_HEADER = 1,
	IPV6_PROBLEM_OPTION = 2,
	IPV6_PROBLEM_INCOMPLETE_CHAIN = 3 /* RFC 7112 5 */
};

/* ipv6_chain_walk: walks the headers of a packet of len bytes (header and payload, no
 * padding), whose IPv6 header (IPV6_HEADER bytes) was found sound. *chain is filled
 * whatever is returned:
 *   NONE                upper begins at upper_at. A hop-by-hop header that is not the
 *                       first is an upper that nobody knows (RFC 8200 4 rule 2);
 *   IP_NO_NEXT_HEADER   there is none;
 *   IP_TRUNCATED        a header runs out of the packet;
 *   IP_FRAGMENT         fragment_at names the fragment header. One that holds a whole
 *                       datagram (RFC 6946) is passed over like any other header;
 *   IP_SOURCE_ROUTE     a routing header with segments left: no type is known, and
 *                       type 0 must not be (RFC 5095);
 *   IP_OPTION, IP_OPTION_UNKNOWN, IP_EXTENSION_LIMIT. */
enum evtcp_cause ipv6_chain_walk(struct ipv6_chain *chain, const uint8_t *packet, size_t len);

/* ipv6_chain_walk_first_fragment: ipv6_chain_walk has stopped with IP_FRAGMENT at a header
 * with offset 0 and more to come: walks on behind it, as the whole datagram will be walked.
 * IP_TRUNCATED means that the chain goes on in later fragments, which RFC 7112 forbids,
 * IP_FRAGMENT that there is a second such header. */
enum evtcp_cause ipv6_chain_walk_first_fragment(
	struct ipv6_chain *chain, const uint8_t *packet, size_t len);

#endif
