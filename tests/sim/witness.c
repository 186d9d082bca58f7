/* SPDX-License-Identifier: BSD-3-Clause */

/* The rules of the wire, held against each packet that is sent.
 *
 * In: packets as they leave a host and as they reach it. Out: a verdict with the
 * rule that was broken.
 *
 * For each side of each connection it keeps what has reached that side. From this
 * follow the bounds: nobody acknowledges what did not come, sends beyond a window
 * that was not offered, or uses an option that was not agreed upon.
 *
 * It does not know whether a packet had to be sent: silence is judged elsewhere. */

#include "sighting.h"
#include "stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void witness_init(
	struct witness *witness, const struct witness_host hosts[2], struct verdict *verdict)
{
	*witness = (struct witness){.hosts = {hosts[0], hosts[1]}, .verdict = verdict};
}

void witness_free(struct witness *witness)
{
	for (uint32_t i = 0; i < witness->n_flows; i++) {
		for (int side = 0; side < 2; side++) {
			ranges_free(&witness->flows[i].sides[side].came);
			ranges_free(&witness->flows[i].sides[side].again);
		}
	}
	witness->n_flows = 0;
}

void witness_open(struct witness *witness, const uint16_t ports[2], const uint64_t keys[2])
{
	struct witness_flow *flow;

	if (witness->n_flows == WITNESS_FLOWS) {
		verdict_fail(witness->verdict, "the scenario has too many connections");
		return;
	}
	flow = &witness->flows[witness->n_flows++];
	*flow = (struct witness_flow){.sides = {{.port = ports[0], .stream_key = keys[0]},
					      {.port = ports[1], .stream_key = keys[1]}}};
}

void witness_forget(struct witness *witness)
{
	for (uint32_t i = 0; i < witness->n_flows; i++)
		witness->flows[i].muddled = true;
}

void sighting_fail(const struct sighting *s, const char *format, ...)
{
	char rule[160], text[PACKET_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(rule, sizeof(rule), format, arguments);
	va_end(arguments);
	verdict_fail_as(s->witness->verdict, format, "host %u sent (%s) %s: %s", s->host,
		evtcp_cause_text(s->cause), packet_format(s->packet, text, sizeof(text)), rule);
}

/* Whether this packet of host is between the flow's ports. */
static bool witness_has_ports(
	const struct witness_flow *flow, unsigned host, const struct packet *packet)
{
	return flow->sides[host].port == packet->source_port &&
	       flow->sides[1 - host].port == packet->destination_port;
}

int64_t witness_position(uint32_t iss, uint64_t near, uint32_t seq)
{
	return (int64_t)near + (int32_t)(seq - (iss + (uint32_t)near));
}

/* What the two SYNs agree upon, seen from the side that sent one and got the other. */
static bool witness_agrees_scale(const struct witness_side *side)
{
	return side->syn.has_window_scale && side->others_syn.has_window_scale;
}

static bool witness_agrees_timestamps(const struct witness_side *side)
{
	return side->syn.has_timestamps && side->others_syn.has_timestamps;
}

static bool witness_agrees_sack(const struct witness_side *side)
{
	return side->syn.has_sack_permitted && side->others_syn.has_sack_permitted;
}

/* Whether anything but resets has come between these ports since the host last spoke there; a
 * late packet belongs to an older flow than the answer to it. */
static bool witness_was_spoken_to(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->witness->n_flows; i++) {
		if (witness_has_ports(&s->witness->flows[i], s->host, s->packet) &&
			s->witness->flows[i].sides[s->host].other_came)
			return true;
	}
	return false;
}

static void witness_has_spoken(const struct sighting *s)
{
	for (uint32_t i = 0; i < s->witness->n_flows; i++) {
		struct witness_side *side = &s->witness->flows[i].sides[s->host];

		if (witness_has_ports(&s->witness->flows[i], s->host, s->packet))
			side->rst_came = side->other_came = false;
	}
}

/* ---- rules for every packet ------------------------------------------ */

static void rule_ip(const struct sighting *s, const uint8_t *bytes)
{
	const struct witness *witness = s->witness;

	/* A lenient one has seen addresses damaged on the way, too. */
	if (!witness->lenient &&
		(s->packet->source != witness->hosts[s->host].address ||
			s->packet->destination != witness->hosts[1 - s->host].address ||
			s->packet->ipv6 != witness->hosts[s->host].ipv6))
		sighting_fail(s, "addresses");
	if (s->packet->len > witness->hosts[s->host].mtu)
		sighting_fail(s, "longer than the MTU");
	if (s->packet->ttl != 64)
		sighting_fail(s, "TTL is not the configured one");
	if (!s->packet->ipv6 && !(bytes[6] & 0x40))
		sighting_fail(s, "may be fragmented");
}

