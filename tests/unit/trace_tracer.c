/* SPDX-License-Identifier: BSD-3-Clause */

/* The tracer counts always and tells only what is wanted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace/trace.h"

struct listener {
	unsigned calls;
	struct evtcp_event last;
};

static void listener_event(void *arg, const struct evtcp_event *event)
{
	struct listener *listener = arg;

	listener->calls++;
	listener->last = *event;
}

static void a_new_tracer_wants_nothing_and_has_counted_nothing(void **state)
{
	struct tracer tracer;

	(void)state;
	tracer_init(&tracer);
	for (unsigned kind = 0; kind < EVTCP_N_EVENT_KINDS; kind++)
		assert_false(tracer_wants(&tracer, (enum evtcp_event_kind)kind));
	for (unsigned i = 0; i < EVTCP_N_CAUSES; i++)
		assert_int_equal(tracer.counters[i], 0);
}

static void each_cause_has_its_own_counter(void **state)
{
	struct tracer tracer;

	(void)state;
	tracer_init(&tracer);
	tracer_count(&tracer, EVTCP_CAUSE_PAWS);
	tracer_count(&tracer, EVTCP_CAUSE_PAWS);
	tracer_count(&tracer, EVTCP_CAUSE_MSS_FLOOR);
	for (unsigned i = 0; i < EVTCP_N_CAUSES; i++)
		assert_int_equal(tracer.counters[i], i == EVTCP_CAUSE_PAWS        ? 2
						     : i == EVTCP_CAUSE_MSS_FLOOR ? 1
										  : 0);
}

static void a_sink_gets_the_kinds_it_named_until_it_is_removed(void **state)
{
	struct listener listener = {0};
	struct evtcp_sink sink = {listener_event, 1u << EVTCP_EVENT_TIMER, &listener};
	struct evtcp_event event = {.at_us = 7, .kind = EVTCP_EVENT_TIMER};
	struct tracer tracer;

	(void)state;
	tracer_init(&tracer);
	tracer_set_sink(&tracer, &sink);
	assert_true(tracer_wants(&tracer, EVTCP_EVENT_TIMER));
	assert_false(tracer_wants(&tracer, EVTCP_EVENT_SENT));
	tracer_emit(&tracer, &event);
	assert_int_equal(listener.calls, 1);
	assert_int_equal(listener.last.at_us, 7);

	tracer_set_sink(&tracer, NULL);
	assert_false(tracer_wants(&tracer, EVTCP_EVENT_TIMER));
}

static void a_sink_for_all_kinds_gets_all_kinds(void **state)
{
	struct listener listener = {0};
	struct evtcp_sink sink = {listener_event, ~0u, &listener};
	struct tracer tracer;

	(void)state;
	tracer_init(&tracer);
	tracer_set_sink(&tracer, &sink);
	for (unsigned kind = 0; kind < EVTCP_N_EVENT_KINDS; kind++)
		assert_true(tracer_wants(&tracer, (enum evtcp_event_kind)kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_tracer_wants_nothing_and_has_counted_nothing),
		cmocka_unit_test(each_cause_has_its_own_counter),
		cmocka_unit_test(a_sink_gets_the_kinds_it_named_until_it_is_removed),
		cmocka_unit_test(a_sink_for_all_kinds_gets_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
