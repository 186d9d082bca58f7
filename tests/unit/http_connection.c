/* SPDX-License-Identifier: BSD-3-Clause */

/* Connections: from request to request, and how they end. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"

/* ---- a handler with a page for each thing that a handler can do ------------------ */

struct tape {
	struct http_exchange *held; /* the last of /hold */
	int gone;                   /* exchanges that are over */
	int body_ends;
	uint64_t body_bytes;
	char order[256]; /* the first letter of each path that was handled */
};

static void on_body(struct http_exchange *x, struct evbuffer *data)
{
	((struct tape *)http_exchange_get_arg(x))->body_bytes += evbuffer_get_length(data);
}

static void on_body_end(struct http_exchange *x)
{
	((struct tape *)http_exchange_get_arg(x))->body_ends++;
}

static void on_read_end(struct http_exchange *x)
{
	on_body_end(x);
	http_reply_text(x, 200, "read\n");
}

static void on_gone(struct http_exchange *x)
{
	((struct tape *)http_exchange_get_arg(x))->gone++;
}

static void on_room_of_short(struct http_exchange *x, struct evbuffer *to, size_t room)
{
	(void)room;
	evbuffer_add(to, "abc", 3);
	http_reply_end(x); /* ten were promised */
}

static void on_room_of_stream(struct http_exchange *x, struct evbuffer *to, size_t room)
{
	int *n = http_exchange_state(x);

	(void)room;
	if (++*n <= 3)
		evbuffer_add_printf(to, "part %d\n", *n);
	else
		http_reply_end(x);
}

static const struct http_exchange_ops read_ops = {
	.body = on_body, .body_end = on_read_end, .gone = on_gone};
static const struct http_exchange_ops hold_ops = {.body_end = on_body_end, .gone = on_gone};
static const struct http_exchange_ops short_ops = {.room = on_room_of_short, .gone = on_gone};
static const struct http_exchange_ops stream_ops = {.room = on_room_of_stream, .gone = on_gone};

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	struct tape *tape = arg;
	struct http_reply reply = {.status = 200, .type = "text/plain"};
	size_t n = strlen(tape->order);

	if (n + 1 < sizeof(tape->order))
		tape->order[n] = request->path[1] ? request->path[1] : '/';
	if (strcmp(request->path, "/read") == 0) {
		http_exchange_take(x, &read_ops);
	} else if (strcmp(request->path, "/hold") == 0) {
		tape->held = x;
		http_exchange_take(x, &hold_ops);
	} else if (strcmp(request->path, "/short") == 0) {
		http_exchange_take(x, &short_ops);
		reply.length = 10;
		http_reply_begin(x, &reply);
	} else if (strcmp(request->path, "/stream") == 0) {
		http_exchange_take(x, &stream_ops);
		reply.length = HTTP_REPLY_UNKNOWN;
		http_reply_begin(x, &reply);
	} else {
		http_reply_text(x, 200, "ok\n");
	}
}

static int setup(void **state)
{
	return rig_setup(state, handle, sizeof(struct tape));
}

static struct tape *tape_of(void **state)
{
	return ((struct rig *)*state)->config.handler_arg;
}

static void expect_statuses(struct rig_client *client, const char *expected)
{
	char text[512];

	assert_string_equal(rig_statuses(client, 0, text, sizeof(text)), expected);
}

/* ---- going on and closing ----------------------------------------------------------- */

