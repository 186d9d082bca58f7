/* SPDX-License-Identifier: BSD-3-Clause */

/* How a connection ends: half closed, closed, reset, by the application or its peer;
 * and that its owner may end it in any of its callbacks. */

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

#define SECOND UINT64_C(1000000)

static void test_free_conn(struct pair_app *app)
{
	evtcp_conn_free(app->conn);
	app->conn = NULL;
}

static void add_bytes(struct pair_app *app, size_t len)
{
	static const char block[4096];

	for (size_t n; len > 0; len -= n) {
		n = len < sizeof(block) ? len : sizeof(block);
		assert_int_equal(evbuffer_add(evtcp_conn_get_output(app->conn), block, n), 0);
	}
}

/* ---- ends -------------------------------------------------------------------- */

static void a_half_close_leaves_the_other_half_open(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "question");
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	pair_heard(&client, "");
	pair_heard(&server, "read 8, eof");
	assert_int_equal(evtcp_conn_get_state(client.conn), EVTCP_FIN_WAIT_2);
	pair_say(&server, "answer");
	pair_run(&pair);
	pair_heard(&client, "read 6");
	evtcp_conn_free(server.conn);
	pair_run(&pair);
	pair_heard(&client, "eof");
	assert_int_equal(evtcp_conn_get_state(client.conn), EVTCP_TIME_WAIT);
	pair_close(&pair);
}

static void a_shutdown_before_the_handshake_waits_for_it(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	assert_non_null(pair_connect(&pair, &client));
	pair_say(&client, "question");
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	pair_heard(&client, "connected");
	pair_heard(&server, "accepted, read 8, eof");
	pair_close(&pair);
}

static void what_is_added_after_shutdown_is_dropped_and_told(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_shutdown(client.conn);
	assert_int_equal(evtcp_conn_get_error(client.conn), 0);
	pair_say(&client, "too late");
	assert_int_equal(evtcp_conn_get_error(client.conn), EPIPE);
	pair_run(&pair);
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_output(client.conn)), 0);
	pair_heard(&client, "");
	pair_heard(&server, "eof");
	pair_close(&pair);
}

static void free_sends_all_that_was_written_then_fin(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;
	struct evtcp_stack_usage usage;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_disable(client.conn, EV_WRITE);
	add_bytes(&client, 1000000); /* more than the send buffer */
	test_free_conn(&client);
	server.data_len = sizeof(server.data); /* reads nothing into data */
	for (int i = 0; i < 200; i++) {
		struct evbuffer *input = evtcp_conn_get_input(server.conn);

		evbuffer_drain(input, evbuffer_get_length(input));
		pair_wait(&pair, SECOND / 10);
	}
	evtcp_conn_get_info(server.conn, &info);
	assert_int_equal(info.bytes_received, 1000000);
	assert_int_equal(info.eof, 1);
	evtcp_stack_get_usage(pair.client.stack, &usage);
	assert_int_equal(usage.orphans, 1); /* in FIN-WAIT-2 */
	evtcp_conn_free(server.conn);
	pair_run(&pair);
	evtcp_stack_get_usage(pair.client.stack, &usage);
	assert_int_equal(usage.orphans, 0);
	assert_int_equal(usage.time_wait, 1);
	pair_close(&pair);
}

/* RFC 9293 3.6.1, SHLD-3. */
static void free_with_unread_input_resets(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	server.keep_unread = true;
	pair_say(&client, "never read");
	pair_run(&pair);
	test_free_conn(&server);
	pair_run(&pair);
	pair_heard(&client, "write, reading error 104");
	assert_int_equal(
		evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_RST_UNREAD_DATA), 1);
	pair_close(&pair);
}

static void abort_resets_and_what_was_read_before_is_told_first(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "last words");
	evtcp_stack_flush(pair.client.stack);
	evtcp_conn_abort(client.conn);
	client.conn = NULL;
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(memory_link_len(pair.client.link), 2);
	pair_run(&pair); /* both in one batch */
	pair_heard(&server, "read 10, reading error 104");
	assert_int_equal(evtcp_conn_get_error(server.conn), ECONNRESET);
	pair_close(&pair);
}

static void after_an_error_nothing_is_told(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_disable(server.conn, EV_READ);
	pair_say(&client, "unread");
	evtcp_stack_flush(pair.client.stack);
	evtcp_conn_abort(client.conn);
	pair_run(&pair);
	pair_heard(&server, "reading error 104");
	evtcp_conn_enable(server.conn, EV_READ);
	pair_say(&server, "to nobody");
	evtcp_conn_shutdown(server.conn);
	pair_run(&pair);
	pair_heard(&server, "");
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_input(server.conn)), 6);
	test_free_conn(&server);
	pair_close(&pair);
}

/* ---- freeing in callbacks ------------------------------------------------ */

