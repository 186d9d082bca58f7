/* SPDX-License-Identifier: BSD-3-Clause */

/* Idle connections that are put to rest: which, what wakes them, and what happens where there is
 * no memory for that. That nobody can tell from outside is what the simulator shows. */

#include "stack/conn.h"
#include "stack/stack.h"
#include "stack_pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

enum { OTHER_PORT = 81 };

/* The connection at hand is the oldest; another one, which is younger, is all that stays awake. */
struct rig {
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn *others[2];
};

static void on_other(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	evtcp_conn_let_rest(conn, 1);
	((struct rig *)arg)->others[1] = conn;
}

static void rig_connect_other(struct rig *rig)
{
	struct sockaddr_in to = pair_address(2, OTHER_PORT);

	rig->others[0] = evtcp_conn_connect(
		rig->pair.client.stack, NULL, 0, (struct sockaddr *)&to, sizeof(to));
	assert_non_null(rig->others[0]);
	evtcp_conn_let_rest(rig->others[0], 1);
	pair_run(&rig->pair);
}

/* at_once: without the other connection, so that everybody is still awake. */
static void rig_open(struct rig *rig, bool at_once)
{
	struct sockaddr_in any = pair_address(0, OTHER_PORT);
	struct evtcp_stack_config config;

	memset(rig, 0, sizeof(*rig));
	evtcp_stack_config_init(&config);
	config.limits.awake = 1;
	pair_open(&rig->pair, &config);
	pair_of_libevent = &rig->pair;
	any.sin_addr.s_addr = htonl(INADDR_ANY);
	assert_non_null(evtcp_listener_new(
		rig->pair.server.stack, on_other, rig, (struct sockaddr *)&any, sizeof(any)));
	pair_establish(&rig->pair, &rig->client, &rig->server);
	evtcp_conn_let_rest(rig->client.conn, 1);
	evtcp_conn_let_rest(rig->server.conn, 1);
	pair_run(&rig->pair);
	if (!at_once)
		rig_connect_other(rig);
}

static void rig_close(struct rig *rig)
{
	rig->pair.fail_at = 0;
	pair_close(&rig->pair);
	pair_of_libevent = NULL;
}

/* Every request for memory fails from here on; or none does. */
static void rig_lacks_memory(struct rig *rig, bool lacks)
{
	rig->pair.fail_at = lacks ? rig->pair.allocs + 1 : 0;
	rig->pair.fail_on = lacks;
}

static bool rests(const struct evtcp_conn *conn)
{
	struct evtcp_conn_info info;

	evtcp_conn_get_info(conn, &info);
	return info.resting;
}

static struct evtcp_stack_usage usage_of(const struct pair_host *host)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(host->stack, &usage);
	return usage;
}

/* ---- who rests --------------------------------------------------------------------------- */

static void the_longest_idle_rests_and_takes_little_memory(void **state)
{
	struct evtcp_stack_usage before, after;
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	assert_false(rests(rig.server.conn));
	rig_connect_other(&rig);
	assert_true(rests(rig.server.conn) && rests(rig.client.conn));
	assert_false(rests(rig.others[1]));
	before = usage_of(&rig.pair.server);
	assert_int_equal(before.connections, 2);
	assert_int_equal(before.resting, 1);
	/* One more at rest, and the tables are large enough for it. */
	rig_connect_other(&rig);
	after = usage_of(&rig.pair.server);
	assert_int_equal(after.connections, 3);
	assert_int_equal(after.resting, 2);
	assert_in_range(after.memory_bytes - before.memory_bytes, 100, 450);
	assert_string_equal(rig.client.heard, "");
	rig_close(&rig);
}

/* By its tuple, awake or at rest, and it is not woken for it. */
static void a_connection_is_found_by_its_tuple(void **state)
{
	struct evtcp_conn_info info, found;
	struct evtcp_conn *conns[2];
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	conns[0] = rig.server.conn;
	conns[1] = rig.others[1];
	for (int i = 0; i < 2; i++) {
		evtcp_conn_get_info(conns[i], &info);
		assert_int_equal(
			evtcp_stack_find_conn(rig.pair.server.stack, &info.tuple, &found), 0);
		assert_memory_equal(&found.tuple, &info.tuple, sizeof(info.tuple));
		assert_int_equal(found.resting, i == 0);
		assert_int_equal(found.bytes_received, info.bytes_received);
	}
	assert_true(rests(rig.server.conn));
	info.tuple.remote.port++;
	errno = 0;
	assert_int_equal(evtcp_stack_find_conn(rig.pair.server.stack, &info.tuple, &found), -1);
	assert_int_equal(errno, ENOENT);
	rig_close(&rig);
}

