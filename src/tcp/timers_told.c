/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers that are set and stopped, as events.
 *
 * In: the deadlines of a block at the end of a step (a segment, its output, a call). Out: an event
 * for each that is not what was told last. To tell of each call that sets one would cost every
 * segment something while nobody listens, and say of most that they were set again at once.
 *
 * What was told stands beside the block from the first event on; without memory for it nothing is
 * told. That a timer fired is told where it does (timers.c). */

#include "tcp/timers.h"
#include "util/memory.h"

struct timers_told {
	uint64_t due_us[TCB_N_TIMERS]; /* 0: it does not run */
	bool persist;                  /* the retransmission timer was told as the persist timer */
};

static enum evtcp_cause timers_cause(enum tcb_timer timer, bool persist)
{
	static const enum evtcp_cause causes[TCB_N_TIMERS] = {
		[TCB_TIMER_USER] = EVTCP_CAUSE_TIMER_USER,
		[TCB_TIMER_RETRANSMIT] = EVTCP_CAUSE_TIMER_RETRANSMIT,
		[TCB_TIMER_PROBE] = EVTCP_CAUSE_TIMER_PROBE,
		[TCB_TIMER_REORDERING] = EVTCP_CAUSE_TIMER_REORDERING,
		[TCB_TIMER_PACING] = EVTCP_CAUSE_TIMER_PACING,
		[TCB_TIMER_DELAYED_ACK] = EVTCP_CAUSE_TIMER_DELAYED_ACK,
		[TCB_TIMER_KEEPALIVE] = EVTCP_CAUSE_TIMER_KEEPALIVE,
		[TCB_TIMER_LINGER] = EVTCP_CAUSE_TIMER_LINGER,
	};

	return timer == TCB_TIMER_RETRANSMIT && persist ? EVTCP_CAUSE_TIMER_PERSIST : causes[timer];
}

static void timers_emit(const struct tcb *tcb, enum evtcp_event_kind kind, enum evtcp_cause cause,
	uint64_t due_us, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	if (!tracer_wants(trace, kind))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = kind,
		.reason = {.cause = cause},
		.tuple = tcb->tuple,
		.u.timer = {.due_at_us = due_us}};
	tracer_emit(trace, &event);
}

/* A timer that is another one now, for it asks for a window instead of sending again, is stopped
 * and set. */
static void timers_tell_one(const struct tcb *tcb, enum tcb_timer timer, uint64_t now)
{
	struct timers_told *told = tcb->timers_told;
	uint64_t due_us = tcb->deadline_us[timer], before_us = told->due_us[timer];
	bool persist = timer == TCB_TIMER_RETRANSMIT && timers_is_persist(tcb);
	bool is_another = timer == TCB_TIMER_RETRANSMIT && persist != told->persist;

	if (due_us == before_us && (due_us == 0 || !is_another))
		return;
	if (before_us != 0 && (due_us == 0 || is_another))
		timers_emit(tcb, EVTCP_EVENT_TIMER_STOPPED, timers_cause(timer, told->persist),
			before_us, now);
	if (due_us != 0)
		timers_emit(tcb, EVTCP_EVENT_TIMER_SET, timers_cause(timer, persist), due_us, now);
	told->due_us[timer] = due_us;
	if (timer == TCB_TIMER_RETRANSMIT)
		told->persist = persist;
}

void timers_tell(struct tcb *tcb, uint64_t now)
{
	if (tcb->timers_told == NULL)
		tcb->timers_told = memory_zalloc(tcb->tcp->world, sizeof(*tcb->timers_told));
	if (tcb->timers_told == NULL)
		return;
	for (int i = 0; i < TCB_N_TIMERS; i++) {
		if (i != TCB_TIMER_PACING)
			timers_tell_one(tcb, (enum tcb_timer)i, now);
	}
}

uint64_t timers_tell_end(struct tcb *tcb, enum tcb_timer timer)
{
	uint64_t told;

	if (tcb->timers_told == NULL)
		return 0;
	told = tcb->timers_told->due_us[timer];
	tcb->timers_told->due_us[timer] = 0;
	return told;
}

void timers_tell_no_end(struct tcb *tcb, enum tcb_timer timer, uint64_t told)
{
	if (tcb->timers_told != NULL)
		tcb->timers_told->due_us[timer] = told;
}
