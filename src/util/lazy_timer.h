/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_LAZY_TIMER_H
#define UTIL_LAZY_TIMER_H

/* One timer of the event loop for whoever has many deadlines and knows the first. It is lazy as
 * deadline_queue is: a first deadline that moves later leaves it as it is, so that it may fire
 * early, for nothing. Who is called runs what is due, if anything is, and arms it again.
 *
 * Nobody has to have a loop: without one all of this does nothing, and time is driven by hand. */

#include <evtcp/types.h>
#include <stddef.h>

struct event;
struct event_base;

struct lazy_timer {
	struct event *event; /* owned; NULL without a loop */
	uint64_t armed_us;   /* it fires by then, on the clock of who arms it; UINT64_MAX: never */
	void (*fired)(void *arg);
	void *arg;
};

/* lazy_timer_init: fired(arg) will be called by the loop of base, which outlives the timer; NULL:
 * by nobody. It is not armed yet, nor after it has fired. The timer stays where it is in memory. 0,
 * or -1 without memory; lazy_timer_free is then allowed and not needed. */
int lazy_timer_init(
	struct lazy_timer *timer, struct event_base *base, void (*fired)(void *arg), void *arg);

/* lazy_timer_free: it will not fire any more; allowed in fired, and of a zeroed timer. */
void lazy_timer_free(struct lazy_timer *timer);

/* lazy_timer_set: what lazy_timer_arm does when there is something to do. */
void lazy_timer_set(struct lazy_timer *timer, uint64_t due_us, uint64_t now_us);

/* lazy_timer_arm: it fires at due_us or before, but in a later turn of the loop; now_us is the same
 * clock's. UINT64_MAX: nothing is due, and nothing is done. Cannot fail. */
static inline void lazy_timer_arm(struct lazy_timer *timer, uint64_t due_us, uint64_t now_us)
{
	if (timer->event != NULL && due_us < timer->armed_us)
		lazy_timer_set(timer, due_us, now_us);
}

#endif
