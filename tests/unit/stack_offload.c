/* SPDX-License-Identifier: BSD-3-Clause */

/* Two stacks on a cable that takes many segments as one packet, from end to end: what one sends
 * as one comes to the other as one. Counters and estimates are of segments all the same. */

#include "stack_pair.h"

#include <errno.h>
#include <event2/buffer.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MSS = PAIR_MTU - 40 - 12, WINDOW = 10 * MSS };

struct rig {
	struct pair pair;
	struct pair_app client, server;
};

static void rig_open(struct rig *rig)
{
	static const struct evtcp_offload offload = {.checksum = true, .segments_len = 65535};
	struct evtcp_stack_config config;
	struct pair_host *hosts[2] = {&rig->pair.client, &rig->pair.server};

	memset(rig, 0, sizeof(*rig));
	evtcp_stack_config_init(&config);
	config.limits.receive_buffer = config.limits.receive_buffer_max = 65000;
	config.limits.quick_acks = 0;
	pair_open(&rig->pair, &config);
	for (int i = 0; i < 2; i++)
		memory_link_set_offload(hosts[i]->link, &offload);
	pair_establish(&rig->pair, &rig->client, &rig->server);
	rig->client.keep_unread = rig->server.keep_unread = true;
}

static uint8_t octet_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

/* The server writes so many octets of its stream, from offset on. */
static void rig_write(struct rig *rig, size_t offset, size_t len)
{
	struct evbuffer *output = evtcp_conn_get_output(rig->server.conn);

	for (size_t i = 0; i < len; i++) {
		uint8_t octet = octet_at(offset + i);

		assert_int_equal(evbuffer_add(output, &octet, 1), 0);
	}
	evtcp_stack_flush(rig->pair.server.stack);
}

