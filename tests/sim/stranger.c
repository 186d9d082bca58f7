/* SPDX-License-Identifier: BSD-3-Clause */

/* An attacker who is not on the path.
 *
 * In: a connection. Out: one segment into one of its ends, at once: a reset in the
 * window but not at its edge (RFC 5961 3), a SYN (4), data or a FIN with an
 * acknowledgment out of range (5).
 *
 * And one who calls from an address of his own: he may make a host speak, but not more
 * than he speaks himself.
 *
 * A reset that happened to be exact would be right to close the connection, so his
 * guesses avoid that: this tests what must not succeed. */

#include "stranger.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t garbage[64] = "this was never written by the other end of this connection";

static bool stranger_may_strike(const struct dialogue *dialogue)
{
	for (int i = 0; i < 2; i++) {
		const struct app *app = &dialogue->ends[i];

		if (!app->conn || !app->connected || app->shut_down || app->eof || app->error)
			return false;
	}
	return true;
}

/* The segment, but for addresses and ports. next: what host expects next, at most. */
static void stranger_guess(struct rng *rng, struct packet *packet, uint32_t next)
{
	switch (rng_range(rng, 0, 3)) {
	case 0:
		packet->flags = PACKET_RST | (rng_percent(rng, 50) ? PACKET_ACK : 0);
		packet->seq = next + 1 + (uint32_t)rng_log_range(rng, 1, 100000);
		return;
	case 1:
		packet->flags = PACKET_SYN | (rng_percent(rng, 30) ? PACKET_ACK : 0);
		packet->seq = (uint32_t)rng_next(rng);
		return;
	case 2: /* acknowledges what was never sent */
		packet->flags = PACKET_ACK | (rng_percent(rng, 30) ? PACKET_FIN : 0);
		packet->seq = next;
		packet->ack += (uint32_t)rng_log_range(rng, 1, UINT32_C(1) << 30);
		break;
	default: /* acknowledges what was acknowledged long ago */
		packet->flags = PACKET_ACK | (rng_percent(rng, 30) ? PACKET_FIN : 0);
		packet->seq = next;
		packet->ack -= (UINT32_C(1) << 30) + (uint32_t)rng_range(rng, 0, UINT32_C(1) << 29);
	}
	packet->payload = garbage;
	packet->payload_len = (uint32_t)rng_range(rng, 0, sizeof(garbage));
}

void stranger_strikes(struct world *world, struct dialogue *dialogue, unsigned host)
{
	const struct witness_flow *flow = &world->witness.flows[dialogue->flow];
	const struct witness_side *self = &flow->sides[host], *other = &flow->sides[1 - host];
	struct evtcp_reason reason;
	struct packet packet;
	uint8_t bytes[128];
	size_t len;

	if (flow->muddled || !stranger_may_strike(dialogue))
		return;
	packet = (struct packet){.ipv6 = world->hosts[host].ipv6,
		.source = world->witness.hosts[1 - host].address,
		.destination = world->witness.hosts[host].address,
		.ttl = 64,
		.source_port = other->port,
		.destination_port = self->port,
		.ack = self->iss + (uint32_t)self->sent_end,
		.window = 65535};
	stranger_guess(&world->rng, &packet, other->iss + (uint32_t)ranges_reach(&self->came, 0));
	len = packet_build(&packet, bytes, sizeof(bytes));
	world->coverage.counters[SIM_SPOOFED]++;
	reason = host_deliver(&world->hosts[host], bytes, len);
	record_say(&world->record, "a stranger strikes:");
	record_came(&world->record, &world->hosts[host], bytes, len, &reason);
	if (evtcp_cause_class(reason.cause) != EVTCP_CLASS_DROPPED)
		verdict_fail(&world->verdict, "host %u took a stranger's segment: %s", host,
			evtcp_cause_text(reason.cause));
	host_end_batch(&world->hosts[host]);
}

/* ---- who is no end of any connection ----------------------------------------- */

enum { STRANGER_ADDRESS = 0x0a00004d }; /* 10.0.0.77 */

void stranger_calls(struct world *world, unsigned host)
{
	/* The last ones are nobody's: broadcast, multicast, loopback, "this host". */
	static const uint32_t sources[] = {STRANGER_ADDRESS, STRANGER_ADDRESS, STRANGER_ADDRESS,
		0x0a0000ff, 0xe0000001, 0x7f000001, 0};
	const struct scenario *s = world->scenario;
	uint64_t source = rng_range(&world->rng, 0, sizeof(sources) / sizeof(*sources) - 1);
	struct packet packet = {.ipv6 = world->hosts[host].ipv6,
		.source = sources[source],
		.destination = world->witness.hosts[host].address,
		.ttl = 64,
		.source_port = (uint16_t)rng_range(&world->rng, 0, 65535),
		.destination_port = rng_percent(&world->rng, 60)
					    ? s->dialogues[0].ports[host]
					    : (uint16_t)rng_range(&world->rng, 0, 65535),
		.seq = (uint32_t)rng_next(&world->rng),
		.ack = (uint32_t)rng_next(&world->rng),
		.flags = rng_percent(&world->rng, 50) ? PACKET_SYN
						      : (uint8_t)rng_range(&world->rng, 0, 63),
		.window = (uint16_t)rng_next(&world->rng),
		.payload = garbage,
		.payload_len = (uint32_t)rng_range(&world->rng, 0, sizeof(garbage))};
	uint8_t bytes[128];
	size_t len = packet_build(&packet, bytes, sizeof(bytes));
	struct stranger *stranger = &world->stranger;
	struct evtcp_reason reason;

	world->coverage.counters[SIM_CALLS]++;
	stranger->calls = true;
	stranger->answers = 0;
	stranger->bytes = 0;
	stranger->syns += (packet.flags & PACKET_SYN) != 0;
	record_say(&world->record, "a stranger calls:");
	reason = host_deliver(&world->hosts[host], bytes, len);
	record_came(&world->record, &world->hosts[host], bytes, len, &reason);
	host_end_batch(&world->hosts[host]);
	stranger->calls = false;
	world->coverage.counters[SIM_CALLS_ANSWERED] += stranger->answers;
	if (stranger->answers > 1 || stranger->bytes > 3 * len)
		verdict_fail(&world->verdict,
			"host %u answers a stranger's %zu bytes with %u packets of %" PRIu64, host,
			len, stranger->answers, stranger->bytes);
	if (stranger->answers > 0 &&
		(sources[source] != STRANGER_ADDRESS || (packet.flags & PACKET_RST)))
		verdict_fail(&world->verdict, "host %u answers what asks for no answer", host);
}

bool stranger_gets(struct world *world, const uint8_t *bytes, size_t len, enum evtcp_cause cause)
{
	struct stranger *stranger = &world->stranger;

	if (packet_destination(bytes, len) != STRANGER_ADDRESS)
		return false;
	stranger->answers++;
	stranger->bytes += len;
	if (stranger->calls)
		return true;
	if (cause != EVTCP_CAUSE_SYN_ACK_RETRANSMIT)
		verdict_fail(&world->verdict, "a stranger is sent something unasked: %s",
			evtcp_cause_text(cause));
	/* Five times each, unless the limit says otherwise. */
	if (++stranger->resent > 5 * stranger->syns)
		verdict_fail(&world->verdict, "a stranger is sent SYN-ACKs without end");
	return true;
}