static void rule_flags(const struct sighting *s)
{
	unsigned flags = s->packet->flags;

	if ((flags & PACKET_SYN) && (flags & (PACKET_FIN | PACKET_RST)))
		sighting_fail(s, "SYN with FIN or RST");
	if ((flags & PACKET_RST) && (flags & PACKET_FIN))
		sighting_fail(s, "RST with FIN");
	if (!(flags & (PACKET_SYN | PACKET_RST | PACKET_ACK)))
		sighting_fail(s, "no ACK");
	if ((flags & PACKET_URG) || s->packet->urgent)
		sighting_fail(s, "urgent data, which nobody has written");
	if ((flags & (PACKET_RST | PACKET_SYN)) && s->packet->payload_len)
		sighting_fail(s, "SYN or RST with data");
	/* RFC 3168 6.1.1 to 6.1.5; more in witness_ecn.c. */
	if (s->packet->ecn != 0 && (s->packet->ecn != 2 || !s->packet->payload_len))
		sighting_fail(s, "an ECN field that is not ECT(0) of data");
	/* RFC 9293 3.5.2: a reset is never answered by a reset. */
	if ((flags & PACKET_RST) && s->cause == EVTCP_CAUSE_RST_NO_CONNECTION &&
		s->self->rst_came && !witness_was_spoken_to(s))
		sighting_fail(s, "a reset in answer to a reset");
}

static void rule_options(const struct sighting *s)
{
	const struct packet *p = s->packet;
	const struct witness_side *self = s->self;

	if (p->has_user_timeout && !s->witness->hosts[s->host].user_timeout)
		sighting_fail(s, "the user timeout option is off"); /* RFC 5482 3.1 */
	if (p->flags & PACKET_SYN)
		return;
	if (p->has_mss || p->has_window_scale || p->has_sack_permitted)
		sighting_fail(s, "an option of SYNs");
	if (p->flags & PACKET_RST)
		return;
	/* RFC 7323 3.2 rule 4: once agreed upon, in every segment but RST. */
	if (p->has_timestamps != witness_agrees_timestamps(self))
		sighting_fail(s, p->has_timestamps ? "timestamps were not agreed upon"
						   : "timestamps were agreed upon");
	if (p->n_sack && !witness_agrees_sack(self))
		sighting_fail(s, "SACK was not agreed upon");
}

/* ---- rules for SYNs --------------------------------------------------- */

static void rule_syn_options(const struct sighting *s)
{
	const struct witness_host *host = &s->witness->hosts[s->host];
	const struct packet *p = s->packet, *theirs = &s->self->others_syn;
	/* Whoever is muddled may have got another SYN than was sent. */
	bool answers = (p->flags & PACKET_ACK) && !s->flow->muddled;

	/* RFC 9293 3.7.1, MUST-67 */
	if (!p->has_mss || p->mss != host->mtu - (host->ipv6 ? 60 : 40))
		sighting_fail(s, "MSS is not the MTU less the headers");
	if (p->has_window_scale && (!host->window_scale || p->window_scale > 14))
		sighting_fail(s, "window scale");
	if (p->has_timestamps && !host->timestamps)
		sighting_fail(s, "timestamps are off");
	if (p->has_sack_permitted && !host->sack)
		sighting_fail(s, "SACK is off");
	if (answers && ((p->has_window_scale && !theirs->has_window_scale) ||
			       (p->has_timestamps && !theirs->has_timestamps) ||
			       (p->has_sack_permitted && !theirs->has_sack_permitted)))
		sighting_fail(s, "an option that their SYN did not offer");
	if (p->n_sack)
		sighting_fail(s, "SACK blocks on a SYN");
}

