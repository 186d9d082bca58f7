/* SPDX-License-Identifier: BSD-3-Clause */

/* What a link tells a stack of beforehand changes nothing but time: neither what comes, nor what
 * does not come, nor what is no packet at all. */

#include "stack/stack.h"
#include "stack_pair.h"
#include "test_world.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CLIENTS = 5, MOST = 128 };

/* Some connections, on each of which the client has just said something, and the packets. */
struct rig {
	struct pair pair;
	struct pair_app client[CLIENTS], server[CLIENTS];
	unsigned n_accepted;
	uint8_t *packet[MOST]; /* each in a block of exactly its size */
	size_t len[MOST];
	unsigned n;
};

static void rig_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct rig *rig = arg;
	struct pair_app *app = &rig->server[rig->n_accepted++];

	app->pair = &rig->pair;
	pair_app_accept(listener, conn, peer, peer_len, app);
}

static void rig_take(struct rig *rig)
{
	struct memory_packet *packet;

	while ((packet = memory_link_pop(rig->pair.client.link))) {
		rig->packet[rig->n] = test_exact_copy(packet->bytes, packet->len);
		rig->len[rig->n++] = packet->len;
		memory_link_drop(rig->pair.client.link, packet);
	}
}

static void rig_open(struct rig *rig)
{
	struct sockaddr_in own = pair_address(2, PAIR_PORT);

	memset(rig, 0, sizeof(*rig));
	pair_open(&rig->pair, NULL);
	rig->pair.server.stack->expect.few = 0;
	evtcp_listener_new(
		rig->pair.server.stack, rig_accept, rig, (struct sockaddr *)&own, sizeof(own));
	for (unsigned i = 0; i < CLIENTS; i++) {
		rig->client[i].pair = &rig->pair;
		pair_connect(&rig->pair, &rig->client[i]);
		pair_run(&rig->pair);
	}
	assert_int_equal(rig->n_accepted, CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		rig->server[i].heard[0] = '\0';
		pair_say(&rig->client[i], "hello");
	}
	evtcp_stack_flush(rig->pair.client.stack);
	rig_take(rig);
	assert_int_equal(rig->n, CLIENTS);
}

static void rig_close(struct rig *rig)
{
	for (unsigned i = 0; i < rig->n; i++)
		free(rig->packet[i]);
	pair_run(&rig->pair);
	pair_close(&rig->pair);
}

static void rig_expect(struct rig *rig, unsigned i)
{
	memory_link_expect(rig->pair.server.link, rig->packet[i], rig->len[i]);
}

static enum evtcp_cause rig_come(struct rig *rig, unsigned i)
{
	return memory_link_inject(
		rig->pair.server.link, rig->packet[i], rig->len[i], rig->pair.now_us)
		.cause;
}

static void rig_end(struct rig *rig)
{
	memory_link_end_batch(rig->pair.server.link);
	evtcp_stack_check(rig->pair.server.stack);
}

static const struct expect *expect_of(const struct rig *rig)
{
	return &rig->pair.server.stack->expect;
}

static void what_is_expected_comes_and_its_hash_is_used(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		rig_expect(&rig, i);
	assert_int_equal(expect_of(&rig)->n, CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		assert_int_equal(rig_come(&rig, i), EVTCP_CAUSE_ACCEPTED);
		assert_int_equal(expect_of(&rig)->used, i + 1);
	}
	rig_end(&rig);
	assert_int_equal(expect_of(&rig)->n, 0);
	for (unsigned i = 0; i < CLIENTS; i++)
		pair_heard(&rig.server[i], "read 5");
	rig_close(&rig);
}

