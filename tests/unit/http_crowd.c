/* SPDX-License-Identifier: BSD-3-Clause */

/* More connections than there is room for: the one that is idle longest gives way to who
 * comes: ATTACKS.md E06. */

#include "http_rig.h"

#include <errno.h>
#include <stdlib.h>

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* Answers "/later" never. */
static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const struct http_exchange_ops never = {0};

	(void)arg;
	if (strcmp(request->path, "/later") == 0)
		http_exchange_take(x, &never);
	else
		http_reply_text(x, 200, "ok\n");
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig_init(rig, handle, NULL);
	rig->config.limits.connections = 3;
	rig_start(rig);
	*state = rig;
	return 0;
}

static struct rig_client *an_idle_client(struct rig *rig)
{
	struct rig_client *client = rig_connect(rig);

	rig_exchange(client, GET);
	return client;
}

static struct rig_client *a_busy_client(struct rig *rig)
{
	struct rig_client *client = rig_connect(rig);

	rig_send_text(client, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	return client;
}

static uint64_t made_room(const struct rig *rig)
{
	return http_server_get_counters(rig->server)->made_room;
}

static void the_one_that_is_idle_longest_is_closed_for_who_comes(void **state)
{
	struct rig *rig = *state;
	struct rig_client *first = an_idle_client(rig), *second = an_idle_client(rig);
	struct rig_client *third = an_idle_client(rig);

	rig_pass(rig, 1000);
	assert_int_equal(made_room(rig), 0); /* as many as there is room for */
	rig_exchange(first, GET);            /* now the second is idle longest */
	an_idle_client(rig);
	rig_pass(rig, 0);
	assert_false(first->finished);
	assert_true(second->finished);
	assert_false(third->finished);
	assert_int_equal(made_room(rig), 1);
	an_idle_client(rig);
	rig_pass(rig, 0);
	assert_true(third->finished);
	assert_false(first->finished);
	assert_int_equal(made_room(rig), 2);
}

/* Its client may take a while to close its side: that is no reason to close more. */
static void one_too_many_closes_one_and_not_all(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 4; i++)
		an_idle_client(rig);
	for (int i = 0; i < 10; i++) {
		rig_exchange(rig->clients, GET); /* turns busy and idle again */
		rig_pass(rig, 1000);
	}
	assert_int_equal(made_room(rig), 1);
}

/* Who stays after our end, though it has everything, takes no room from others. */
static void those_who_ignore_our_end_are_reset_when_they_are_too_many(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 1000; i++) {
		an_idle_client(rig);
		rig_pass(rig, 1);
		assert_in_range(http_server_get_counters(rig->server)->connections, 1, 3 + 1);
	}
	assert_int_equal(made_room(rig), 997);
}

static void an_answer_that_waits_to_be_sent_is_sent_all_the_same(void **state)
{
	struct rig *rig = *state;
	struct rig_client *first = rig_connect(rig);

	rig_send_text(first, GET); /* does not take its answer yet */
	for (int i = 0; i < 3; i++)
		an_idle_client(rig);
	rig_pass(rig, 0);
	assert_true(first->finished);
	assert_false(first->aborted);
	rig_take_all(first);
	assert_non_null(strstr(rig_received(first), "\r\n\r\nok\n"));
}

static void who_is_at_work_is_not_closed_for_others_but_goes_when_it_is_idle(void **state)
{
	struct rig *rig = *state;
	struct rig_client *busy[3], *fourth;

	for (int i = 0; i < 3; i++)
		busy[i] = a_busy_client(rig);
	fourth = rig_connect(rig);
	rig_pass(rig, 1000);
	for (int i = 0; i < 3; i++)
		assert_false(busy[i]->finished);
	assert_false(fourth->finished); /* it may be about to send its first request */
	rig_exchange(fourth, GET);
	assert_non_null(strstr(rig_received(fourth), "\r\n\r\nok\n"));
	rig_pass(rig, 0);
	assert_true(fourth->finished);
	assert_int_equal(made_room(rig), 1);
}

static void without_a_limit_nobody_is_closed(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, handle, NULL);
	rig.config.limits.connections = 0;
	rig_start(&rig);
	for (int i = 0; i < 100; i++)
		an_idle_client(&rig);
	rig_pass(&rig, 1000);
	assert_int_equal(made_room(&rig), 0);
	rig_free(&rig);
}

/* The order of the idle survives any order of coming, working and going. */
static void any_order_of_coming_and_going_closes_no_more_than_needed(void **state)
{
	struct rig *rig = *state;
	struct rig_client *clients[40];
	unsigned open = 0, seed = 1;

	for (int i = 0; i < 40; i++) {
		clients[i] = an_idle_client(rig);
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1) {
			struct rig_client *client = clients[(seed >> 17) % (unsigned)(i + 1)];

			if (!client->finished && !rig_is_over(client))
				rig_exchange(client, GET);
		}
		if (i % 7 == 0 && !rig_is_over(clients[i]))
			rig_end(clients[i], i % 2 ? 0 : ECONNRESET);
		rig_pass(rig, 1000);
	}
	for (int i = 0; i < 40; i++)
		open += !rig_is_over(clients[i]) && !clients[i]->finished;
	assert_int_equal(open, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_one_that_is_idle_longest_is_closed_for_who_comes),
		TEST(one_too_many_closes_one_and_not_all),
		TEST(those_who_ignore_our_end_are_reset_when_they_are_too_many),
		TEST(an_answer_that_waits_to_be_sent_is_sent_all_the_same),
		TEST(who_is_at_work_is_not_closed_for_others_but_goes_when_it_is_idle),
		cmocka_unit_test(without_a_limit_nobody_is_closed),
		TEST(any_order_of_coming_and_going_closes_no_more_than_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