static void witness_note_syn(const struct sighting *s)
{
	struct witness_side *self = s->self;

	if (self->syn_sent && self->iss != s->packet->seq) {
		s->witness->stats.muddled += !s->flow->muddled;
		s->flow->muddled = true;
		return;
	}
	if (!self->syn_sent) {
		self->syn_sent = true;
		self->iss = s->packet->seq;
		self->sent_end = 1;
		/* Two connections that begin with one number at two times: RFC 6528. */
		for (uint32_t i = 0; i < s->witness->n_flows; i++) {
			const struct witness_side *old = &s->witness->flows[i].sides[s->host];

			if (old != self && old->syn_sent && old->iss == self->iss)
				sighting_fail(s, "an ISS that was used before");
		}
	}
	self->syn = *s->packet;
	if (!(s->packet->flags & PACKET_ACK) && s->other->syn_sent &&
		!(s->other->syn.flags & PACKET_ACK))
		s->witness->stats.simultaneous_opens++;
}

/* ---- rules for what is sent ------------------------------------------- */

static void rule_segment_size(const struct sighting *s)
{
	const struct witness_host *host = &s->witness->hosts[s->host];
	const struct packet *theirs = &s->self->others_syn;
	uint32_t mss = theirs->has_mss ? theirs->mss : 536;

	if (mss < host->mss_floor)
		mss = host->mss_floor;
	/* RFC 9293 3.7.1, MUST-16; RFC 6691 2: options count. */
	if (s->packet->payload_len + s->packet->options_len > mss)
		sighting_fail(s, "longer than their MSS %u", mss);
}

static void rule_payload(const struct sighting *s, int64_t at)
{
	const struct packet *p = s->packet;
	uint64_t slack = s->cause == EVTCP_CAUSE_ZERO_WINDOW_PROBE;
	size_t same;

	if (s->cause == EVTCP_CAUSE_KEEPALIVE_PROBE && p->payload_len <= 1)
		return; /* a byte of garbage before SND.NXT is allowed, RFC 9293 3.8.4 */
	if (at < 1) {
		sighting_fail(s, "data before the first byte");
		return;
	}
	if ((uint64_t)at + p->payload_len > s->self->permitted_end + slack)
		sighting_fail(s, "%" PRIu64 " bytes beyond the window",
			(uint64_t)at + p->payload_len - s->self->permitted_end);
	same = stream_match(s->self->stream_key, (uint64_t)at - 1, p->payload, p->payload_len);
	if (same != p->payload_len)
		sighting_fail(
			s, "byte %" PRIu64 " is not what was written", (uint64_t)at - 1 + same);
	s->witness->stats.payload_bytes += p->payload_len;
}

static void rule_sequence(const struct sighting *s)
{
	struct witness_side *self = s->self;
	const struct packet *p = s->packet;
	int64_t at = witness_position(self->iss, self->sent_end, p->seq);
	uint64_t end = (uint64_t)at + packet_segment_len(p);

	if (at < 0 || (uint64_t)at > self->sent_end) {
		sighting_fail(s, "position %" PRId64 ", but only %" PRIu64 " were sent", at,
			self->sent_end);
		return;
	}
	if (p->payload_len)
		rule_payload(s, at);
	rule_segment_size(s);
	if (self->fin_sent && p->payload_len && at + p->payload_len > (int64_t)self->fin_at)
		sighting_fail(s, "data after FIN");
	if (p->flags & PACKET_FIN) {
		if (self->fin_sent && self->fin_at != end - 1)
			sighting_fail(s, "FIN has moved from %" PRIu64, self->fin_at);
		self->fin_sent = true;
		self->fin_at = end - 1;
	}
	if (s->cause == EVTCP_CAUSE_KEEPALIVE_PROBE || end <= self->sent_end)
		return;
	if ((uint32_t)(self->iss + end) < (uint32_t)(self->iss + self->sent_end))
		s->witness->stats.sequence_wraps++;
	self->sent_end = end;
}

/* ---- rules for what is acknowledged ----------------------------------- */

static void rule_window(const struct sighting *s, uint64_t acked)
{
	struct witness_side *self = s->self;
	const struct packet *p = s->packet;
	unsigned shift =
		witness_agrees_scale(self) && !(p->flags & PACKET_SYN) ? self->syn.window_scale : 0;
	uint64_t window = (uint64_t)p->window << shift, end = acked + window;
	/* A scaled window is told in whole units, and once told it stays. */
	uint64_t grain = (UINT64_C(1) << self->syn.window_scale) - 1;

	if (s->cause == EVTCP_CAUSE_TIME_WAIT_ACK)
		return; /* both have closed: it offers nothing to anybody */
	s->witness->stats.zero_windows += p->window == 0;
	if (window > s->witness->hosts[s->host].receive_buffer + grain)
		sighting_fail(s, "window %" PRIu64 " is more than the buffer", window);
	/* RFC 9293 3.8.6, SHLD-14: the right edge does not move left; by less than the
	 * grain of the scaled window it may, and a SYN cannot say more than 65,535. */
	if (self->ack_sent && !(p->flags & PACKET_SYN) && end + grain < self->offered_end)
		sighting_fail(s, "the window shrinks by %" PRIu64, self->offered_end - end);
	if (self->ack_sent && end < self->offered_end)
		s->witness->stats.shrunk_by_scale++;
	if (!self->ack_sent || end > self->offered_end)
		self->offered_end = end;
}

