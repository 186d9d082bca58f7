/* SPDX-License-Identifier: BSD-3-Clause */

/* The server's libevent timer: no deadline is lost, even when libevent has no memory for it. */

#include "http_rig.h"

#include <event2/event.h>
#include <stdlib.h>

static int poor; /* libevent's arrays do not grow; it has room for no argument */

static void *lib_realloc(void *ptr, size_t size)
{
	return poor ? NULL : realloc(ptr, size);
}

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	(void)request;
	(void)arg;
	http_reply_text(x, 200, "ok\n");
}

static void a_timer_that_cannot_be_set_is_set_in_the_next_turn(void **state)
{
	struct event_base *base = event_base_new();
	struct rig_client *client;
	struct rig rig;

	(void)state;
	rig_init(&rig, handle, NULL);
	rig.config.base = base;
	rig.config.limits.header_time_us = SECONDS(10);
	rig_start(&rig);
	poor = 1; /* the base's heap of timers has no room yet */
	client = rig_connect(&rig);
	poor = 0;
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_false(client->finished);
	assert_int_equal(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 1);

	rig_free(&rig);
	event_base_free(base);
}

static void on_drained(void *arg)
{
	*(int *)arg = 1;
}

/* What ends the last connection is an event of its stream, not of the timer. */
static void that_the_last_connection_is_gone_is_told_in_the_next_turn(void **state)
{
	struct event_base *base = event_base_new();
	struct rig_client *client;
	struct rig rig;
	int drained = 0;

	(void)state;
	rig_init(&rig, handle, NULL);
	rig.config.base = base;
	rig_start(&rig);
	client = rig_connect(&rig);
	http_server_drain(rig.server, on_drained, &drained);
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_true(client->finished);
	rig_end(client, 0);
	assert_true(client->freed && !drained);
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_true(drained);

	rig_free(&rig);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_that_cannot_be_set_is_set_in_the_next_turn),
		cmocka_unit_test(that_the_last_connection_is_gone_is_told_in_the_next_turn),
	};

	event_set_mem_functions(malloc, lib_realloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
