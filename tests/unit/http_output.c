/* SPDX-License-Identifier: BSD-3-Clause */

/* The output of a connection: what may wait there, who is heard when it has left, and replies that
 * are given when nothing of the connection is under way. */

#include "http_rig.h"

#include <event2/buffer.h>

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"
#define HOLD "GET /hold HTTP/1.1\r\n" HOST "\r\n"

#define LONG 200000 /* bytes, several times the limit of output */

/* ---- a handler that answers at once, later or at length -------------------------------- */

struct seen {
	struct http_exchange *held; /* the last of /hold */
	int requests, gone;         /* gone: of /hold and /long */
};

static void on_gone(struct http_exchange *x)
{
	((struct seen *)http_exchange_get_arg(x))->gone++;
}

/* The exchange's state counts what has been added. */
static void on_room(struct http_exchange *x, struct evbuffer *to, size_t room)
{
	static const char bytes[LONG];
	size_t *sent = http_exchange_state(x);
	size_t n = LONG - *sent < room ? LONG - *sent : room;

	evbuffer_add(to, bytes, n);
	*sent += n;
}

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops hold = {.gone = on_gone};
	static const struct http_exchange_ops at_length = {.room = on_room, .gone = on_gone};
	struct seen *seen = arg;

	seen->requests++;
	if (strcmp(request->path, "/hold") == 0) {
		seen->held = x;
		http_exchange_take(x, &hold);
	} else if (strcmp(request->path, "/long") == 0) {
		http_exchange_take(x, &at_length);
		http_reply_begin(x, &(struct http_reply){.status = 200, .length = LONG});
	} else {
		http_reply_text(x, 200, "ok\n");
	}
}

static int setup(void **state)
{
	return rig_setup(state, handle, sizeof(struct seen));
}

static struct seen *seen_of(void **state)
{
	return ((struct rig *)*state)->config.handler_arg;
}

static const struct http_server_counters *counters_of(void **state)
{
	return http_server_get_counters(((struct rig *)*state)->server);
}

/* ---- what waits, and what follows when it has left ---------------------------------------- */

/* E08: sixteen answers may wait; then nothing more is read until they have left. */
static void sixteen_answers_may_wait(void **state)
{
	for (int sent = 15; sent <= 17; sent++) {
		struct rig_client *client = rig_connect(*state);
		struct seen *seen = seen_of(state);

		seen->requests = 0;
		for (int i = 0; i < sent; i++)
			rig_send_text(client, GET);
		assert_int_equal(seen->requests, sent < 16 ? sent : 16);
		rig_take_all(client);
		assert_int_equal(seen->requests, sent);
	}
}

/* ATTACKS E08. */
static void a_million_requests_sent_ahead_hold_what_sixteen_do(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int i = 0; i < 2000; i++)
		rig_send_text(client, GET);
	assert_in_range(evbuffer_get_length(client->stream.output), 1, 16 * 128);
	rig_take_all(client);
	assert_int_equal(evbuffer_get_length(client->stream.input), 0);
}

/* As many answers as may wait, and no further request behind them. */
static void one_that_was_blocked_is_idle_once_its_answers_have_left(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int i = 0; i < 16; i++)
		rig_send_text(client, GET);
	rig_take_all(client);
	rig_pass(*state, SECONDS(14)); /* of fifteen */
	assert_false(client->finished);
	rig_pass(*state, SECONDS(1));
	assert_true(client->finished);
	assert_int_equal(counters_of(state)->timed_out[HTTP_TIME_LIMIT_KEEPALIVE], 1);
}

static void more_of_a_long_reply_is_asked_for_when_some_has_left(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /long HTTP/1.1\r\n" HOST "\r\n");
	assert_in_range(evbuffer_get_length(client->stream.output), 1, 66000);
	rig_take_all(client);
	assert_in_range(evbuffer_get_length(client->received), LONG, LONG + 300);
	assert_int_equal(seen_of(state)->gone, 1);
}

static void who_has_sent_all_is_over_once_the_last_answer_has_left(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	rig_end(client, 0);
	assert_false(client->freed);
	rig_take_all(client);
	assert_true(client->freed);
}

/* ---- from outside of any callback ---------------------------------------------------------- */

static void a_reply_may_be_given_from_outside(void **state)
{
	struct rig_client *client = rig_connect(*state);
	struct seen *seen = seen_of(state);
	char statuses[16];

	rig_exchange(client, HOLD GET);
	assert_int_equal(client->wakes, 1);
	http_reply_text(seen->held, 200, "late\n");
	assert_int_equal(client->wakes, 2); /* the buffers of the request may be another's now */
	assert_int_equal(seen->gone, 0);
	rig_pass(*state, 0);
	assert_int_equal(seen->gone, 1);
	rig_take_all(client);
	assert_string_equal(rig_statuses(client, 0, statuses, sizeof(statuses)), "200 200 ");
}

static void a_reply_from_outside_that_there_is_no_memory_for_is_a_reset(void **state)
{
	struct http_reply reply = {.status = 200, .length = HTTP_REPLY_UNKNOWN};
	struct rig_client *client = rig_connect(*state);
	struct evbuffer *data = evbuffer_new();
	struct http_exchange *held;

	rig_exchange(client, HOLD);
	held = seen_of(state)->held;
	evbuffer_add(data, "late", 4);
	client->lacks_memory = 1;
	http_reply_begin(held, &reply);
	http_reply_write(held, data);
	http_reply_end(held);
	evbuffer_free(data);
	rig_pass(*state, 0);
	assert_true(client->aborted);
	assert_int_equal(counters_of(state)->aborted, 1);
}

static void a_reply_may_be_aborted_from_outside(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, HOLD);
	http_reply_abort(seen_of(state)->held);
	rig_pass(*state, 0);
	assert_true(client->aborted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(sixteen_answers_may_wait),
		TEST(a_million_requests_sent_ahead_hold_what_sixteen_do),
		TEST(one_that_was_blocked_is_idle_once_its_answers_have_left),
		TEST(more_of_a_long_reply_is_asked_for_when_some_has_left),
		TEST(who_has_sent_all_is_over_once_the_last_answer_has_left),
		TEST(a_reply_may_be_given_from_outside),
		TEST(a_reply_from_outside_that_there_is_no_memory_for_is_a_reset),
		TEST(a_reply_may_be_aborted_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
