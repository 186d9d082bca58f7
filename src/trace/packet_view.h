/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_PACKET_VIEW_H
#define TRACE_PACKET_VIEW_H

/* A TCP segment as someone who watches a link sees it: who talks to whom, and the
 * header. For ladders and fault scripts, which need to know what passes but do
 * not judge it: the stack alone decides whether a packet is valid. */

#include <evtcp/trace.h>
#include <stdbool.h>

#include "wire/tcp_header.h"

struct packet_view {
	struct evtcp_endpoint src, dst;
	struct tcp_header tcp;
	uint32_t payload_len; /* bytes */
	size_t tcp_at, payload_at; /* where they begin, bytes from the start of the packet */
};

/* packet_view_parse: fills view from packet. False, with view undefined, for what
 * is not a whole TCP header over IPv4 or IPv6: another protocol, a later fragment (of
 * IPv6: any), a length that does not fit, extension headers of more than 150 bytes. Checksums are
 * not looked at. Keeps no pointer into packet. */
bool packet_view_parse(struct packet_view *view, const struct evtcp_packet *packet);

/* packet_view_seq_len: how many sequence numbers the segment occupies: its bytes,
 * and one each for SYN and FIN (RFC 9293 3.4). */
uint32_t packet_view_seq_len(const struct packet_view *view);

/* packet_view_tuple: both ends as the stack sees them; outbound says that the stack
 * sent the packet. */
void packet_view_tuple(const struct packet_view *view, bool outbound, struct evtcp_tuple *tuple);

/* packet_view_describe: its ends and its header, as an event about a segment has them. */
void packet_view_describe(const struct packet_view *view, bool outbound, struct evtcp_event *event);

#endif
