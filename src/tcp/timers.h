/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TIMERS_H
#define TCP_TIMERS_H

/* The named deadlines of a connection and what happens when they come. */

#include "tcp/tcb.h"

/* timers_set: this timer fires at at_us. timers_stop: it does not. */
void timers_set(struct tcb *tcb, enum tcb_timer timer, uint64_t at_us);
void timers_stop(struct tcb *tcb, enum tcb_timer timer);
void timers_stop_all(struct tcb *tcb);

static inline bool timers_is_set(const struct tcb *tcb, enum tcb_timer timer)
{
	return tcb->deadline_us[timer] != 0;
}

/* timers_rearm_retransmit: (re)starts the retransmission or persist timer from now
 * with the RTO backed off as often as it has expired (RFC 6298 5.1, 5.3, 5.5). */
void timers_rearm_retransmit(struct tcb *tcb, uint64_t now);

/* timers_hasten_retransmit: the RTO is another one: the timer, if it runs, does not run for
 * longer than that from now on. */
void timers_hasten_retransmit(struct tcb *tcb, uint64_t now);

/* timers_watch_user_timeout: (re)starts or stops the timer of the user timeout, as what is
 * in flight and tcb.user_timeout_us say now. Called when either has changed. */
void timers_watch_user_timeout(struct tcb *tcb, uint64_t now);

/* timers_rearm_probe: (re)starts the wait for a tail-loss probe from now, or stops it where
 * none is called for (RFC 8985 7.2). */
void timers_rearm_probe(struct tcb *tcb, uint64_t now);

/* timers_start_delayed_ack: starts it where an ACK waits for it. Called when output has nothing
 * more to send: what leaves in the batch of the data mostly takes the ACK along. */
void timers_start_delayed_ack(struct tcb *tcb, uint64_t now);

/* timers_start_fin_wait_2: how long FIN-WAIT-2 may last without owner. */
void timers_start_fin_wait_2(struct tcb *tcb, uint64_t now);

/* timers_start_orphan: how long a connection may live after user_release. */
void timers_start_orphan(struct tcb *tcb, uint64_t now);

/* timers_start_keepalive: from the last sign of life. */
void timers_start_keepalive(struct tcb *tcb, uint64_t now);

/* timers_earliest: the first of the block's deadlines, UINT64_MAX if none is set. */
uint64_t timers_earliest(const struct tcb *tcb);

/* timers_is_persist: what the retransmission timer is for: to ask for a window, also where that
 * closed on data in flight (MUST-35), or to send again. */
bool timers_is_persist(const struct tcb *tcb);

/* timers_trace: tells of the timers that were set or stopped since the last call, if anybody wants
 * that: at the end of each step of the block, so that what a step sets and stops again is not told.
 * The timer of pacing, which goes off once in a millisecond, is left out. */
enum { TIMERS_KINDS = 1u << EVTCP_EVENT_TIMER_SET | 1u << EVTCP_EVENT_TIMER_STOPPED };
void timers_tell(struct tcb *tcb, uint64_t now);
static inline void timers_trace(struct tcb *tcb, uint64_t now)
{
	if (tracer_wants_any(tcb->tcp->trace, TIMERS_KINDS))
		timers_tell(tcb, now);
}

/* timers_tell_end: the moment of timer has come, which is told when it fires. Returns what was told
 * of it, for timers_tell_no_end: it was not needed. */
uint64_t timers_tell_end(struct tcb *tcb, enum tcb_timer timer);
void timers_tell_no_end(struct tcb *tcb, enum tcb_timer timer, uint64_t told);

/* timers_run: runs what is due by now; the block may end (state CLOSED). Afterwards it stands in
 * the deadline queue for its next deadline, or not at all. */
void timers_run(struct tcb *tcb, uint64_t now);

#endif
