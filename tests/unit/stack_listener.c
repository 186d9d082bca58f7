/* SPDX-License-Identifier: BSD-3-Clause */

/* Listeners: where one may listen, who gets the connections, and what happens to
 * those that come when it is gone. */

#include "stack_pair.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static struct evtcp_listener *listen_at(
	struct pair *pair, struct pair_app *app, unsigned last, unsigned port)
{
	struct sockaddr_in address = pair_address(last, port);

	app->pair = pair;
	errno = 0;
	return evtcp_listener_new(pair->server.stack, pair_app_accept, app,
		(struct sockaddr *)&address, sizeof(address));
}

static void one_may_listen_at_an_own_address_and_a_free_port(void **state)
{
	struct pair pair;
	struct pair_app app = {0};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = 80};

	(void)state;
	pair_open(&pair, NULL);
	v6.sin6_addr.s6_addr[15] = 1;
	assert_non_null(listen_at(&pair, &app, 2, 80));
	assert_null(listen_at(&pair, &app, 2, 80));
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(listen_at(&pair, &app, 2, 81));
	assert_null(listen_at(&pair, &app, 3, 80));
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_null(listen_at(&pair, &app, 2, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(evtcp_listener_new(
		pair.server.stack, pair_app_accept, &app, (struct sockaddr *)&v6, sizeof(v6)));
	assert_int_equal(errno, EADDRNOTAVAIL);
	evtcp_listener_free(NULL);
	pair_close(&pair); /* frees the two that were forgotten */
}

static void the_exact_address_wins_over_any(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, any = {0}, exact = {0};
	struct evtcp_listener *listener;

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &any));
	listener = listen_at(&pair, &exact, 2, PAIR_PORT);
	assert_non_null(listener);
	assert_ptr_equal(evtcp_listener_get_stack(listener), pair.server.stack);
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	pair_heard(&exact, "accepted");
	evtcp_listener_free(listener);
	assert_non_null(pair_connect(&pair, &client));
	pair_run(&pair);
	pair_heard(&any, "accepted");
	pair_close(&pair);
}

static void note_peer(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct evtcp_conn_info info;

	(void)listener;
	assert_int_equal(peer_len, sizeof(struct sockaddr_in));
	memcpy(arg, peer, sizeof(struct sockaddr_in));
	evtcp_conn_get_info(conn, &info);
	assert_int_equal(info.state, EVTCP_ESTABLISHED);
	assert_int_equal(info.tuple.remote.port, 4321);
}

static void the_callback_is_told_who_comes(void **state)
{
	struct sockaddr_in local = pair_address(1, 4321), server = pair_address(2, 80), peer;
	struct pair pair;

	(void)state;
	memset(&peer, 0, sizeof(peer));
	pair_open(&pair, NULL);
	assert_non_null(evtcp_listener_new(
		pair.server.stack, note_peer, &peer, (struct sockaddr *)&server, sizeof(server)));
	assert_non_null(evtcp_conn_connect(pair.client.stack, (struct sockaddr *)&local,
		sizeof(local), (struct sockaddr *)&server, sizeof(server)));
	pair_run(&pair);
	assert_int_equal(peer.sin_addr.s_addr, local.sin_addr.s_addr);
	assert_int_equal(peer.sin_port, local.sin_port);
	pair_close(&pair);
}

static void without_its_listener_a_handshake_under_way_is_refused(void **state)
{
	struct pair pair;
	struct pair_app client = {0}, server = {0};

	(void)state;
	pair_open(&pair, NULL);
	server.listener = pair_listen(&pair, &server);
	assert_non_null(pair_connect(&pair, &client));
	evtcp_stack_flush(pair.client.stack);
	memory_link_pump(pair.client.link, pair.server.link); /* SYN */
	evtcp_listener_free(server.listener);
	pair_run(&pair);
	pair_heard(&client, "connected, reading error 104");
	pair_heard(&server, "");
	pair_close(&pair);
}

static void what_was_accepted_outlives_the_listener(void **state)
{
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_listener_free(server.listener);
	pair_say(&client, "hello");
	pair_run(&pair);
	pair_heard(&server, "read 5");
	pair_close(&pair);
}

static void act_free_listener(struct pair_app *app, const char *word)
{
	(void)word;
	if (app->listener)
		evtcp_listener_free(app->listener);
	app->listener = NULL;
}

/* Three handshakes complete in one batch; the first callback frees the listener: the
 * other two are reset, unheard. */
static void connections_that_wait_for_a_freed_listener_are_reset(void **state)
{
	struct pair_app clients[3] = {{0}}, server = {.act = act_free_listener};
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(pair_listen(&pair, &server));
	for (int i = 0; i < 3; i++)
		assert_non_null(pair_connect(&pair, &clients[i]));
	pair_run(&pair);
	pair_heard(&server, "accepted");
	pair_heard(&clients[0], "connected");
	pair_heard(&clients[1], "connected, reading error 104");
	pair_heard(&clients[2], "connected, reading error 104");
	assert_int_equal(evtcp_stack_get_counter(pair.server.stack, EVTCP_CAUSE_RST_REFUSED), 2);
	pair_close(&pair);
}

static void ignore(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	*(struct evtcp_conn **)arg = conn;
}

/* It is not enabled for reading: nothing is lost meanwhile. */
static void a_connection_can_be_adopted_later(void **state)
{
	struct sockaddr_in server = pair_address(2, PAIR_PORT);
	struct evtcp_conn *accepted = NULL;
	struct pair_app client = {0}, owner = {0};
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	assert_non_null(evtcp_listener_new(
		pair.server.stack, ignore, &accepted, (struct sockaddr *)&server, sizeof(server)));
	assert_non_null(pair_connect(&pair, &client));
	pair_say(&client, "hello");
	evtcp_conn_shutdown(client.conn);
	pair_run(&pair);
	assert_non_null(accepted);
	pair_app_adopt(&owner, accepted);
	pair_run(&pair);
	pair_heard(&owner, "read 5, eof");
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_may_listen_at_an_own_address_and_a_free_port),
		cmocka_unit_test(the_exact_address_wins_over_any),
		cmocka_unit_test(the_callback_is_told_who_comes),
		cmocka_unit_test(without_its_listener_a_handshake_under_way_is_refused),
		cmocka_unit_test(what_was_accepted_outlives_the_listener),
		cmocka_unit_test(connections_that_wait_for_a_freed_listener_are_reset),
		cmocka_unit_test(a_connection_can_be_adopted_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