/* The client has got exactly the first len octets. */
static void assert_got(struct rig *rig, size_t len)
{
	struct evbuffer *input = evtcp_conn_get_input(rig->client.conn);
	const uint8_t *got = evbuffer_pullup(input, -1);

	assert_int_equal(evbuffer_get_length(input), len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(got[i], octet_at(i));
}

static struct evtcp_conn_info info_of(const struct pair_app *app)
{
	struct evtcp_conn_info info;

	evtcp_conn_get_info(app->conn, &info);
	return info;
}

static void a_window_is_one_packet(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	uint64_t before = info_of(&rig.server).segments_sent;
	uint64_t arrived = info_of(&rig.client).segments_received;
	rig_write(&rig, 0, WINDOW);
	assert_int_equal(memory_link_len(rig.pair.server.link), 1);
	pair_run(&rig.pair);
	assert_got(&rig, WINDOW);
	assert_int_equal(info_of(&rig.server).segments_sent - before, 10);
	assert_int_equal(info_of(&rig.client).segments_received - arrived, 10);
	assert_int_equal(info_of(&rig.client).rcv_mss, MSS);
	assert_int_equal(evtcp_stack_get_counter(rig.pair.server.stack, EVTCP_CAUSE_DATA), 10);
	pair_close(&rig.pair);
}

/* What is less than a segment is no part of a burst: it goes by itself, or waits for more. */
static void the_rest_leaves_by_itself(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	evtcp_conn_set_nodelay(rig.server.conn, 1);
	rig_write(&rig, 0, 3 * MSS + 1);
	assert_int_equal(memory_link_len(rig.pair.server.link), 2);
	pair_run(&rig.pair);
	assert_got(&rig, 3 * MSS + 1);
	pair_close(&rig.pair);
}

/* RFC 5681 4.2: many segments ask for one ACK, at once. */
static void many_segments_are_acknowledged_at_once(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_write(&rig, 0, 4 * MSS);
	memory_link_pump(rig.pair.server.link, rig.pair.client.link);
	assert_int_equal(memory_link_len(rig.pair.client.link), 1);
	pair_run(&rig.pair);
	assert_int_equal(info_of(&rig.server).unacked_bytes, 0);
	pair_close(&rig.pair);
}

/* A burst that is lost, or a part of it that comes again, is no special case. */
static void a_burst_that_is_lost_is_sent_again(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_write(&rig, 0, 5 * MSS);
	assert_int_equal(pair_lose(&rig.pair.server), 1);
	rig_write(&rig, 5 * MSS, 5 * MSS);
	pair_wait(&rig.pair, 3000000);
	assert_got(&rig, 10 * MSS);
	assert_true(info_of(&rig.server).retransmits >= 5);
	assert_int_equal(info_of(&rig.client).rcv_mss, MSS);
	pair_close(&rig.pair);
}

/* The window ends within what came: the rest is cut off and counted as nothing. */
static void what_is_beyond_the_window_is_cut_off(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (size_t at = 0; at < 100000; at += 10000) {
		rig_write(&rig, at, 10000);
		pair_wait(&rig.pair, 500000);
	}
	struct evbuffer *input = evtcp_conn_get_input(rig.client.conn);
	assert_true(evbuffer_get_length(input) <= 66000);
	assert_got(&rig, evbuffer_get_length(input));
	pair_close(&rig.pair);
}

/* A link that does not complete checksums cannot cut up either, whatever it says: the stack does.
 */
static void without_checksums_each_leaves_by_itself(void **state)
{
	static const struct evtcp_offload offers[] = {{0}, {.segments_len = 65535}};
	struct rig rig;

	(void)state;
	for (int i = 0; i < 2; i++) {
		rig_open(&rig);
		memory_link_set_offload(rig.pair.server.link, &offers[i]);
		rig_write(&rig, 0, WINDOW);
		assert_int_equal(memory_link_len(rig.pair.server.link), 10);
		pair_run(&rig.pair);
		assert_got(&rig, WINDOW);
		pair_close(&rig.pair);
	}
}

/* ---- cut up by the stack ------------------------------------------------------------------ */

/* Segments as they are told of, in a row; the link of the stack fills up behind the third. */
struct told {
	struct memory_link *link;
	unsigned sent, dropped;
	uint32_t next_seq;
};

enum { FIRST_PART = 3, PUSH = 8 };

static void tell(void *arg, const struct evtcp_event *event)
{
	struct told *told = arg;
	unsigned i = told->sent + told->dropped;

	told->sent += event->kind == EVTCP_EVENT_SENT;
	told->dropped += event->kind == EVTCP_EVENT_DROPPED;
	assert_int_equal(event->u.segment.payload_len, MSS);
	assert_int_equal(event->u.segment.flags & PUSH, i + 1 == WINDOW / MSS ? PUSH : 0);
	if (i > 0)
		assert_int_equal(event->u.segment.seq, told->next_seq);
	told->next_seq = event->u.segment.seq + event->u.segment.payload_len;
	if (i + 1 == FIRST_PART)
		memory_link_refuse(told->link, ENOBUFS);
}

/* Where the link takes nothing of all this each segment has left, or is lost, by itself. */
static void each_that_is_cut_off_is_told_and_counted(void **state)
{
	static const struct evtcp_offload none;
	struct rig rig;
	struct told told = {0};
	struct evtcp_sink sink = {.event = tell,
		.kinds = 1u << EVTCP_EVENT_SENT | 1u << EVTCP_EVENT_DROPPED,
		.arg = &told};

	(void)state;
	rig_open(&rig);
	struct evtcp_stack *stack = rig.pair.server.stack;
	told.link = rig.pair.server.link;
	memory_link_set_offload(told.link, &none);
	evtcp_stack_set_sink(stack, &sink);
	rig_write(&rig, 0, WINDOW);
	evtcp_stack_set_sink(stack, NULL);
	memory_link_refuse(told.link, 0);
	assert_int_equal(told.sent, FIRST_PART);
	assert_int_equal(told.dropped, WINDOW / MSS - FIRST_PART);
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_DATA), FIRST_PART);
	assert_int_equal(evtcp_stack_get_counter(stack, EVTCP_CAUSE_LINK_QUEUE_FULL), told.dropped);
	pair_wait(&rig.pair, 3000000);
	assert_got(&rig, WINDOW);
	pair_close(&rig.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_one_packet),
		cmocka_unit_test(the_rest_leaves_by_itself),
		cmocka_unit_test(many_segments_are_acknowledged_at_once),
		cmocka_unit_test(a_burst_that_is_lost_is_sent_again),
		cmocka_unit_test(what_is_beyond_the_window_is_cut_off),
		cmocka_unit_test(without_checksums_each_leaves_by_itself),
		cmocka_unit_test(each_that_is_cut_off_is_told_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
