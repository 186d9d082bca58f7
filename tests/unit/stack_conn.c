/* SPDX-License-Identifier: BSD-3-Clause */

/* What an application hears of a connection, and in which order; and that it may
 * do anything in a callback. */

#include "stack/conn.h"
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

/* ---- opening ---------------------------------------------------------------- */

static void a_handshake_is_told_to_both_sides(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	assert_non_null(pair_connect(&pair, &client));
	assert_int_equal(evtcp_conn_get_state(client.conn), EVTCP_SYN_SENT);
	pair_heard(&client, "");
	pair_run(&pair);
	pair_heard(&client, "connected");
	pair_heard(&server, "accepted");
	assert_int_equal(evtcp_conn_get_state(client.conn), EVTCP_ESTABLISHED);
	assert_int_equal(evtcp_conn_get_state(server.conn), EVTCP_ESTABLISHED);
	assert_ptr_equal(evtcp_conn_get_stack(server.conn), pair.server.stack);
	pair_close(&pair);
}

static void what_was_written_before_the_handshake_leaves_after_it(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	assert_non_null(pair_connect(&pair, &client));
	pair_say(&client, "early");
	pair_run(&pair);
	pair_heard(&client, "connected, write");
	pair_heard(&server, "accepted, read 5");
	pair_close(&pair);
}

/* Handshake, data and FIN end in one batch; reading is enabled while it is told. */
static void what_came_with_the_handshake_is_told_once(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {.keep_unread = true};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	assert_non_null(pair_connect(&pair, &client));
	pair_say(&client, "early");
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	pair_heard(&server, "accepted, read 5, eof");
	pair_close(&pair);
}

static void act_toggle_reading(struct pair_app *app, const char *word)
{
	if (strcmp(word, "read 4") == 0 && !app->toggled) {
		evtcp_conn_disable(app->conn, EV_READ);
		evtcp_conn_enable(app->conn, EV_READ);
		app->toggled = true;
	}
}

/* Reading is switched off and on again in readcb: the bytes are announced again, and
 * what ends the connection still comes last. */
static void nothing_overtakes_the_bytes(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	server.keep_unread = true;
	server.act = act_toggle_reading;
	pair_say(&client, "data");
	evtcp_stack_flush(pair.client.stack);
	evtcp_conn_abort(client.conn);
	pair_run(&pair);
	pair_heard(&server, "read 4, read 4, reading error 104");
	pair_close(&pair);
}

static void nobody_listening_is_told_as_refused(void **state)
{
	struct pair pair;
	struct pair_app client = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	pair_heard(&client, "reading error 111");
	assert_int_equal(evtcp_conn_get_error(client.conn), ECONNREFUSED);
	assert_int_equal(evtcp_conn_get_state(client.conn), EVTCP_CLOSED);
	test_free_conn(&client);
	pair_close(&pair);
}

/* RFC 9293 3.8.3, MUST-23: a SYN is tried for three minutes at least. */
static void silence_is_told_as_timed_out(void **state)
{
	struct pair pair;
	struct pair_app client = {0};

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_connect(&pair, &client));
	memory_link_refuse(pair.client.link, EAGAIN);
	pair_wait(&pair, 179 * SECOND);
	pair_heard(&client, "");
	pair_wait(&pair, 300 * SECOND);
	pair_heard(&client, "writing error 110");
	assert_int_equal(evtcp_conn_get_error(client.conn), ETIMEDOUT);
	pair_close(&pair);
}

static void assert_connect_fails(struct pair *pair, const struct sockaddr_in *local,
	const struct sockaddr_in *remote, int error)
{
	errno = 0;
	assert_null(evtcp_conn_connect(pair->client.stack, (const struct sockaddr *)local,
		local ? sizeof(*local) : 0, (const struct sockaddr *)remote, sizeof(*remote)));
	assert_int_equal(errno, error);
}

static void a_connect_that_cannot_be_is_refused_with_its_errno(void **state)
{
	struct sockaddr_in server = pair_address(2, 80), broadcast = pair_address(255, 80),
			   multicast = pair_address(1, 80), portless = pair_address(2, 0),
			   foreign = pair_address(9, 0), own = pair_address(1, 80),
			   nowhere = pair_address(2, 80), wrong = pair_address(2, 80);
	struct evtcp_stack *bare;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	multicast.sin_addr.s_addr = htonl(0xe0000001);
	nowhere.sin_addr.s_addr = 0;
	wrong.sin_family = AF_UNIX;
	assert_connect_fails(&pair, NULL, &broadcast, ENETUNREACH);
	assert_connect_fails(&pair, NULL, &multicast, ENETUNREACH);
	assert_connect_fails(&pair, NULL, &own, ENETUNREACH);
	assert_connect_fails(&pair, NULL, &portless, EINVAL);
	assert_connect_fails(&pair, NULL, &nowhere, EINVAL);
	assert_connect_fails(&pair, NULL, &wrong, EAFNOSUPPORT);
	assert_connect_fails(&pair, &foreign, &server, EADDRNOTAVAIL);
	assert_null(evtcp_conn_connect(pair.client.stack, NULL, 0, (struct sockaddr *)&server, 3));
	assert_int_equal(errno, EINVAL);

	bare = evtcp_stack_new(NULL, &(struct evtcp_stack_config){0});
	assert_null(bare); /* a configuration of nothing is none */
	bare = evtcp_stack_new(NULL, NULL);
	assert_null(evtcp_conn_connect(bare, NULL, 0, (struct sockaddr *)&server, sizeof(server)));
	assert_int_equal(errno, ENETUNREACH);
	evtcp_stack_free(bare);
	pair_close(&pair);
}

