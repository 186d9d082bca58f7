/* SPDX-License-Identifier: BSD-3-Clause */

/* From packets to segments that somebody shows. Input: packets of a file, in its order. Output: a
 * call for each TCP segment, and counts of what was none. */

#include "ladder/follow.h"

#include "pcap/frame.h"

#include <string.h>

/* The interface of evtcp's captures on which those packets stand that did not arrive. */
#define FOLLOW_DROPPED "dropped"

enum { FOLLOW_NS_PER_US = 1000 };

void follow_init(struct follow *follow, const struct view *view, const struct evtcp_world *world)
{
	*follow = (struct follow){.view = *view};
	connections_init(&follow->connections, world);
}

void follow_free(struct follow *follow)
{
	connections_free(&follow->connections);
}

/* A packet without a time came when the one before it did, for all we know. */
static uint64_t follow_time(struct follow *follow, const struct pcap_packet *packet)
{
	if (packet->timed)
		follow->last_at_us = packet->at_ns / FOLLOW_NS_PER_US;
	return follow->last_at_us;
}

/* What is no segment may be about one. */
static void follow_error(
	struct follow *follow, const struct pcap_packet *packet, const uint8_t *ip, size_t len)
{
	struct connection *connection;
	struct icmp_error error;
	bool outbound;

	if (!follow->view.error || !icmp_error_parse(&error, ip, len))
		return;
	connection = connections_find(&follow->connections, &error.src, &error.dst, &outbound);
	if (connection)
		follow->view.error(follow->view.arg, connection, &error, outbound,
			follow_time(follow, packet));
}

/* false: the packet has no segment, and was counted as what it is. */
static bool follow_find_segment(
	struct follow *follow, struct pcap_packet *packet, struct sight *sight)
{
	struct follow_counts *counts = &follow->counts;
	enum sight_kind kind = SIGHT_OTHER;
	size_t at;

	switch (pcap_frame_find_ip(packet, &at)) {
	case PCAP_FRAME_IP:
		kind = sight_parse(
			sight, packet->bytes + at, packet->len - at, packet->whole_len - at);
		if (kind == SIGHT_OTHER)
			follow_error(follow, packet, packet->bytes + at, packet->len - at);
		break;
	case PCAP_FRAME_OTHER:
		break;
	case PCAP_FRAME_SHORT:
		kind = SIGHT_SHORT;
		break;
	case PCAP_FRAME_UNKNOWN:
		counts->unknown_link++;
		counts->unknown_link_type = packet->interface->link_type;
		return false;
	}
	counts->other += kind == SIGHT_OTHER;
	counts->fragments += kind == SIGHT_FRAGMENT;
	counts->cut_short += kind == SIGHT_SHORT;
	counts->malformed += kind == SIGHT_MALFORMED;
	return kind == SIGHT_TCP;
}

static void follow_note_times(struct connection *connection, const struct pcap_packet *packet,
	const struct ladder_segment *segment)
{
	bool at_sender = packet->direction == PCAP_OUTBOUND;

	if (!connection->timed || segment->at_us < connection->began_at_us)
		connection->began_at_us = segment->at_us;
	if (!connection->timed || segment->at_us > connection->last_at_us)
		connection->last_at_us = segment->at_us;
	connection->timed = true;
	if (packet->direction == PCAP_UNKNOWN)
		return;
	connection->captured_local |= at_sender == segment->outbound;
	connection->captured_remote |= at_sender != segment->outbound;
}

static bool follow_is_copy(const struct rung *rung)
{
	const struct sight *sight = rung->sight;
	const struct recent_packet recent = {
		.at_us = rung->segment.at_us,
		.seq = sight->tcp.seq,
		.ack = sight->tcp.ack,
		.payload_len = sight->payload_len,
		.device = rung->packet->device,
		.tsval = sight->tcp.options.tsval,
		.interface_index = rung->packet->interface_index,
		.flags = sight->tcp.flags,
		.window = sight->tcp.window,
		.id = sight->id,
		.outbound = rung->segment.outbound,
	};

	/* What was dropped and what was not are two packets, though they look alike. */
	return rung->fate != LADDER_LOST && connection_is_copy(rung->connection, &recent);
}

static enum ladder_fate follow_fate(const struct rung *rung)
{
	if (strcmp(rung->packet->interface->name, FOLLOW_DROPPED) == 0)
		return LADDER_LOST;
	return rung->comment->refused ? LADDER_REFUSED : LADDER_ARRIVES;
}

static void follow_segment(struct follow *follow, struct rung *rung)
{
	const struct sight *sight = rung->sight;
	bool outbound;

	rung->connection = connections_of(&follow->connections, sight, &outbound);
	if (!rung->connection) {
		follow->out_of_memory = true;
		return;
	}
	rung->segment = (struct ladder_segment){
		.outbound = outbound,
		.flags = sight->tcp.flags,
		.seq = sight->tcp.seq,
		.ack = sight->tcp.ack,
		.payload_len = sight->payload_len,
		.window = sight->tcp.window,
		.options = &sight->tcp.options,
		.at_us = follow_time(follow, rung->packet),
	};
	rung->fate = follow_fate(rung);
	follow_note_times(rung->connection, rung->packet, &rung->segment);
	ladder_conn_note(&rung->connection->conn, &rung->segment);
	if (follow_is_copy(rung))
		rung->judgement = (struct judgement){.verdict = VERDICT_COPY};
	else
		rung->judgement = judge_segment(rung->connection, &rung->segment, rung->fate);
	follow->view.show(follow->view.arg, rung);
}

void follow_packet(struct follow *follow, struct pcap_packet *packet, bool is_evtcp)
{
	struct sight sight;
	struct comment comment;
	struct rung rung = {.sight = &sight, .packet = packet, .comment = &comment};

	follow->counts.packets++;
	if (!follow_find_segment(follow, packet, &sight))
		return;
	follow->counts.segments++;
	comment_read(&comment, packet, is_evtcp, follow->ascii_only);
	follow_segment(follow, &rung);
}
