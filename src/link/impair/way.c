/* SPDX-License-Identifier: BSD-3-Clause */

/* One direction of a bad link.
 *
 * In: packets with the time at which they enter, a specification, a seed. Out: the
 * packets that survive, when they arrive, damaged or not; counts of what was done.
 *
 * The rate is told by the time until which it is busy, with the fraction of a microsecond
 * that divisions leave: at any rate, no bit is gained or lost. Who has not begun to be
 * sent by then waits in the queue. All that are under way stand in a queue of moments.
 *
 * It knows of IP only where the ECN field stands. It sends no ICMP. */

#include "link/impair/way.h"

#include "link/impair/ecn.h"
#include "util/memory.h"

#include <assert.h>

enum { WAY_QUEUE_PACKETS = 1000, WAY_LIMIT_BYTES = 64 * 1024 * 1024 };

/* Bits in a byte times microseconds in a second: a byte at rate_bps takes
 * WAY_BYTE / rate_bps microseconds. */
#define WAY_BYTE UINT64_C(8000000)

void way_configure(struct way *way, const struct evtcp_impair_way *spec)
{
	way->spec = *spec;
	if (spec->queue_packets == 0 && spec->queue_bytes == 0)
		way->spec.queue_packets = WAY_QUEUE_PACKETS;
	if (spec->limit_bytes == 0)
		way->spec.limit_bytes = WAY_LIMIT_BYTES;
	if (spec->duplicate_max == 0)
		way->spec.duplicate_max = 1;
	if (spec->corrupt_max == 0)
		way->spec.corrupt_max = 1;
	/* A fraction counts in parts of the rate there was. */
	way->busy_until_us += way->busy_fraction != 0;
	way->busy_fraction = 0;
}

void way_init(struct way *way, const struct evtcp_impair_way *spec, const struct evtcp_world *world,
	uint64_t seed, uint64_t label)
{
	*way = (struct way){.world = *world};
	list_init(&way->waiting);
	deadline_queue_init(&way->arrivals, &way->world);
	way_roll_anew(way, seed, label);
	way_configure(way, spec);
}

void way_roll_anew(struct way *way, uint64_t seed, uint64_t label)
{
	way->bad = false;
	for (unsigned i = 0; i < WAY_N_DICE; i++)
		dice_init(&way->dice[i], seed, label * WAY_N_DICE + i);
}

void way_free(struct way *way)
{
	struct way_packet *packet;

	while ((packet = way_pop(way, UINT64_MAX)))
		way_release(way, packet);
	deadline_queue_free(&way->arrivals);
}

/* ---- loss ------------------------------------------------------------ */

/* Both dice are rolled for each packet, whatever they say: so the n-th packet's fate
 * depends on n, the seed and the chances alone. */
static enum evtcp_cause way_lose(struct way *way)
{
	const struct evtcp_impair_way *spec = &way->spec;
	struct dice *burst = &way->dice[WAY_DICE_BURST];
	bool lost = dice_chance(&way->dice[WAY_DICE_LOSS], spec->loss_ppm);
	bool turns = dice_chance(burst, way->bad ? spec->burst.end_ppm : spec->burst.begin_ppm);
	bool in_burst;

	way->bad ^= turns;
	in_burst =
		dice_chance(burst, way->bad ? spec->burst.loss_bad_ppm : spec->burst.loss_good_ppm);
	if (in_burst)
		return EVTCP_CAUSE_IMPAIR_BURST;
	return lost ? EVTCP_CAUSE_IMPAIR_LOSS : EVTCP_CAUSE_NONE;
}

/* ---- queue and rate -------------------------------------------------- */

/* Those whose first bit has left by now wait no more. */
static void way_drain(struct way *way, uint64_t now)
{
	struct list_node *first;

	while ((first = list_first(&way->waiting))) {
		struct way_packet *packet = container_of(first, struct way_packet, in_waiting);

		if (packet->starts_at_us > now)
			return;
		list_remove(first);
		way->waiting_packets--;
		way->waiting_bytes -= packet->entered_len;
	}
}

static bool way_is_busy(const struct way *way, uint64_t now)
{
	return way->spec.rate_bps != 0 &&
	       (way->busy_until_us > now || (way->busy_until_us == now && way->busy_fraction != 0));
}

/* Whether a queue of so many times the specified size has no room for len bytes. */
static bool way_is_full(const struct way *way, size_t len, unsigned times)
{
	const struct evtcp_impair_way *spec = &way->spec;
	uint64_t packets = (uint64_t)spec->queue_packets * times;
	uint64_t bytes = spec->queue_bytes * times;

	return (packets != 0 && way->waiting_packets >= packets) ||
	       (bytes != 0 && way->waiting_bytes + len > bytes);
}

