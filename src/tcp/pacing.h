/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_PACING_H
#define TCP_PACING_H

/* Pacing: what leaves, leaves no faster than cc.pacing_rate says. Not segment by segment, for
 * which no timer is fine enough, but in bursts of about a millisecond's worth, at least one
 * segment; after each, nothing for as long as the burst takes at that rate (the send quantum of
 * draft-cardwell-iccrg-bbr-congestion-control-00 4.2.2):
 *
 *     now           next_ns                    closed: until next_ns
 *     ┤▮▮▮▮▮▮▮▮─────┤▮▮▮▮▮▮▮▮─────┤▮▮▮▮▮▮▮▮──►
 *
 * Time in which nothing was to be sent is not saved up; what a late timer has cost is made up
 * for. Held back are data and FIN, new or again. ACKs, probes and the SYN are not. Sequence
 * numbers are what is counted.
 *
 * Whoever asks for no rate (pacing_rate 0) sends as the window allows. NewReno and CUBIC do not
 * ask: at two windows a round trip in slow start and 1.2 later, which is how others pace
 * them, CUBIC got less through the goodput grid's links, and at 100 ms half and less. */

#include <stdbool.h>
#include <stdint.h>

struct tcb;

enum {
	PACING_BURST_US = 1000, /* how long a burst takes at the rate that is asked for */
	PACING_LATE_US = 4000   /* so late may a timer come without costing anything */
};

struct pacing {
	uint64_t next_ns; /* when what was sent so far would have left at its rate */
	uint32_t rest;    /* of that, what is no whole nanosecond: in 1/rate of one */
	bool closed;      /* the burst is over: nothing leaves before next_ns */
	bool opened;      /* in this batch, so that next_ns may be behind */
};

/* pacing_add: bytes leave now at rate, bytes a second. */
void pacing_add(struct pacing *pacing, uint64_t rate, uint32_t bytes, uint64_t now);

/* pacing_open: whether something may leave now. waited: only pacing has kept it from that, so
 * that time that is over is owed to it. */
bool pacing_open(struct pacing *pacing, bool waited, uint64_t now);

/* pacing_quantum: what leaves in one burst at rate, in bytes: at least a segment. */
uint32_t pacing_quantum(uint64_t rate, uint32_t segment);

/* pacing_room: how many bytes may begin to leave now, at rate; the segment that the last of them
 * is in leaves whole. */
uint64_t pacing_room(const struct pacing *pacing, uint64_t rate, uint64_t now);

/* pacing_holds: whether data and FIN of this connection have to wait now. */
bool pacing_holds(struct tcb *tcb, uint64_t now);

/* pacing_sent: so many numbers leave. */
void pacing_sent(struct tcb *tcb, uint32_t numbers, uint64_t now);

/* pacing_settle: nothing more leaves in this batch: where that is because of pacing the timer
 * is set for the next burst. pacing_on_timer: it fired. */
void pacing_settle(struct tcb *tcb);
void pacing_on_timer(struct tcb *tcb, uint64_t now);

#endif
