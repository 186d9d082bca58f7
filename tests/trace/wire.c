/* SPDX-License-Identifier: BSD-3-Clause */

/* Both directions of the wire.
 *
 * Input: packets from the stack (as a link) and lines from the script. Output:
 * sightings, with numbers relative to each side's ISN, and packets into the stack.
 * Whether a packet was expected is asked in claim.c. */

#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint8_t wire_pattern(bool ours, uint32_t at)
{
	return (uint8_t)((at * 7 + at / 251) ^ (ours ? 0x00 : 0x5a));
}

/* ---- from the stack -------------------------------------------------- */

static struct sighting *wire_add_sighting(
	struct play *play, const uint8_t *octets, size_t len, bool out)
{
	struct sighting *sighting;

	if (play->n_sightings == play->sightings_capacity) {
		size_t capacity = play->n_sightings ? 2 * play->n_sightings : 64;

		sighting = realloc(play->sightings, capacity * sizeof(*sighting));
		if (!sighting)
			abort();
		play->sightings = sighting;
		play->sightings_capacity = capacity;
	}
	sighting = &play->sightings[play->n_sightings++];
	*sighting = (struct sighting){
		.out = out, .at_us = play->world.now_us, .len = len, .octets = malloc(len)};
	if (!sighting->octets)
		abort();
	memcpy(sighting->octets, octets, len);
	return sighting;
}

/* The flow that a segment from the stack belongs to. A flow that has not connected
 * yet takes any port of ours: "connect anyport". */
static struct flow *wire_find_flow(struct play *play, const struct packet *packet)
{
	for (unsigned i = 1; i < SCRIPT_FLOWS; i++) {
		struct flow *flow = &play->flows[i];

		if (flow->local_port == 0 && packet->flags == SYN)
			flow->local_port = packet->src_port;
		if (flow->remote == packet->dst && flow->remote_port == packet->dst_port &&
			flow->local_port == packet->src_port)
			return flow;
	}
	return NULL;
}

static uint8_t *find_option(struct packet *packet, unsigned kind, unsigned wanted_len)
{
	unsigned at = 0, len;
	uint8_t *option;

	while ((option = packet_next_option(packet, &at, &len))) {
		if (option[0] == kind && len == wanted_len)
			return option;
	}
	return NULL;
}

/* What a SYN from the stack tells: where its numbers start, whether timestamps
 * are on. */
static void wire_note_syn(struct flow *flow, struct packet *packet)
{
	struct play *play = flow->play;

	if (!flow->iss_known) {
		flow->iss = packet->seq;
		flow->iss_known = true;
	}
	flow->last_iss = packet->seq;
	if (packet->flags & ACK)
		flow->ts_on = flow->ts_offered && find_option(packet, 8, 10);
	if (!play->iss_seen)
		play->first_iss = packet->seq;
	play->iss_seen = true;
}

static uint32_t peer_ts_base(const struct flow *flow)
{
	return flow->play->variant.irs + 1000 * flow->number;
}

static uint32_t wire_peer_clock(const struct flow *flow)
{
	return (uint32_t)((flow->play->world.now_us - flow->play->start_us) / 1000);
}

static void wire_note_timestamps(struct flow *flow, struct packet *packet)
{
	const uint8_t *option = find_option(packet, 8, 10);

	if (!option)
		return;
	if (flow->ts_base_at_us == 0) {
		flow->ts_base = packet_get32(option + 2);
		flow->ts_base_at_us = flow->play->world.now_us;
	}
	flow->last_tsval = packet_get32(option + 2) - flow->ts_base;
}

static const char *wire_examine_payload(const struct packet *packet)
{
	for (uint32_t i = 0; i < packet->len; i++) {
		if (packet->payload[i] != wire_pattern(true, packet->seq + i))
			return "payload is not what the application wrote for these numbers";
	}
	return NULL;
}

static bool wire_is_ours(const struct packet *packet)
{
	return packet->src == WIRE_US;
}

/* Everything that a line can say of a packet is given in a sighting. */
static void wire_describe(struct sighting *sighting)
{
	struct notation *notation = &sighting->notation;

	notation->reason = sighting->reason;
	notation->given = GIVEN_CAUSE | GIVEN_COUNT | GIVEN_TTL | GIVEN_DSCP | GIVEN_ECN;
	if (notation->packet.protocol != PROTOCOL_TCP) {
		notation->given |= GIVEN_LENGTH;
		return;
	}
	notation->given |= GIVEN_WINDOW | GIVEN_TS_VALUES;
	if (notation->packet.options_len)
		notation->given |= GIVEN_OPTIONS;
	if (notation->packet.flags & ACK)
		notation->given |= GIVEN_ACK;
	if (notation->packet.flags & URG)
		notation->given |= GIVEN_URGENT;
}

