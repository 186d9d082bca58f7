/* SPDX-License-Identifier: BSD-3-Clause */

/* Many connections that want of memory holds back, and how they go on when there is
 * memory again: all of them, a limited number in one turn. */

#include "stack_pair.h"

#include <event2/buffer.h>
#include <event2/event.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MANY = 100, WAKES = 64, BUFFER = 2000, LIMIT = 210000 };

struct crowd {
	struct pair pair;
	struct evtcp_conn *clients[MANY + 1], *servers[MANY + 1];
	unsigned n_servers;
};

static void crowd_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct crowd *crowd = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	crowd->servers[crowd->n_servers++] = conn;
}

/* Connections of which the last is a server's that fills the limit of its stack, so
 * that none is left for the others. */
static void crowd_begin(struct crowd *crowd)
{
	static const char block[LIMIT];
	struct sockaddr_in server = pair_address(2, PAIR_PORT);
	struct evtcp_stack_config config;

	*crowd = (struct crowd){0};
	evtcp_stack_config_init(&config);
	config.limits.buffer_bytes = LIMIT;
	config.limits.receive_buffer = BUFFER;
	config.limits.quick_acks = 0; /* an ACK would make room */
	pair_open(&crowd->pair, &config);
	assert_non_null(evtcp_listener_new(crowd->pair.server.stack, crowd_accept, crowd,
		(struct sockaddr *)&server, sizeof(server)));
	for (int i = 0; i <= MANY; i++) {
		crowd->clients[i] = evtcp_conn_connect(crowd->pair.client.stack, NULL, 0,
			(struct sockaddr *)&server, sizeof(server));
		assert_non_null(crowd->clients[i]);
		pair_run(&crowd->pair);
	}
	assert_int_equal(crowd->n_servers, MANY + 1);
	for (int i = 0; i < MANY; i++) {
		evbuffer_add(evtcp_conn_get_output(crowd->clients[i]), block, BUFFER);
		pair_wait(&crowd->pair, 100000);
	}
	evbuffer_add(evtcp_conn_get_output(crowd->servers[MANY]), block, LIMIT);
	pair_run(&crowd->pair);
}

static void windows_that_memory_closed_open_in_turns(void **state)
{
	struct crowd crowd;
	struct evtcp_stack *stack;

	(void)state;
	crowd_begin(&crowd);
	stack = crowd.pair.server.stack;
	for (int i = 0; i < MANY; i++)
		evbuffer_drain(evtcp_conn_get_input(crowd.servers[i]), BUFFER);
	evtcp_stack_flush(stack);
	assert_int_equal(memory_link_len(crowd.pair.server.link), 0); /* no room to tell of */
	evtcp_conn_abort(crowd.servers[MANY]);
	evtcp_stack_flush(stack);
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_RST_ABORT), 1);
	assert_int_equal(memory_link_len(crowd.pair.server.link), WAKES + 1);
	assert_int_equal(evtcp_stack_next_deadline(stack), crowd.pair.now_us); /* and at once: */
	evtcp_stack_flush(stack);
	assert_int_equal(memory_link_len(crowd.pair.server.link), MANY + 1);
	assert_true(evtcp_stack_next_deadline(stack) > crowd.pair.now_us);
	pair_close(&crowd.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_that_memory_closed_open_in_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
