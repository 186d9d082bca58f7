/* SPDX-License-Identifier: BSD-3-Clause */

/* Windows of megabytes, and who has to wait while they are filled: what leaves in one turn is
 * bounded, and who has sent its share gives way. Two connections pour, on a cable that takes
 * many segments as one packet, or each by itself. */

#include "stack_pair.h"

#include <event2/buffer.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	FLOWS = 2,
	TURN = 1024 * 1024,
	CUT_TURN = 64 * 1024, /* segment by segment */
	PACKET = 65536,
	WINDOW = 8 * TURN,
	ROUNDS = 160
};

static const struct evtcp_offload offload = {.checksum = true, .segments_len = 65535};
static const struct evtcp_offload no_offload;

struct flow {
	struct pair_app client;
	struct evtcp_conn *sender; /* the server's end */
	uint64_t sent;             /* octets, when it was last asked */
};

struct rig {
	struct pair pair;
	struct pair_app server;
	struct flow flows[FLOWS];
};

/* More than the windows hold, of an octet that is there once. */
static void rig_pour(struct flow *flow)
{
	static const char piece[TURN];
	struct evbuffer *output = evtcp_conn_get_output(flow->sender);

	while (evbuffer_get_length(output) < 2 * (size_t)WINDOW)
		assert_int_equal(evbuffer_add_reference(output, piece, TURN, NULL, NULL), 0);
}

static void rig_open(struct rig *rig, const struct evtcp_offload *link)
{
	struct evtcp_stack_config config;

	memset(rig, 0, sizeof(*rig));
	evtcp_stack_config_init(&config);
	config.limits.receive_buffer = config.limits.receive_buffer_max = WINDOW;
	config.limits.send_buffer = config.limits.send_buffer_max = WINDOW;
	pair_open(&rig->pair, &config);
	memory_link_set_offload(rig->pair.client.link, link);
	memory_link_set_offload(rig->pair.server.link, link);
	assert_non_null(pair_listen(&rig->pair, &rig->server));
	rig->server.keep_unread = true;
	for (int i = 0; i < FLOWS; i++) {
		rig->flows[i].client.keep_unread = true;
		assert_non_null(pair_connect(&rig->pair, &rig->flows[i].client));
		pair_run(&rig->pair);
		rig->flows[i].sender = rig->server.conn;
	}
}

/* How many octets the flow has sent since the last time that this was asked. */
static uint64_t rig_sent(struct flow *flow)
{
	struct evtcp_conn_info info;
	uint64_t before = flow->sent;

	evtcp_conn_get_info(flow->sender, &info);
	flow->sent = info.bytes_sent;
	return flow->sent - before;
}

static uint64_t rig_all_sent(struct rig *rig)
{
	return rig_sent(&rig->flows[0]) + rig_sent(&rig->flows[1]);
}

static void rig_silence(struct rig *rig)
{
	rig->server.heard[0] = '\0';
	for (int i = 0; i < FLOWS; i++)
		rig->flows[i].client.heard[0] = '\0';
}

/* What waits is delivered, read and acknowledged; the acknowledgments wait. */
static void rig_deliver(struct rig *rig)
{
	for (int i = 0; i < FLOWS; i++)
		rig_pour(&rig->flows[i]);
	memory_link_pump(rig->pair.server.link, rig->pair.client.link);
	for (int i = 0; i < FLOWS; i++) {
		struct evbuffer *input = evtcp_conn_get_input(rig->flows[i].client.conn);

		evbuffer_drain(input, evbuffer_get_length(input));
	}
	evtcp_stack_flush(rig->pair.client.stack);
	rig_silence(rig);
}

/* Acknowledgments come in, as one batch: a turn in which the server sends. */
static void rig_turn(struct rig *rig)
{
	rig->pair.now_us += 1000;
	memory_link_pump(rig->pair.client.link, rig->pair.server.link);
	evtcp_stack_check(rig->pair.server.stack);
	rig_silence(rig);
}

/* Both may send more than a turn's worth, and nothing that they sent is on its way. Congestion
 * windows grow by eight segments for an acknowledgment (RFC 9406 4.2). */
static void rig_grow(struct rig *rig)
{
	for (int round = 0; round < ROUNDS; round++) {
		rig_deliver(rig);
		rig_turn(rig);
		while (evtcp_stack_next_deadline(rig->pair.server.stack) <= rig->pair.now_us)
			evtcp_stack_run_timers(rig->pair.server.stack);
	}
	rig_deliver(rig);
	rig_all_sent(rig);
}

/* Each turn sends as much, and the next goes on. */
static void turns_send(const struct evtcp_offload *link, uint64_t bytes)
{
	struct rig rig;

	rig_open(&rig, link);
	rig_grow(&rig);
	rig_turn(&rig);
	for (int turn = 0; turn < 3; turn++) {
		uint64_t sent = rig_all_sent(&rig);

		assert_true(sent >= bytes && sent < bytes + PACKET);
		assert_true(evtcp_stack_next_deadline(rig.pair.server.stack) <= rig.pair.now_us);
		evtcp_stack_run_timers(rig.pair.server.stack);
	}
	pair_close(&rig.pair);
}

static void a_turn_sends_a_megabyte_and_the_next_goes_on(void **state)
{
	(void)state;
	turns_send(&offload, TURN);
}

/* Or up to a burst more: as a rule no more ACKs come of it than a link reads at a time. */
static void where_each_segment_is_a_packet_it_sends_64_kb(void **state)
{
	(void)state;
	turns_send(&no_offload, CUT_TURN);
}

/* Two turns: in each one sends, and not twice the same. */
static void rig_take_turns(struct rig *rig)
{
	uint64_t sent[2][FLOWS];

	rig_turn(rig);
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < FLOWS; i++)
			sent[turn][i] = rig_sent(&rig->flows[i]);
		evtcp_stack_run_timers(rig->pair.server.stack);
	}
	/* Either may be the first. */
	assert_int_equal(sent[0][0] > 0, sent[1][0] == 0);
	assert_int_equal(sent[0][1] > 0, sent[1][1] == 0);
	assert_int_equal(sent[0][0] > 0, sent[0][1] == 0);
}

static void who_has_sent_its_share_gives_way(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, &offload);
	rig_grow(&rig);
	rig_take_turns(&rig);
	pair_close(&rig.pair);
}

/* A connection ends in the turn, so that there is news when all has been sent. */
static void who_has_sent_nothing_yet_does_not_give_way(void **state)
{
	struct pair_app third = {.keep_unread = true};
	struct rig rig;

	(void)state;
	rig_open(&rig, &offload);
	assert_non_null(pair_connect(&rig.pair, &third));
	pair_run(&rig.pair);
	rig_grow(&rig);
	evtcp_conn_abort(rig.server.conn);
	rig_take_turns(&rig);
	pair_close(&rig.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_sends_a_megabyte_and_the_next_goes_on),
		cmocka_unit_test(where_each_segment_is_a_packet_it_sends_64_kb),
		cmocka_unit_test(who_has_sent_its_share_gives_way),
		cmocka_unit_test(who_has_sent_nothing_yet_does_not_give_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
