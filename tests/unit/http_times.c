/* SPDX-License-Identifier: BSD-3-Clause */

/* The limits of time, in virtual time: ATTACKS.md E03 to E05 and section 2. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"

static void on_body(struct http_exchange *x, struct evbuffer *data)
{
	(void)x;
	(void)data;
}

static void on_body_end(struct http_exchange *x)
{
	http_reply_text(x, 200, "ok\n");
}

/* /echo-like: begins its reply with the first byte of the body. */
static void on_body_of_echo(struct http_exchange *x, struct evbuffer *data)
{
	if (!http_reply_has_begun(x))
		http_reply_begin(
			x, &(struct http_reply){.status = 200, .length = HTTP_REPLY_UNKNOWN});
	http_reply_write(x, data);
}

static void on_end_of_echo(struct http_exchange *x)
{
	http_reply_end(x);
}

static void on_room(struct http_exchange *x, struct evbuffer *to, size_t room)
{
	static const char block[65536];

	(void)x;
	evbuffer_add_reference(to, block, room < sizeof(block) ? room : sizeof(block), NULL, NULL);
}

/* A byte a second. */
static void on_tick(struct http_exchange *x, uint64_t now_us)
{
	struct evbuffer *byte = evbuffer_new();

	evbuffer_add(byte, "x", 1);
	http_reply_write(x, byte);
	evbuffer_free(byte);
	http_exchange_set_timer(x, now_us + SECONDS(1));
}

static const struct http_exchange_ops slow_ops = {.timer = on_tick};
static const struct http_exchange_ops read_ops = {.body = on_body, .body_end = on_body_end};
static const struct http_exchange_ops echo_ops = {
	.body = on_body_of_echo, .body_end = on_end_of_echo, .body_most = UINT64_MAX};
static const struct http_exchange_ops endless_ops = {.room = on_room};
static const struct http_exchange_ops never_ops = {0};

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	(void)arg;
	if (strcmp(request->path, "/read") == 0) {
		http_exchange_take(x, &read_ops);
	} else if (strcmp(request->path, "/echo") == 0) {
		http_exchange_take(x, &echo_ops);
	} else if (strcmp(request->path, "/never") == 0) {
		http_exchange_take(x, &never_ops);
	} else if (strcmp(request->path, "/never-ending") == 0) {
		http_exchange_take(x, &slow_ops);
		http_exchange_set_timer(x, http_exchange_now(x) + 1);
		http_reply_begin(
			x, &(struct http_reply){.status = 200, .length = HTTP_REPLY_UNKNOWN});
	} else if (strcmp(request->path, "/endless") == 0) {
		http_exchange_take(x, &endless_ops);
		http_reply_begin(
			x, &(struct http_reply){.status = 200, .length = HTTP_REPLY_UNKNOWN});
	} else {
		http_reply_text(x, 200, "ok\n");
	}
}

static int setup(void **state)
{
	return rig_setup(state, handle, 0);
}

/* The status of the only response, 0 if there is none. */
static int status_of(struct rig_client *client)
{
	rig_take_all(client);
	return rig_received(client)[0] ? atoi(rig_received(client) + 9) : 0;
}

/* Exactly one connection has reached this limit; some linger afterwards. */
static void reached(struct rig *rig, enum http_time_limit limit)
{
	const struct http_server_counters *counters = http_server_get_counters(rig->server);

	for (int i = 0; i < HTTP_N_TIME_LIMITS; i++) {
		if (i != HTTP_TIME_LIMIT_LINGER_TIME)
			assert_int_equal(counters->timed_out[i], i == (int)limit);
	}
	if (limit == HTTP_TIME_LIMIT_LINGER_TIME)
		assert_int_equal(counters->timed_out[limit], 1);
}

/* ---- dates -------------------------------------------------------------------------- */

/* The clock on the wall is read once a second, and a date is never behind it for longer than that.
 */
static void each_second_has_its_date(void **state)
{
	static const struct {
		double at; /* seconds after the first */
		const char *date;
	} replies[] = {{0, "08:49:37"}, {0.999999, "08:49:37"}, {1, "08:49:38"}, {3.5, "08:49:40"},
		{3.9, "08:49:40"}, {4, "08:49:41"}};
	struct rig *rig = *state;
	uint64_t start_us = rig->now_us;

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct rig_client *client;

		rig_pass(rig, start_us + SECONDS(replies[i].at) - rig->now_us);
		client = rig_connect(rig);
		assert_non_null(strstr(rig_exchange(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
			replies[i].date));
	}
}