/* From absolute numbers to those of the script. */
static void wire_relate(struct play *play, struct sighting *sighting)
{
	struct packet *packet = &sighting->notation.packet;
	struct flow *flow = wire_find_flow(play, packet);
	struct packet_shift shift;

	if (!flow) {
		sighting->problem = "a segment to nobody";
		return;
	}
	sighting->flow = flow->number;
	if (packet->flags & SYN)
		wire_note_syn(flow, packet);
	wire_note_timestamps(flow, packet);
	shift = (struct packet_shift){-flow->iss, -flow->irs, -flow->ts_base, -peer_ts_base(flow)};
	packet_shift(packet, &shift);
	if (!sighting->problem && flow->iss_known)
		sighting->problem = wire_examine_payload(packet);
}

static int wire_output(void *ctx, const struct evtcp_packet *packet)
{
	struct play *play = ctx;
	struct sighting *sighting;
	uint8_t octets[PACKET_MAX];
	char text[NOTATION_TEXT];
	size_t len = 0;

	if (play->link_down) {
		errno = ENOBUFS;
		return -1;
	}
	for (int i = 0; i < packet->iovcnt && len + packet->iov[i].iov_len <= PACKET_MAX; i++) {
		memcpy(octets + len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		len += packet->iov[i].iov_len;
	}
	sighting = wire_add_sighting(play, octets, len, true);
	sighting->reason = packet->reason;
	sighting->problem = packet_parse(&sighting->notation.packet, sighting->octets, len);
	if (!sighting->problem && len != packet->len)
		sighting->problem = "length is not the sum of the pieces";
	if (!sighting->problem && !wire_is_ours(&sighting->notation.packet))
		sighting->problem = "source address is not ours";
	if (sighting->notation.packet.protocol == PROTOCOL_TCP)
		wire_relate(play, sighting);
	wire_describe(sighting);
	play_log(play, "@%u > %s%s%s", sighting->flow,
		notation_format(&sighting->notation, text, sizeof(text)),
		sighting->problem ? "   ILL FORMED: " : "",
		sighting->problem ? sighting->problem : "");
	return 0;
}

uint16_t wire_default_mss(const struct play *play)
{
	return play->variant.ipv6 ? 1220 : 536;
}

/* A link that takes what network hardware would, in front of one that does not: a link gets no
 * packet that it does not take. */
static int wire_output_offloaded(void *ctx, const struct evtcp_packet *packet)
{
	return evtcp_link_output(ctx, packet);
}

static void wire_free_offloaded(void *ctx)
{
	evtcp_link_free(ctx);
}

static struct evtcp_link *wire_offload(
	struct evtcp_link *wire, unsigned mtu, enum variant_link kind)
{
	static const struct evtcp_link_ops ops = {
		.output = wire_output_offloaded, .free = wire_free_offloaded};
	struct evtcp_offload offload = {.checksum = true};
	struct evtcp_link *link = evtcp_link_new(&ops, wire, mtu);

	if (kind == VARIANT_SEGMENTS)
		offload.segments_len = 65535;
	if (link)
		evtcp_link_set_offload(link, &offload);
	return link;
}

struct evtcp_link *wire_new(struct play *play, unsigned mtu)
{
	static const struct evtcp_link_ops ops = {.output = wire_output};
	struct evtcp_link *wire = evtcp_link_new(&ops, play, mtu);

	if (!wire || play->variant.link == VARIANT_PLAIN)
		return wire;
	return wire_offload(wire, mtu, play->variant.link);
}

bool wire_is_silent(const struct play *play)
{
	for (size_t i = play->n_claimed; i < play->n_sightings; i++) {
		if (play->sightings[i].out)
			return false;
	}
	return true;
}

struct sighting *wire_next(struct play *play)
{
	while (play->n_claimed < play->n_sightings && !play->sightings[play->n_claimed].out)
		play->n_claimed++;
	return play->n_claimed < play->n_sightings ? &play->sightings[play->n_claimed] : NULL;
}

void wire_claim(struct play *play)
{
	play->n_claimed++;
}

/* ---- to the stack ---------------------------------------------------- */

/* Timestamps without values get those of a well-behaved peer; once both sides
 * have agreed on them, a line without options has them too. */
static void wire_add_timestamps(struct flow *flow, struct notation *notation)
{
	static const uint8_t option[] = {1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0};
	struct packet *packet = &notation->packet;
	uint8_t *timestamps;

	if (flow->ts_on && !(notation->given & GIVEN_OPTIONS)) {
		memcpy(packet->options, option, sizeof(option));
		packet->options_len = sizeof(option);
	}
	timestamps = find_option(packet, 8, 10);
	if (timestamps && !(notation->given & GIVEN_TS_VALUES)) {
		packet_put32(timestamps + 2, wire_peer_clock(flow));
		packet_put32(timestamps + 6, packet->flags & ACK ? flow->last_tsval : 0);
	}
}

/* "FO cookie": the one that was claimed last. */
static bool wire_add_cookie(struct play *play, struct notation *notation)
{
	uint8_t *option = find_option(&notation->packet, 34, 2 + PLAY_COOKIE);

	if (!(notation->given & GIVEN_COOKIE))
		return true;
	if (!play->has_cookie)
		return play_fail(play, "no cookie was claimed that could be returned");
	memcpy(option + 2, play->cookie, PLAY_COOKIE);
	return true;
}

static void wire_fill(const struct flow *flow, const struct notation *notation, uint8_t *payload)
{
	const struct packet *packet = &notation->packet;
	uint8_t change = notation->given & GIVEN_ALTERED ? 0xff : 0;

	(void)flow;
	for (uint32_t i = 0; i < packet->len; i++) {
		uint32_t at = packet->seq + (packet->flags & SYN ? 1 : 0) + i;

		payload[i] = wire_pattern(false, at) ^ change;
	}
}

static void wire_address(
	const struct flow *flow, const struct notation *given, struct packet *packet)
{
	packet->ipv6 = flow->play->variant.ipv6;
	if (!(given->given & GIVEN_SOURCE))
		packet->src = flow->remote;
	if (!(given->given & GIVEN_DESTINATION))
		packet->dst = WIRE_US;
	if (packet->protocol == PROTOCOL_TCP)
		packet->dst_port = flow->local_port;
	packet->src_port = flow->remote_port;
	if (!(given->given & GIVEN_TTL))
		packet->ttl = 64;
}

/* What an ICMP error quotes: our IP header and eight octets of TCP behind it. Returns
 * their length. */
static uint32_t wire_quote(const struct flow *flow, const struct notation *notation, uint8_t *out)
{
	static uint8_t octets[PACKET_MAX];
	uint32_t len = flow->play->variant.ipv6 ? 40 + 8 : 20 + 8;
	struct packet ours = {.ipv6 = flow->play->variant.ipv6,
		.src = WIRE_US,
		.dst = flow->remote,
		.protocol = PROTOCOL_TCP,
		.ttl = 60,
		.src_port = flow->local_port,
		.dst_port = flow->remote_port,
		.flags = ACK,
		.seq = flow->iss + notation->about};

	packet_build(&ours, octets);
	memcpy(out, octets, len);
	return len;
}

static void wire_fill_icmp(const struct flow *flow, struct notation *notation, uint8_t *payload)
{
	if (notation->given & GIVEN_ABOUT) {
		notation->packet.len = wire_quote(flow, notation, payload);
		/* What a path carries is as much larger as the link is: README, two families. */
		if (flow->play->variant.ipv6 && notation->packet.type == 3 &&
			notation->packet.code == 4 && notation->packet.rest != 0)
			notation->packet.rest += SCRIPT_IPV6_EXTRA;
		return;
	}
	for (uint32_t i = 0; i < notation->packet.len; i++)
		payload[i] = wire_pattern(false, i);
}

static void wire_note_peer_syn(struct flow *flow, struct notation *notation)
{
	struct packet *packet = &notation->packet;
	const uint8_t *mss = find_option(packet, 2, 4);

	flow->last_irs = flow->irs + packet->seq;
	flow->peer_mss = mss ? (uint16_t)(mss[2] << 8 | mss[3]) : wire_default_mss(flow->play);
	flow->ts_offered = find_option(packet, 8, 10) != NULL;
	if (packet->flags & ACK)
		flow->ts_on = flow->ts_offered && flow->ts_base_at_us != 0;
	if (notation->given & GIVEN_WINDOW)
		flow->window = packet->window;
}

static void wire_deliver(struct play *play, const struct notation *notation)
{
	static uint8_t octets[PACKET_MAX];
	size_t len = packet_build(&notation->packet, octets);
	struct sighting *sighting;
	struct iovec iov;
	struct evtcp_packet input = {.iov = &iov, .iovcnt = 1};

	if (notation->fragment.size != 0)
		len = fragment_cut(&notation->fragment, octets, len);
	sighting = wire_add_sighting(play, octets, len, false);
	iov = (struct iovec){sighting->octets, len};
	input.len = len;

	evtcp_stack_input(play->stack, &input);
	/* The stack may have sent something, so that the array has moved. */
	play->sightings[play->n_sightings - 1].reason = input.reason;
	play_log(play, "      {%s}", evtcp_cause_name(input.reason.cause));
}

void wire_input(struct play *play, struct flow *flow, const struct notation *given)
{
	static uint8_t payload[PACKET_MAX];
	struct notation notation = *given;
	struct packet *packet = &notation.packet;
	struct packet_shift shift = {flow->irs, flow->iss, peer_ts_base(flow), flow->ts_base};
	char text[NOTATION_TEXT];

	if (packet->protocol == PROTOCOL_TCP) {
		if (packet->flags & SYN)
			wire_note_peer_syn(flow, &notation);
		wire_add_timestamps(flow, &notation);
		if (!wire_add_cookie(play, &notation))
			return;
		if (!(given->given & GIVEN_WINDOW))
			packet->window = flow->window;
		wire_fill(flow, &notation, payload);
	} else {
		wire_fill_icmp(flow, &notation, payload);
	}
	notation.given |= given->given & GIVEN_ALTERED;
	play_log(play, "@%u < %s", flow->number, notation_format(&notation, text, sizeof(text)));
	packet->payload = payload;
	wire_address(flow, given, packet);
	if (notation.given & GIVEN_ABSOLUTE)
		shift.seq = 0;
	packet_shift(packet, &shift);
	wire_deliver(play, &notation);
}
