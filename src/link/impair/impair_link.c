/* SPDX-License-Identifier: BSD-3-Clause */

/* The link emulator as a link: two ways, a clock, and whoever watches.
 *
 *      stack
 *        |           ^
 *      output      input     shown here, as far as the stack is concerned: once when
 *        v           |       it leaves the stack, once when it reaches it
 *     way TX       way RX    packets under way, until their time has come
 *        v           |
 *      lower link
 *
 * In: packets from both sides, the moment of their batch. Out: the same packets, later, fewer,
 * more, or changed; sightings; an ICMP error to the sender of what the path's MTU does
 * not let through.
 *
 * Packets under way come out when the timer fires, or when another enters behind them:
 * a link without delay passes each at once. What happens on the way is decided in way.c.
 *
 * While its specification asks for nothing, and nothing is under way any more, packets go straight
 * from one side to the other, and if nobody watches, as they are: several segments in one, without
 * checksums. So it may stay where it is until it is needed. */

#include "link/impair/spec.h"
#include "link/impair/too_big.h"
#include "link/impair/way.h"

#include "trace/fate.h"
#include "util/batch_clock.h"
#include "util/lazy_timer.h"
#include "util/memory.h"

#include <errno.h>

/* So many packets, then everybody else gets a turn. */
enum { IMPAIR_LINK_BATCH = 64 };

struct evtcp_impair {
	struct evtcp_link *upper; /* this link, as its user sees it */
	struct evtcp_link *lower; /* owned */
	struct evtcp_world world;
	struct way ways[EVTCP_IMPAIR_N_DIRECTIONS];
	struct lazy_timer timer;
	struct batch_clock clock;
	bool batch_open;               /* something was passed up since the last batch_end */
	struct evtcp_impair_spec spec; /* as it was given, but for its seed: that of the dice */
	bool idle;                     /* the specification asks for nothing */
	bool aside;                    /* and nothing is under way: packets go straight through */
	bool watched;                  /* observers are told of each packet */
	size_t n_observers;
	struct evtcp_observer observers[];
};

/* A receiver of the lower link. */
static void impair_link_input(void *arg, struct evtcp_packet *packet);
static void impair_link_batch_end(void *arg);
static void impair_link_failed(void *arg, int error);
static void impair_link_dropped(void *arg, enum evtcp_cause cause);

/* ---- sightings ------------------------------------------------------- */

/* Who does not watch is told of what befalls packets all the same. */
static void impair_link_show(const struct evtcp_impair *impair, enum evtcp_sighting sighting,
	const struct evtcp_packet *packet)
{
	if (!impair->watched && packet->fate == EVTCP_CAUSE_NONE && packet->fate_rule == 0)
		return;
	for (size_t i = 0; i < impair->n_observers; i++)
		impair->observers[i].packet(impair->observers[i].arg, sighting, packet);
}

/* A packet goes no further: observers see it, the stack counts it. */
static void impair_link_drop(const struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, const struct evtcp_packet *packet,
	enum evtcp_cause cause)
{
	struct evtcp_packet shown = *packet;

	fate_add(&shown, cause, 0);
	if (direction == EVTCP_IMPAIR_RX) /* the stack will never say what it made of it */
		shown.reason = (struct evtcp_reason){.cause = cause};
	impair_link_show(impair,
		direction == EVTCP_IMPAIR_TX ? EVTCP_DROPPED_OUT : EVTCP_DROPPED_IN, &shown);
	evtcp_link_dropped(impair->upper, cause);
}

/* A packet under way as one of the stack's; the pieces are *iov. */
static struct evtcp_packet impair_link_packet(
	struct way_packet *copy, struct iovec *iov, uint64_t at_us)
{
	struct evtcp_packet packet = {.iov = iov,
		.iovcnt = 1,
		.len = copy->len,
		.at_us = at_us,
		.reason = copy->reason,
		.fate = copy->came_fate,
		.fate_rule = copy->came_fate_rule};

	*iov = (struct iovec){copy->bytes, copy->len};
	fate_add(&packet, copy->fate, 0);
	return packet;
}

/* ---- arrival --------------------------------------------------------- */