static void act_free(struct pair_app *app, const char *word)
{
	(void)word;
	if (app->conn)
		test_free_conn(app);
	evtcp_stack_flush(app->pair->server.stack); /* does nothing in here */
	evtcp_stack_flush(app->pair->client.stack);
}

static void act_abort(struct pair_app *app, const char *word)
{
	(void)word;
	if (app->conn)
		evtcp_conn_abort(app->conn);
	app->conn = NULL;
}

static void act_free_other(struct pair_app *app, const char *word)
{
	(void)word;
	if (app->other->conn)
		test_free_conn(app->other);
}

static void act_free_listener_and_conn(struct pair_app *app, const char *word)
{
	if (app->listener)
		evtcp_listener_free(app->listener);
	app->listener = NULL;
	act_free(app, word);
}

typedef void (*pair_act)(struct pair_app *app, const char *word);

static const pair_act ends[] = {act_free, act_abort, act_free_listener_and_conn};
enum { N_ENDS = sizeof(ends) / sizeof(ends[0]) };

/* Everything a connection can hear, and its owner ends it there. */
static void everything_heard_ends(pair_act act, void (*story)(struct pair *, pair_act))
{
	struct pair pair;

	pair_open(&pair, NULL);
	story(&pair, act);
	pair_wait(&pair, 200 * SECOND);
	pair_close(&pair);
}

static void story_accepted(struct pair *pair, pair_act act)
{
	struct pair_app client = {0}, server = {.act = act};

	assert_non_null(pair_listen(pair, &server));
	assert_non_null(pair_connect(pair, &client));
	pair_say(&client, "hello");
	evtcp_conn_shutdown(client.conn);
	pair_run(pair);
	pair_heard(&server, "accepted");
}

static void story_connected(struct pair *pair, pair_act act)
{
	struct pair_app client = {.act = act}, server = {0};

	assert_non_null(pair_listen(pair, &server));
	assert_non_null(pair_connect(pair, &client));
	pair_say(&client, "hello");
	pair_run(pair);
	pair_heard(&client, "connected");
}

static void story_read(struct pair *pair, pair_act act)
{
	struct pair_app client, server;

	pair_establish(pair, &client, &server);
	server.act = act;
	pair_say(&client, "hello");
	evtcp_conn_shutdown(client.conn);
	pair_run(pair);
	pair_heard(&server, "read 5");
}

static void story_write(struct pair *pair, pair_act act)
{
	struct pair_app client, server;

	pair_establish(pair, &client, &server);
	server.act = act;
	pair_say(&server, "hello");
	pair_run(pair);
	pair_heard(&server, "write");
}

static void story_eof(struct pair *pair, pair_act act)
{
	struct pair_app client, server;

	pair_establish(pair, &client, &server);
	server.act = act;
	evtcp_conn_shutdown(client.conn);
	pair_run(pair);
	pair_heard(&server, "eof");
}

static void story_error(struct pair *pair, pair_act act)
{
	struct pair_app client, server;

	pair_establish(pair, &client, &server);
	server.act = act;
	evtcp_conn_abort(client.conn);
	pair_run(pair);
	pair_heard(&server, "reading error 104");
}

static void a_connection_can_be_ended_in_each_of_its_callbacks(void **state)
{
	void (*const stories[])(struct pair *, pair_act) = {
		story_accepted, story_connected, story_read, story_write, story_eof, story_error};

	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		for (size_t k = 0; k < N_ENDS; k++)
			everything_heard_ends(ends[k], stories[i]);
}

/* Two connections have news in one batch; the first to hear frees the second. */
static void a_callback_can_free_another_connection_that_has_news(void **state)
{
	struct pair_app clients[2] = {{0}, {0}}, first, second = {0};
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &clients[0], &first);
	first.other = &second;
	evtcp_listener_free(first.listener);
	assert_non_null(pair_listen(&pair, &second));
	assert_non_null(pair_connect(&pair, &clients[1]));
	pair_run(&pair);
	first.act = act_free_other;
	pair_say(&clients[0], "one");
	pair_say(&clients[1], "two");
	evtcp_stack_flush(pair.client.stack);
	pair_run(&pair);
	pair_heard(&first, "read 3");
	pair_heard(&second, "accepted");
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_half_close_leaves_the_other_half_open),
		cmocka_unit_test(a_shutdown_before_the_handshake_waits_for_it),
		cmocka_unit_test(what_is_added_after_shutdown_is_dropped_and_told),
		cmocka_unit_test(free_sends_all_that_was_written_then_fin),
		cmocka_unit_test(free_with_unread_input_resets),
		cmocka_unit_test(abort_resets_and_what_was_read_before_is_told_first),
		cmocka_unit_test(after_an_error_nothing_is_told),
		cmocka_unit_test(a_connection_can_be_ended_in_each_of_its_callbacks),
		cmocka_unit_test(a_callback_can_free_another_connection_that_has_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