static void a_tuple_in_use_cannot_be_opened_again(void **state)
{
	struct sockaddr_in local = pair_address(1, 5000), server = pair_address(2, PAIR_PORT);
	struct evtcp_conn *conn;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	conn = evtcp_conn_connect(pair.client.stack, (struct sockaddr *)&local, sizeof(local),
		(struct sockaddr *)&server, sizeof(server));
	assert_non_null(conn);
	assert_connect_fails(&pair, &local, &server, EADDRINUSE);
	evtcp_conn_free(conn);
	pair_close(&pair);
}

static void the_connection_limit_holds_for_connects(void **state)
{
	struct sockaddr_in server = pair_address(2, PAIR_PORT);
	struct evtcp_stack_config config;
	struct pair_app first = {0};
	struct pair pair;

	(void)state;
	evtcp_stack_config_init(&config);
	config.limits.connections = 1;
	pair_open(&pair, &config);
	assert_non_null(pair_connect(&pair, &first));
	assert_connect_fails(&pair, NULL, &server, ENOBUFS);
	pair_close(&pair);
}

/* ---- data ------------------------------------------------------------------- */

static void bytes_arrive_and_the_writer_hears_of_room(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "hello");
	pair_run(&pair);
	pair_heard(&client, "write");
	pair_heard(&server, "read 5");
	pair_say(&server, "and back");
	pair_run(&pair);
	pair_heard(&server, "write");
	pair_heard(&client, "read 8");
	assert_memory_equal(server.data, "hello", 5);
	assert_memory_equal(client.data, "and back", 8);
	pair_close(&pair);
}

static void no_callback_runs_inside_a_call(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct memory_packet *packet;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_say(&client, "hello");
	pair_heard(&client, "");
	evtcp_stack_flush(pair.client.stack);
	packet = memory_link_pop(pair.client.link);
	memory_link_inject(pair.server.link, packet->bytes, packet->len, 0);
	memory_link_drop(pair.client.link, packet);
	pair_heard(&server, ""); /* input changes state only */
	assert_int_equal(memory_link_len(pair.server.link), 0);
	evtcp_stack_flush(pair.server.stack);
	pair_heard(&server, "read 5");
	pair_close(&pair);
}

static void while_reading_is_off_neither_bytes_nor_eof_are_told(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_disable(server.conn, EV_READ);
	pair_say(&client, "hello");
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	pair_heard(&server, "");
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_input(server.conn)), 5);
	evtcp_conn_enable(server.conn, EV_READ);
	pair_heard(&server, "");
	pair_run(&pair);
	pair_heard(&server, "read 5, eof");
	pair_close(&pair);
}

static void enabling_what_is_on_announces_nothing_again(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	server.keep_unread = true;
	pair_say(&client, "hello");
	pair_run(&pair);
	pair_heard(&server, "read 5");
	evtcp_conn_enable(server.conn, EV_READ);
	pair_run(&pair);
	pair_heard(&server, "");
	evtcp_conn_disable(server.conn, EV_READ);
	evtcp_conn_enable(server.conn, EV_READ);
	pair_run(&pair);
	pair_heard(&server, "read 5");
	pair_close(&pair);
}

static void while_writing_is_off_nothing_is_taken(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_disable(client.conn, EV_WRITE);
	pair_say(&client, "hello");
	pair_run(&pair);
	pair_heard(&client, "");
	pair_heard(&server, "");
	assert_int_equal(evbuffer_get_length(evtcp_conn_get_output(client.conn)), 5);
	evtcp_conn_enable(client.conn, EV_WRITE);
	pair_run(&pair);
	pair_heard(&client, "write");
	pair_heard(&server, "read 5");
	pair_close(&pair);
}

static void add_bytes(struct pair_app *app, size_t len)
{
	static const char block[4096];

	for (size_t n; len > 0; len -= n) {
		n = len < sizeof(block) ? len : sizeof(block);
		assert_int_equal(evbuffer_add(evtcp_conn_get_output(app->conn), block, n), 0);
	}
}

/* Asked for by themselves they are what all the figures have, where the buffers are, too. */
static void waiting_is(struct evtcp_conn *conn, uint64_t in, uint64_t out)
{
	struct evtcp_conn_info info;
	uint64_t has_in, has_out;

	evtcp_conn_get_waiting(conn, &has_in, &has_out);
	assert_int_equal(has_in, in);
	assert_int_equal(has_out, out);
	evtcp_conn_get_info(conn, &info);
	assert_int_equal(info.unread_bytes, in);
	assert_int_equal(info.unsent_bytes + info.unacked_bytes, out);
}

