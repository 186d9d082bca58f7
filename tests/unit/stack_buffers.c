/* SPDX-License-Identifier: BSD-3-Clause */

/* The buffers of a connection that may rest: it has them while they hold something, and its
 * application, which asks for them each time, notices nothing else. */

#include "stack/conn.h"
#include "stack/stack.h"
#include "stack_pair.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* The server's may rest; the client's may not. */
struct rig {
	struct pair pair;
	struct pair_app client, server;
};

static void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	pair_open(&rig->pair, NULL);
	pair_of_libevent = &rig->pair;
	pair_establish(&rig->pair, &rig->client, &rig->server);
	evtcp_conn_let_rest(rig->server.conn, 1);
	pair_run(&rig->pair);
}

static void rig_close(struct rig *rig)
{
	pair_close(&rig->pair);
	pair_of_libevent = NULL;
}

/* Every request for memory fails from here on, and nothing is kept that would do instead; or none
 * does. */
static void rig_lacks_memory(struct rig *rig, bool lacks)
{
	spare_buffers_free(&rig->pair.server.stack->tcp.spare);
	rig->pair.fail_at = lacks ? rig->pair.allocs + 1 : 0;
	rig->pair.fail_on = lacks;
}

static bool has_no_buffers(const struct evtcp_conn *conn)
{
	return !conn->output && !conn->ref.tcb->input;
}

static void its_buffers_are_there_while_they_hold_something(void **state)
{
	struct evtcp_conn *conn;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	conn = rig.server.conn;
	assert_true(has_no_buffers(conn));
	assert_non_null(evtcp_conn_get_input(conn));
	assert_non_null(evtcp_conn_get_output(conn));
	pair_run(&rig.pair);
	assert_true(has_no_buffers(conn));

	rig.server.keep_unread = true;
	pair_say(&rig.client, "unread");
	evtcp_conn_disable(conn, EV_WRITE);
	pair_say(&rig.server, "unsent");
	pair_run(&rig.pair);
	assert_int_equal(evbuffer_get_length(conn->output), 6);
	assert_int_equal(evbuffer_get_length(conn->ref.tcb->input), 6);

	evbuffer_drain(evtcp_conn_get_input(conn), 6);
	evtcp_conn_enable(conn, EV_WRITE);
	pair_run(&rig.pair);
	assert_true(has_no_buffers(conn));
	pair_heard(&rig.client, "write, read 6");
	rig_close(&rig);
}

static void reads_all(struct pair_app *app, const char *word)
{
	struct evbuffer *input = evtcp_conn_get_input(app->conn);

	(void)word;
	evbuffer_drain(input, evbuffer_get_length(input));
}

/* More than the send buffer takes at once: the rest moves on by ACKs, and the application, which
 * has nothing more to say, does not ask for the buffer again. */
static void one_that_acks_have_emptied_is_given_back(void **state)
{
	static const char bulk[300 * 1024];
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.client.keep_unread = true;
	rig.client.act = reads_all;
	evbuffer_add(evtcp_conn_get_output(rig.server.conn), bulk, sizeof(bulk));
	evtcp_stack_flush(rig.pair.server.stack);
	assert_true(conn_pending(rig.server.conn) > 0);
	pair_wait(&rig.pair, 1000000);
	assert_int_equal(conn_pending(rig.server.conn), 0);
	assert_true(has_no_buffers(rig.server.conn));
	rig_close(&rig);
}

/* An answer becomes the send queue when it may leave. */
static void what_leaves_as_a_whole_is_not_moved(void **state)
{
	struct evbuffer *output;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	output = evtcp_conn_get_output(rig.server.conn);
	evbuffer_add(output, "answer", 6);
	evtcp_stack_flush(rig.pair.server.stack);
	assert_null(rig.server.conn->output);
	assert_ptr_equal(rig.server.conn->ref.tcb->sendq.buf, output);
	/* Something is there: what comes next is put behind it. */
	evbuffer_add(evtcp_conn_get_output(rig.server.conn), ", more", 6);
	evtcp_stack_flush(rig.pair.server.stack);
	assert_ptr_equal(rig.server.conn->ref.tcb->sendq.buf, output);
	assert_int_equal(evbuffer_get_length(output), 12);
	pair_wait(&rig.pair, 1000000);
	pair_heard(&rig.client, "read 6, read 6");
	rig_close(&rig);
}

static void counts(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	(void)buffer;
	(void)info;
	++*(unsigned *)arg;
}

/* The next one who has the buffer is somebody else. */
static void callbacks_end_when_a_buffer_is_given_back(void **state)
{
	struct evbuffer *input, *output;
	unsigned n = 0;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	input = evtcp_conn_get_input(rig.server.conn);
	output = evtcp_conn_get_output(rig.server.conn);
	evbuffer_add_cb(input, counts, &n);
	evbuffer_add_cb(output, counts, &n);
	evbuffer_add(output, "answer", 6);
	assert_int_equal(n, 1);
	pair_run(&rig.pair);
	pair_wait(&rig.pair, 1000000); /* the answer is acknowledged */
	assert_true(has_no_buffers(rig.server.conn));
	pair_say(&rig.server, "another");
	pair_say(&rig.client, "question");
	pair_run(&rig.pair);
	assert_int_equal(n, 1);
	rig_close(&rig);
}

static void answers_once(struct pair_app *app, const char *word)
{
	if (strncmp(word, "read", 4) != 0 || app->toggled)
		return;
	app->toggled = true;
	pair_say(app, "answer");
}