/* RFC 9112 9.3, 9.6: who goes on, and how it is said. */
static void the_version_and_the_connection_field_decide_who_goes_on(void **state)
{
	static const struct {
		const char *request, *field; /* NULL: no Connection field in the answer */
		int closes;
	} cases[] = {
		{GET, NULL, 0},
		{"GET / HTTP/1.1\r\n" HOST "Connection: keep-alive\r\n\r\n", NULL, 0},
		{"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "close", 1},
		{"GET / HTTP/1.1\r\n" HOST "Connection: CLOSE\r\n\r\n", "close", 1},
		{"GET / HTTP/1.0\r\n\r\n", "close", 1},                                /* ab */
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive", 0}, /* ab -k */
		{"GET / HTTP/1.0\r\nConnection: close\r\n\r\n", "close", 1},
		{"HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig_client *client = rig_connect(*state);
		const char *field =
			strstr(rig_exchange(client, cases[i].request), "\r\nConnection: ");
		char expected[64];

		assert_non_null(strstr(rig_received(client), "\r\nContent-Length: 3\r\n"));
		if (cases[i].field) {
			snprintf(expected, sizeof(expected), "\r\nConnection: %s\r\n\r\n",
				cases[i].field);
			assert_non_null(field);
			assert_memory_equal(field, expected, strlen(expected));
		} else {
			assert_null(field);
		}
		assert_int_equal(client->finished, cases[i].closes);
	}
}

static void a_thousand_requests_pass_over_one_connection(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int i = 0; i < 1000; i++) {
		rig_exchange(client, GET);
		expect_statuses(client, "200 ");
		rig_forget(client);
	}
	assert_false(client->finished);
}

static void the_client_closes_first_and_the_server_follows(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, GET);
	rig_end(client, 0);
	assert_true(client->finished);
	assert_true(client->freed);
}

static void a_client_that_says_nothing_and_leaves_gets_nothing(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_end(client, 0);
	assert_true(client->freed);
	assert_string_equal(rig_received(client), "");
}

static void an_empty_line_after_a_request_is_not_half_a_request(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, GET "\r\n");
	rig_end(client, 0);
	expect_statuses(client, "200 ");
	assert_true(client->freed);
}

static void a_request_that_ends_early_is_answered_with_400(void **state)
{
	static const char *const requests[] = {"G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n" HOST,
		"POST /read HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhell",
		"POST /read HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
		"POST /read HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct rig_client *client = rig_connect(*state);

		rig_exchange(client, requests[i]);
		rig_end(client, 0);
		rig_take_all(client);
		expect_statuses(client, "400 ");
		rig_pass(*state, SECONDS(1));
		assert_true(client->freed);
	}
}

/* H13: after a refusal the client may be sending still: it is heard, not heeded, so
 * that no reset overtakes the answer. */
/* ATTACKS H13. */
static void after_a_refusal_input_is_dropped_for_a_while(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET\r\n\r\n");
	assert_true(client->finished);
	for (int i = 0; i < 100; i++)
		rig_exchange(client, GET);
	expect_statuses(client, "400 ");
	assert_false(rig_is_over(client));
	rig_end(client, 0);
	assert_true(client->freed);
}

static void more_than_the_linger_limit_after_a_refusal_is_reset(void **state)
{
	struct rig_client *client = rig_connect(*state);
	static const char block[65536];

	rig_exchange(client, "GET\r\n");
	rig_send(client, block, sizeof(block));
	assert_false(rig_is_over(client));
	rig_send(client, block, 1);
	assert_true(client->aborted);
}

static void a_connection_that_breaks_ends_its_exchange(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(tape_of(state)->gone, 0);
	rig_end(client, 104);
	assert_int_equal(tape_of(state)->gone, 1);
	assert_true(client->freed);
}

/* ---- pipelining ---------------------------------------------------------------------- */

static void requests_sent_ahead_are_answered_in_order(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /a HTTP/1.1\r\n" HOST "\r\n"
			     "POST /read HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
			     "HEAD /b HTTP/1.1\r\n" HOST "\r\n"
			     "POST /read HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
			     "GET /c HTTP/1.1\r\n" HOST "\r\n");
	assert_string_equal(tape_of(state)->order, "arbrc");
	assert_int_equal(tape_of(state)->body_bytes, 6);
}

static void bytes_behind_connection_close_are_not_read(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" GET GET);
	expect_statuses(client, "200 ");
	assert_true(client->finished);
}

/* ---- bodies and 100 Continue ------------------------------------------------------------ */

#define EXPECT "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"

/* RFC 9110 10.1.1 */
static void a_client_that_waits_is_told_to_go_on_when_its_body_is_wanted(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_string_equal(rig_exchange(client, "POST /read HTTP/1.1\r\n" HOST EXPECT),
		"HTTP/1.1 100 Continue\r\n\r\n");
	rig_exchange(client, "hello");
	expect_statuses(client, "100 200 ");
	assert_false(client->finished);
}