/* Whether this ACK leaves before that of the block, which was made of the same batch: an answer of
 * TIME-WAIT, or of a handshake, which has taken no text and so tells no blocks. */
static bool sighting_overtakes(const struct sighting *s, uint64_t acked)
{
	return s->cause == EVTCP_CAUSE_TIME_WAIT_ACK ||
	       (s->cause == EVTCP_CAUSE_ACK_UNACCEPTABLE && acked == 1 && s->packet->n_sack == 0);
}

static void rule_acknowledgment(const struct sighting *s)
{
	struct witness_side *self = s->self;
	int64_t acked;

	if (!(s->packet->flags & PACKET_ACK))
		return;
	if (!s->other->syn_sent) {
		sighting_fail(s, "acknowledges somebody who never spoke");
		return;
	}
	acked = witness_position(s->other->iss, self->acked, s->packet->ack);
	/* Who sends a cookie has forgotten what was before: a late copy of the SYN of a
	 * connection that was reset is answered as the first was, with the same ISS. */
	if (s->cause == EVTCP_CAUSE_SYN_COOKIE && acked == 1 && self->acked > 1)
		return;
	if (acked < (int64_t)self->acked) {
		sighting_fail(s, "acknowledges %" PRId64 " after %" PRIu64, acked, self->acked);
		return;
	}
	if (!ranges_contain(&self->came, 0, (uint64_t)acked))
		sighting_fail(s, "acknowledges %" PRId64 ", but only %" PRIu64 " came", acked,
			ranges_reach(&self->came, 0));
	self->acked = (uint64_t)acked;
	sighting_rule_sack(s, (uint64_t)acked);
	sighting_rule_sack_is_recent(s, (uint64_t)acked);
	rule_window(s, (uint64_t)acked);
	if (!sighting_overtakes(s, (uint64_t)acked))
		ranges_clear(&self->again);
	self->ack_sent = true;
}

/* ---- everything ------------------------------------------------------- */

/* Whether this packet of host may be the first that it sends in flow: a SYN, or the
 * answer to the other's. A SYN-ACK may still belong to the flow before, whose SYN it
 * acknowledges. */
static bool witness_begins(
	const struct witness_flow *flow, unsigned host, const struct packet *packet)
{
	const struct witness_side *side = &flow->sides[host];

	if (!(packet->flags & PACKET_SYN))
		return false;
	return !(packet->flags & PACKET_ACK) ||
	       (side->syn_came && side->others_syn.seq + 1 == packet->ack);
}

/* The flow of a packet that host sends: the newest between these ports in which it
 * has sent a SYN, or now does. */
static uint32_t witness_find(
	const struct witness *witness, unsigned host, const struct packet *packet)
{
	uint32_t found = WITNESS_NO_FLOW;

	for (uint32_t i = 0; i < witness->n_flows; i++) {
		const struct witness_flow *flow = &witness->flows[i];

		if (!witness_has_ports(flow, host, packet))
			continue;
		if (found == WITNESS_NO_FLOW || flow->sides[host].syn_sent ||
			witness_begins(flow, host, packet))
			found = i;
	}
	return found;
}

static void witness_judge(const struct sighting *s, const uint8_t *bytes)
{
	unsigned flags = s->packet->flags;

	rule_ip(s, bytes);
	rule_flags(s);
	witness_has_spoken(s);
	if (flags & PACKET_SYN) {
		rule_syn_options(s);
		witness_note_syn(s);
	}
	if (s->flow->muddled)
		return;
	sighting_rule_ecn(s);
	if (!(flags & PACKET_RST)) {
		if (!s->self->syn_sent && s->witness->lenient) {
			/* It may be for a SYN that had these ports by damage, unseen. */
			s->flow->muddled = true;
			return;
		}
		if (!s->self->syn_sent)
			sighting_fail(s, "speaks before its SYN");
		rule_options(s);
		if (!(flags & PACKET_SYN))
			rule_sequence(s);
		rule_acknowledgment(s);
	}
}

