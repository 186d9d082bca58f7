/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_EMULATOR_H
#define SIM_EMULATOR_H

/* A bad link, one direction of it: loses, delays, reorders, duplicates and
 * damages packets, as a seed decides. Packets go in with the time, and come out
 * when their time has come; it reads no clock and calls nobody.
 *
 *   send -> outage? lost? -> queue -> rate -> delay, jitter -> copies -> damage -> pop
 */

#include "rng.h"

#include <evtcp/link.h>

enum { EMULATOR_OUTAGES = 3 };

/* Chances are in parts per million of packets, times in microseconds. Zeroed, it
 * is a perfect link. */
struct emulator_config {
	uint64_t delay_us, jitter_us; /* jitter: 0 to jitter_us more, evenly */
	bool jitter_reorders;         /* jitter may let packets overtake each other */
	uint64_t rate_bps;            /* bits per second; 0: no limit */
	uint32_t queue_bytes;         /* that may wait for the rate; 0: any number */
	uint32_t loss_ppm;
	uint32_t burst_ppm;     /* a burst of losses begins with this packet, */
	uint32_t burst_end_ppm; /* and is over before this one */
	uint32_t reorder_ppm;   /* held back by 0 to reorder_us more */
	uint64_t reorder_us;
	uint32_t duplicate_ppm;
	uint32_t copies_max; /* additional ones, each with a jitter of its own */
	uint32_t flip_ppm;   /* 1 to flips_max bits are flipped */
	uint32_t flips_max;
	uint32_t truncate_ppm; /* the end is cut off */
	struct emulator_outage {
		uint64_t from_us, until_us;
	} outages[EMULATOR_OUTAGES]; /* nothing passes */
	uint64_t heals_at_us;        /* from here on it only delays; 0: never */
};

/* What it has done. */
struct emulator_stats {
	uint64_t sent, popped;
	uint64_t lost; /* by chance, burst or outage */
	uint64_t queue_full;
	uint64_t duplicated, reordered, flipped, truncated;
};

/* What became of a packet that entered. */
enum emulator_fate { EMULATOR_TAKEN, EMULATOR_LOST, EMULATOR_QUEUE_FULL };

struct emulated_packet {
	struct emulated_packet *earlier, *later; /* in the order of arrival */
	uint64_t sent_at_us, arrives_at_us;
	bool damaged; /* flipped or truncated */
	uint32_t tag; /* the sender's */
	size_t len;
	uint8_t bytes[];
};

struct emulator {
	struct emulator_config config;
	struct emulator_stats stats;
	struct evtcp_world world;
	struct rng rng;
	bool in_burst;
	uint64_t sends_until_us;  /* the rate is busy until then */
	uint64_t last_arrival_us; /* of packets that keep their order */
	struct emulated_packet *first, *last;
	uint32_t len;
};

/* emulator_init: an empty link. config and world are copied; world gives the
 * memory of what is under way. seed and label name its random numbers. */
void emulator_init(struct emulator *emulator, const struct emulator_config *config,
	const struct evtcp_world *world, uint64_t seed, uint64_t label);

/* emulator_free: drops what is under way. */
void emulator_free(struct emulator *emulator);

/* emulator_send: a packet enters the link; its bytes are copied. now must not go
 * back. tag travels with the packet. Without memory the queue is full. */
enum emulator_fate emulator_send(
	struct emulator *emulator, const struct evtcp_packet *packet, uint32_t tag, uint64_t now);

/* emulator_next: when the next packet arrives; UINT64_MAX if none is under way. */
uint64_t emulator_next(const struct emulator *emulator);

/* emulator_pop: the next packet that has arrived by now, NULL if there is none. Give
 * it back with emulator_release. */
struct emulated_packet *emulator_pop(struct emulator *emulator, uint64_t now);
void emulator_release(struct emulator *emulator, struct emulated_packet *packet);

#endif
