/* SPDX-License-Identifier: BSD-3-Clause */

/* /connections of three workers, asked at the second: what all say is added up, who does not
 * answer is named, and no answer, late or never, is waited for or leaked. What is posted
 * waits until the test runs it, whichever thread that were. */

#include "evtcpd/pages.h"
#include "evtcpd/pages_gather.h"
#include "http_rig.h"
#include "test_connections.h"
#include "test_posts.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#define GET "GET /connections HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- stacks that are not there ----------------------------------------------------- */

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage)
{
	unsigned i = (unsigned)evtcp_group_get_index(stack);

	*usage = (struct evtcp_stack_usage){
		.connections = 10 + i, .time_wait = 1, .memory_bytes = UINT64_C(1) << (33 + i)};
}

uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause)
{
	return cause == EVTCP_CAUSE_RTO ? 1 + (uint64_t)evtcp_group_get_index(stack) : 0;
}

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	(void)conn;
	*info = (struct evtcp_conn_info){.state = EVTCP_ESTABLISHED};
}

/* ---- the rig --------------------------------------------------------------------------- */

static struct pages_host hosts[WORKERS];

static int setup(void **state)
{
	static struct http_server_counters counters[WORKERS];
	static char group;
	struct rig *rig = malloc(sizeof(*rig));

	rig_init(rig, pages_handle, &hosts[HOME]);
	rig_start(rig);
	for (unsigned i = 0; i < WORKERS; i++) {
		counters[i] = (struct http_server_counters){.accepted = 100, .statuses[2] = 7};
		hosts[i] = (struct pages_host){.stack = stack_at(i),
			.http = &counters[i],
			.group = (struct evtcp_group *)(void *)&group,
			.all = hosts,
			.n = WORKERS};
	}
	n_posts = 0;
	refuses = 0;
	n_connections = 1;
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(n_posts, 0);
	rig_free(*state);
	free(*state);
	return 0;
}

/* What the client has got after its timer. */
static const char *answer(struct rig *rig, struct rig_client *client)
{
	rig_pass(rig, 0);
	rig_take_all(client);
	return rig_received(client);
}

static void assert_says(const char *text, const char *what)
{
	assert_non_null(text);
	assert_non_null(what);
	if (strstr(text, what) == NULL)
		fail_msg("'%s' does not say '%s'", text, what);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void all_workers_are_added_up(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);
	const char *text;

	assert_string_equal(rig_exchange(client, GET), "");
	run_post(0, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	assert_string_equal(answer(rig, client), ""); /* one is still missing */
	run_post(HOME, 0);
	text = answer(rig, client);
	assert_says(text, "HTTP/1.1 200 OK\r\n");
	assert_says(text, "\"workers\": 3,\n  \"missing\": [],\n");
	assert_says(text, "\"usage\": {\"connections\":33,");
	assert_says(text, "\"time_wait\":3,");
	assert_says(text, "\"memory_bytes\":60129542144}"); /* 2^33 + 2^34 + 2^35 */
	assert_says(text, "\"counters\": {\"rto\":6}");
	assert_says(text, "\"accepted\":300,");
	assert_says(text, "\"2xx\":21,");
	assert_says(text, "{\"worker\":1,\"local\":");
	assert_says(text, "},\n    {\"worker\":0,\"local\":");
	assert_says(text, "},\n    {\"worker\":2,\"local\":");
}

static void workers_without_connections_leave_no_commas(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	n_connections = 0;
	rig_exchange(client, GET);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(answer(rig, client), "  \"connections\": [],\n");
}

static void the_list_is_as_bounded_as_that_of_one(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	n_connections = 1000;
	rig_exchange(client, GET);
	for (unsigned i = 0; i < WORKERS; i += 2) {
		run_post(i, 0);
		run_post(HOME, 0);
	}
	assert_says(answer(rig, client), "\"omitted\": 1998"); /* 3 times 1000 - 334 */
}

static void who_does_not_answer_in_time_is_missing(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);
	const char *text;

	rig_exchange(client, GET);
	run_post(0, 0);
	run_post(HOME, 0);
	rig_pass(rig, GATHER_US - 1);
	assert_string_equal(answer(rig, client), "");
	rig_pass(rig, 1);
	text = answer(rig, client);
	assert_says(text, "\"missing\": [2],\n");
	assert_says(text, "\"usage\": {\"connections\":21,");
	/* The answer that comes too late finds nobody. */
	run_post(2, 0);
	run_post(HOME, 0);
	rig_forget(client);
	assert_string_equal(answer(rig, client), "");
}

/* Nor does it, while the exchange goes on until the client has sent all of its request. */
static void who_is_late_is_not_replied_for_again(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, "GET /connections HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
	run_post(0, 0);
	run_post(HOME, 0);
	rig_pass(rig, GATHER_US);
	assert_says(answer(rig, client), "\"missing\": [2],\n");
	run_post(2, 0);
	run_post(HOME, 0);
	rig_forget(client);
	assert_string_equal(answer(rig, client), "");
	rig_send_text(client, "x" GET);
	run_post(0, 0);
	run_post(HOME, 0);
	run_post(2, 0);
	run_post(HOME, 0);
	assert_says(answer(rig, client), "\"missing\": [],\n");
}

static void a_client_that_leaves_is_not_waited_for(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, GET);
	run_post(0, 0);
	rig_end(client, ECONNRESET);
	assert_true(rig_is_over(client));
	run_post(HOME, 0);
	run_post(2, 0);
	run_post(HOME, 0);
}

static void who_cannot_be_asked_is_missing_at_once(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);
	const char *text;

	refuses = 1;
	rig_exchange(client, GET);
	text = answer(rig, client);
	assert_says(text, "\"missing\": [0,2],\n");
	assert_says(text, "\"usage\": {\"connections\":11,");
}

/* An inbox that is full, or a worker that has left: on the way there, and on the way back. */
static void who_cannot_answer_is_missing(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, GET);
	run_post(0, 1);
	refuses = 1;
	run_post(2, 0);
	rig_pass(rig, GATHER_US);
	assert_says(answer(rig, client), "\"missing\": [0,2],\n");
	refuses = 0;
	rig_forget(client);
	rig_exchange(client, GET);
	run_post(0, 0);
	run_post(HOME, 1);
	run_post(2, 0);
	run_post(HOME, 0);
	rig_pass(rig, GATHER_US);
	assert_says(answer(rig, client), "\"missing\": [0],\n");
}

static void two_requests_do_not_mix(void **state)
{
	struct rig *rig = *state;
	struct rig_client *first = rig_connect(rig), *second = rig_connect(rig);

	rig_exchange(first, GET);
	rig_exchange(second, GET);
	for (int round = 0; round < 2; round++) {
		run_post(0, 0);
		run_post(2, 0);
	}
	run_post(HOME, 0); /* worker 0 to the first */
	run_post(HOME, 0); /* worker 2 to the first */
	assert_says(answer(rig, first), "\"missing\": [],\n");
	assert_string_equal(answer(rig, second), "");
	run_post(HOME, 0);
	run_post(HOME, 0);
	assert_says(answer(rig, second), "\"usage\": {\"connections\":33,");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_workers_are_added_up),
		TEST(workers_without_connections_leave_no_commas),
		TEST(the_list_is_as_bounded_as_that_of_one),
		TEST(who_does_not_answer_in_time_is_missing),
		TEST(who_is_late_is_not_replied_for_again),
		TEST(a_client_that_leaves_is_not_waited_for),
		TEST(who_cannot_be_asked_is_missing_at_once),
		TEST(who_cannot_answer_is_missing),
		TEST(two_requests_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