/* Whether the queue takes the packet, or marks it and takes it nevertheless (RFC 3168 5:
 * a router marks where it would have dropped), or drops it. */
static enum evtcp_cause way_queue(struct way *way, struct way_packet *packet, uint64_t now)
{
	if (!way_is_busy(way, now) || !way_is_full(way, packet->len, 1))
		return EVTCP_CAUSE_NONE;
	if (!way->spec.ecn || way_is_full(way, packet->len, 2) ||
		!ecn_mark(packet->bytes, packet->len))
		return EVTCP_CAUSE_IMPAIR_QUEUE_FULL;
	packet->fate = EVTCP_CAUSE_IMPAIR_MARKED;
	way->counters[EVTCP_CAUSE_IMPAIR_MARKED]++;
	return EVTCP_CAUSE_NONE;
}

/* Puts the packet behind all that the rate is busy with. Returns when its last bit has
 * left. */
static uint64_t way_leave(struct way *way, struct way_packet *packet, uint64_t now)
{
	uint64_t rate = way->spec.rate_bps, bits;

	if (rate == 0)
		return now;
	if (!way_is_busy(way, now)) {
		way->busy_until_us = now;
		way->busy_fraction = 0;
	}
	packet->starts_at_us = way->busy_until_us + (way->busy_fraction != 0);
	if (packet->starts_at_us > now) {
		list_push(&way->waiting, &packet->in_waiting);
		way->waiting_packets++;
		way->waiting_bytes += packet->len;
	}
	bits = packet->len * WAY_BYTE + way->busy_fraction;
	way->busy_until_us += bits / rate;
	way->busy_fraction = bits % rate;
	return way->busy_until_us + (way->busy_fraction != 0);
}

/* ---- delay ----------------------------------------------------------- */

static uint64_t way_span(struct dice *dice, const struct evtcp_impair_span *span)
{
	return span->us - span->jitter_us + dice_below(dice, 2 * span->jitter_us + 1);
}

/* A copy is as grave as the gravest that happened to it; causes stand in that order. */
static void way_alter(struct way *way, struct way_packet *packet, enum evtcp_cause cause)
{
	way->counters[cause]++;
	if (packet->fate == EVTCP_CAUSE_NONE || cause > packet->fate)
		packet->fate = cause;
}

/* When a packet that leaves then will arrive. Who is held back holds up nobody. */
static uint64_t way_arrive(struct way *way, struct way_packet *packet, uint64_t leaves_at)
{
	const struct evtcp_impair_way *spec = &way->spec;
	struct dice *reorder = &way->dice[WAY_DICE_REORDER];
	uint64_t at = leaves_at + way_span(&way->dice[WAY_DICE_DELAY], &spec->delay);
	bool held = dice_chance(reorder, spec->reorder_ppm);
	uint64_t hold = way_span(reorder, &spec->hold);

	if (!spec->overtake && at < way->last_arrival_us)
		at = way->last_arrival_us;
	if (held) {
		way_alter(way, packet, EVTCP_CAUSE_IMPAIR_HELD_BACK);
		return at + hold;
	}
	if (!spec->overtake)
		way->last_arrival_us = at;
	return at;
}

/* ---- damage ---------------------------------------------------------- */

