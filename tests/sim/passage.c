/* SPDX-License-Identifier: BSD-3-Clause */

/* The way of a packet from one stack into the other.
 *
 *   stack -> digest, log, capture -> witness -> silence? -> emulator
 *         -> damaged? -> witness -> the other stack
 *
 * In: packets of a host, and the time. Out: packets into the other.
 *
 * A damaged packet must be refused, unless damage has hit such that both checksums
 * are right again: that is told here by sums of our own, and then the packet is lost
 * after all, but in the scenarios that want to see what happens. */

#include "passage.h"

#include "disturbance.h"
#include "link/impair/too_big.h"
#include "stranger.h"
#include "strike.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_AT_ONCE_MAX = 50000 };

uint64_t passage_losses(const struct world *world)
{
	uint64_t losses = world->damaged_lost + world->too_big + world->too_old + world->refused;

	for (int i = 0; i < 2; i++)
		losses += emulator_count_lost(&world->ways[i]) +
			  emulator_count_overflows(&world->ways[i]);
	return losses;
}

static struct dialogue *passage_dialogue(struct world *world, uint32_t flow)
{
	if (flow == WITNESS_NO_FLOW)
		return NULL;
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		if (world->dialogues[i].flow == flow)
			return &world->dialogues[i];
	}
	return NULL;
}

static void passage_check_silence(struct world *world, uint32_t flow, enum evtcp_cause cause)
{
	const struct dialogue *dialogue = passage_dialogue(world, flow);

	if (!dialogue || !oracle_is_quiet(&dialogue->pair))
		return;
	verdict_fail(&world->verdict,
		"%s: a packet (%s), though nobody writes and all is acknowledged",
		dialogue->ends[0].name, evtcp_cause_text(cause));
}

/* On a perfect link nothing is repeated, unless a host had no memory for it. */
static void passage_check_perfection(struct world *world, enum evtcp_cause cause)
{
	if (!world->scenario->perfect || world->shortage)
		return;
	if (cause == EVTCP_CAUSE_RTO || cause == EVTCP_CAUSE_FAST_RETRANSMIT ||
		cause == EVTCP_CAUSE_PARTIAL_ACK || cause == EVTCP_CAUSE_SYN_RETRANSMIT ||
		cause == EVTCP_CAUSE_SYN_ACK_RETRANSMIT || cause == EVTCP_CAUSE_ACK_OUT_OF_ORDER)
		verdict_fail(&world->verdict, "%s on a perfect link", evtcp_cause_text(cause));
}

/* A stack that sends without end never comes back to where the run could stop. */
static void passage_check_flood(struct world *world)
{
	if (world->sent_at_us != world->time_us)
		world->sent_at_once = 0;
	world->sent_at_us = world->time_us;
	if (++world->sent_at_once < PACKETS_AT_ONCE_MAX)
		return;
	fprintf(stderr, "seed %" PRIu64 ": %u packets in one moment, and no end\n",
		world->scenario->seed, world->sent_at_once);
	abort();
}

/* Whether a router between the hosts has no way for a packet of this size. It says so to the
 * sender, unless it is one of those that do not. */
static bool passage_is_too_big(
	struct world *world, unsigned host, const struct evtcp_packet *packet)
{
	const struct scenario *s = world->scenario;
	bool healed = world->time_us >= world->circumstances.heals_at_us;
	uint8_t bytes[TOO_BIG_ANSWER_MAX];
	struct iovec iov = {.iov_base = bytes};
	struct evtcp_packet answer = {.iov = &iov, .iovcnt = 1};

	if (s->path_mtu == 0 || packet->len <= s->path_mtu || (s->path_silent && healed))
		return false;
	world->too_big++;
	if (s->path_silent)
		return true;
	answer.len = iov.iov_len = too_big_answer(packet, s->path_mtu, bytes);
	if (answer.len > 0)
		emulator_send(&world->ways[1 - host], &answer, WITNESS_NO_FLOW, world->time_us);
	return true;
}

int passage_transmit(void *arg, struct host *host, const struct evtcp_packet *packet)
{
	struct world *world = arg;
	uint8_t *bytes;
	size_t at = 0;
	enum evtcp_cause lost;
	uint32_t flow;

	if (world->silenced)
		return ENETDOWN;
	passage_check_flood(world);
	world->coverage.counters[SIM_SMALL_PACKETS] +=
		world->scenario->hosts[host->index].mtu < 296;
	bytes = malloc(packet->len ? packet->len : 1);
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	if (at != packet->len)
		verdict_fail(&world->verdict, "a packet's pieces are not its length");
	if (stranger_gets(world, bytes, packet->len, packet->reason.cause)) {
		record_sent(&world->record, host, packet, bytes, false);
		free(bytes);
		return 0;
	}
	flow = witness_sent(&world->witness, host->index, bytes, packet->len, packet->reason.cause);
	passage_check_silence(world, flow, packet->reason.cause);
	passage_check_perfection(world, packet->reason.cause);
	if (passage_is_too_big(world, host->index, packet))
		lost = EVTCP_CAUSE_IMPAIR_TOO_BIG;
	else
		lost = emulator_send(&world->ways[host->index], packet, flow, world->time_us);
	record_sent(&world->record, host, packet, bytes, lost);
	free(bytes);
	world->circumstances.losses = passage_losses(world);
	return lost == EVTCP_CAUSE_IMPAIR_QUEUE_FULL ? ENOBUFS : 0;
}

