/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_OUTPUT_H
#define STACK_OUTPUT_H

/* The way out: a segment becomes a packet on the link. */

#include "ip/ip.h"
#include "tcp/segment.h"
#include <evtcp/link.h>
#include <evtcp/trace.h>

struct evtcp_stack;

enum {
	OUTPUT_HEADERS_MAX = IP_HEADER_MAX + TCP_HEADER_MAX,
	OUTPUT_BURST_MAX = 65535 /* octets that leave at once, as far as IP can tell a length */
};

/* output_segment: gives out its headers and checksums and hands it to the link, at
 * the moment of the open batch. What stands for several segments leaves as these where the link
 * takes no such packet, each counted and told by itself. */
void output_segment(struct evtcp_stack *stack, const struct segment_out *out);

/* output_build_headers: writes the IP and TCP header of out, checksums included, to
 * headers (OUTPUT_HEADERS_MAX bytes). checksum_left: TCP's is for the link to complete (struct
 * evtcp_packet). Returns their length. */
size_t output_build_headers(const struct evtcp_stack *stack, const struct segment_out *out,
	bool checksum_left, uint8_t *headers);

/* output_describe_header: what an event tells of a segment's header, whichever way it goes. */
void output_describe_header(const struct tcp_header *h, struct evtcp_event *event);

/* output_describe: the event that tells of out, as SENT. */
void output_describe(
	const struct evtcp_stack *stack, const struct segment_out *out, struct evtcp_event *event);

/* output_packet: hands a complete packet with its reason to the link, at the moment
 * of the open batch, and counts its cause. A packet that the link refuses is lost: the
 * cause of that is counted instead and returned. EVTCP_CAUSE_NONE if it left. */
enum evtcp_cause output_packet(struct evtcp_stack *stack, struct evtcp_packet *packet);

/* output_tell: sent, an event of kind SENT, or the same as DROPPED if the link refused
 * the packet because of that cause, goes to whom it may concern. */
void output_tell(
	struct evtcp_stack *stack, const struct evtcp_event *sent, enum evtcp_cause refused);

#endif
