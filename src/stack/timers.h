/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_TIMERS_H
#define STACK_TIMERS_H

/* When the stack runs next: by libevent, if it has a base, or by the moment that
 * evtcp_stack_next_deadline tells. */

#include "util/lazy_timer.h"

struct event;
struct evtcp_stack;

struct timers {
	struct lazy_timer deadline;
	struct event *wakeup; /* a flush in this turn of the loop; NULL without a base */
};

/* timers_init: makes the events of a stack that has a base. 0, or -1 without
 * memory. */
int timers_init(struct evtcp_stack *stack);
void timers_free(struct evtcp_stack *stack);

/* timers_wake: a flush will run soon, from the loop; nothing without a base. Cannot
 * fail. */
void timers_wake(struct evtcp_stack *stack);

/* timers_arm: the loop will run what is due next; nothing without a base. Called
 * at the end of each batch. */
void timers_arm(struct evtcp_stack *stack, uint64_t now);

#endif