/* ---- waiting for a request --------------------------------------------------------- */

static void a_client_that_never_speaks_is_closed_without_a_word(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_pass(*state, SECONDS(10) - 1);
	assert_false(client->finished);
	rig_pass(*state, 1);
	assert_true(client->finished);
	assert_int_equal(status_of(client), 0);
	reached(*state, HTTP_TIME_LIMIT_HEADER_TIME);
}

static void a_header_has_10_seconds_however_it_dribbles(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_pass(*state, SECONDS(5));
	for (int i = 0; i < 10; i++) {
		rig_send_text(client, i == 0 ? "G" : i == 1 ? "ET / HTTP/1.1\r\n" : "X: y\r\n");
		rig_pass(*state, i < 9 ? SECONDS(1) : SECONDS(1) - 1);
		assert_false(client->finished);
	}
	rig_pass(*state, 1);
	assert_true(client->finished);
	assert_int_equal(status_of(client), 408);
	reached(*state, HTTP_TIME_LIMIT_HEADER_TIME);
}

static void a_header_in_its_tenth_second_is_in_time(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET / HTTP/1.1\r\n");
	rig_pass(*state, SECONDS(10) - 1);
	rig_send_text(client, HOST "\r\n");
	assert_int_equal(status_of(client), 200);
}

static void between_requests_15_seconds_may_pass(void **state)
{
	struct rig_client *client = rig_connect(*state);

	for (int i = 0; i < 5; i++) {
		rig_exchange(client, GET);
		rig_pass(*state, SECONDS(15) - 1);
		assert_false(client->finished);
	}
	rig_pass(*state, 1);
	assert_true(client->finished);
	rig_pass(*state, SECONDS(2) - 1);
	assert_false(rig_is_over(client));
	rig_pass(*state, 1);
	assert_true(client->freed);
	reached(*state, HTTP_TIME_LIMIT_KEEPALIVE);
}

static void empty_lines_do_not_prolong_the_pause(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, GET);
	rig_pass(*state, SECONDS(10));
	rig_send_text(client, "\r\n"); /* one is passed over, and the pause begins anew */
	rig_pass(*state, SECONDS(10));
	rig_send_text(client, "\r\n");
	rig_take_all(client);
	assert_true(client->finished);
}

/* ---- waiting for a body ------------------------------------------------------------- */

