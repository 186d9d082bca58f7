/* SPDX-License-Identifier: BSD-3-Clause */

/* /_/events of three workers, asked at the second: all are told of, who is late is named and told
 * of later, and nobody is waited for. */

#include "test_live.h"

static int setup(void **state)
{
	return setup_of(state, WORKERS);
}

static void all_workers_are_told_of(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(0, 4, 1);
	add_connection(1, 5, 1);
	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	after(*state, client, 0);
	run_post(0, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	assert_silent_on(after(*state, client, 0), "event: connections");
	run_post(HOME, 0);
	text = after(*state, client, 0);
	assert_says(text, "\"workers\":3,\"missing\":[],\"usage\":{\"connections\":3,");
	assert_says(text, "\"remote\":\"10.0.0.4:1\",\"worker\":0,");
	assert_says(text, "\"remote\":\"10.0.0.5:1\",\"worker\":1,");
	assert_says(text, "\"connection\":{\"local\":\"[::]:0\",\"remote\":\"10.0.0.9:5000\","
			  "\"worker\":2,");
	assert_int_equal(count(text, "{\"local\":"), 4);
	tell(2, EVTCP_CAUSE_RACK, 77);
	rig_pass(*state, READER_SLICE_US);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(after(*state, client, 0), "\"marks\":[{\"kind\":\"sent\",");
}

static void who_is_late_is_missing_and_told_of_later(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 0);
	run_post(HOME, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"missing\":[2],");
	assert_silent_on(text, "\"worker\":2");
	/* It is not asked again while it has not answered. */
	rig_pass(*state, 1);
	assert_int_equal(n_posts, 2);
	run_post(0, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	run_post(HOME, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_says(text, "\"worker\":2");
	assert_says(text, "\"missing\":[],");
}

/* A turn of those who are not at home. */
static void run_turn(void)
{
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
}

/* It comes when a turn has been told and the next has not begun. What happened is told then; what
 * there is the next turn asks for anyway. Both have a connection of this remote end. */
static void who_answers_between_two_turns_is_told_of_once(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(HOME, 9, 5000);
	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_turn();
	after(*state, client, READER_SLICE_US);
	run_post(0, 0);
	run_post(HOME, 0);
	tell(2, EVTCP_CAUSE_RACK, 77);
	run_post(2, 0);
	assert_says(after(*state, client, READER_SLICE_US), "\"missing\":[2],");
	tell(HOME, EVTCP_CAUSE_RACK, 78);
	run_post(HOME, 0);
	rig_pass(*state, 1);
	run_turn();
	text = after(*state, client, 0);
	assert_says(text, "\"missing\":[],\"usage\":{\"connections\":2,");
	assert_int_equal(count(text, "{\"local\":"), 3);
	assert_int_equal(count(text, "{\"kind\":"), 2);
	assert_silent_on(text, "}{");
}

/* The exchange of a client that owes the rest of its request goes on behind its goodbye. */
static void who_answers_after_the_goodbye_is_not_told_of(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, "GET /_/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
	rig_pass(rig, 0);
	http_server_drain(rig->server, NULL, NULL);
	assert_says(after(rig, client, READER_SLICE_US), "event: end\ndata: {}\n\n\r\n0\r\n\r\n");
	run_turn();
	assert_string_equal(after(rig, client, READER_SLICE_US), "");
}

static void who_cannot_be_asked_is_not_waited_for(void **state)
{
	struct rig_client *client = rig_connect(*state);

	add_connection(HOME, 5, 1);
	refuses = 1;
	rig_exchange(client, WATCH);
	assert_says(after(*state, client, READER_SLICE_US), "\"remote\":\"10.0.0.5:1\"");
}

/* An inbox that is full, or a worker that has left: on the way there, and on the way back. */
static void who_cannot_answer_is_asked_again(void **state)
{
	struct rig_client *client = rig_connect(*state);
	const char *text;

	add_connection(2, 9, 5000);
	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 1);
	refuses = 1;
	run_post(2, 0);
	refuses = 0;
	assert_int_equal(n_posts, 0);
	text = after(*state, client, READER_SLICE_US);
	assert_silent_on(text, "\"worker\":2");
	rig_pass(*state, 1);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(after(*state, client, 0), "\"worker\":2");
}

static void a_reader_that_leaves_is_not_waited_for(void **state)
{
	struct rig_client *client = rig_connect(*state);

	rig_exchange(client, WATCH);
	rig_pass(*state, 0);
	run_post(0, 0);
	rig_end(client, ECONNRESET);
	assert_true(rig_is_over(client));
	run_post(HOME, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	/* Nothing tells the other workers; nobody asks them any more. */
	assert_int_not_equal(sinks[2].kinds, 0);
	source_sample(&sources[2], world_of->now_us + SOURCE_LEASE_US);
	assert_int_not_equal(sinks[2].kinds, 0);
	source_sample(&sources[2], world_of->now_us + SOURCE_LEASE_US + 1);
	assert_int_equal(sinks[2].kinds, 0);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(all_workers_are_told_of),
		LIVE_TEST(who_is_late_is_missing_and_told_of_later),
		LIVE_TEST(who_answers_between_two_turns_is_told_of_once),
		LIVE_TEST(who_answers_after_the_goodbye_is_not_told_of),
		LIVE_TEST(who_cannot_be_asked_is_not_waited_for),
		LIVE_TEST(who_cannot_answer_is_asked_again),
		LIVE_TEST(a_reader_that_leaves_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
