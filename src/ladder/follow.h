/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LADDER_FOLLOW_H
#define LADDER_FOLLOW_H

/* The road from a capture file to whoever shows what is in it: packets are read, segments found in
 * them, connections found for those, and each segment is judged. */

#include "ladder/comment.h"
#include "ladder/connections.h"
#include "ladder/icmp_error.h"
#include "ladder/judge.h"
#include "pcap/reader.h"

/* A segment with all that is known of it; valid during the call that shows it. */
struct rung {
	struct connection *connection;
	const struct sight *sight;
	const struct pcap_packet *packet;
	const struct comment *comment;
	struct ladder_segment segment;
	enum ladder_fate fate;
	struct judgement judgement;
};

/* Who shows segments, and, if error is not NULL, what is told about one by ICMP: outbound says who
 * had sent it. */
struct view {
	void (*show)(void *arg, const struct rung *rung);
	void (*error)(void *arg, struct connection *connection, const struct icmp_error *error,
		bool outbound, uint64_t at_us);
	void *arg;
};

/* What was passed over, and why. */
struct follow_counts {
	uint64_t packets, segments; /* all; those shown to the view or not */
	uint64_t other;             /* no TCP */
	uint64_t fragments, cut_short, malformed;
	uint64_t unknown_link;
	uint16_t unknown_link_type; /* the last */
};

struct follow {
	struct view view;
	bool ascii_only; /* comments */
	struct connections connections;
	struct follow_counts counts;
	uint64_t last_at_us; /* of a packet with a time */
	bool out_of_memory;
};

/* follow_init: shows to view (copied). world must outlive it. */
void follow_init(struct follow *follow, const struct view *view, const struct evtcp_world *world);
void follow_free(struct follow *follow);

/* follow_packet: shows the segment in packet, if there is one; is_evtcp: as pcap_reader_is_evtcp.
 */
void follow_packet(struct follow *follow, struct pcap_packet *packet, bool is_evtcp);

#endif
