/* SPDX-License-Identifier: BSD-3-Clause */

/* What can be changed of a stack that runs, and what it tells of all its connections. */

#include "stack_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

enum { MS = 1000, SECOND = 1000 * MS };

static const char *cc_of(const struct pair_app *app)
{
	struct evtcp_conn_info info;

	evtcp_conn_get_info(app->conn, &info);
	return info.cc;
}

static void another_congestion_control_is_for_connections_that_come(void **state)
{
	struct pair_app first = {0}, first_server = {0}, second = {0};
	struct evtcp_stack *stack;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	stack = pair.client.stack;
	pair_establish(&pair, &first, &first_server);
	assert_string_equal(evtcp_stack_get_cc(stack), "cubic");
	assert_int_equal(evtcp_stack_set_cc(stack, "newreno"), 0);
	assert_string_equal(evtcp_stack_get_cc(stack), "newreno");
	pair_connect(&pair, &second);
	pair_run(&pair);
	assert_string_equal(cc_of(&first), "cubic");
	assert_string_equal(cc_of(&second), "newreno");
	errno = 0;
	assert_int_equal(evtcp_stack_set_cc(stack, "vegas"), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(evtcp_stack_get_cc(stack), "newreno");
	pair_close(&pair);
}

static uint64_t samples_of(const struct evtcp_rtt_histogram *rtts)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < EVTCP_RTT_BUCKETS; i++)
		n += rtts->counts[i];
	return n;
}

/* The data takes 100 ms, and its ACK is delayed by 40 ms. */
static void round_trips_of_all_connections_are_in_one_histogram(void **state)
{
	struct pair_app client = {0}, server = {0};
	struct evtcp_rtt_histogram before, after;
	struct pair pair;
	unsigned bucket = 0;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_stack_get_rtts(pair.server.stack, &before);
	pair_say(&server, "hello");
	evtcp_stack_flush(pair.server.stack);
	pair.now_us += 100 * MS;
	pair_wait(&pair, SECOND);
	evtcp_stack_get_rtts(pair.server.stack, &after);
	assert_int_equal(after.sum_us - before.sum_us, 140 * MS);
	assert_int_equal(samples_of(&after) - samples_of(&before), 1);
	while (EVTCP_RTT_BOUND_US(bucket) < 140 * MS)
		bucket++;
	assert_int_equal(after.counts[bucket] - before.counts[bucket], 1);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_congestion_control_is_for_connections_that_come),
		cmocka_unit_test(round_trips_of_all_connections_are_in_one_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
