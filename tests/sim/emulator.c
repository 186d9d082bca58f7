/* SPDX-License-Identifier: BSD-3-Clause */

/* The library's link emulator in a simulation.
 *
 * In: packets with the time at which they enter, a configuration, a seed. Out: the
 * packets that survive, in the order of their arrival, damaged or not; counts of
 * what was done.
 *
 * Loss, queue, rate, delay and damage are the emulator's; outages, spikes and healing are
 * here.
 * It sends no ICMP. */

#include "emulator.h"

#include "link/impair/spec.h"

#include <assert.h>

/* A simulation may hold as much as a specification can say. */
static struct evtcp_impair_way emulator_roomy(struct evtcp_impair_way way)
{
	struct evtcp_impair_spec spec = {.ways = {way, way}};

	assert(spec_is_sound(&spec) && "it can be said");
	if (way.queue_bytes == 0 && way.queue_packets == 0)
		way.queue_packets = SPEC_QUEUE_MAX_PACKETS;
	if (way.limit_bytes == 0)
		way.limit_bytes = SPEC_BYTES_MAX;
	return way;
}

void emulator_init(struct emulator *emulator, const struct emulator_config *config,
	const struct evtcp_world *world, uint64_t seed, uint64_t label)
{
	struct evtcp_impair_way way = emulator_roomy(config->way);

	*emulator = (struct emulator){.config = *config};
	way_init(&emulator->way, &way, world, seed, label);
}

void emulator_free(struct emulator *emulator)
{
	way_free(&emulator->way);
}

static bool emulator_is_out(const struct emulator *emulator, uint64_t now)
{
	for (int i = 0; i < EMULATOR_OUTAGES; i++) {
		const struct emulator_outage *outage = &emulator->config.outages[i];

		if (now >= outage->from_us && now < outage->until_us)
			return true;
	}
	return false;
}

/* The extra delay changes with the first packet of a spike, and the first behind it. */
static void emulator_spike(struct emulator *emulator, uint64_t now)
{
	struct evtcp_impair_way way = emulator->config.way;
	uint64_t extra = 0;

	for (int i = 0; i < EMULATOR_SPIKES; i++) {
		const struct emulator_spike *spike = &emulator->config.spikes[i];

		if (now >= spike->from_us && now < spike->until_us && spike->extra_us > extra)
			extra = spike->extra_us;
	}
	emulator->spiked += extra > 0;
	if (extra == emulator->extra_us)
		return;
	emulator->extra_us = extra;
	way.delay.us += extra;
	way = emulator_roomy(way);
	way_configure(&emulator->way, &way);
}

/* From the first packet on that comes late enough. */
static void emulator_heal(struct emulator *emulator, uint64_t now)
{
	const struct emulator_config *config = &emulator->config;
	struct evtcp_impair_way way = {
		.delay = config->way.delay, .rate_bps = config->way.rate_bps};

	if (emulator->healed || config->heals_at_us == 0 || now < config->heals_at_us)
		return;
	emulator->healed = true;
	way = emulator_roomy(way);
	way_configure(&emulator->way, &way);
}

enum evtcp_cause emulator_send(
	struct emulator *emulator, const struct evtcp_packet *packet, uint32_t tag, uint64_t now)
{
	struct way_outcome outcome;

	emulator_heal(emulator, now);
	if (!emulator->healed && emulator_is_out(emulator, now)) {
		emulator->way.counters[EVTCP_CAUSE_LINK_DOWN]++;
		return EVTCP_CAUSE_LINK_DOWN;
	}
	if (!emulator->healed)
		emulator_spike(emulator, now);
	way_send(&emulator->way, packet, now, &outcome);
	for (unsigned i = 0; i < outcome.n; i++)
		outcome.copies[i]->tag = tag;
	return outcome.dropped;
}

uint64_t emulator_next(const struct emulator *emulator)
{
	return way_next(&emulator->way);
}

struct way_packet *emulator_pop(struct emulator *emulator, uint64_t now)
{
	return way_pop(&emulator->way, now);
}

void emulator_release(struct emulator *emulator, struct way_packet *packet)
{
	way_release(&emulator->way, packet);
}

bool emulator_has_damaged(const struct way_packet *packet)
{
	return packet->fate == EVTCP_CAUSE_IMPAIR_CORRUPTED ||
	       packet->fate == EVTCP_CAUSE_IMPAIR_TRUNCATED;
}

uint64_t emulator_count(const struct emulator *emulator, enum evtcp_cause cause)
{
	return emulator->way.counters[cause];
}

uint64_t emulator_count_lost(const struct emulator *emulator)
{
	return emulator_count(emulator, EVTCP_CAUSE_IMPAIR_LOSS) +
	       emulator_count(emulator, EVTCP_CAUSE_IMPAIR_BURST) +
	       emulator_count(emulator, EVTCP_CAUSE_LINK_DOWN);
}

uint64_t emulator_count_overflows(const struct emulator *emulator)
{
	return emulator_count(emulator, EVTCP_CAUSE_IMPAIR_QUEUE_FULL) +
	       emulator_count(emulator, EVTCP_CAUSE_IMPAIR_OVER_LIMIT) +
	       emulator_count(emulator, EVTCP_CAUSE_NO_MEMORY);
}
