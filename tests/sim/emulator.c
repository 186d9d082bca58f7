/* SPDX-License-Identifier: BSD-3-Clause */

/* One direction of a bad link.
 *
 * In: packets with the time at which they enter, a configuration, a seed. Out: the
 * packets that survive, in the order of their arrival, damaged or not; counts of
 * what was done.
 *
 * The queue in front of the rate is told by the time until which the rate is busy:
 * what is still to be sent then are the bytes that wait. Packets under way stand in
 * a list sorted by arrival; most enter at its end.
 *
 * It knows nothing of IP: damage hits any byte. It sends no ICMP. */

#include "emulator.h"

#include <string.h>

void emulator_init(struct emulator *emulator, const struct emulator_config *config,
	const struct evtcp_world *world, uint64_t seed, uint64_t label)
{
	*emulator = (struct emulator){.config = *config, .world = *world};
	rng_init(&emulator->rng, seed, label);
}

void emulator_release(struct emulator *emulator, struct emulated_packet *packet)
{
	emulator->world.free(emulator->world.arg, packet);
}

void emulator_free(struct emulator *emulator)
{
	struct emulated_packet *packet;

	while ((packet = emulator_pop(emulator, UINT64_MAX)))
		emulator_release(emulator, packet);
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

static bool emulator_loses(struct emulator *emulator, uint64_t now)
{
	const struct emulator_config *config = &emulator->config;

	if (emulator->in_burst)
		emulator->in_burst = !rng_chance(&emulator->rng, config->burst_end_ppm);
	else
		emulator->in_burst = rng_chance(&emulator->rng, config->burst_ppm);
	return emulator->in_burst || rng_chance(&emulator->rng, config->loss_ppm) ||
	       emulator_is_out(emulator, now);
}

/* When the last bit of a packet of len bytes has left, or UINT64_MAX if the queue
 * in front has no room for it. */
static uint64_t emulator_leaves_at(struct emulator *emulator, size_t len, bool healed, uint64_t now)
{
	const struct emulator_config *config = &emulator->config;
	uint64_t starts = emulator->sends_until_us > now ? emulator->sends_until_us : now;
	uint64_t waiting; /* bytes */

	if (config->rate_bps == 0)
		return now;
	waiting = (starts - now) * config->rate_bps / 8000000;
	if (config->queue_bytes && !healed && waiting > config->queue_bytes)
		return UINT64_MAX;
	emulator->sends_until_us = starts + len * 8000000 / config->rate_bps;
	return emulator->sends_until_us;
}

/* When a packet that leaves then will arrive. */
static uint64_t emulator_arrives_at(struct emulator *emulator, uint64_t leaves_at, bool healed)
{
	const struct emulator_config *config = &emulator->config;
	uint64_t at = leaves_at + config->delay_us;

	if (config->jitter_us)
		at += rng_range(&emulator->rng, 0, config->jitter_us);
	if (!healed && rng_chance(&emulator->rng, config->reorder_ppm)) {
		emulator->stats.reordered++;
		return at + rng_range(&emulator->rng, 0, config->reorder_us);
	}
	if (!config->jitter_reorders || healed) {
		if (at < emulator->last_arrival_us)
			at = emulator->last_arrival_us;
		emulator->last_arrival_us = at;
	}
	return at;
}

static void emulator_damage(struct emulator *emulator, struct emulated_packet *packet)
{
	const struct emulator_config *config = &emulator->config;

	if (rng_chance(&emulator->rng, config->flip_ppm)) {
		uint64_t flips = rng_range(&emulator->rng, 1, config->flips_max);

		for (uint64_t i = 0; i < flips; i++) {
			uint64_t bit = rng_range(&emulator->rng, 0, 8 * packet->len - 1);

			packet->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
		packet->damaged = true;
		emulator->stats.flipped++;
	}
	if (rng_chance(&emulator->rng, config->truncate_ppm)) {
		packet->len = rng_range(&emulator->rng, 0, packet->len - 1);
		packet->damaged = true;
		emulator->stats.truncated++;
	}
}

/* Puts a packet behind all that arrive before it or with it. */
static void emulator_insert(struct emulator *emulator, struct emulated_packet *packet)
{
	struct emulated_packet *before = emulator->last;

	while (before && before->arrives_at_us > packet->arrives_at_us)
		before = before->earlier;
	packet->earlier = before;
	packet->later = before ? before->later : emulator->first;
	*(before ? &before->later : &emulator->first) = packet;
	*(packet->later ? &packet->later->earlier : &emulator->last) = packet;
	emulator->len++;
}

static struct emulated_packet *emulator_copy(
	struct emulator *emulator, const struct evtcp_packet *packet)
{
	struct emulated_packet *copy =
		emulator->world.alloc(emulator->world.arg, sizeof(*copy) + packet->len);
	size_t at = 0;

	if (!copy)
		return NULL;
	*copy = (struct emulated_packet){.len = packet->len};
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	return copy;
}

enum emulator_fate emulator_send(
	struct emulator *emulator, const struct evtcp_packet *packet, uint32_t tag, uint64_t now)
{
	const struct emulator_config *config = &emulator->config;
	bool healed = config->heals_at_us != 0 && now >= config->heals_at_us;
	uint64_t leaves_at, copies = 1;

	emulator->stats.sent++;
	if (!healed && emulator_loses(emulator, now)) {
		emulator->stats.lost++;
		return EMULATOR_LOST;
	}
	leaves_at = emulator_leaves_at(emulator, packet->len, healed, now);
	if (leaves_at == UINT64_MAX) {
		emulator->stats.queue_full++;
		return EMULATOR_QUEUE_FULL;
	}
	if (!healed && rng_chance(&emulator->rng, config->duplicate_ppm)) {
		copies += rng_range(&emulator->rng, 1, config->copies_max);
		emulator->stats.duplicated += copies - 1;
	}
	while (copies--) {
		struct emulated_packet *copy = emulator_copy(emulator, packet);

		if (!copy) {
			emulator->stats.queue_full++;
			return EMULATOR_QUEUE_FULL;
		}
		copy->tag = tag;
		copy->sent_at_us = now;
		copy->arrives_at_us = emulator_arrives_at(emulator, leaves_at, healed);
		if (!healed)
			emulator_damage(emulator, copy);
		emulator_insert(emulator, copy);
	}
	return EMULATOR_TAKEN;
}

uint64_t emulator_next(const struct emulator *emulator)
{
	return emulator->first ? emulator->first->arrives_at_us : UINT64_MAX;
}

struct emulated_packet *emulator_pop(struct emulator *emulator, uint64_t now)
{
	struct emulated_packet *packet = emulator->first;

	if (!packet || packet->arrives_at_us > now)
		return NULL;
	emulator->first = packet->later;
	*(packet->later ? &packet->later->earlier : &emulator->last) = NULL;
	emulator->len--;
	emulator->stats.popped++;
	return packet;
}