static void what_does_not_come_is_passed_over(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		rig_expect(&rig, i);
	assert_int_equal(rig_come(&rig, 1), EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(rig_come(&rig, 4), EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(rig_come(&rig, 0), EVTCP_CAUSE_ACCEPTED); /* after all */
	rig_end(&rig);
	assert_int_equal(rig_come(&rig, 2), EVTCP_CAUSE_ACCEPTED); /* in the next batch */
	rig_end(&rig);
	rig_close(&rig);
}

/* A buffer may hold something else by the time it comes. */
static void a_hash_is_used_for_the_tuple_that_it_was_made_of_only(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_int_equal(rig.len[0], rig.len[1]);
	rig_expect(&rig, 0);
	memcpy(rig.packet[0], rig.packet[1], rig.len[1]);
	assert_int_equal(rig_come(&rig, 0), EVTCP_CAUSE_ACCEPTED);
	rig_end(&rig);
	pair_heard(&rig.server[0], "");
	pair_heard(&rig.server[1], "read 5");
	rig_close(&rig);
}

static void more_than_there_is_room_for_come_all_the_same(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned i = 0; i < 3 * EXPECT_MOST; i++)
		rig_expect(&rig, i % CLIENTS);
	assert_int_equal(expect_of(&rig)->n, EXPECT_MOST);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(rig_come(&rig, i), EVTCP_CAUSE_ACCEPTED);
	rig_end(&rig);
	rig_close(&rig);
}

/* Two groups in one batch, as a link has them whose room is full in between. */
static void a_second_group_is_expected_when_all_of_the_first_have_come(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_expect(&rig, 0);
	rig_expect(&rig, 1);
	assert_int_equal(rig_come(&rig, 0), EVTCP_CAUSE_ACCEPTED);
	rig_expect(&rig, 2); /* too early */
	assert_int_equal(expect_of(&rig)->n, 2);
	assert_int_equal(rig_come(&rig, 1), EVTCP_CAUSE_ACCEPTED);
	rig_expect(&rig, 3);
	assert_int_equal(expect_of(&rig)->n, 1);
	assert_int_equal(rig_come(&rig, 2), EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(rig_come(&rig, 3), EVTCP_CAUSE_ACCEPTED);
	rig_end(&rig);
	rig_close(&rig);
}

/* With a sanitizer: nothing is read beyond a packet, whatever it is, and of a connection nothing
 * that is gone by the time a packet comes. */
static void octets_that_are_no_packet_do_nothing(void **state)
{
	struct rig rig;
	uint64_t seed = 1;
	uint8_t octets[80];

	(void)state;
	rig_open(&rig);
	for (unsigned round = 0; round < 2000; round++) {
		size_t len = round % (sizeof(octets) + 1);
		uint8_t *exact;

		for (size_t i = 0; i < sizeof(octets); i++)
			octets[i] = (uint8_t)test_random(&seed);
		octets[0] = (uint8_t)(round % 3 == 0 ? 0x40 | (octets[0] & 15) : 0x60);
		octets[6] = octets[9] = IP_PROTOCOL_TCP;
		exact = test_exact_copy(octets, len);
		memory_link_expect(rig.pair.server.link, exact, len);
		if (round % 50 == 49)
			assert_int_equal(rig_come(&rig, 0),
				round == 49 ? EVTCP_CAUSE_ACCEPTED : EVTCP_CAUSE_OLD_DUPLICATE);
		free(exact);
		if (round % 50 == 49)
			rig_end(&rig);
	}
	rig_close(&rig);
}

static void a_connection_that_ends_before_its_packet_comes_is_not_looked_at(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		rig_expect(&rig, i);
	evtcp_conn_abort(rig.server[2].conn);
	rig.server[2].conn = NULL;
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(rig_come(&rig, i) == EVTCP_CAUSE_ACCEPTED, i != 2);
	rig_end(&rig);
	rig_close(&rig);
}

/* Whom the stack has asked about, as "step server, ...". */
static char asked[256];
static const struct rig *asked_of;

/* The application's memory is that of the test, to its last octet; in step 1 it is none: nothing is
 * read in front of it either, which a sanitizer sees. */
static struct iovec on_asked(void *arg, unsigned step)
{
	struct pair_app *app = arg;
	size_t len = strlen(asked);

	snprintf(asked + len, sizeof(asked) - len, "%u %d, ", step, (int)(app - asked_of->server));
	return step == 0 ? (struct iovec){app, sizeof(*app)}
			 : (struct iovec){asked_of->packet[0], 0};
}

static void rig_asks(struct rig *rig)
{
	asked[0] = '\0';
	asked_of = rig;
	evtcp_stack_set_fetch_cb(rig->pair.server.stack, on_asked);
	for (unsigned i = 0; i < CLIENTS; i++)
		rig_expect(rig, i);
	assert_string_equal(asked, "");
}

static void rig_asks_about_all(struct rig *rig)
{
	rig_asks(rig);
	assert_int_equal(rig_come(rig, 0), EVTCP_CAUSE_ACCEPTED);
	assert_string_equal(asked, "0 0, 0 1, 0 2, 0 3, 0 4, 1 0, 1 1, 1 2, 1 3, 1 4, ");
	rig_end(rig);
	rig_close(rig);
}

static void the_application_is_asked_in_two_steps_for_what_it_has(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_asks_about_all(&rig);
}

static void nor_is_it_forgotten_of_those_at_rest(void **state)
{
	struct evtcp_conn_info info;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.pair.server.stack->tcp.config.limits.awake = 1;
	for (unsigned i = 0; i < CLIENTS; i++)
		evtcp_conn_let_rest(rig.server[i].conn, 1);
	evtcp_stack_flush(rig.pair.server.stack);
	evtcp_conn_get_info(rig.server[0].conn, &info);
	assert_true(info.resting);
	rig_asks_about_all(&rig);
}

static void of_a_connection_without_argument_nobody_is_asked(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned i = 0; i < CLIENTS; i++)
		evtcp_conn_set_cb(rig.server[i].conn, NULL, NULL, NULL, NULL);
	rig_asks(&rig);
	assert_int_equal(rig_come(&rig, 0), EVTCP_CAUSE_ACCEPTED);
	assert_string_equal(asked, "");
	rig_end(&rig);
	rig_close(&rig);
}

static void with_few_connections_nothing_is_expected(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.pair.server.stack->expect.few = CLIENTS;
	rig_expect(&rig, 0);
	assert_int_equal(expect_of(&rig)->n, 0);
	assert_int_equal(rig_come(&rig, 0), EVTCP_CAUSE_ACCEPTED);
	rig_end(&rig);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_expected_comes_and_its_hash_is_used),
		cmocka_unit_test(what_does_not_come_is_passed_over),
		cmocka_unit_test(a_hash_is_used_for_the_tuple_that_it_was_made_of_only),
		cmocka_unit_test(more_than_there_is_room_for_come_all_the_same),
		cmocka_unit_test(a_second_group_is_expected_when_all_of_the_first_have_come),
		cmocka_unit_test(octets_that_are_no_packet_do_nothing),
		cmocka_unit_test(a_connection_that_ends_before_its_packet_comes_is_not_looked_at),
		cmocka_unit_test(the_application_is_asked_in_two_steps_for_what_it_has),
		cmocka_unit_test(nor_is_it_forgotten_of_those_at_rest),
		cmocka_unit_test(of_a_connection_without_argument_nobody_is_asked),
		cmocka_unit_test(with_few_connections_nothing_is_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
