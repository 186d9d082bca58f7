/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_STATE_H
#define TCP_STATE_H

/* The one place where a connection changes its state (RFC 9293 figure 5). */

#include "tcp/tcb.h"

/* state_set: moves tcb to state `to`, which must be a transition of the diagram;
 * traces it, counts cause, starts and stops what belongs to the states. Entering
 * TIME-WAIT makes an entry of it (time_wait.h); entering TIME-WAIT or CLOSED takes
 * the block out of reach of segments and, if nobody owns it, marks it dead. */
void state_set(struct tcb *tcb, enum evtcp_state to, enum evtcp_cause cause, uint64_t now);

/* state_fail: the connection ends with an errno value for the application. */
void state_fail(struct tcb *tcb, int error, enum evtcp_cause cause, uint64_t now);

/* state_reset: RST to the peer because of `why`, if the state has a peer to tell (RFC 9293
 * 3.10.5), and CLOSED because of cause. error as for state_fail; 0 if the application
 * is not to be told. */
void state_reset(
	struct tcb *tcb, enum evtcp_cause why, int error, enum evtcp_cause cause, uint64_t now);

/* state_is_synchronized: from ESTABLISHED on (RFC 9293 3.3.2). */
static inline bool state_is_synchronized(enum evtcp_state state)
{
	return state >= EVTCP_ESTABLISHED;
}

/* state_is_over: no segment reaches the block any more: it is closed, or its TIME-WAIT is an
 * entry of its own. */
static inline bool state_is_over(enum evtcp_state state)
{
	return state == EVTCP_CLOSED || state == EVTCP_TIME_WAIT;
}

/* state_may_send: the state allows data of ours: CLOSE has not been asked for. */
static inline bool state_may_send(enum evtcp_state state)
{
	return state == EVTCP_ESTABLISHED || state == EVTCP_CLOSE_WAIT;
}

/* state_may_receive: the state allows data of theirs: no FIN yet. */
static inline bool state_may_receive(enum evtcp_state state)
{
	return state == EVTCP_ESTABLISHED || state == EVTCP_FIN_WAIT_1 || state == EVTCP_FIN_WAIT_2;
}

#endif
