/* SPDX-License-Identifier: BSD-3-Clause */

/* Events of what goes on inside TCP, where no segment shows it: what an ACK has changed, and what
 * is believed lost. */

#include "stack_pair.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MS = 1000, SECOND = 1000000 };

struct told {
	unsigned n[EVTCP_N_EVENT_KINDS];
	struct evtcp_event last[EVTCP_N_EVENT_KINDS];
	enum evtcp_event_kind order[256]; /* of the kinds below only */
	unsigned len;
};

static void tell(void *arg, const struct evtcp_event *event)
{
	struct told *told = arg;

	told->n[event->kind]++;
	told->last[event->kind] = *event;
	if (told->len < sizeof(told->order) / sizeof(told->order[0]))
		told->order[told->len++] = event->kind;
}

static void listen_to(struct told *told, struct evtcp_stack *stack, unsigned kinds)
{
	struct evtcp_sink sink = {.event = tell, .kinds = kinds, .arg = told};

	memset(told, 0, sizeof(*told));
	evtcp_stack_set_sink(stack, &sink);
}

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
		cmocka_unit_test(an_ack_tells_what_it_has_changed),
		cmocka_unit_test(nothing_is_told_of_an_ack_that_changes_nothing),
		cmocka_unit_test(what_an_rto_finds_lost_is_told_before_the_window),
		cmocka_unit_test(what_duplicate_acks_and_sacks_show_lost_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