/* Nobody reads: the window closes and the send buffer fills. */
static void a_slow_reader_holds_the_writer_back(void **state)
{
	struct pair pair;
	struct pair_app client, server;
	struct evtcp_conn_info info;
	uint32_t taken;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	server.keep_unread = true;
	add_bytes(&client, 400000);
	pair_wait(&pair, SECOND);
	pair_heard(&client, "");
	evtcp_conn_get_info(server.conn, &info);
	assert_in_range(info.unread_bytes, 65536 - 64, 65536 + 64); /* the window is rounded */
	taken = info.unread_bytes;
	evtcp_conn_get_info(client.conn, &info);
	assert_int_equal(info.writable, 0);
	waiting_is(client.conn, 0, 400000 - taken);
	waiting_is(server.conn, taken, 0);
	assert_in_range(
		evbuffer_get_length(evtcp_conn_get_output(client.conn)), 1, 400000 - 262144);

	for (int i = 0; i < 40; i++) { /* now it reads */
		struct evbuffer *input = evtcp_conn_get_input(server.conn);

		evbuffer_drain(input, evbuffer_get_length(input));
		waiting_is(server.conn, 0, 0); /* at once: TCP hears of it in the flush */
		pair_wait(&pair, SECOND / 2);
	}
	pair_heard(&client, "write");
	waiting_is(client.conn, 0, 0);
	evtcp_conn_get_info(server.conn, &info);
	assert_int_equal(info.bytes_received, 400000);
	pair_close(&pair);
}

/* RFC 9293 3.10.7.4: in LAST-ACK a RST is no error, and no event: who waits for an ACK sees here
 * that none will come. */
static void after_a_reset_nothing_waits(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	pair_heard(&server, "eof");
	pair_say(&server, "answer");
	evtcp_conn_shutdown(server.conn);
	evtcp_stack_flush(pair.server.stack);
	waiting_is(server.conn, 0, sizeof("answer")); /* FIN is one more */
	evtcp_conn_abort(client.conn);
	pair_run(&pair);
	assert_int_equal(evtcp_conn_get_state(server.conn), EVTCP_CLOSED);
	uint64_t in = 1, out = 1;
	evtcp_conn_get_waiting(server.conn, &in, &out);
	assert_int_equal(in + out, 0);
	pair_close(&pair);
}

static void act_echo(struct pair_app *app, const char *word)
{
	(void)word;
	pair_say(app, "x");
}

/* A writer who answers each "write" with a byte must not hold the flush for ever. */
static void endless_news_do_not_hold_the_flush(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	client.act = act_echo;
	pair_say(&client, "x");
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(evtcp_stack_next_deadline(pair.client.stack), pair.now_us);
	evtcp_stack_check(pair.client.stack);
	client.act = NULL;
	pair_run(&pair);
	pair_close(&pair);
}

static void act_answer(struct pair_app *app, const char *word)
{
	if (strcmp(word, "read 8") == 0)
		pair_say(app, "answer");
}

/* What takes the ACK along leaves in the same batch: no deadline was queued for it. */
static void an_answer_costs_no_deadline_of_a_delayed_ack(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};
	const struct tcb *tcb;
	uint64_t delayed_us;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	tcb = server.conn->ref.tcb;
	delayed_us = pair.now_us + tcb->tcp->config.delayed_ack_us;
	server.act = act_answer;
	pair_say(&client, "question");
	pair_run(&pair);
	assert_true(tcb->deadline.position != 0 && tcb->deadline.at_us > delayed_us);
	pair_say(&client, "more");
	pair_run(&pair);
	assert_int_equal(tcb->deadline.at_us, delayed_us);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_is_told_to_both_sides),
		cmocka_unit_test(what_was_written_before_the_handshake_leaves_after_it),
		cmocka_unit_test(what_came_with_the_handshake_is_told_once),
		cmocka_unit_test(nothing_overtakes_the_bytes),
		cmocka_unit_test(nobody_listening_is_told_as_refused),
		cmocka_unit_test(silence_is_told_as_timed_out),
		cmocka_unit_test(a_connect_that_cannot_be_is_refused_with_its_errno),
		cmocka_unit_test(a_tuple_in_use_cannot_be_opened_again),
		cmocka_unit_test(the_connection_limit_holds_for_connects),
		cmocka_unit_test(bytes_arrive_and_the_writer_hears_of_room),
		cmocka_unit_test(no_callback_runs_inside_a_call),
		cmocka_unit_test(while_reading_is_off_neither_bytes_nor_eof_are_told),
		cmocka_unit_test(enabling_what_is_on_announces_nothing_again),
		cmocka_unit_test(while_writing_is_off_nothing_is_taken),
		cmocka_unit_test(a_slow_reader_holds_the_writer_back),
		cmocka_unit_test(after_a_reset_nothing_waits),
		cmocka_unit_test(endless_news_do_not_hold_the_flush),
		cmocka_unit_test(an_answer_costs_no_deadline_of_a_delayed_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