/* What has arrived at the lower link by now. Returns how many. */
static unsigned impair_link_pass_down(struct evtcp_impair *impair, uint64_t now)
{
	struct way *way = &impair->ways[EVTCP_IMPAIR_TX];
	struct way_packet *copy;
	unsigned n = 0;

	for (; n < IMPAIR_LINK_BATCH && (copy = way_pop(way, now)); n++) {
		struct iovec iov;
		struct evtcp_packet packet = impair_link_packet(copy, &iov, now);

		if (evtcp_link_output(impair->lower, &packet) < 0) {
			way->counters[EVTCP_CAUSE_LINK_ERROR]++;
			impair_link_drop(impair, EVTCP_IMPAIR_TX, &packet, EVTCP_CAUSE_LINK_ERROR);
		}
		way_release(way, copy);
	}
	return n;
}

/* What has arrived at the stack by now. */
static void impair_link_pass_up(struct evtcp_impair *impair, uint64_t now)
{
	struct way *way = &impair->ways[EVTCP_IMPAIR_RX];
	struct way_packet *copy;

	for (unsigned n = 0; n < IMPAIR_LINK_BATCH && (copy = way_pop(way, now)); n++) {
		struct iovec iov;
		struct evtcp_packet packet = impair_link_packet(copy, &iov, now);

		impair->batch_open = true;
		evtcp_link_input(impair->upper, &packet);
		impair_link_show(impair, EVTCP_WIRE_IN, &packet);
		way_release(way, copy);
	}
}

static void impair_link_end_batch(struct evtcp_impair *impair)
{
	if (!impair->batch_open)
		return;
	impair->batch_open = false;
	evtcp_link_batch_end(impair->upper);
}

/* ---- aside ----------------------------------------------------------- */

static void impair_link_expect(void *arg, const struct evtcp_packet *packet)
{
	struct evtcp_impair *impair = arg;

	evtcp_link_expect(impair->upper, packet);
}

/* What passes whole is what the lower link takes, which may change. */
static void impair_link_offer(struct evtcp_impair *impair)
{
	static const struct evtcp_offload none;

	evtcp_link_set_offload(impair->upper,
		impair->aside && !impair->watched ? evtcp_link_get_offload(impair->lower) : &none);
}

/* Tells both sides how packets pass from here on. */
static void impair_link_settle(struct evtcp_impair *impair)
{
	struct evtcp_receiver receiver = {
		.input = impair_link_input,
		.batch_end = impair_link_batch_end,
		.failed = impair_link_failed,
		.dropped = impair_link_dropped,
		.arg = impair,
	};

	impair->aside = impair->idle && evtcp_impair_next_deadline(impair) == UINT64_MAX;
	receiver.takes_offload = impair->aside && !impair->watched;
	if (impair->aside)
		receiver.expect = impair_link_expect;
	evtcp_link_set_receiver(impair->lower, &receiver);
	impair_link_offer(impair);
}

/* When there is nothing to do, and the last of what was under way has come. */
static void impair_link_step_aside(struct evtcp_impair *impair)
{
	if (impair->idle && !impair->aside)
		impair_link_settle(impair);
}

/* ---- time ------------------------------------------------------------ */

uint64_t evtcp_impair_next_deadline(const struct evtcp_impair *impair)
{
	uint64_t tx = way_next(&impair->ways[EVTCP_IMPAIR_TX]);
	uint64_t rx = way_next(&impair->ways[EVTCP_IMPAIR_RX]);

	return tx < rx ? tx : rx;
}

static void impair_link_arm(struct evtcp_impair *impair, uint64_t now)
{
	lazy_timer_arm(&impair->timer, evtcp_impair_next_deadline(impair), now);
}

void evtcp_impair_run(struct evtcp_impair *impair)
{
	uint64_t now = batch_clock_read(&impair->clock, &impair->world);

	if (impair_link_pass_down(impair, now) > 0)
		evtcp_link_flush(impair->lower);
	impair_link_pass_up(impair, now);
	impair_link_end_batch(impair);
	impair_link_step_aside(impair);
	impair_link_arm(impair, now);
}

static void impair_link_on_timer(void *arg)
{
	evtcp_impair_run(arg);
}

/* ---- entry ----------------------------------------------------------- */

/* Puts a packet on its way and shows what has become of it, as far as that is to be
 * shown now. Returns the cause if it was dropped. */
static enum evtcp_cause impair_link_enter(struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, const struct evtcp_packet *packet, uint64_t now)
{
	struct way_outcome outcome;

