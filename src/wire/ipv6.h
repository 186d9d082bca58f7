/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

/* The IPv6 header (RFC 8200 3) as a struct in host byte order, and back. What may
 * stand between it and the payload is read by wire/ipv6_chain.h. Pure functions. */

#include <evtcp/causes.h>
#include <evtcp/types.h>

enum {
	IPV6_HEADER = 40,
	IPV6_PAYLOAD_MAX = 65535, /* behind the header; jumbograms (RFC 2675) are not spoken */
	IPV6_MTU_MIN = 1280       /* what every link that carries IPv6 must carry whole */
};

struct ipv6_header {
	struct evtcp_addr src, dst; /* never v4-mapped */
	uint32_t flow_label;        /* 20 bits */
	uint16_t payload_len;       /* bytes behind the header, extension headers included */
	uint8_t traffic_class;      /* DSCP in the upper six bits, ECN in the lower two */
	uint8_t next_header;        /* a protocol, or the first extension header */
	uint8_t hop_limit;
};

/* ipv6_header_parse: reads the header of a packet of len captured bytes. Returns
 * EVTCP_CAUSE_NONE when version is 6 and the payload is all there; bytes behind it are
 * padding. Else EVTCP_CAUSE_IP_VERSION, EVTCP_CAUSE_IP_TRUNCATED, or, for an address
 * that maps an IPv4 one (RFC 4291 2.5.5.2: a form for programs, which in a packet would
 * pass for IPv4's here), EVTCP_CAUSE_IP_MARTIAN; *h is then not to be used. */
enum evtcp_cause ipv6_header_parse(struct ipv6_header *h, const uint8_t *data, size_t len);

/* ipv6_header_parse_quoted: the same for the start of a packet, as an ICMP error quotes
 * it: payload_len is read and not judged. */
enum evtcp_cause ipv6_header_parse_quoted(struct ipv6_header *h, const uint8_t *data, size_t len);

/* ipv6_header_build: writes IPV6_HEADER bytes to out. There is no checksum: those of
 * the upper layers cover the addresses (RFC 8200 8.1 rule 1). Addresses must not be mapped. */
void ipv6_header_build(const struct ipv6_header *h, uint8_t *out);

#endif
