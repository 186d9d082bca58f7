/* SPDX-License-Identifier: BSD-3-Clause */

/* The timer at the first of many deadlines. Moments are made up; what the loop was told is asked
 * of libevent, and what is due at once is waited for. */

#include "util/lazy_timer.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECONDS(n) (UINT64_C(1000000) * (n))

struct clock {
	struct event_base *base;
	struct lazy_timer timer;
	unsigned fired;
	uint64_t armed_when_fired_us;
};

static void clock_fired(void *arg)
{
	struct clock *clock = arg;

	clock->fired++;
	clock->armed_when_fired_us = clock->timer.armed_us;
}

static void clock_open(struct clock *clock)
{
	*clock = (struct clock){.base = event_base_new()};
	assert_int_equal(lazy_timer_init(&clock->timer, clock->base, clock_fired, clock), 0);
}

static void clock_close(struct clock *clock)
{
	lazy_timer_free(&clock->timer);
	event_base_free(clock->base);
}

static void clock_turn(struct clock *clock)
{
	event_base_loop(clock->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* In how many seconds, rounded, the loop will call; -1: not at all. */
static long clock_waits_s(struct clock *clock)
{
	struct timeval at, now;

	if (!event_pending(clock->timer.event, EV_TIMEOUT, &at))
		return -1;
	evutil_gettimeofday(&now, NULL);
	evutil_timersub(&at, &now, &at);
	return (long)at.tv_sec + (at.tv_usec >= 500000);
}

static void it_waits_for_the_first_deadline(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	assert_int_equal(clock_waits_s(&clock), -1);
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 40);
	clock_turn(&clock);
	assert_int_equal(clock.fired, 0);
	clock_close(&clock);
}

static void only_an_earlier_deadline_moves_it(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	lazy_timer_arm(&clock.timer, SECONDS(1100), SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 40);
	lazy_timer_arm(&clock.timer, SECONDS(1020), SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 20);
	clock_close(&clock);
}

static void without_a_deadline_nothing_changes(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	lazy_timer_arm(&clock.timer, UINT64_MAX, SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), -1);
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	lazy_timer_arm(&clock.timer, UINT64_MAX, SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 40);
	clock_close(&clock);
}

/* What is due already waits for the loop all the same: who arms it is not called from within. */
static void what_is_due_is_run_in_the_next_turn_and_once(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	lazy_timer_arm(&clock.timer, SECONDS(999), SECONDS(1000));
	assert_int_equal(clock.fired, 0);
	clock_turn(&clock);
	assert_int_equal(clock.fired, 1);
	clock_turn(&clock);
	assert_int_equal(clock.fired, 1);
	clock_close(&clock);
}

static void one_that_has_fired_is_armed_anew(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	lazy_timer_arm(&clock.timer, SECONDS(1000), SECONDS(1000));
	clock_turn(&clock);
	assert_true(clock.armed_when_fired_us == UINT64_MAX);
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 40);
	clock_close(&clock);
}

static void far_ahead_is_an_hour(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	lazy_timer_arm(&clock.timer, UINT64_MAX - 1, SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 3600);
	assert_true(clock.timer.armed_us == SECONDS(4600));
	clock_close(&clock);
}

static void without_a_loop_it_does_nothing(void **state)
{
	struct clock clock = {.base = NULL};

	(void)state;
	assert_int_equal(lazy_timer_init(&clock.timer, NULL, clock_fired, &clock), 0);
	lazy_timer_arm(&clock.timer, SECONDS(1), SECONDS(1000));
	assert_int_equal(clock.fired, 0);
	lazy_timer_free(&clock.timer);
}

/* ---- no memory ------------------------------------------------------------------------- */

static bool poor; /* libevent's memory functions have room for no argument */

static void *lib_alloc(size_t size)
{
	return poor ? NULL : malloc(size);
}

static void *lib_realloc(void *ptr, size_t size)
{
	return poor ? NULL : realloc(ptr, size);
}

/* The loop's heap of timers cannot grow: a turn for nothing, in which it may be armed again. */
static void a_timer_that_cannot_be_set_fires_in_the_next_turn(void **state)
{
	struct clock clock;

	(void)state;
	clock_open(&clock);
	poor = true;
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	poor = false;
	clock_turn(&clock);
	assert_int_equal(clock.fired, 1);
	lazy_timer_arm(&clock.timer, SECONDS(1040), SECONDS(1000));
	assert_int_equal(clock_waits_s(&clock), 40);
	clock_close(&clock);
}

static void without_memory_there_is_none(void **state)
{
	struct clock clock = {.base = event_base_new()};

	(void)state;
	poor = true;
	assert_int_equal(lazy_timer_init(&clock.timer, clock.base, clock_fired, &clock), -1);
	poor = false;
	lazy_timer_free(&clock.timer);
	event_base_free(clock.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_for_the_first_deadline),
		cmocka_unit_test(only_an_earlier_deadline_moves_it),
		cmocka_unit_test(without_a_deadline_nothing_changes),
		cmocka_unit_test(what_is_due_is_run_in_the_next_turn_and_once),
		cmocka_unit_test(one_that_has_fired_is_armed_anew),
		cmocka_unit_test(far_ahead_is_an_hour),
		cmocka_unit_test(without_a_loop_it_does_nothing),
		cmocka_unit_test(a_timer_that_cannot_be_set_fires_in_the_next_turn),
		cmocka_unit_test(without_memory_there_is_none),
	};

	event_set_mem_functions(lib_alloc, lib_realloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