static void a_client_that_did_not_wait_is_not_told(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /read HTTP/1.1\r\n" HOST EXPECT "h");
	rig_exchange(client, "ello");
	expect_statuses(client, "200 ");
}

/* What follows could be the body or the next request: nobody can tell. */
static void an_answer_instead_of_100_closes_the_connection(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST / HTTP/1.1\r\n" HOST EXPECT);
	expect_statuses(client, "200 ");
	assert_non_null(strstr(rig_received(client), "\r\nConnection: close\r\n"));
	assert_true(client->finished);
}

static void http_1_0_is_never_sent_a_100(void **state)
{
	struct rig_client *client = rig_connect(*state);

	assert_string_equal(rig_exchange(client, "POST /read HTTP/1.0\r\n" EXPECT), "");
	rig_exchange(client, "hello");
	expect_statuses(client, "200 ");
}

static void a_body_that_is_too_long_is_refused_before_it_is_sent(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /read HTTP/1.1\r\n" HOST
			     "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
	expect_statuses(client, "413 ");
	assert_true(client->finished);
}

static void a_body_that_nobody_reads_is_dropped_before_the_next_request(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\n"
			     "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n" GET);
	expect_statuses(client, "200 200 ");
	assert_string_equal(tape_of(state)->order, "//");
}

/* The same when the body comes after the answer: it is still no request. */
static void a_body_that_comes_after_its_answer_is_dropped_too(void **state)
{
	static const char body[] = "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n";
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 34\r\n\r\n");
	expect_statuses(client, "200 ");
	for (size_t i = 0; i < sizeof(body) - 1; i++)
		rig_send(client, body + i, 1);
	rig_exchange(client, GET);
	expect_statuses(client, "200 200 ");
	assert_string_equal(tape_of(state)->order, "//");
}

static void a_long_body_that_nobody_reads_ends_the_connection(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\nx");
	expect_statuses(client, "200 ");
	assert_true(client->finished);
}

static void body_end_is_told_even_where_there_is_no_body(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /read HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(tape_of(state)->body_ends, 1);
	expect_statuses(client, "200 ");
}

/* ---- replies ------------------------------------------------------------------------------ */

/* RFC 9112 7.1, and for HTTP/1.0 6.3 */
static void a_reply_of_unknown_length_is_chunked_or_ends_with_the_connection(void **state)
{
	struct rig_client *new_client = rig_connect(*state), *old_client = rig_connect(*state);

	rig_exchange(new_client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(rig_received(new_client),
		"\r\n\r\n7\r\npart 1\n\r\n7\r\npart 2\n\r\n7\r\npart 3\n\r\n0\r\n\r\n"));
	assert_false(new_client->finished);
	rig_exchange(old_client, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_non_null(strstr(rig_received(old_client), "\r\n\r\npart 1\npart 2\npart 3\n"));
	assert_null(strstr(rig_received(old_client), "Transfer-Encoding"));
	assert_null(strstr(rig_received(old_client), "Content-Length"));
	assert_true(old_client->finished);
}

static void a_reply_that_comes_out_too_short_is_reset(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /short HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client->aborted);
	assert_int_equal(tape_of(state)->gone, 1);
}

/* ---- stopping ------------------------------------------------------------------------------- */

static void on_drained(void *arg)
{
	++*(int *)arg;
}