static void a_body_may_pause_for_30_seconds(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char block[40000] = {0};

	rig_send_text(client, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 500000\r\n\r\n");
	for (int i = 0; i < 5; i++) {
		rig_pass(*state, SECONDS(30) - 1);
		rig_send(client, block, sizeof(block));
		assert_false(client->finished);
	}
	rig_pass(*state, SECONDS(30) - 1);
	assert_false(client->finished);
	rig_pass(*state, 1);
	assert_int_equal(status_of(client), 408);
	reached(*state, HTTP_TIME_LIMIT_BODY_IDLE);
}

/* E05: slow POST */
static void a_body_of_a_byte_in_5_seconds_is_refused_after_a_minute(void **state)
{
	struct rig_client *client = rig_connect(*state);
	int i;

	rig_send_text(client, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
	for (i = 0; !client->finished; i++) {
		rig_send_text(client, "x");
		rig_pass(*state, SECONDS(5));
	}
	assert_int_equal(i, 12);
	assert_int_equal(status_of(client), 408);
	reached(*state, HTTP_TIME_LIMIT_RATE);
}

static void a_body_at_the_lowest_rate_is_let_through(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char block[10000] = {0};

	rig_send_text(client, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		rig_send(client, block, sizeof(block));
		rig_pass(*state, SECONDS(20));
	}
	assert_int_equal(status_of(client), 200);
}

static void a_body_below_the_lowest_rate_is_not(void **state)
{
	struct rig_client *client = rig_connect(*state);
	char block[9999] = {0};

	rig_send_text(client, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		rig_send(client, block, sizeof(block));
		rig_pass(*state, SECONDS(20));
		rig_take_all(client);
	}
	assert_int_equal(status_of(client), 408);
}

/* A body that is not read because its sender takes nothing is not late. */
static void a_body_that_waits_for_room_in_the_output_is_not_late(void **state)
{
	struct rig_client *client = rig_connect(*state);
	static const char block[200000];

	rig_send_text(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10000000\r\n\r\n");
	rig_send(client, block, sizeof(block));
	for (int i = 0; i < 4; i++) {
		rig_pass(*state, SECONDS(50));
		assert_false(rig_is_over(client));
		rig_take(client, 40000);
	}
}

static void a_body_whose_reply_has_begun_is_reset_when_it_stops(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhello");
	rig_pass(*state, SECONDS(30));
	assert_true(client->aborted);
}

static void a_client_that_waits_for_100_is_not_timed(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "POST /never HTTP/1.1\r\n" HOST
			     "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n");
	rig_pass(*state, SECONDS(3600));
	assert_false(client->finished || rig_is_over(client));
}

static void a_handler_may_take_all_the_time_it_wants(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET /never HTTP/1.1\r\n" HOST "\r\n");
	rig_pass(*state, SECONDS(86400));
	assert_false(client->finished || rig_is_over(client));
}

/* ---- waiting for a client to take what it asked for ------------------------------------ */

/* E03: window 0 for ever. Found by samples, eight in the span of the limit. */
static void a_client_that_takes_nothing_is_reset_after_60_to_75_seconds(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	rig_pass(*state, SECONDS(60) - 1);
	assert_false(rig_is_over(client));
	rig_pass(*state, SECONDS(15));
	assert_true(client->aborted);
	assert_int_equal(http_server_get_counters(((struct rig *)*state)->server)->aborted, 1);
	reached(*state, HTTP_TIME_LIMIT_SEND_IDLE);
}

static void a_client_that_takes_a_byte_now_and_then_is_reset_for_its_rate(void **state)
{
	struct rig_client *client = rig_connect(*state);
	int i;

	rig_send_text(client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	for (i = 0; i < 30 && !rig_is_over(client); i++) {
		rig_take(client, 10);
		rig_pass(*state, SECONDS(10));
	}
	assert_in_range(i, 6, 9);
	assert_true(client->aborted);
	reached(*state, HTTP_TIME_LIMIT_RATE);
}

static void a_client_at_the_lowest_rate_may_take_all_day(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /endless HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 3600; i++) {
		rig_take(client, 5010);
		rig_pass(*state, SECONDS(10));
		rig_forget(client);
	}
	assert_false(rig_is_over(client));
}

/* A little is always on its way, and always arrives: the reply is slow, not the client. */
static void a_client_that_takes_all_that_comes_of_a_slow_reply_is_not_slow(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET /never-ending HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 600; i++) {
		client->acked += client->unacked;
		client->unacked = 10;
		rig_take_all(client);
		rig_pass(*state, SECONDS(1));
		assert_false(rig_is_over(client));
	}
}

static void a_small_answer_that_is_never_acknowledged_is_reset_too(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, GET);
	rig_pass(*state, SECONDS(60));
	assert_false(rig_is_over(client));
	rig_pass(*state, SECONDS(15));
	assert_true(client->aborted);
}

/* The pause between requests begins when the client has everything. */
static void what_is_on_its_way_is_waited_for_before_the_pause_counts(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, GET);
	client->unacked = 100000; /* the transport has it, the client not yet */
	for (int i = 0; i < 20; i++) {
		rig_pass(*state, SECONDS(10));
		client->unacked -= 5000;
		client->acked += 5000;
		assert_false(client->finished);
	}
	rig_pass(*state, SECONDS(30));
	assert_true(client->finished);
}

static void after_an_answer_that_closes_the_client_has_2_seconds(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET / HTTP/1.0\r\n\r\n");
	assert_true(client->finished);
	rig_pass(*state, SECONDS(2) - 1);
	assert_false(rig_is_over(client));
	rig_pass(*state, 1);
	assert_true(client->freed);
	reached(*state, HTTP_TIME_LIMIT_LINGER_TIME);
}

static void a_client_that_ended_first_is_freed_when_it_has_everything(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, "GET / HTTP/1.0\r\n\r\n");
	rig_end(client, 0);
	rig_pass(*state, SECONDS(5));
	assert_false(rig_is_over(client));
	rig_take_all(client);
	rig_pass(*state, SECONDS(0.25));
	assert_true(client->freed);
}

/* Both ends may cross: ours is the transport's then, and nobody needs the connection for it. */
static void a_client_that_lacks_only_our_end_is_not_waited_for(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, "GET / HTTP/1.0\r\n\r\n");
	assert_true(client->finished);
	client->unacked = 1;
	rig_end(client, 0);
	assert_true(client->freed);
}

