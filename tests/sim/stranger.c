/* SPDX-License-Identifier: BSD-3-Clause */

/* Someone who calls from an address of his own: he may make a host speak, but not more than
 * he speaks himself.
 *
 * In: a host. Out: one packet into it, at once; what it sends to him is kept here. */

#include "stranger.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t garbage[64] = "this is no part of any connection";

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
