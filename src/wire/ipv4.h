/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

/* The IPv4 header (RFC 791 3.1) as a struct in host byte order, and back. Pure
 * functions over bytes; what an address or an option means is for the ip room. */

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>

enum {
	IPV4_HEADER_MIN = 20, /* without options; what we build */
	IPV4_HEADER_MAX = 60,
	IPV4_PACKET_MAX = 65535,
	IPV4_MTU_MIN = 68 /* what every link must carry whole: RFC 791 3.2 rule 1 */
};

/* Protocol numbers, the same for both families where both have them. */
enum { IP_PROTOCOL_ICMP = 1, IP_PROTOCOL_TCP = 6, IP_PROTOCOL_UDP = 17, IP_PROTOCOL_ICMPV6 = 58 };

struct ipv4_header {
	struct evtcp_addr src, dst; /* v4-mapped */
	uint16_t total_len;         /* header and payload, bytes */
	uint16_t id;
	uint16_t fragment_offset; /* bytes, a multiple of 8 */
	uint8_t header_len;       /* bytes, 20 to 60 */
	uint8_t tos;              /* DSCP in the upper six bits, ECN in the lower two */
	uint8_t ttl;
	uint8_t protocol;
	bool dont_fragment, more_fragments;
};

/* ipv4_header_parse: reads the header of a packet of len captured bytes. Returns
 * EVTCP_CAUSE_NONE when version is 4 and 20 <= header_len <= total_len <= len;
 * bytes beyond total_len are padding. Else EVTCP_CAUSE_IP_VERSION,
 * EVTCP_CAUSE_IP_HEADER_LENGTH (impossible) or EVTCP_CAUSE_IP_TRUNCATED (bytes are
 * missing), and *h is not to be used. Verifies no checksum. */
enum evtcp_cause ipv4_header_parse(struct ipv4_header *h, const uint8_t *data, size_t len);

/* ipv4_header_parse_quoted: the same for the start of a packet, as an ICMP error
 * quotes it: total_len is read and not judged, for the rest of the packet is not
 * there and some systems of the past wrote it in the wrong byte order. */
enum evtcp_cause ipv4_header_parse_quoted(struct ipv4_header *h, const uint8_t *data, size_t len);

/* ipv4_header_is_intact: the checksum over the header_len bytes at data holds. */
bool ipv4_header_is_intact(const uint8_t *data, size_t header_len);

/* ipv4_options_check: walks len bytes of options (at most 40, in at most 40 steps).
 * EVTCP_CAUSE_NONE: nothing that matters, unknown options included.
 * EVTCP_CAUSE_IP_SOURCE_ROUTE: a loose or strict source route is among them.
 * EVTCP_CAUSE_IP_OPTION: a length of 0, 1 or beyond the header. */
enum evtcp_cause ipv4_options_check(const uint8_t *options, size_t len);

/* ipv4_header_build: writes IPV4_HEADER_MIN bytes, checksum included, to out.
 * header_len of *h is not read. Addresses must be v4-mapped. */
void ipv4_header_build(const struct ipv4_header *h, uint8_t *out);

#endif
