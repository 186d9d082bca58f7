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

/* timers_start_delayed_ack: starts it where an ACK waits for it. Called when output has nothing more
 * to send: what leaves in the batch of the data mostly takes the ACK along. */
void timers_start_delayed_ack(struct tcb *tcb, uint64_t now);

/* timers_start_fin_wait_2: how long FIN-WAIT-2 may last without owner. */
void timers_start_fin_wait_2(struct tcb *tcb, uint64_t now);

/* timers_start_orphan: how long a connection may live after user_release. */
void timers_start_orphan(struct tcb *tcb, uint64_t now);

/* timers_start_keepalive: from the last sign of life. */
void timers_start_keepalive(struct tcb *tcb, uint64_t now);

/* timers_earliest: the first of the block's deadlines, UINT64_MAX if none is set. */
uint64_t timers_earliest(const struct tcb *tcb);

/* timers_run: runs what is due by now; the block may end (state CLOSED). */
void timers_run(struct tcb *tcb, uint64_t now);

#endif