	way_send(&impair->ways[direction], packet, now, &outcome);
	if (outcome.dropped != EVTCP_CAUSE_NONE)
		impair_link_drop(impair, direction, packet, outcome.dropped);
	for (unsigned i = 0; i < outcome.n && direction == EVTCP_IMPAIR_TX; i++) {
		struct iovec iov;
		struct evtcp_packet shown =
			impair_link_packet(outcome.copies[i], &iov, packet->at_us);

		impair_link_show(impair, EVTCP_WIRE_OUT, &shown);
	}
	return outcome.dropped;
}

/* The sender of a packet that is too big hears of it, by a packet that goes the other way
 * like any other. */
static void impair_link_answer(struct evtcp_impair *impair, enum evtcp_impair_direction direction,
	const struct evtcp_packet *packet, uint64_t now)
{
	enum evtcp_impair_direction back =
		direction == EVTCP_IMPAIR_TX ? EVTCP_IMPAIR_RX : EVTCP_IMPAIR_TX;
	const struct evtcp_impair_way *spec = &impair->ways[direction].spec;
	uint8_t bytes[TOO_BIG_ANSWER_MAX];
	struct iovec iov = {.iov_base = bytes};
	struct evtcp_packet answer = {.iov = &iov,
		.iovcnt = 1,
		.at_us = now,
		.reason = {.cause = EVTCP_CAUSE_IMPAIR_TOLD_MTU}};

	if (spec->silent)
		return;
	answer.len = iov.iov_len = too_big_answer(packet, spec->mtu, bytes);
	if (answer.len == 0)
		return;
	impair->ways[back].counters[EVTCP_CAUSE_IMPAIR_TOLD_MTU]++;
	impair_link_enter(impair, back, &answer, now);
}

static enum evtcp_cause impair_link_take(struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, const struct evtcp_packet *packet, uint64_t now)
{
	struct way *way = &impair->ways[direction];

	if (way->spec.mtu == 0 || packet->len <= way->spec.mtu)
		return impair_link_enter(impair, direction, packet, now);
	way->usage.entered++;
	way->usage.entered_bytes += packet->len;
	way->counters[EVTCP_CAUSE_IMPAIR_TOO_BIG]++;
	impair_link_drop(impair, direction, packet, EVTCP_CAUSE_IMPAIR_TOO_BIG);
	impair_link_answer(impair, direction, packet, now);
	return EVTCP_CAUSE_IMPAIR_TOO_BIG;
}

/* ---- the link -------------------------------------------------------- */

/* As if there were no link here but for who watches: what is refused was never sent. */
static int impair_link_output_straight(
	struct evtcp_impair *impair, const struct evtcp_packet *packet)
{
	if (evtcp_link_output(impair->lower, packet) < 0)
		return -1;
	impair_link_show(impair, EVTCP_WIRE_OUT, packet);
	return 0;
}

static int impair_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct evtcp_impair *impair = ctx;
	uint64_t now;

	if (impair->aside)
		return impair_link_output_straight(impair, packet);
	now = batch_clock_out(&impair->clock, packet->at_us);
	impair_link_take(impair, EVTCP_IMPAIR_TX, packet, now);
	impair_link_pass_down(impair, now);
	impair_link_arm(impair, now);
	return 0; /* to the stack it was sent, and the network may have lost it */
}

static void impair_link_flush(void *ctx)
{
	struct evtcp_impair *impair = ctx;

	evtcp_link_flush(impair->lower);
	impair_link_step_aside(impair);
	impair_link_offer(impair);
}

static void impair_link_input(void *arg, struct evtcp_packet *packet)
{
	struct evtcp_impair *impair = arg;
	enum evtcp_cause dropped;
	uint64_t now;

	if (impair->aside) {
		evtcp_link_input(impair->upper, packet);
		impair_link_show(impair, EVTCP_WIRE_IN, packet);
		return;
	}
	now = batch_clock_in(&impair->clock, &impair->world);
	packet->at_us = now;
	dropped = impair_link_take(impair, EVTCP_IMPAIR_RX, packet, now);
	packet->reason = (struct evtcp_reason){
		.cause = dropped != EVTCP_CAUSE_NONE ? dropped : EVTCP_CAUSE_IMPAIR_TAKEN};
	packet->fate = dropped;
	impair_link_pass_up(impair, now);
	impair_link_arm(impair, now);
}

static void impair_link_batch_end(void *arg)
{
	struct evtcp_impair *impair = arg;

	batch_clock_end(&impair->clock);
	impair->batch_open |= impair->aside;
	impair_link_end_batch(impair);
	impair_link_step_aside(impair);
}