static void draining_closes_idle_connections_and_finishes_the_others(void **state)
{
	struct rig *rig = *state;
	struct rig_client *fresh = rig_connect(rig), *idle = rig_connect(rig);
	struct rig_client *busy = rig_connect(rig), *half = rig_connect(rig), *late;
	int drained = 0;

	rig_exchange(idle, GET);
	rig_exchange(busy, "GET /hold HTTP/1.1\r\n" HOST "\r\n" GET);
	rig_exchange(half, "GET / HTTP/1.1\r\n");
	http_server_drain(rig->server, on_drained, &drained);
	late = rig_connect(rig);
	assert_true(late->freed);
	rig_pass(rig, 0);
	assert_true(fresh->finished && idle->finished);
	assert_false(busy->finished || half->finished);
	rig_exchange(half, HOST "\r\n");
	http_reply_text(tape_of(state)->held, 200, "late\n");
	rig_pass(rig, 0);
	rig_take_all(busy);
	assert_non_null(strstr(rig_received(half), "\r\nConnection: close\r\n"));
	expect_statuses(busy, "200 "); /* and not the one sent behind it */
	assert_non_null(strstr(rig_received(busy), "\r\nConnection: close\r\n"));
	for (struct rig_client *client = rig->clients; client; client = client->next)
		rig_end(client, 0);
	assert_int_equal(drained, 0); /* not from inside a call of ours */
	rig_pass(rig, 0);
	assert_int_equal(drained, 1);
}

static void what_is_not_finished_when_draining_is_over_is_reset(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);
	int drained = 0;

	rig_exchange(client, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
	http_server_drain(rig->server, on_drained, &drained);
	rig_pass(rig, SECONDS(10) - 1);
	assert_false(rig_is_over(client));
	rig_pass(rig, 1);
	assert_true(client->aborted);
	assert_int_equal(drained, 1);
	assert_int_equal(
		http_server_get_counters(rig->server)->timed_out[HTTP_TIME_LIMIT_DRAIN], 1);
}

static void draining_with_no_connection_is_over_at_once(void **state)
{
	struct rig *rig = *state;
	int drained = 0;

	http_server_drain(rig->server, on_drained, &drained);
	http_server_drain(rig->server, on_drained, &drained);
	rig_pass(rig, 0);
	assert_int_equal(drained, 1);
}

static void what_happens_is_counted(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig), *bad = rig_connect(rig);
	const struct http_server_counters *counters = http_server_get_counters(rig->server);

	rig_exchange(client, GET GET);
	rig_exchange(bad, "GET /\n");
	assert_int_equal(counters->connections, 2);
	assert_int_equal(counters->accepted, 2);
	assert_int_equal(counters->requests, 2);
	assert_int_equal(counters->replies, 2);
	assert_int_equal(counters->refused[HTTP_REFUSAL_LINE_END], 1);
	rig_end(client, 104);
	assert_int_equal(counters->lost, 1);
	assert_int_equal(counters->connections, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_version_and_the_connection_field_decide_who_goes_on),
		TEST(a_thousand_requests_pass_over_one_connection),
		TEST(the_client_closes_first_and_the_server_follows),
		TEST(a_client_that_says_nothing_and_leaves_gets_nothing),
		TEST(an_empty_line_after_a_request_is_not_half_a_request),
		TEST(a_request_that_ends_early_is_answered_with_400),
		TEST(after_a_refusal_input_is_dropped_for_a_while),
		TEST(more_than_the_linger_limit_after_a_refusal_is_reset),
		TEST(a_connection_that_breaks_ends_its_exchange),
		TEST(requests_sent_ahead_are_answered_in_order),
		TEST(bytes_behind_connection_close_are_not_read),
		TEST(a_client_that_waits_is_told_to_go_on_when_its_body_is_wanted),
		TEST(a_client_that_did_not_wait_is_not_told),
		TEST(an_answer_instead_of_100_closes_the_connection),
		TEST(http_1_0_is_never_sent_a_100),
		TEST(a_body_that_is_too_long_is_refused_before_it_is_sent),
		TEST(a_body_that_nobody_reads_is_dropped_before_the_next_request),
		TEST(a_body_that_comes_after_its_answer_is_dropped_too),
		TEST(a_long_body_that_nobody_reads_ends_the_connection),
		TEST(body_end_is_told_even_where_there_is_no_body),
		TEST(a_reply_of_unknown_length_is_chunked_or_ends_with_the_connection),
		TEST(a_reply_that_comes_out_too_short_is_reset),
		TEST(draining_closes_idle_connections_and_finishes_the_others),
		TEST(what_is_not_finished_when_draining_is_over_is_reset),
		TEST(draining_with_no_connection_is_over_at_once),
		TEST(what_happens_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
