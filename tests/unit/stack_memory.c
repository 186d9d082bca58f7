/* SPDX-License-Identifier: BSD-3-Clause */

/* Every allocation fails once: the world's and libevent's, in one count. A story is
 * told with the first request refused, then the second, and so on until none is
 * refused any more; once as a passing want (only that request), once as a lasting one
 * (that request and all after it). Whatever happens, nothing crashes or leaks, the
 * invariants hold, and what is received is a prefix of what was sent. */

#include "stack_pair.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

/* ---- the story -------------------------------------------------------------- */

enum { STORY_BYTES = 30000 };

static uint8_t story_byte(size_t at)
{
	return (uint8_t)((at * 11 + at / 253) & 0xff);
}

struct story {
	struct pair pair;
	struct pair_app client, server;
	size_t received;
	bool wrong; /* something came that was not sent */
};

static void story_drain(struct story *story, struct evtcp_conn *conn)
{
	uint8_t block[512];
	ssize_t n;

	while ((n = evtcp_conn_recv(conn, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			story->wrong |= block[i] != story_byte(story->received++);
}

static void story_read(struct evtcp_conn *conn, void *arg)
{
	story_drain(arg, conn);
}

static void story_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct story *story = arg;

	(void)what;
	story->server.conn = NULL;
	evtcp_conn_free(conn);
}

static void story_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct story *story = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	story->server.conn = conn;
	evtcp_conn_set_cb(conn, story_read, NULL, story_event, story);
	evtcp_conn_enable(conn, EV_READ);
	evbuffer_add(evtcp_conn_get_output(conn), "welcome", 7);
}

static void story_send(struct story *story)
{
	uint8_t block[3000];

	for (size_t at = 0; at < STORY_BYTES; at += sizeof(block)) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = story_byte(at + i);
		/* Without memory nothing is added, and a gap would not be a prefix. */
		if (evbuffer_add(evtcp_conn_get_output(story->client.conn), block, sizeof(block)) <
			0)
			return;
	}
}

/* Handshake, a transfer with a lost packet (so that segments wait out of order), half
 * close, close, a refused connect. */
static void story_tell(struct story *story)
{
	struct pair *pair = &story->pair;
	struct sockaddr_in any = pair_address(2, PAIR_PORT), wrong = pair_address(2, 9);
	struct evtcp_conn *refused;

	if (pair_host_open(pair, &pair->client, 1, NULL) < 0 ||
		pair_host_open(pair, &pair->server, 2, NULL) < 0)
		return;
	if (!evtcp_listener_new(
		    pair->server.stack, story_accept, story, (struct sockaddr *)&any, sizeof(any)))
		return;
	if (!pair_connect(pair, &story->client))
		return;
	pair_wait(pair, 4 * SECOND);
	story_send(story);
	evtcp_stack_flush(pair->client.stack);
	memory_link_drop(pair->client.link, memory_link_pop(pair->client.link));
	pair_wait(pair, 10 * SECOND);
	evtcp_conn_shutdown(story->client.conn);
	pair_wait(pair, 10 * SECOND);
	evtcp_conn_free(story->client.conn);
	refused = evtcp_conn_connect(
		pair->client.stack, NULL, 0, (struct sockaddr *)&wrong, sizeof(wrong));
	pair_wait(pair, 10 * SECOND);
	evtcp_conn_free(refused);
	pair_wait(pair, 400 * SECOND);
}

/* Returns whether a request was refused. */
static bool story_with_failure(unsigned long n, bool lasting)
{
	static struct story story;
	bool refused;

	memset(&story, 0, sizeof(story));
	pair_world(&story.pair);
	pair_of_libevent = &story.pair;
	story.pair.fail_at = n;
	story.pair.fail_on = lasting;
	story_tell(&story);
	refused = n != 0 && story.pair.allocs >= n;
	assert_false(story.wrong);
	if (!refused)
		assert_int_equal(story.received, STORY_BYTES);
	story.pair.fail_at = 0;
	pair_close(&story.pair);
	pair_of_libevent = NULL;
	return refused;
}

static void the_story_ends_well_with_memory(void **state)
{
	(void)state;
	assert_false(story_with_failure(0, false));
}

static void each_request_for_memory_may_be_refused(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (story_with_failure(n, false))
		n++;
	print_message("%lu requests refused, one each time\n", n - 1);
	assert_true(n > 50);
}

static void memory_may_end_at_each_request(void **state)
{
	unsigned long n = 1;

	(void)state;
	while (story_with_failure(n, true))
		n++;
	print_message("memory ended at %lu requests\n", n - 1);
}

/* After a want that passed, the same stack serves the next connection. */
static void after_a_want_of_memory_the_next_connection_succeeds(void **state)
{
	(void)state;
	for (unsigned long n = 1; n < 40; n++) {
		struct pair_app client = {0}, server = {0}, next = {0};
		struct pair pair;

		pair_open(&pair, NULL);
		assert_non_null(pair_listen(&pair, &server));
		pair.fail_at = pair.allocs + n;
		if (pair_connect(&pair, &client))
			pair_wait(&pair, SECOND / 2);
		pair.fail_at = 0;
		assert_non_null(pair_connect(&pair, &next));
		pair_wait(&pair, 5 * SECOND);
		pair_heard(&next, "connected");
		pair_close(&pair);
	}
}

static void a_stack_on_a_base_is_made_whole_or_not_at_all(void **state)
{
	struct evtcp_stack *stack = NULL;
	struct evtcp_stack_config config;
	struct event_base *base;
	struct pair pair;
	unsigned long n = 0;

	(void)state;
	pair_world(&pair);
	pair_of_libevent = &pair;
	evtcp_stack_config_init(&config);
	config.world = &pair.world;
	base = event_base_new();
	while (!stack) {
		long live = pair.live;

		pair.fail_at = pair.allocs + ++n;
		errno = 0;
		stack = evtcp_stack_new(base, &config);
		assert_true(stack || errno == ENOMEM);
		assert_true(stack || pair.live == live);
	}
	assert_true(n > 3);
	pair.fail_at = 0;
	evtcp_stack_free(stack);
	event_base_free(base);
	assert_int_equal(pair.live, 0);
	pair_of_libevent = NULL;
}

/* Nothing is taken, and the caller may try again. */
static void send_says_that_memory_is_out(void **state)
{
	struct pair_app client, server;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	pair_of_libevent = &pair;
	pair.fail_at = pair.allocs + 1;
	errno = 0;
	assert_int_equal(evtcp_conn_send(client.conn, "hello", 5), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(evtcp_conn_send(client.conn, "hello", 5), 5);
	pair_run(&pair);
	pair_heard(&server, "read 5");
	pair_of_libevent = NULL;
	evtcp_stack_free(pair.client.stack);
	evtcp_stack_free(pair.server.stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_story_ends_well_with_memory),
		cmocka_unit_test(each_request_for_memory_may_be_refused),
		cmocka_unit_test(memory_may_end_at_each_request),
		cmocka_unit_test(after_a_want_of_memory_the_next_connection_succeeds),
		cmocka_unit_test(a_stack_on_a_base_is_made_whole_or_not_at_all),
		cmocka_unit_test(send_says_that_memory_is_out),
	};

	pair_take_libevent_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
