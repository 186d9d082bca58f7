/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_EMULATOR_H
#define SIM_EMULATOR_H

/* A bad link, one direction of it: the library's link emulator, and what only a
 * simulation has: times in which nothing passes, times in which all takes longer, and a
 * moment from which on the link is a good one. Packets go in with the time, and come out
 * when their time has come.
 *
 *   send -> outage? -> the emulator's way (src/link/impair), slower in a spike -> pop
 */

#include "link/impair/way.h"

enum { EMULATOR_OUTAGES = 3, EMULATOR_SPIKES = 2 };

/* Zeroed, it is a perfect link. */
struct emulator_config {
	/* What it does until it heals. A rate without a queue has one without end. */
	struct evtcp_impair_way way;
	struct emulator_outage {
		uint64_t from_us, until_us;
	} outages[EMULATOR_OUTAGES]; /* nothing passes */
	/* What enters in this time takes so much longer; what comes behind it waits for it,
	 * unless packets may overtake. */
	struct emulator_spike {
		uint64_t from_us, until_us, extra_us;
	} spikes[EMULATOR_SPIKES];
	uint64_t heals_at_us; /* from here on it only delays; 0: never */
};

struct emulator {
	struct emulator_config config;
	struct way way;
	bool healed;
	uint64_t extra_us; /* of the present spike */
	uint64_t spiked;   /* packets that entered in one */
};

/* emulator_init: an empty link. config, which must be one that a specification could say,
 * and world are copied; world gives the memory of what is under way. seed and label name
 * its random numbers. It must not be moved afterwards. */
void emulator_init(struct emulator *emulator, const struct emulator_config *config,
	const struct evtcp_world *world, uint64_t seed, uint64_t label);

/* emulator_free: drops what is under way. */
void emulator_free(struct emulator *emulator);

/* emulator_send: a packet enters the link; its bytes are copied. now must not go
 * back. tag travels with the packet and its copies. Returns why it was lost, or
 * EVTCP_CAUSE_NONE: an outage is EVTCP_CAUSE_LINK_DOWN. */
enum evtcp_cause emulator_send(
	struct emulator *emulator, const struct evtcp_packet *packet, uint32_t tag, uint64_t now);

/* emulator_next: when the next packet arrives; UINT64_MAX if none is under way. */
uint64_t emulator_next(const struct emulator *emulator);

/* emulator_pop: the next packet that has arrived by now, NULL if there is none. Give
 * it back with emulator_release. */
struct way_packet *emulator_pop(struct emulator *emulator, uint64_t now);
void emulator_release(struct emulator *emulator, struct way_packet *packet);

/* emulator_has_damaged: bits were flipped, or the end was cut off. */
bool emulator_has_damaged(const struct way_packet *packet);

/* emulator_count: how many packets have met cause. */
uint64_t emulator_count(const struct emulator *emulator, enum evtcp_cause cause);

/* emulator_count_lost: by chance, burst or outage; emulator_count_overflows: for want of
 * room. */
uint64_t emulator_count_lost(const struct emulator *emulator);
uint64_t emulator_count_overflows(const struct emulator *emulator);

#endif