static void who_did_not_ask_for_it_stays_awake_with_its_buffers(void **state)
{
	struct evbuffer *input;
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	evtcp_conn_let_rest(rig.server.conn, 0);
	input = evtcp_conn_get_input(rig.server.conn);
	rig_connect_other(&rig);
	assert_false(rests(rig.server.conn));
	assert_ptr_equal(evtcp_conn_get_input(rig.server.conn), input);
	rig_close(&rig);
}

static void who_has_something_unread_stays_awake(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	rig.server.keep_unread = true;
	pair_say(&rig.client, "unread");
	pair_wait(&rig.pair, SECOND);
	rig_connect_other(&rig);
	assert_false(rests(rig.server.conn));
	assert_true(rests(rig.client.conn));
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_input(rig.server.conn)), 6);
	rig_close(&rig);
}

static void who_has_something_unsent_stays_awake(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	evtcp_conn_disable(rig.server.conn, EV_WRITE);
	pair_say(&rig.server, "unsent");
	rig_connect_other(&rig);
	assert_false(rests(rig.server.conn));
	evtcp_conn_enable(rig.server.conn, EV_WRITE);
	pair_run(&rig.pair);
	pair_heard(&rig.client, "read 6");
	rig_close(&rig);
}

/* Its application waits for a word, and for nothing else: there is nothing in any buffer. */
static void who_waits_for_a_writecb_stays_awake(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	evtcp_conn_disable(rig.server.conn, EV_WRITE);
	assert_int_equal(evtcp_conn_send(rig.server.conn, "hello", 5), -1);
	assert_int_equal(errno, EAGAIN);
	rig_connect_other(&rig);
	evtcp_conn_enable(rig.server.conn, EV_WRITE);
	pair_run(&rig.pair);
	pair_heard(&rig.server, "write");
	rig_close(&rig);
}

/* A flush has told as much as it tells in one turn, and the rest of it waits. */
static void who_is_to_hear_something_stays_awake(void **state)
{
	struct tcb *tcb;
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	tcb = rig.server.conn->ref.tcb;
	tcb_mark_news(tcb, TCB_NEWS_CONNECTED);
	conn_rest(rig.server.conn, rig.pair.now_us);
	assert_false(rests(rig.server.conn));
	pair_run(&rig.pair);
	pair_heard(&rig.server, "connected");
	conn_rest(rig.server.conn, rig.pair.now_us);
	assert_true(rests(rig.server.conn));
	rig_close(&rig);
}

static void it_tells_the_same_of_itself_as_before(void **state)
{
	struct evtcp_conn_info before, after;
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	pair_say(&rig.client, "question");
	pair_say(&rig.server, "an answer");
	pair_wait(&rig.pair, SECOND);
	evtcp_conn_get_info(rig.server.conn, &before);
	rig_connect_other(&rig);
	evtcp_conn_get_info(rig.server.conn, &after);
	assert_true(after.resting);
	after.resting = 0;
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(evtcp_conn_get_state(rig.server.conn), EVTCP_ESTABLISHED);
	assert_int_equal(evtcp_conn_get_error(rig.server.conn), 0);
	assert_true(rests(rig.server.conn));
	rig_close(&rig);
}

/* ---- what wakes it ------------------------------------------------------------------------ */

static void a_segment_wakes_it(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	pair_heard(&rig.server, "");
	pair_say(&rig.client, "hello");
	assert_false(rests(rig.client.conn));
	pair_run(&rig.pair);
	pair_heard(&rig.client, "write");
	pair_heard(&rig.server, "read 5");
	assert_memory_equal(rig.server.data, "hello", 5);
	/* The other one has been idle for longer now. */
	pair_wait(&rig.pair, SECOND);
	assert_false(rests(rig.server.conn));
	assert_true(rests(rig.others[1]));
	rig_close(&rig);
}

static void sending_wakes_it(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	assert_int_equal(evtcp_conn_send(rig.server.conn, "hello", 5), 5);
	pair_run(&rig.pair);
	pair_heard(&rig.client, "read 5");
	rig_close(&rig);
}