static void way_damage(struct way *way, struct way_packet *packet)
{
	const struct evtcp_impair_way *spec = &way->spec;
	struct dice *corrupt = &way->dice[WAY_DICE_CORRUPT];
	struct dice *truncate = &way->dice[WAY_DICE_TRUNCATE];

	if (packet->len > 0 && dice_chance(corrupt, spec->corrupt_ppm)) {
		uint64_t flips = 1 + dice_below(corrupt, spec->corrupt_max);

		for (uint64_t i = 0; i < flips; i++) {
			uint64_t bit = dice_below(corrupt, 8 * packet->len);

			packet->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
		way_alter(way, packet, EVTCP_CAUSE_IMPAIR_CORRUPTED);
	}
	if (packet->len > 0 && dice_chance(truncate, spec->truncate_ppm)) {
		packet->len = dice_below(truncate, packet->len);
		way_alter(way, packet, EVTCP_CAUSE_IMPAIR_TRUNCATED);
	}
}

/* ---- copies ---------------------------------------------------------- */

/* Room for one more packet under way, or NULL and why not. */
static struct way_packet *way_alloc(struct way *way, size_t len, enum evtcp_cause *dropped)
{
	size_t size = sizeof(struct way_packet) + len;
	struct way_packet *packet;

	*dropped = EVTCP_CAUSE_IMPAIR_OVER_LIMIT;
	if (size > way->spec.limit_bytes || way->memory > way->spec.limit_bytes - size)
		return NULL;
	*dropped = EVTCP_CAUSE_NO_MEMORY;
	/* For the packet and all its copies: none of them is in the queue before all are
	 * made. */
	if (deadline_queue_reserve(&way->arrivals, way->arrivals.len + 1 + WAY_COPIES_MAX) < 0)
		return NULL;
	packet = memory_alloc(&way->world, size);
	if (!packet)
		return NULL;
	*dropped = EVTCP_CAUSE_NONE;
	*packet = (struct way_packet){.entered_len = len, .len = len};
	way->memory += size;
	return packet;
}

void way_release(struct way *way, struct way_packet *packet)
{
	way->memory -= sizeof(*packet) + packet->entered_len;
	memory_free(&way->world, packet);
}

static struct way_packet *way_copy(
	struct way *way, const struct evtcp_packet *packet, uint64_t now, enum evtcp_cause *dropped)
{
	struct way_packet *copy = way_alloc(way, packet->len, dropped);
	size_t at = 0;

	if (!copy)
		return NULL;
	copy->reason = packet->reason;
	copy->came_fate = packet->fate;
	copy->came_fate_rule = packet->fate_rule;
	copy->entered_at_us = now;
	for (int i = 0; i < packet->iovcnt; i++) {
		assert(at + packet->iov[i].iov_len <= packet->len && "the pieces sum up to it");
		if (packet->iov[i].iov_len > 0)
			memcpy(copy->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	assert(at == packet->len && "the pieces of a packet sum up to its length");
	return copy;
}

/* How many additional copies there are to be. */
static unsigned way_count_copies(struct way *way)
{
	struct dice *dice = &way->dice[WAY_DICE_DUPLICATE];
	bool more = dice_chance(dice, way->spec.duplicate_ppm);
	unsigned n = 1 + (unsigned)dice_below(dice, way->spec.duplicate_max);

	return more ? n : 0;
}

/* The copies go one after another, each with a delay and a damage of its own: one that
 * finds no memory is not made. */
static void way_dispatch(struct way *way, uint64_t leaves_at, struct way_outcome *outcome)
{
	struct way_packet *original = outcome->copies[0];
	struct iovec iov = {original->bytes, original->len};
	struct evtcp_packet packet = {.iov = &iov,
		.iovcnt = 1,
		.len = original->len,
		.reason = original->reason,
		.fate = original->came_fate,
		.fate_rule = original->came_fate_rule};
	unsigned more = way_count_copies(way);

	while (more-- > 0) {
		enum evtcp_cause ignored;
		struct way_packet *copy = way_copy(way, &packet, original->entered_at_us, &ignored);

		if (!copy)
			break;
		way_alter(way, copy, EVTCP_CAUSE_IMPAIR_DUPLICATED);
		outcome->copies[outcome->n++] = copy;
	}
	for (unsigned i = 0; i < outcome->n; i++) {
		struct way_packet *copy = outcome->copies[i];
		uint64_t at = way_arrive(way, copy, leaves_at);

		way_damage(way, copy);
		deadline_queue_set(&way->arrivals, &copy->arrival, at);
	}
}

void way_send(struct way *way, const struct evtcp_packet *packet, uint64_t now,
	struct way_outcome *outcome)
{
	struct way_packet *original = NULL;

	outcome->n = 0;
	way->usage.entered++;
	way->usage.entered_bytes += packet->len;
	way_drain(way, now);
	outcome->dropped = way_lose(way);
	if (outcome->dropped == EVTCP_CAUSE_NONE)
		original = way_copy(way, packet, now, &outcome->dropped);
	if (original)
		outcome->dropped = way_queue(way, original, now);
	if (outcome->dropped != EVTCP_CAUSE_NONE) {
		way->counters[outcome->dropped]++;
		if (original)
			way_release(way, original);
		return;
	}
	outcome->copies[outcome->n++] = original;
	way_dispatch(way, way_leave(way, original, now), outcome);
}

/* ---- arrival --------------------------------------------------------- */

uint64_t way_next(const struct way *way)
{
	return deadline_queue_earliest(&way->arrivals);
}

struct way_packet *way_pop(struct way *way, uint64_t now)
{
	struct deadline_node *node = deadline_queue_pop_due(&way->arrivals, now);
	struct way_packet *packet;

	if (!node)
		return NULL;
	packet = container_of(node, struct way_packet, arrival);
	way_drain(way, node->at_us); /* whoever has arrived has left */
	way->usage.delivered++;
	way->usage.delivered_bytes += packet->len;
	return packet;
}
