/* SPDX-License-Identifier: BSD-3-Clause */

/* Events: of each segment, and of what goes on inside TCP, where none shows it: what an ACK has
 * changed, and what is believed lost. */

#include "stack_pair.h"
#include "stack_told.h"

#include <errno.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MS = 1000, SECOND = 1000000 };

/* ---- segments ----------------------------------------------------------------- */

static void each_segment_is_one_event_on_each_side(void **state)
{
	const struct evtcp_event *event;
	struct told told;
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	listen_to(&told, pair.server.stack, ~0u);
	pair_say(&client, "hello");
	pair_wait(&pair, SECOND);
	assert_int_equal(told.n[EVTCP_EVENT_RECEIVED], 1);
	assert_int_equal(told.n[EVTCP_EVENT_SENT], 1);
	assert_int_equal(told.n[EVTCP_EVENT_DROPPED], 0);
	event = &told.last[EVTCP_EVENT_RECEIVED];
	assert_int_equal(event->reason.cause, EVTCP_CAUSE_ACCEPTED);
	assert_int_equal(event->tuple.local.port, PAIR_PORT);
	assert_int_equal(event->u.segment.payload_len, 5);
	assert_int_equal(event->u.segment.flags, 0x18);
	event = &told.last[EVTCP_EVENT_SENT];
	assert_int_equal(event->u.segment.flags, 0x10);
	assert_int_equal(event->tuple.local.port, PAIR_PORT);
	assert_int_equal(event->u.segment.ack, told.last[EVTCP_EVENT_RECEIVED].u.segment.seq + 5);
	evtcp_stack_set_sink(pair.server.stack, NULL);
	pair_say(&client, "unheard");
	pair_run(&pair);
	assert_int_equal(told.n[EVTCP_EVENT_RECEIVED], 1);
	pair_close(&pair);
}

/* RFC 2018 3: what is beyond a gap stands in the ACK, and in the event on either side. */
static void an_event_has_the_sack_blocks_of_its_segment(void **state)
{
	const struct evtcp_event *sent, *received;
	struct told told[2];
	struct pair pair;
	struct pair_app client, server;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	evtcp_conn_set_nodelay(client.conn, 1);
	listen_to(&told[0], pair.client.stack, ~0u);
	listen_to(&told[1], pair.server.stack, ~0u);
	pair_say(&client, "lost");
	evtcp_stack_flush(pair.client.stack);
	assert_int_equal(pair_lose(&pair.client), 1);
	pair_say(&client, "beyond");
	pair_run(&pair);
	sent = &told[1].sack[EVTCP_EVENT_SENT];
	received = &told[0].sack[EVTCP_EVENT_RECEIVED];
	assert_int_equal(sent->u.segment.n_sack, 1);
	assert_int_equal(sent->u.segment.sack[0].left, sent->u.segment.ack + 4);
	assert_int_equal(sent->u.segment.sack[0].right, sent->u.segment.ack + 10);
	assert_int_equal(received->u.segment.n_sack, 1);
	assert_int_equal(received->u.segment.sack[0].right, sent->u.segment.sack[0].right);
	pair_wait(&pair, SECOND);
	assert_int_equal(told[1].last[EVTCP_EVENT_SENT].u.segment.n_sack, 0);
	pair_close(&pair);
}