/* ---- all of them together ----------------------------------------------------------------- */

static void a_limit_of_0_never_ends_anything(void **state)
{
	static const char *const names[] = {"http_header_time", "http_body_idle", "http_keepalive",
		"http_send_idle", "http_rate"};
	static const char *const requests[] = {"", "G", GET,
		"POST /read HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n",
		"GET /endless HTTP/1.1\r\n" HOST "\r\n"};
	struct rig rig;

	(void)state;
	rig_init(&rig, handle, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(http_limits_set(&rig.config.limits, names[i], "0"), 0);
	rig_start(&rig);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		rig_send_text(rig_connect(&rig), requests[i]);
	rig_pass(&rig, SECONDS(1000000));
	for (struct rig_client *client = rig.clients; client; client = client->next)
		assert_false(client->finished || rig_is_over(client));
	rig_free(&rig);
}

/* The queue of deadlines is lazy: traffic does not touch it. */
static void ten_thousand_idle_connections_expire_in_order(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client;
	int n = 0;

	for (int i = 0; i < 10000; i++) {
		rig_exchange(rig_connect(rig), GET);
		rig_pass(rig, SECONDS(0.001));
	}
	rig_pass(rig, SECONDS(5) - 1);
	for (client = rig->clients; client; client = client->next)
		n += client->finished;
	assert_int_equal(n, 0);
	for (int i = 1; i <= 10000; i++) {
		rig_pass(rig, i == 1 ? 1 : SECONDS(0.001));
		if (i % 1000 == 0)
			assert_int_equal(http_server_get_counters(rig->server)->connections,
				i <= 2000 ? 10000 : 12000 - i);
	}
}

static void a_jump_of_the_clock_runs_no_more_than_256_connections_at_once(void **state)
{
	struct rig *rig = *state;
	int n = 0;

	for (int i = 0; i < 1000; i++)
		rig_exchange(rig_connect(rig), GET);
	rig->now_us += SECONDS(86400);
	http_server_run_timers(rig->server);
	for (struct rig_client *client = rig->clients; client; client = client->next)
		n += client->finished;
	assert_int_equal(n, 256);
	assert_true(http_server_next_deadline(rig->server) <= rig->now_us);
	rig_pass(rig, 0);
	for (struct rig_client *client = rig->clients; client; client = client->next)
		assert_true(client->finished);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_second_has_its_date),
		TEST(a_client_that_never_speaks_is_closed_without_a_word),
		TEST(a_header_has_10_seconds_however_it_dribbles),
		TEST(a_header_in_its_tenth_second_is_in_time),
		TEST(between_requests_15_seconds_may_pass),
		TEST(empty_lines_do_not_prolong_the_pause),
		TEST(a_body_may_pause_for_30_seconds),
		TEST(a_body_of_a_byte_in_5_seconds_is_refused_after_a_minute),
		TEST(a_body_at_the_lowest_rate_is_let_through),
		TEST(a_body_below_the_lowest_rate_is_not),
		TEST(a_body_that_waits_for_room_in_the_output_is_not_late),
		TEST(a_body_whose_reply_has_begun_is_reset_when_it_stops),
		TEST(a_client_that_waits_for_100_is_not_timed),
		TEST(a_handler_may_take_all_the_time_it_wants),
		TEST(a_client_that_takes_nothing_is_reset_after_60_to_75_seconds),
		TEST(a_client_that_takes_a_byte_now_and_then_is_reset_for_its_rate),
		TEST(a_client_at_the_lowest_rate_may_take_all_day),
		TEST(a_client_that_takes_all_that_comes_of_a_slow_reply_is_not_slow),
		TEST(a_small_answer_that_is_never_acknowledged_is_reset_too),
		TEST(what_is_on_its_way_is_waited_for_before_the_pause_counts),
		TEST(after_an_answer_that_closes_the_client_has_2_seconds),
		TEST(a_client_that_ended_first_is_freed_when_it_has_everything),
		TEST(a_client_that_lacks_only_our_end_is_not_waited_for),
		TEST(a_limit_of_0_never_ends_anything),
		TEST(ten_thousand_idle_connections_expire_in_order),
		TEST(a_jump_of_the_clock_runs_no_more_than_256_connections_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