static void impair_link_failed(void *arg, int error)
{
	struct evtcp_impair *impair = arg;

	evtcp_link_failed(impair->upper, error);
}

static void impair_link_dropped(void *arg, enum evtcp_cause cause)
{
	struct evtcp_impair *impair = arg;

	evtcp_link_dropped(impair->upper, cause);
}

/* All but the lower link. */
static void impair_link_release(struct evtcp_impair *impair)
{
	struct evtcp_world world = impair->world; /* outlives what it frees */

	lazy_timer_free(&impair->timer);
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		way_free(&impair->ways[i]);
	memory_free(&world, impair);
}

static void impair_link_free(void *ctx)
{
	struct evtcp_impair *impair = ctx;

	evtcp_link_free(impair->lower);
	impair_link_release(impair);
}

/* The parts that can be missing for want of memory. */
static int impair_link_build(struct evtcp_impair *impair, struct event_base *base)
{
	static const struct evtcp_link_ops ops = {
		.output = impair_link_output, .flush = impair_link_flush, .free = impair_link_free};

	if (lazy_timer_init(&impair->timer, base, impair_link_on_timer, impair) < 0) {
		errno = ENOMEM;
		return -1;
	}
	impair->upper = evtcp_link_new(&ops, impair, evtcp_link_get_mtu(impair->lower));
	return impair->upper ? 0 : -1;
}

static struct evtcp_impair *impair_link_alloc(
	const struct evtcp_impair_config *config, const struct evtcp_world *world)
{
	size_t observers = config->n_observers * sizeof(*config->observers);
	struct evtcp_impair *impair = memory_zalloc(world, sizeof(*impair) + observers);

	if (!impair) {
		errno = ENOMEM;
		return NULL;
	}
	impair->world = *world;
	impair->n_observers = config->n_observers;
	impair->watched = config->n_observers > 0;
	impair->spec = config->spec;
	impair->idle = spec_is_idle(&config->spec);
	if (observers > 0)
		memcpy(impair->observers, config->observers, observers);
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		way_init(&impair->ways[i], &config->spec.ways[i], world, config->spec.seed, i);
	return impair;
}

struct evtcp_link *evtcp_impair_link_new(struct evtcp_link *lower,
	const struct evtcp_impair_config *config, struct evtcp_impair **impair)
{
	struct evtcp_impair *made;

	if (!spec_is_sound(&config->spec)) {
		errno = EINVAL;
		return NULL;
	}
	made = impair_link_alloc(config, config->world ? config->world : evtcp_world_system());
	if (!made)
		return NULL;
	made->lower = lower;
	if (impair_link_build(made, config->base) < 0) {
		int error = errno;

		impair_link_release(made);
		errno = error;
		return NULL;
	}
	impair_link_settle(made);
	if (impair)
		*impair = made;
	return made->upper;
}

/* ---- the handle ------------------------------------------------------ */

int evtcp_impair_set_spec(struct evtcp_impair *impair, const struct evtcp_impair_spec *spec)
{
	if (!spec_is_sound(spec)) {
		errno = EINVAL;
		return -1;
	}
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		way_configure(&impair->ways[i], &spec->ways[i]);
	memcpy(impair->spec.ways, spec->ways, sizeof(spec->ways));
	impair->idle = spec_is_idle(spec);
	impair_link_settle(impair);
	return 0;
}

void evtcp_impair_set_seed(struct evtcp_impair *impair, uint64_t seed)
{
	for (unsigned i = 0; i < EVTCP_IMPAIR_N_DIRECTIONS; i++)
		way_roll_anew(&impair->ways[i], seed, i);
	impair->spec.seed = seed;
}

void evtcp_impair_get_spec(const struct evtcp_impair *impair, struct evtcp_impair_spec *spec)
{
	*spec = impair->spec;
}

void evtcp_impair_set_watched(struct evtcp_impair *impair, int on)
{
	impair->watched = on && impair->n_observers > 0;
	impair_link_settle(impair);
}

uint64_t evtcp_impair_get_counter(const struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, enum evtcp_cause cause)
{
	return impair->ways[direction].counters[cause];
}

void evtcp_impair_get_usage(const struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, struct evtcp_impair_usage *usage)
{
	const struct way *way = &impair->ways[direction];

	*usage = way->usage;
	usage->under_way = way->arrivals.len;
	usage->under_way_memory = way->memory;
}