static void what_the_link_refuses_is_counted_as_lost_and_sent_again(void **state)
{
	const struct {
		int error;
		enum evtcp_cause cause;
	} cases[] = {
		{EAGAIN, EVTCP_CAUSE_LINK_QUEUE_FULL},
		{ENOBUFS, EVTCP_CAUSE_LINK_QUEUE_FULL},
		{EIO, EVTCP_CAUSE_LINK_DOWN},
		{ENETDOWN, EVTCP_CAUSE_LINK_DOWN},
		{EINVAL, EVTCP_CAUSE_LINK_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair pair;
		struct pair_app client, server;
		struct told told;
		uint64_t data;

		pair_open(&pair, NULL);
		pair_establish(&pair, &client, &server);
		listen_to(&told, pair.client.stack, ~0u);
		memory_link_refuse(pair.client.link, cases[i].error);
		data = evtcp_stack_get_counter(pair.client.stack, EVTCP_CAUSE_DATA);
		pair_say(&client, "hello");
		pair_run(&pair);
		memory_link_refuse(pair.client.link, 0);
		assert_int_equal(evtcp_stack_get_counter(pair.client.stack, cases[i].cause), 1);
		assert_int_equal(
			evtcp_stack_get_counter(pair.client.stack, EVTCP_CAUSE_DATA), data);
		assert_int_equal(told.n[EVTCP_EVENT_SENT], 0);
		assert_int_equal(told.n[EVTCP_EVENT_DROPPED], 1);
		assert_int_equal(told.last[EVTCP_EVENT_DROPPED].reason.cause, cases[i].cause);
		assert_int_equal(told.last[EVTCP_EVENT_DROPPED].u.segment.payload_len, 5);
		pair_wait(&pair, 3 * SECOND);
		pair_heard(&server, "read 5");
		pair_close(&pair);
	}
}

/* ---- inside ------------------------------------------------------------------- */

static void an_ack_tells_what_it_has_changed(void **state)
{
	const struct evtcp_event *event;
	struct pair_app client, server;
	struct told told;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	listen_to(&told, pair.server.stack, 1u << EVTCP_EVENT_METRICS);
	pair_say(&server, "hello");
	evtcp_stack_flush(pair.server.stack);
	pair.now_us += 10 * MS;
	pair_wait(&pair, SECOND);
	assert_int_equal(told.n[EVTCP_EVENT_METRICS], 1);
	event = &told.last[EVTCP_EVENT_METRICS];
	assert_int_equal(event->tuple.local.port, PAIR_PORT);
	assert_in_range(event->u.window.rtt_us, 10 * MS, 60 * MS); /* the ACK may be delayed */
	assert_int_not_equal(event->u.window.srtt_us, 0);
	assert_int_not_equal(event->u.window.min_rtt_us, 0);
	assert_int_equal(event->u.window.in_flight, 0);
	assert_int_equal(event->u.window.ssthresh, UINT32_MAX);
	pair_close(&pair);
}

static void nothing_is_told_of_an_ack_that_changes_nothing(void **state)
{
	struct pair_app client, server;
	struct told told;
	struct pair pair;

	(void)state;
	pair_open(&pair, NULL);
	pair_establish(&pair, &client, &server);
	listen_to(&told, pair.server.stack, 1u << EVTCP_EVENT_METRICS);
	pair_say(&client, "hello"); /* its ACK is one that we had */
	pair_wait(&pair, SECOND);
	assert_int_equal(told.n[EVTCP_EVENT_METRICS], 0);
	pair_close(&pair);
}

/* Without SACK there is no tail-loss probe: an RTO finds the loss. */
static void what_an_rto_finds_lost_is_told_before_the_window(void **state)
{
	struct evtcp_stack_config config;
	const struct evtcp_event *event;
	struct pair_app client, server;
	struct told told;
	struct pair pair;

	(void)state;
	evtcp_stack_config_init(&config);
	config.tcp_options.sack = 0;
	pair_open(&pair, &config);
	pair_establish(&pair, &client, &server);
	listen_to(&told, pair.server.stack,
		1u << EVTCP_EVENT_LOST | 1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_SENT);
	pair_say(&server, "hello");
	evtcp_stack_flush(pair.server.stack);
	assert_int_equal(pair_lose(&pair.server), 1);
	pair_wait(&pair, SECOND);
	assert_int_equal(told.n[EVTCP_EVENT_LOST], 1);
	event = &told.last[EVTCP_EVENT_LOST];
	assert_int_equal(event->reason.cause, EVTCP_CAUSE_RTO);
	assert_int_equal(event->u.lost.bytes, 5);
	assert_int_equal(event->u.lost.end - event->u.lost.seq, 5);
	assert_int_equal(event->u.lost.seq, told.last[EVTCP_EVENT_SENT].u.segment.seq);
	assert_int_equal(told.order[0], EVTCP_EVENT_SENT);
	assert_int_equal(told.order[1], EVTCP_EVENT_LOST);
	assert_int_equal(told.order[2], EVTCP_EVENT_WINDOW);
	assert_int_equal(told.order[3], EVTCP_EVENT_SENT);
	pair_heard(&client, "read 5");
	pair_close(&pair);
}

/* The first of several is lost, and what the others bring back shows it. */
static void check_first_lost(int sack, enum evtcp_cause cause)
{
	struct evtcp_stack_config config;
	struct pair_app client, server;
	struct memory_packet *next;
	struct told told;
	struct pair pair;

	evtcp_stack_config_init(&config);
	config.tcp_options.sack = sack != 0;
	pair_open(&pair, &config);
	pair_establish(&pair, &client, &server);
	listen_to(&told, pair.server.stack, 1u << EVTCP_EVENT_LOST);
	for (int i = 0; i < 5; i++) {
		char text[1461];

		memset(text, 'a' + i, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		pair_say(&server, text);
	}
	evtcp_stack_flush(pair.server.stack);
	memory_link_drop(pair.server.link, memory_link_pop(pair.server.link));
	pair.now_us += 10 * MS;
	while ((next = memory_link_pop(pair.server.link))) { /* an ACK for each */
		memory_link_inject(pair.client.link, next->bytes, next->len, 0);
		memory_link_end_batch(pair.client.link);
		memory_link_drop(pair.server.link, next);
	}
	pair_wait(&pair, 100 * MS);
	assert_int_equal(told.n[EVTCP_EVENT_LOST], 1);
	assert_int_equal(told.last[EVTCP_EVENT_LOST].reason.cause, cause);
	assert_in_range(told.last[EVTCP_EVENT_LOST].u.lost.bytes, 1400, 1460);
	pair_close(&pair);
}

static void what_duplicate_acks_and_sacks_show_lost_is_told(void **state)
{
	(void)state;
	check_first_lost(1, EVTCP_CAUSE_RACK);
	check_first_lost(0, EVTCP_CAUSE_FAST_RETRANSMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_segment_is_one_event_on_each_side),
		cmocka_unit_test(an_event_has_the_sack_blocks_of_its_segment),
		cmocka_unit_test(what_the_link_refuses_is_counted_as_lost_and_sent_again),
		cmocka_unit_test(an_ack_tells_what_it_has_changed),
		cmocka_unit_test(nothing_is_told_of_an_ack_that_changes_nothing),
		cmocka_unit_test(what_an_rto_finds_lost_is_told_before_the_window),
		cmocka_unit_test(what_duplicate_acks_and_sacks_show_lost_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
