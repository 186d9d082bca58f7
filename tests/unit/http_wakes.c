/* SPDX-License-Identifier: BSD-3-Clause */

/* What a connection asks for: its buffers, which wake a TCP connection at rest, and the clock. No
 * more of either than something may come of. */

#include "http_rig.h"

#include <event2/buffer.h>

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_AND_CLOSE "GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	(void)request;
	(void)arg;
	http_reply_text(x, 200, "ok\n");
}

static int setup(void **state)
{
	return rig_setup(state, handle, 0);
}

/* How many have reached this limit. */
static uint64_t timed_out(const struct rig *rig, enum http_time_limit limit)
{
	return http_server_get_counters(rig->server)->timed_out[limit];
}

/* A connection at rest takes half of the memory; a look whether the client has everything, or
 * whether its time is over, must not wake it. */
static void an_idle_client_is_not_woken_to_be_looked_at(void **state)
{
	struct rig_client *client = rig_connect(*state);
	unsigned wakes;

	rig_exchange(client, GET);
	rig_pass(*state, SECONDS(1));
	wakes = client->wakes;
	assert_true(wakes > 0);
	rig_pass(*state, SECONDS(13));
	assert_int_equal(client->wakes, wakes);
	assert_false(rig_is_over(client));
	rig_pass(*state, SECONDS(2));
	assert_true(client->wakes > wakes);
	assert_true(client->finished || rig_is_over(client));
	assert_int_equal(timed_out(*state, HTTP_TIME_LIMIT_KEEPALIVE), 1);
}

/* Who has all that it asked for has nothing to say: its buffers may be gone already. */
static void an_answer_that_has_left_wakes_nobody(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_send_text(client, GET);
	assert_int_equal(client->wakes, 1);
	rig_take_all(client);
	assert_int_equal(client->wakes, 1);
	rig_exchange(client, GET);
	assert_int_equal(client->wakes, 2);
}

/* A burst of packets is one moment, however many requests it brings. */
static void no_event_of_a_stream_reads_the_clock(void **state)
{
	struct rig *rig = *state;
	unsigned reads = rig->clock_reads;
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, GET);
	rig_end(client, 0);
	assert_true(client->freed);
	assert_int_equal(rig->clock_reads, reads);
}

/* A burst may have begun before a timer ran and is told of after it. */
static void what_happened_before_a_timer_ran_does_not_set_time_back(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	rig_pass(rig, SECONDS(9)); /* of the ten for a head */
	http_server_run_timers(rig->server);
	rig->now_us -= SECONDS(8);
	rig_send_text(client, "GET");
	rig->now_us += SECONDS(8);
	rig_pass(rig, SECONDS(9.5));
	assert_false(client->finished);
	rig_pass(rig, SECONDS(0.5));
	assert_true(client->finished);
	assert_int_equal(timed_out(rig, HTTP_TIME_LIMIT_HEADER_TIME), 1);
}

/* Most clients only close. What has come is dropped, and for that the buffers are asked for. */
static void one_that_closes_is_asked_for_buffers_only_for_what_comes(void **state)
{
	struct rig_client *client = rig_connect(*state);
	unsigned wakes;

	assert_int_equal(client->wakes, 0); /* nothing has come yet */
	rig_exchange(client, GET_AND_CLOSE);
	assert_true(client->finished);
	wakes = client->wakes;
	rig_send_text(client, "more");
	assert_int_equal(client->wakes, wakes + 1);
	assert_int_equal(evbuffer_get_length(client->stream.input), 0);
	rig_end(client, 0);
	assert_int_equal(client->wakes, wakes + 1);
	assert_true(client->freed);
}

/* What it was sent nobody has read: the client is to know. */
static void one_that_closes_without_memory_for_what_comes_is_reset(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, GET_AND_CLOSE);
	client->lacks_memory = 1;
	assert_int_equal(evbuffer_add(client->stream.input, "more", 4), 0);
	rig_end(client, 0);
	assert_true(client->aborted);
	assert_false(client->freed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_idle_client_is_not_woken_to_be_looked_at),
		TEST(an_answer_that_has_left_wakes_nobody),
		TEST(no_event_of_a_stream_reads_the_clock),
		TEST(what_happened_before_a_timer_ran_does_not_set_time_back),
		TEST(one_that_closes_is_asked_for_buffers_only_for_what_comes),
		TEST(one_that_closes_without_memory_for_what_comes_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
