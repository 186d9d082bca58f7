/* SPDX-License-Identifier: BSD-3-Clause */
/* State changes. The diagram is a table: each state's row has a bit for each state
 * that may follow it. Any state may end in CLOSED (reset, abort, timeout). */

#include "tcp/state.h"
#include "tcp/timers.h"
#include <assert.h>

#define TO(state) (1u << (state))

/* RFC 9293 3.3.2, figure 5. LISTEN is a listener and has no block. */
static const unsigned state_transitions[EVTCP_N_STATES] = {
	[EVTCP_CLOSED] = TO(EVTCP_SYN_SENT) | TO(EVTCP_SYN_RECEIVED),
	[EVTCP_SYN_SENT] = TO(EVTCP_CLOSED) | TO(EVTCP_SYN_RECEIVED) | TO(EVTCP_ESTABLISHED),
	[EVTCP_SYN_RECEIVED] = TO(EVTCP_CLOSED) | TO(EVTCP_ESTABLISHED) | TO(EVTCP_FIN_WAIT_1) |
			       TO(EVTCP_CLOSE_WAIT),
	[EVTCP_ESTABLISHED] = TO(EVTCP_CLOSED) | TO(EVTCP_FIN_WAIT_1) | TO(EVTCP_CLOSE_WAIT),
	[EVTCP_FIN_WAIT_1] =
		TO(EVTCP_CLOSED) | TO(EVTCP_FIN_WAIT_2) | TO(EVTCP_CLOSING) | TO(EVTCP_TIME_WAIT),
	[EVTCP_FIN_WAIT_2] = TO(EVTCP_CLOSED) | TO(EVTCP_TIME_WAIT),
	[EVTCP_CLOSE_WAIT] = TO(EVTCP_CLOSED) | TO(EVTCP_LAST_ACK),
	[EVTCP_CLOSING] = TO(EVTCP_CLOSED) | TO(EVTCP_TIME_WAIT),
	[EVTCP_LAST_ACK] = TO(EVTCP_CLOSED),
	[EVTCP_TIME_WAIT] = 0,
};

static void state_trace(
	const struct tcb *tcb, enum evtcp_state to, enum evtcp_cause cause, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	tracer_count(trace, cause);
	if (!tracer_wants(trace, EVTCP_EVENT_STATE))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_STATE,
		.reason = {.cause = cause},
		.tuple = tcb->tuple,
		.u.state = {.from = tcb->state, .to = to}};
	tracer_emit(trace, &event);
}

/* Segments no longer reach the block; it holds nothing but what the application has
 * not read yet. */
static void state_detach(struct tcb *tcb, uint64_t now)
{
	struct tcp *tcp = tcb->tcp;

	if (tcb->reachable) {
		hash_table_remove(&tcp->by_tuple, &tcb->by_tuple);
		tcb->reachable = 0;
	}
	timers_stop_all(tcb);
	timers_trace(tcb, now);
	list_remove(&tcb->in_starved);
	tcp->send_bytes -= sendq_len(&tcb->sendq);
	sendq_free(&tcb->sendq, &tcp->spare);
	records_free(&tcb->records, tcp->world);
	tcb_drop_out_of_order(tcb);
	/* The ACK of the FIN that brought us to TIME-WAIT still leaves from here. */
	if (tcb->state == EVTCP_CLOSED || tcb->ack == TCB_ACK_DELAYED)
		tcb->ack = TCB_ACK_NONE;
	tcb->persist_due = tcb->keepalive_due = 0;
}

void state_set(struct tcb *tcb, enum evtcp_state to, enum evtcp_cause cause, uint64_t now)
{
	assert((state_transitions[tcb->state] & TO(to)) != 0);
	state_trace(tcb, to, cause, now);
	if (fast_open_is_pending(tcb))
		fast_open_settled(tcb, cause == EVTCP_CAUSE_RST_ARRIVED, now);
	tcb->state = to;
	switch (to) {
	case EVTCP_TIME_WAIT:
		time_wait_add(tcb->tcp, tcb, now);
		state_detach(tcb, now);
		break;
	case EVTCP_CLOSED:
		state_detach(tcb, now);
		break;
	case EVTCP_FIN_WAIT_2:
		if (!tcb->owned)
			timers_start_fin_wait_2(tcb, now);
		break;
	default:
		break;
	}
	tcb_bury(tcb);
}

void state_fail(struct tcb *tcb, int error, enum evtcp_cause cause, uint64_t now)
{
	tcb->error = error;
	tcb_mark_news(tcb, TCB_NEWS_ERROR);
	state_set(tcb, EVTCP_CLOSED, cause, now);
}

/* RFC 9293 3.10.5, ABORT: who gets a RST. In CLOSING, LAST-ACK and TIME-WAIT both sides
 * have said all. That is so once our FIN was sent: the RFC's CLOSE-WAIT lasts until then
 * (3.10.4), ours until the application closes. */
static bool state_has_peer_to_tell(const struct tcb *tcb)
{
	switch (tcb->state) {
	case EVTCP_CLOSING:
	case EVTCP_LAST_ACK:
		return !tcb->fin_sent;
	default:
		return tcb->state == EVTCP_SYN_RECEIVED ||
		       (state_is_synchronized(tcb->state) && !state_is_over(tcb->state));
	}
}

void state_reset(
	struct tcb *tcb, enum evtcp_cause why, int error, enum evtcp_cause cause, uint64_t now)
{
	if (state_has_peer_to_tell(tcb)) {
		tcb->rst_pending = 1;
		tcb->rst_reason = reason_of(why);
		tcb_mark_output(tcb);
	}
	if (error != 0)
		state_fail(tcb, error, cause, now);
	else
		state_set(tcb, EVTCP_CLOSED, cause, now);
}