uint32_t witness_sent(struct witness *witness, unsigned host, const uint8_t *bytes, size_t len,
	enum evtcp_cause cause)
{
	struct packet packet;
	struct sighting s = {.witness = witness, .host = host, .packet = &packet, .cause = cause};
	const char *wrong = packet_parse(bytes, len, &packet);
	uint32_t found;

	witness->stats.packets++;
	if (wrong) {
		sighting_fail(&s, "%s", wrong);
		return WITNESS_NO_FLOW;
	}
	/* The next header was damaged on the way, which IPv6 does not see: it was unknown, or
	 * that of a fragment without others (RFC 8200 4, 4.5). */
	if (packet.ipv6 && packet.protocol != 6 &&
		(cause == EVTCP_CAUSE_ICMP_PARAMETER_PROBLEM ||
			cause == EVTCP_CAUSE_ICMP_REASSEMBLY_TIMEOUT))
		return WITNESS_NO_FLOW;
	found = witness_find(witness, host, &packet);
	if (found == WITNESS_NO_FLOW) {
		if (!witness->lenient)
			sighting_fail(&s, "to nobody whom we know");
		return found;
	}
	s.flow = &witness->flows[found];
	s.self = &s.flow->sides[host];
	s.other = &s.flow->sides[1 - host];
	witness_judge(&s, bytes);
	return found;
}

void witness_delivered(
	struct witness *witness, unsigned host, uint32_t flow, const uint8_t *bytes, size_t len)
{
	struct packet packet;
	struct witness_side *self, *other;
	uint64_t window;
	int64_t at;

	if (flow == WITNESS_NO_FLOW || packet_parse(bytes, len, &packet))
		return;
	self = &witness->flows[flow].sides[host];
	other = &witness->flows[flow].sides[1 - host];
	if (packet.flags & PACKET_RST) {
		self->rst_came = true;
		return;
	}
	self->other_came = true;
	witness_ecn_came(&self->ecn, &packet);
	if (packet.flags & PACKET_SYN) {
		self->syn_came = true;
		self->others_syn = packet;
	}
	at = witness_position(other->iss, other->sent_end, packet.seq);
	if (at >= 0) {
		uint64_t end = (uint64_t)at + packet_segment_len(&packet);

		ranges_add_common(&self->again, &self->came, (uint64_t)at, end);
		ranges_add(&self->came, (uint64_t)at, end);
	}
	window = packet.window;
	if (witness_agrees_scale(self) && !(packet.flags & PACKET_SYN))
		window <<= self->others_syn.window_scale;
	at = packet.flags & PACKET_ACK ? witness_position(self->iss, self->sent_end, packet.ack)
				       : 1;
	if (at >= 0 && (uint64_t)at + window > self->permitted_end)
		self->permitted_end = (uint64_t)at + window;
}

uint16_t witness_least_window(
	const struct witness *witness, unsigned host, uint32_t flow, const struct packet *packet)
{
	const struct witness_side *self;
	unsigned scale;
	uint64_t least;
	int64_t at;

	if (flow == WITNESS_NO_FLOW || witness->flows[flow].muddled ||
		!(packet->flags & PACKET_ACK))
		return packet->window;
	self = &witness->flows[flow].sides[host];
	scale = witness_agrees_scale(self) ? self->others_syn.window_scale : 0;
	at = witness_position(self->iss, self->sent_end, packet->ack);
	if (at < 0)
		return packet->window;
	if (self->permitted_end <= (uint64_t)at)
		return 0;
	least = (self->permitted_end - (uint64_t)at + (UINT64_C(1) << scale) - 1) >> scale;
	return least < packet->window ? (uint16_t)least : packet->window;
}

void witness_queued(
	struct witness *witness, unsigned host, uint32_t flow, const uint8_t *bytes, size_t len)
{
	struct witness_side *self, *other;
	struct packet packet;
	int64_t at;

	if (flow == WITNESS_NO_FLOW || packet_parse(bytes, len, &packet) || !packet.payload_len)
		return;
	self = &witness->flows[flow].sides[host];
	other = &witness->flows[flow].sides[1 - host];
	at = witness_position(other->iss, other->sent_end, packet.seq);
	self->queued_last = at > 0 ? (uint64_t)at : 0;
}
