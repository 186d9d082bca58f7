/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_IMPAIR_WAY_H
#define LINK_IMPAIR_WAY_H

/* One direction of a bad link. Packets go in with the time and come out when their time
 * has come; it reads no clock and calls nobody.
 *
 *   send ─► lost? ─► queue ─► rate ─► copies ─► delay, held back ─► damage ─► pop
 */

#include "link/impair/dice.h"
#include "util/deadline_queue.h"
#include "util/list.h"

#include <evtcp/impair.h>

/* The most additional copies and flipped bits that a specification may ask for. */
enum { WAY_COPIES_MAX = 16, WAY_FLIPS_MAX = 64 };

/* What each kind of dice decides. */
enum way_dice {
	WAY_DICE_LOSS,
	WAY_DICE_BURST,
	WAY_DICE_DELAY,
	WAY_DICE_REORDER,
	WAY_DICE_DUPLICATE,
	WAY_DICE_CORRUPT,
	WAY_DICE_TRUNCATE,
	WAY_N_DICE
};

/* A packet under way, a copy of the sender's. */
struct way_packet {
	struct deadline_node arrival;
	struct list_node in_waiting; /* in way.waiting, until its first bit leaves */
	uint64_t starts_at_us;       /* when that is */
	uint64_t entered_at_us;
	struct evtcp_reason reason; /* why it was sent */
	enum evtcp_cause fate;      /* the gravest change to it, or EVTCP_CAUSE_NONE */
	enum evtcp_cause came_fate; /* what had been done to it when it entered, and */
	unsigned came_fate_rule;    /* by which rule of a fault script */
	uint32_t tag;               /* the user's; 0 at first */
	size_t entered_len;         /* bytes, before anything was cut off */
	size_t len;                 /* bytes */
	uint8_t bytes[];
};

struct way {
	struct evtcp_impair_way spec; /* defaults filled in */
	struct evtcp_world world;
	struct dice dice[WAY_N_DICE];
	bool bad; /* the link is, for bursts */
	/* The rate is busy until busy_until_us + busy_fraction / rate_bps. */
	uint64_t busy_until_us, busy_fraction;
	struct list waiting; /* for the rate, in order of sending */
	uint64_t waiting_packets, waiting_bytes;
	struct deadline_queue arrivals; /* all that are under way */
	uint64_t last_arrival_us;       /* of those that keep their order */
	uint64_t memory;                /* bytes, of all that are under way */
	struct evtcp_impair_usage usage;
	uint64_t counters[EVTCP_N_CAUSES];
};

/* What became of a packet that was sent. */
struct way_outcome {
	enum evtcp_cause dropped; /* EVTCP_CAUSE_NONE: it is under way, */
	unsigned n;               /* so many times */
	/* Valid until they are popped; the first is the packet itself. */
	struct way_packet *copies[1 + WAY_COPIES_MAX];
};

/* way_init: an empty way. spec must be sound (spec.h); it and world are copied. seed and
 * label name the dice. The way must not be moved afterwards. */
void way_init(struct way *way, const struct evtcp_impair_way *spec, const struct evtcp_world *world,
	uint64_t seed, uint64_t label);

/* way_free: drops what is under way. */
void way_free(struct way *way);

/* way_configure: from here on another spec holds; a new rate begins with the next packet
 * behind those that are being sent. */
void way_configure(struct way *way, const struct evtcp_impair_way *spec);

/* way_roll_anew: with the dice of an empty way with this seed and label. */
void way_roll_anew(struct way *way, uint64_t seed, uint64_t label);

/* way_send: a packet enters; its bytes are copied. now must not go back. The path's MTU
 * is the caller's business. */
void way_send(struct way *way, const struct evtcp_packet *packet, uint64_t now,
	struct way_outcome *outcome);

/* way_next: when the next packet arrives; UINT64_MAX if none is under way. */
uint64_t way_next(const struct way *way);

/* way_pop: the next packet that has arrived by now, NULL if there is none. Give it back
 * with way_release. */
struct way_packet *way_pop(struct way *way, uint64_t now);
void way_release(struct way *way, struct way_packet *packet);

#endif