static void receiving_does_not(void **state)
{
	struct rig rig;
	char byte;

	(void)state;
	rig_open(&rig, false);
	assert_int_equal(evtcp_conn_recv(rig.server.conn, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	evtcp_conn_disable(rig.server.conn, EV_READ);
	evtcp_conn_enable(rig.server.conn, EV_READ);
	assert_int_equal(evtcp_conn_urgent_bytes(rig.server.conn), 0);
	assert_true(rests(rig.server.conn));
	rig_close(&rig);
}

/* Waking is not doing something: of those who are idle as many rest as before. */
static void who_was_only_looked_at_is_idle_still(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	assert_true(rests(rig.server.conn));
	for (int i = 0; i < 3; i++) {
		assert_non_null(evtcp_conn_get_input(rig.server.conn));
		assert_false(rests(rig.server.conn));
		assert_true(evtcp_stack_next_deadline(rig.pair.server.stack) <= rig.pair.now_us);
		pair_run(&rig.pair);
		assert_int_equal(usage_of(&rig.pair.server).resting, 1);
		assert_non_null(evtcp_conn_get_output(rig.others[1]));
		pair_run(&rig.pair);
		assert_true(rests(rig.server.conn));
	}
	rig_close(&rig);
}

/* Where no packet comes and no timer is due. */
static void who_was_woken_for_nothing_has_the_loop_turn(void **state)
{
	struct evtcp_stack *stack;
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	stack = rig.pair.server.stack;
	stack->base = event_base_new();
	assert_int_equal(timers_init(stack), 0);
	assert_non_null(evtcp_conn_get_input(rig.server.conn));
	assert_int_equal(usage_of(&rig.pair.server).resting, 0);
	event_base_loop(stack->base, EVLOOP_NONBLOCK);
	assert_int_equal(usage_of(&rig.pair.server).resting, 1);
	timers_free(stack);
	event_base_free(stack->base);
	stack->base = NULL;
	rig_close(&rig);
}

static void keepalive_wakes_it_for_its_probes(void **state)
{
	uint64_t probes;
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	evtcp_conn_set_keepalive(rig.server.conn, 10 * SECOND, SECOND, 3);
	rig_connect_other(&rig);
	assert_true(rests(rig.server.conn));
	pair_wait(&rig.pair, 60 * SECOND);
	probes = evtcp_stack_get_counter(rig.pair.server.stack, EVTCP_CAUSE_KEEPALIVE_PROBE);
	assert_in_range(probes, 4, 6);
	pair_heard(&rig.server, "");
	memory_link_refuse(rig.pair.client.link, EIO);
	pair_wait(&rig.pair, 20 * SECOND);
	pair_heard(&rig.server, "writing error 110");
	rig_close(&rig);
}

static void count_resets(void *arg, const struct evtcp_event *event)
{
	if (event->reason.cause == EVTCP_CAUSE_RST_ABORT)
		++*(unsigned *)arg;
}

static void ends_of_resting_connections_are_as_ever(void **state)
{
	unsigned resets = 0;
	struct evtcp_sink sink = {
		.event = count_resets, .kinds = 1u << EVTCP_EVENT_SENT, .arg = &resets};
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	evtcp_conn_shutdown(rig.server.conn);
	pair_run(&rig.pair);
	pair_heard(&rig.client, "eof");
	evtcp_conn_abort(rig.client.conn);
	pair_run(&rig.pair);
	pair_heard(&rig.server, "reading error 104");
	rig_close(&rig);

	rig_open(&rig, false);
	evtcp_conn_free(rig.server.conn);
	pair_run(&rig.pair);
	pair_heard(&rig.client, "eof");
	rig_close(&rig);

	/* Their peers hear of it when the stack ends, too. */
	rig_open(&rig, false);
	assert_int_equal(usage_of(&rig.pair.server).resting, 1);
	evtcp_stack_set_sink(rig.pair.server.stack, &sink);
	rig_close(&rig);
	assert_int_equal(resets, 2);
}

/* ---- without memory ------------------------------------------------------------------------ */

static void a_segment_that_nobody_can_be_woken_for_comes_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	pair_say(&rig.client, "hello");
	evtcp_stack_flush(rig.pair.client.stack);
	rig_lacks_memory(&rig, true);
	memory_link_pump(rig.pair.client.link, rig.pair.server.link);
	assert_true(rests(rig.server.conn));
	assert_int_equal(evtcp_stack_get_counter(rig.pair.server.stack, EVTCP_CAUSE_NO_MEMORY), 1);
	rig_lacks_memory(&rig, false);
	pair_wait(&rig.pair, 5 * SECOND);
	pair_heard(&rig.server, "read 5");
	rig_close(&rig);
}

static void what_needs_memory_for_waking_says_so(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	rig_lacks_memory(&rig, true);
	assert_null(evtcp_conn_get_input(rig.server.conn));
	assert_null(evtcp_conn_get_output(rig.server.conn));
	assert_int_equal(evtcp_conn_send(rig.server.conn, "hello", 5), -1);
	assert_int_equal(errno, ENOMEM);
	evtcp_conn_set_nodelay(rig.server.conn, 1);
	pair_run(&rig.pair);
	assert_true(rests(rig.server.conn));
	pair_heard(&rig.server, "");
	rig_lacks_memory(&rig, false);
	assert_int_equal(evtcp_conn_send(rig.server.conn, "hello", 5), 5);
	pair_run(&rig.pair);
	pair_heard(&rig.client, "read 5");
	rig_close(&rig);
}

static void a_shutdown_that_cannot_be_sent_is_an_error(void **state)
{
	struct evtcp_conn_info info;
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	rig_lacks_memory(&rig, true);
	evtcp_conn_shutdown(rig.server.conn);
	pair_heard(&rig.server, "");
	pair_run(&rig.pair);
	pair_heard(&rig.server, "writing error 12");
	evtcp_conn_get_info(rig.server.conn, &info);
	assert_int_equal(info.error, ENOMEM);
	assert_int_equal(info.state, EVTCP_CLOSED);
	assert_int_equal(evtcp_conn_send(rig.server.conn, "hello", 5), -1);
	pair_run(&rig.pair);
	pair_heard(&rig.server, "");
	rig_lacks_memory(&rig, false);
	/* The peer learns of it when it sends something. */
	pair_say(&rig.client, "hello");
	pair_run(&rig.pair);
	pair_heard(&rig.client, "write, reading error 104");
	rig_close(&rig);
}

static void who_lets_go_of_it_is_not_troubled(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	rig_lacks_memory(&rig, true);
	evtcp_conn_free(rig.server.conn);
	evtcp_conn_abort(rig.client.conn);
	pair_run(&rig.pair);
	assert_int_equal(usage_of(&rig.pair.server).connections, 1);
	assert_int_equal(usage_of(&rig.pair.client).connections, 1);
	rig_close(&rig);
}

static void an_error_that_nobody_has_heard_ends_with_the_stack(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	rig_lacks_memory(&rig, true);
	evtcp_conn_shutdown(rig.server.conn);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_idle_rests_and_takes_little_memory),
		cmocka_unit_test(a_connection_is_found_by_its_tuple),
		cmocka_unit_test(who_did_not_ask_for_it_stays_awake_with_its_buffers),
		cmocka_unit_test(who_has_something_unread_stays_awake),
		cmocka_unit_test(who_has_something_unsent_stays_awake),
		cmocka_unit_test(who_waits_for_a_writecb_stays_awake),
		cmocka_unit_test(who_is_to_hear_something_stays_awake),
		cmocka_unit_test(it_tells_the_same_of_itself_as_before),
		cmocka_unit_test(a_segment_wakes_it),
		cmocka_unit_test(sending_wakes_it),
		cmocka_unit_test(receiving_does_not),
		cmocka_unit_test(who_was_only_looked_at_is_idle_still),
		cmocka_unit_test(who_was_woken_for_nothing_has_the_loop_turn),
		cmocka_unit_test(keepalive_wakes_it_for_its_probes),
		cmocka_unit_test(ends_of_resting_connections_are_as_ever),
		cmocka_unit_test(a_segment_that_nobody_can_be_woken_for_comes_again),
		cmocka_unit_test(what_needs_memory_for_waking_says_so),
		cmocka_unit_test(a_shutdown_that_cannot_be_sent_is_an_error),
		cmocka_unit_test(who_lets_go_of_it_is_not_troubled),
		cmocka_unit_test(an_error_that_nobody_has_heard_ends_with_the_stack),
	};

	pair_take_libevent_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
