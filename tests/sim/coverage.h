/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_COVERAGE_H
#define SIM_COVERAGE_H

/* What was reached, over all runs: a simulator that never loses a SYN proves nothing
 * about lost SYNs. */

#include "reach.h"

#include <evtcp/causes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the simulator counts itself. must: a run over all profiles fails when it
 * never happened. */
// clang-format off
#define SIM_COUNTERS(X) \
	X(RUNS, true, "runs") \
	X(RUNS_IPV6, true, "of these, over IPv6") \
	X(RUNS_IPV4, true, "over IPv4") \
	X(CONNECTIONS, true, "connections made") \
	X(CONNECTIONS_WHOLE, true, "connections that delivered everything both ways") \
	X(CONNECTIONS_FAILED, true, "connections that said that they failed") \
	X(PACKETS, true, "packets") \
	X(PAYLOAD_BYTES, true, "payload bytes sent") \
	X(DELIVERED_BYTES, true, "bytes delivered") \
	X(LOST, true, "packets lost") \
	X(OUTAGES, true, "of these, by an outage") \
	X(BURSTS, true, "bursts that were cut up behind a host") \
	X(QUEUE_FULL, true, "packets that found a queue full") \
	X(SPIKED, true, "packets sent into a delay spike") \
	X(DUPLICATED, true, "packets duplicated") \
	X(REORDERED, true, "packets held back") \
	X(DAMAGED, true, "packets damaged") \
	X(COLLISIONS, true, "damaged packets that no checksum tells") \
	X(SEQUENCE_WRAPS, true, "sequence wraps") \
	X(SIMULTANEOUS_OPENS, true, "simultaneous opens") \
	X(ZERO_WINDOWS, true, "zero windows") \
	X(SACK_BLOCKS, true, "SACK blocks") \
	X(DSACKS, true, "reports of what came twice (D-SACK)") \
	X(MARKS_TOLD, true, "counters of marked octets that moved") \
	X(RECENT_BLOCKS, true, "first SACK blocks that had to be the most recent") \
	X(SILLY_WINDOWS, true, "windows made smaller on the way") \
	X(SMALL_PACKETS, true, "packets of a host with an MTU below 296") \
	X(TOO_BIG, true, "packets too large for their path") \
	X(HALF_CLOSED_BYTES, true, "bytes read after the own end") \
	X(WRITES_OF_ONE, true, "writes of one byte") \
	X(WRITES_IN_PART, true, "writes of which a part was taken") \
	X(CORKED_PAUSES, true, "pauses of who stayed corked") \
	X(ADVISORIES, true, "advisories to applications") \
	X(LET_GO_IN_READ, true, "connections freed or aborted in a read callback") \
	X(LET_GO_IN_WRITE, true, "in a write callback") \
	X(LET_GO_IN_EVENT, true, "in an event callback") \
	X(SPOOFED, true, "packets of a stranger into connections") \
	X(STRIKES_SYN_SENT, true, "of these, to who has sent a SYN") \
	X(STRIKES_HALF_OPEN, true, "of these, to who has answered one") \
	X(STRIKES_TIME_WAIT, true, "of these, to who has closed") \
	X(STRIKES_RST_NEAR, true, "resets in the window") \
	X(STRIKES_RST_FAR, true, "resets outside of it") \
	X(STRIKES_SYN, true, "SYNs into connections") \
	X(STRIKES_SYN_ACK, true, "answers to no SYN") \
	X(STRIKES_ACK_UNSENT, true, "segments that acknowledge what was never sent") \
	X(STRIKES_ACK_OLD, true, "segments that acknowledge what is long gone") \
	X(STRIKES_TEXT_FAR, true, "segments outside the window") \
	X(STRIKES_NO_ACK, true, "segments without ACK") \
	X(STRIKES_ICMP, true, "ICMP errors about what was never sent") \
	X(STRIKES_ICMP_HIT, true, "ICMP errors about what is in flight") \
	X(CALLS, true, "calls of a stranger") \
	X(CALLS_ANSWERED, true, "answers to them") \
	X(RESTARTS, true, "restarts of a host") \
	X(PAUSES, true, "pauses of a host") \
	X(SLEEPS, true, "pauses in which its clock stood still") \
	X(LEAPS, true, "leaps of a clock") \
	X(WAITS, true, "arrivals that could have come too late") \
	X(WAITS_PERFECT, true, "of these, on a perfect link") \
	X(WAITS_NEAR, true, "of these, with a round trip below 100 us") \
	X(QUIET, true, "moments at which silence was asked for") \
	X(SHORT_RUNS, false, "runs in which an allocation failed") \
	X(SHORT_WHOLE, false, "of these, runs in which all was delivered all the same") \
	X(SHORT_ALLOCATIONS, false, "allocations that failed") \
	X(SHORT_STARTS, false, "hosts that could not begin for want of memory") \
	X(SHORT_CONNECTS, false, "connections that were refused at once for want of memory") \
	X(SHORT_ERRORS, false, "connections that ended with ENOMEM") \
	X(EXCUSED_HANGS, true, "ends left hanging by an end that vanished") \
	X(GHOSTS, true, "connections accepted that nobody had opened") \
	X(MUDDLED, true, "flows not followed to their end") \
	X(STEPS, true, "steps")
// clang-format on

#define SIM_COUNTER_ENUMERATOR(name, must, text) SIM_##name,
enum sim_counter { SIM_COUNTERS(SIM_COUNTER_ENUMERATOR) N_SIM_COUNTERS };
#undef SIM_COUNTER_ENUMERATOR

struct coverage {
	uint64_t counters[N_SIM_COUNTERS];
	uint64_t causes[EVTCP_N_CAUSES];
	struct reach reach;
};

/* coverage_add: adds from to *to. */
void coverage_add(struct coverage *to, const struct coverage *from);

/* coverage_print: everything that happened, and everything that did not. */
void coverage_print(const struct coverage *coverage, FILE *to);

/* coverage_is_whole: whether everything that must happen did; prints to `to` what
 * did not. */
bool coverage_is_whole(const struct coverage *coverage, FILE *to);

/* coverage_is_short: the same for a sweep, in which what matters is where memory was
 * missing, and that the sweep got there. */
bool coverage_is_short(const struct coverage *coverage, FILE *to);

#endif
