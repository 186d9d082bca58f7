/* SPDX-License-Identifier: BSD-3-Clause */

/* A libevent timer at the earliest of many deadlines, or before it.
 *
 * In: that deadline, each time it may have changed, and the moment it is. Out: a call from the
 * loop. It reads no clock: the loop's may differ from that of who arms it, by what a turn takes,
 * which only makes it fire a little later or once more. */

#include "util/lazy_timer.h"

#include <event2/event.h>

/* No need to count further ahead: it fires for nothing then, and is armed again. */
#define LAZY_TIMER_LONGEST_US (UINT64_C(3600) * 1000000)

static void lazy_timer_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct lazy_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->armed_us = UINT64_MAX;
	timer->fired(timer->arg);
}

int lazy_timer_init(
	struct lazy_timer *timer, struct event_base *base, void (*fired)(void *arg), void *arg)
{
	*timer = (struct lazy_timer){.armed_us = UINT64_MAX, .fired = fired, .arg = arg};
	if (base == NULL)
		return 0;
	timer->event = event_new(base, -1, 0, lazy_timer_on_event, timer);
	return timer->event != NULL ? 0 : -1;
}

void lazy_timer_free(struct lazy_timer *timer)
{
	if (timer->event != NULL)
		event_free(timer->event);
	timer->event = NULL;
}

void lazy_timer_set(struct lazy_timer *timer, uint64_t due_us, uint64_t now_us)
{
	uint64_t delay = due_us > now_us ? due_us - now_us : 0;
	struct timeval tv;

	if (delay > LAZY_TIMER_LONGEST_US)
		delay = LAZY_TIMER_LONGEST_US;
	tv.tv_sec = (time_t)(delay / 1000000);
	tv.tv_usec = (suseconds_t)(delay % 1000000);
	timer->armed_us = now_us + delay;
	/* No memory in libevent's heap of timers: a turn that does nothing, and then another try,
	 * is better than a deadline that is lost. */
	if (event_add(timer->event, &tv) < 0)
		event_active(timer->event, EV_TIMEOUT, 0);
}
