/* SPDX-License-Identifier: BSD-3-Clause */

/* What the live page keeps of one connection's events: all of them while they are few, a bounded
 * number of marks when they are many, and each retransmission. */

#include "evtcpd/live/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MSS = 1448, ACK = 0x10, SYN = 0x02, FIN = 0x01 };

static const struct evtcp_endpoint client = {
	.addr = {{[10] = 0xff, 0xff, 10, 0, 0, 1}}, .port = 40000};

static int setup(void **state)
{
	struct recorder *recorder = malloc(sizeof(*recorder));

	recorder_init(recorder, &client);
	*state = recorder;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static struct evtcp_event event_of(enum evtcp_event_kind kind, enum evtcp_cause cause, uint64_t at)
{
	return (struct evtcp_event){.at_us = at,
		.kind = kind,
		.reason = {.cause = cause},
		.tuple = {.local = {.port = 80}, .remote = client}};
}

static struct evtcp_event segment(
	enum evtcp_event_kind kind, enum evtcp_cause cause, uint64_t at, uint32_t seq, uint32_t len)
{
	struct evtcp_event event = event_of(kind, cause, at);

	event.u.segment.seq = seq;
	event.u.segment.payload_len = len;
	event.u.segment.flags = ACK;
	return event;
}

static void hear_data(struct recorder *recorder, uint64_t at, uint32_t seq, uint32_t len)
{
	struct evtcp_event event = segment(EVTCP_EVENT_SENT, EVTCP_CAUSE_DATA, at, seq, len);

	recorder_hear(recorder, &event);
}

static void hear_again(struct recorder *recorder, uint64_t at, uint32_t seq, uint32_t len)
{
	struct evtcp_event event = segment(EVTCP_EVENT_SENT, EVTCP_CAUSE_RTO, at, seq, len);

	recorder_hear(recorder, &event);
}

static void only_events_of_the_connection_are_kept(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_event event = event_of(EVTCP_EVENT_STATE, EVTCP_CAUSE_OPENED_PASSIVE, 1);

	event.tuple.remote.port++;
	recorder_hear(recorder, &event);
	event.tuple.remote.port--;
	event.tuple.remote.addr.bytes[15]++;
	recorder_hear(recorder, &event);
	assert_int_equal(recorder->n_marks, 0);
	assert_false(recorder->has_tuple);
	event.tuple.remote.addr.bytes[15]--;
	recorder_hear(recorder, &event);
	assert_int_equal(recorder->n_marks, 1);
	assert_memory_equal(&recorder->tuple, &event.tuple, sizeof(event.tuple));
}

static void few_events_are_a_mark_each(void **state)
{
	struct recorder *recorder = *state;

	for (uint32_t i = 0; i < RECORDER_MARKS / 4; i++)
		hear_data(recorder, 1000, i * MSS, MSS);
	assert_int_equal(recorder->n_marks, RECORDER_MARKS / 4);
	hear_data(recorder, 1000 + RECORDER_FINE_US - 1, RECORDER_MARKS / 4 * MSS, MSS);
	assert_int_equal(recorder->n_marks, RECORDER_MARKS / 4);
	assert_int_equal(recorder->marks[RECORDER_MARKS / 4 - 1].n, 2);
	assert_int_equal(
		recorder->marks[RECORDER_MARKS / 4 - 1].event.u.segment.payload_len, 2 * MSS);
	assert_int_equal(
		recorder->marks[RECORDER_MARKS / 4 - 1].until_us, 1000 + RECORDER_FINE_US - 1);
	hear_data(recorder, 1000 + RECORDER_FINE_US, (RECORDER_MARKS / 4 + 1) * MSS, MSS);
	assert_int_equal(recorder->n_marks, RECORDER_MARKS / 4 + 1);
}

/* A quarter of a second of a bulk transfer: data both ways of a gap, ACKs, and some losses. */
static void a_bulk_transfer_is_bounded_and_hides_no_retransmission(void **state)
{
	enum { SEGMENTS = 100000, EACH = 10000 };
	struct recorder *recorder = *state;
	uint64_t bytes = 0, again = 0, acks = 0;

	for (uint32_t i = 0; i < SEGMENTS; i++) {
		uint64_t at = 1 + i * UINT64_C(250000) / SEGMENTS;
		struct evtcp_event ack =
			segment(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED, at, 7, 0);

		hear_data(recorder, at, i * MSS, MSS);
		ack.u.segment.ack = i * MSS;
		recorder_hear(recorder, &ack);
		if (i % EACH == EACH / 2)
			hear_again(recorder, at, (i - 5) * MSS, MSS);
	}
	assert_true(recorder->n_marks < RECORDER_MARKS);
	assert_int_equal(recorder->missed, 0);
	for (uint32_t i = 0; i < recorder->n_marks; i++) {
		const struct recorder_mark *mark = &recorder->marks[i];

		again += mark->again;
		acks += mark->event.kind == EVTCP_EVENT_RECEIVED ? mark->n : 0;
		bytes += mark->again ? 0 : mark->event.u.segment.payload_len;
		assert_int_equal(mark->again, mark->event.reason.cause == EVTCP_CAUSE_RTO);
	}
	assert_int_equal(again, SEGMENTS / EACH);
	assert_int_equal(bytes, (uint64_t)SEGMENTS * MSS);
	assert_int_equal(acks, SEGMENTS);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_event event = event_of(EVTCP_EVENT_TIMER, EVTCP_CAUSE_TIMER_RETRANSMIT, 1);

	for (int i = 0; i < RECORDER_MARKS + 5; i++)
		recorder_hear(recorder, &event);
	assert_int_equal(recorder->n_marks, RECORDER_MARKS);
	assert_int_equal(recorder->missed, 5);
	recorder_empty(recorder);
	assert_int_equal(recorder->n_marks, 0);
	assert_int_equal(recorder->missed, 0);
	assert_true(recorder->has_tuple);
}

/* Beyond a quarter, where plain ones are put together. */
static void what_is_not_plain_stays_by_itself(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_event event;
	uint32_t n, at = 1000;

	for (uint32_t i = 0; i < RECORDER_MARKS / 2; i++)
		hear_again(recorder, at, 0, MSS);
	n = recorder->n_marks;
	event = segment(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED, at, 1, 0);
	recorder_hear(recorder, &event);
	for (uint32_t i = 1; i <= 3; i++) { /* SACK is with SACK, the last is what counts */
		event.u.segment.n_sack = (uint8_t)i;
		event.u.segment.sack[0].right = 100 * i;
		recorder_hear(recorder, &event);
	}
	assert_int_equal(recorder->n_marks, n += 2);
	assert_int_equal(recorder->marks[n - 2].event.u.segment.n_sack, 0);
	assert_int_equal(recorder->marks[n - 1].event.u.segment.n_sack, 3);
	assert_int_equal(recorder->marks[n - 1].event.u.segment.sack[0].right, 300);
	event = segment(EVTCP_EVENT_SENT, EVTCP_CAUSE_DATA, at, 5000, 10);
	recorder_hear(recorder, &event);
	event.u.segment.seq = 5010;
	event.u.segment.flags |= FIN;
	recorder_hear(recorder, &event);
	assert_int_equal(recorder->n_marks, n += 2);
	hear_data(recorder, at, 9000, 10); /* not behind the one before */
	hear_data(recorder, at, 9100, 10);
	assert_int_equal(recorder->n_marks, n + 2);
}

static void what_was_sent_before_is_sent_again(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_event event;

	hear_again(recorder, 1, 100, 50); /* the first that is seen: its cause says so */
	hear_data(recorder, 2, 200, 100);
	hear_again(recorder, 3, 200, 50);
	hear_data(recorder, 4, 300, 50); /* a probe may well be new data */
	event = segment(EVTCP_EVENT_SENT, EVTCP_CAUSE_TLP, 5, 350, 50);
	recorder_hear(recorder, &event);
	event = segment(EVTCP_EVENT_SENT, EVTCP_CAUSE_KEEPALIVE_PROBE, 6, 399, 0);
	recorder_hear(recorder, &event);
	for (uint32_t i = 0; i < recorder->n_marks; i++)
		assert_int_equal(recorder->marks[i].again, i == 0 || i == 2);
	assert_int_equal(recorder->n_marks, 6);
}

/* Across the end of the circle, too. */
static void sequence_numbers_may_wrap(void **state)
{
	struct recorder *recorder = *state;

	hear_data(recorder, 1, UINT32_MAX - 9, 20);
	hear_data(recorder, 2, 10, 20);
	hear_again(recorder, 3, UINT32_MAX - 9, 20);
	assert_false(recorder->marks[1].again);
	assert_true(recorder->marks[2].again);
}

static void a_syn_says_where_the_stream_begins(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_event event =
		segment(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED, 1, UINT32_MAX, 0);

	event.u.segment.flags = SYN;
	recorder_hear(recorder, &event);
	assert_true(recorder->received.place.known);
	assert_int_equal(recorder->received.place.seq, 0);
	assert_int_equal(recorder->received.place.byte, 0);
	assert_false(recorder->sent.place.known);
}

/* Whoever comes later learns it from what the connection counts. */
static void so_does_what_the_connection_has_counted(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_conn_info info = {.tuple = {.remote = client},
		.bytes_acked = UINT64_C(5000000000),
		.unacked_bytes = 300,
		.bytes_received = 77};

	hear_again(recorder, 1, 1000, 100); /* says nothing of how far we are */
	recorder_sample(recorder, &info, 2);
	assert_false(recorder->sent.place.known);
	hear_data(recorder, 3, 1200, 100);
	recorder_sample(recorder, &info, 4);
	assert_true(recorder->sent.place.known);
	assert_int_equal(recorder->sent.place.seq, 1300);
	assert_int_equal(recorder->sent.place.byte, UINT64_C(5000000300));
}

static void the_oldest_sample_gives_way(void **state)
{
	struct recorder *recorder = *state;
	struct evtcp_conn_info info = {.cwnd = 1};

	for (uint64_t at = 1; at <= RECORDER_SAMPLES + 3; at++)
		recorder_sample(recorder, &info, at);
	assert_int_equal(recorder->n_samples, RECORDER_SAMPLES);
	assert_int_equal(recorder->samples[0].at_us, 4);
	assert_int_equal(recorder->samples[RECORDER_SAMPLES - 1].at_us, RECORDER_SAMPLES + 3);
}

#define RECORDER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RECORDER_TEST(only_events_of_the_connection_are_kept),
		RECORDER_TEST(few_events_are_a_mark_each),
		RECORDER_TEST(a_bulk_transfer_is_bounded_and_hides_no_retransmission),
		RECORDER_TEST(what_finds_no_room_is_counted),
		RECORDER_TEST(what_is_not_plain_stays_by_itself),
		RECORDER_TEST(what_was_sent_before_is_sent_again),
		RECORDER_TEST(sequence_numbers_may_wrap),
		RECORDER_TEST(a_syn_says_where_the_stream_begins),
		RECORDER_TEST(so_does_what_the_connection_has_counted),
		RECORDER_TEST(the_oldest_sample_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
