/* SPDX-License-Identifier: BSD-3-Clause */

/* Time for a stack: a lazy timer at the earliest deadline, one event that asks for a
 * flush in this turn of the loop; the same by hand.
 *
 * In: deadlines of TCP and of IP, the wish for a flush. Out: tcp_run_timers,
 * reassemble_run_timers, paths_run_timers and evtcp_stack_flush at the right moment.
 *
 * A turn runs a limited number of deadlines; what is still due comes in the next turn,
 * after packets had theirs. */

#include "stack/timers.h"
#include "stack/flush.h"
#include "stack/paths.h"
#include "stack/reassemble.h"
#include "stack/stack.h"

#include <event2/event.h>

static void timers_on_deadline(void *arg)
{
	evtcp_stack_run_timers(arg);
}

/* Something happened outside a flush. It may have been flushed since. */
static void timers_on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct evtcp_stack *stack = arg;

	(void)fd;
	(void)what;
	if (stack->batch.open || flush_pending(stack))
		evtcp_stack_flush(stack);
	else
		timers_arm(stack, batch_now(stack));
}

int timers_init(struct evtcp_stack *stack)
{
	struct timers *timers = &stack->timers;

	if (lazy_timer_init(&timers->deadline, stack->base, timers_on_deadline, stack) < 0)
		return -1;
	if (!stack->base)
		return 0;
	timers->wakeup = event_new(stack->base, -1, 0, timers_on_wakeup, stack);
	if (timers->wakeup)
		return 0;
	timers_free(stack);
	return -1;
}

void timers_free(struct evtcp_stack *stack)
{
	struct timers *timers = &stack->timers;

	lazy_timer_free(&timers->deadline);
	if (timers->wakeup)
		event_free(timers->wakeup);
	timers->wakeup = NULL;
}

/* An active event stands in the loop's list once, however often it is activated. */
void timers_wake(struct evtcp_stack *stack)
{
	if (stack->timers.wakeup && !stack->flushing)
		event_active(stack->timers.wakeup, EV_TIMEOUT, 0);
}

void timers_arm(struct evtcp_stack *stack, uint64_t now)
{
	lazy_timer_arm(&stack->timers.deadline, evtcp_stack_next_deadline(stack), now);
}

static uint64_t timers_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t evtcp_stack_next_deadline(struct evtcp_stack *stack)
{
	if (!stack->flushing && (stack->batch.open || flush_pending(stack)))
		return batch_now(stack);
	return timers_earlier(tcp_next_deadline(&stack->tcp),
		timers_earlier(reassembly_next_deadline(&stack->reassembly),
			path_mtu_next_deadline(&stack->paths)));
}

void evtcp_stack_run_timers(struct evtcp_stack *stack)
{
	uint64_t now;

	if (stack->flushing)
		return;
	now = batch_begin(stack);
	tcp_run_timers(&stack->tcp, now, stack->tcp.config.limits.batch_timers);
	reassemble_run_timers(stack, now);
	paths_run_timers(stack, now);
	evtcp_stack_flush(stack);
}