/* Whether a damaged packet goes on to its host as if nothing had happened. */
static bool passage_lets_through(struct world *world)
{
	world->coverage.counters[SIM_COLLISIONS]++;
	if (!world->scenario->pass_collisions)
		return false;
	world->circumstances.undefined = true;
	witness_forget(&world->witness);
	world->witness.lenient = true;
	return true;
}

/* A window that is told smaller than it is, as a silly peer would open it. What was told
 * before is not taken back: the peer takes what it does not know to be beyond the edge. */
static void passage_belittle(struct world *world, unsigned host, struct way_packet *packet)
{
	struct packet parsed;
	uint16_t least;

	if (!world->scenario->silly_ppm || world->time_us >= world->circumstances.heals_at_us ||
		!rng_chance(&world->rng, world->scenario->silly_ppm) ||
		packet_parse(packet->bytes, packet->len, &parsed) ||
		(parsed.flags & (PACKET_SYN | PACKET_RST)))
		return;
	least = witness_least_window(&world->witness, host, packet->tag, &parsed);
	if (least >= parsed.window)
		return;
	packet_set_window(packet->bytes,
		(uint16_t)(least + rng_log_range(&world->rng, 1, parsed.window - least) - 1));
	world->coverage.counters[SIM_SILLY_WINDOWS]++;
}

/* What a host could not keep is as good as lost. */
static bool passage_is_refused(const struct evtcp_reason *reason)
{
	return reason->cause == EVTCP_CAUSE_RECEIVE_BUFFER ||
	       reason->cause == EVTCP_CAUSE_OUT_OF_ORDER_LIMIT ||
	       reason->cause == EVTCP_CAUSE_NO_MEMORY;
}

static void passage_deliver_one(struct world *world, struct host *host, struct way_packet *packet)
{
	bool damaged = emulator_has_damaged(packet);
	bool collision = damaged && packet_sums_match(packet->bytes, packet->len);
	struct evtcp_reason reason;

	if (damaged)
		world->damaged_lost++;
	if (collision && !passage_lets_through(world))
		return;
	if (!damaged) {
		passage_belittle(world, host->index, packet);
		witness_delivered(
			&world->witness, host->index, packet->tag, packet->bytes, packet->len);
	}
	reason = host_deliver(host, packet->bytes, packet->len);
	world->refused += passage_is_refused(&reason);
	if (!damaged && reason.cause == EVTCP_CAUSE_QUEUED_OUT_OF_ORDER)
		witness_queued(
			&world->witness, host->index, packet->tag, packet->bytes, packet->len);
	record_came(&world->record, host, packet->bytes, packet->len, &reason);
	if (damaged && !collision && evtcp_cause_class(reason.cause) != EVTCP_CLASS_DROPPED)
		verdict_fail(&world->verdict, "host %u took a damaged packet: %s", host->index,
			evtcp_cause_text(reason.cause));
}

/* A packet of flow has come to host: a moment at which a stranger meddles, with either. */
static void passage_strike(struct world *world, unsigned host, uint32_t flow)
{
	struct dialogue *dialogue = passage_dialogue(world, flow);

	if (!dialogue || !rng_chance(&world->rng, world->scenario->stranger_ppm))
		return;
	if (rng_percent(&world->rng, 30))
		host = 1 - host;
	if (disturbance_holds(world, host))
		return;
	if (rng_percent(&world->rng, 70))
		strike(world, dialogue, host);
	else
		stranger_calls(world, host);
}

void passage_discard(struct world *world, unsigned host)
{
	struct emulator *way = &world->ways[1 - host];
	struct way_packet *packet;

	while ((packet = emulator_pop(way, world->time_us))) {
		world->too_old++;
		emulator_release(way, packet);
	}
	world->circumstances.losses = passage_losses(world);
}

bool passage_deliver(struct world *world, unsigned host)
{
	struct emulator *way = &world->ways[1 - host];
	struct way_packet *packet;
	uint32_t flow = WITNESS_NO_FLOW;
	uint64_t batch, n = 0;

	/* How often somebody looks must not make another run of it. */
	if (emulator_next(way) > world->time_us)
		return false;
	batch = rng_range(&world->rng, 1, world->scenario->batch_max);
	for (; n < batch && (packet = emulator_pop(way, world->time_us)); n++) {
		passage_deliver_one(world, &world->hosts[host], packet);
		flow = packet->tag;
		emulator_release(way, packet);
	}
	if (n == 0)
		return false;
	world->circumstances.losses = passage_losses(world);
	host_end_batch(&world->hosts[host]);
	passage_strike(world, host, flow);
	return true;
}