/* A question and the ACK of what was said before come in one segment: the answer leaves on the way
 * to tell of room, before the flush has looked at what the application did. */
static void what_leaves_between_two_callbacks_is_told_of(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	pair_say(&rig.server, "before");
	pair_run(&rig.pair); /* its ACK is delayed */
	pair_heard(&rig.server, "write");
	rig.server.act = answers_once;
	pair_say(&rig.client, "question");
	pair_run(&rig.pair);
	pair_heard(&rig.server, "read 8, write");
	pair_heard(&rig.client, "read 6, write, read 6");
	rig_close(&rig);
}

/* Nobody tells of these buffers: who has asked for them is looked at. */
static void what_it_does_to_them_is_seen(void **state)
{
	struct evtcp_conn_info info;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.server.keep_unread = true;
	pair_say(&rig.client, "question");
	pair_run(&rig.pair);
	evbuffer_drain(evtcp_conn_get_input(rig.server.conn), 3);
	pair_say(&rig.server, "answer");
	pair_run(&rig.pair);
	evtcp_conn_get_info(rig.server.conn, &info);
	assert_int_equal(info.unread_bytes, 5);
	pair_heard(&rig.client, "write, read 6");
	pair_heard(&rig.server, "read 8, write");

	evtcp_conn_shutdown(rig.server.conn);
	pair_say(&rig.server, "too late");
	assert_int_equal(evtcp_conn_get_error(rig.server.conn), EPIPE);
	pair_run(&rig.pair);
	assert_null(rig.server.conn->output);
	assert_int_equal(evtcp_conn_get_error(rig.server.conn), EPIPE);
	pair_heard(&rig.client, "eof");
	rig_close(&rig);
}

static void who_may_rest_no_longer_counts_on_its_buffers_again(void **state)
{
	struct evbuffer *input, *output;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	evtcp_conn_let_rest(rig.server.conn, 0);
	input = evtcp_conn_get_input(rig.server.conn);
	output = evtcp_conn_get_output(rig.server.conn);
	rig.server.keep_unread = true;
	pair_say(&rig.client, "question");
	pair_run(&rig.pair);
	evbuffer_drain(input, 8);
	evbuffer_add(output, "answer", 6);
	pair_run(&rig.pair);
	assert_int_equal(rig.server.conn->ref.tcb->unread, 0);
	pair_heard(&rig.client, "write, read 6");
	assert_ptr_equal(rig.server.conn->ref.tcb->input, input);
	assert_ptr_equal(rig.server.conn->output, output);
	rig_close(&rig);
}

static void without_memory_for_them_it_ends(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_lacks_memory(&rig, true);
	assert_null(evtcp_conn_get_input(rig.server.conn));
	assert_null(evtcp_conn_get_output(rig.server.conn));
	assert_int_equal(evtcp_conn_get_error(rig.server.conn), 0);
	evtcp_conn_let_rest(rig.server.conn, 0);
	rig_lacks_memory(&rig, false);
	pair_run(&rig.pair);
	pair_heard(&rig.server, "writing error 12");
	pair_heard(&rig.client, "reading error 104");
	rig_close(&rig);
}

/* The application that is told of what a listener has accepted. */
struct newcomer {
	struct pair_app app;
	bool had_no_buffers;
};

static void newcomer_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct newcomer *newcomer = arg;

	newcomer->had_no_buffers = has_no_buffers(conn);
	pair_app_accept(listener, conn, peer, peer_len, &newcomer->app);
}

/* A listener that lets rest or not, and one connection to it, which says something. */
static void newcomer_comes(struct newcomer *newcomer, bool lets_rest)
{
	struct sockaddr_in own = pair_address(2, PAIR_PORT);
	struct evtcp_listener *listener;
	struct pair_app client = {0};
	struct pair pair;

	pair_open(&pair, NULL);
	pair_of_libevent = &pair;
	newcomer->app.pair = &pair;
	listener = evtcp_listener_new(
		pair.server.stack, newcomer_accept, newcomer, (struct sockaddr *)&own, sizeof(own));
	assert_non_null(listener);
	evtcp_listener_let_rest(listener, lets_rest);
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	pair_say(&client, "hello");
	pair_say(&newcomer->app, "welcome");
	pair_run(&pair);
	pair_heard(&newcomer->app, "accepted, write, read 5");
	pair_heard(&client, "connected, write, read 7");
	pair_close(&pair);
	pair_of_libevent = NULL;
}

static void what_a_listener_lets_rest_has_none_at_first(void **state)
{
	struct newcomer newcomer = {0}, usual = {0};

	(void)state;
	newcomer_comes(&newcomer, true);
	assert_true(newcomer.had_no_buffers);
	newcomer_comes(&usual, false);
	assert_false(usual.had_no_buffers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_buffers_are_there_while_they_hold_something),
		cmocka_unit_test(one_that_acks_have_emptied_is_given_back),
		cmocka_unit_test(what_leaves_as_a_whole_is_not_moved),
		cmocka_unit_test(callbacks_end_when_a_buffer_is_given_back),
		cmocka_unit_test(what_leaves_between_two_callbacks_is_told_of),
		cmocka_unit_test(what_it_does_to_them_is_seen),
		cmocka_unit_test(who_may_rest_no_longer_counts_on_its_buffers_again),
		cmocka_unit_test(without_memory_for_them_it_ends),
		cmocka_unit_test(what_a_listener_lets_rest_has_none_at_first),
	};

	pair_take_libevent_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
