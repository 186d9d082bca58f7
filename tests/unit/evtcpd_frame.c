/* SPDX-License-Identifier: BSD-3-Clause */

/* The text of server-sent events: what each kind of mark looks like, that no name needs to be
 * escaped, and that the longest mark fits. */

#include "evtcpd/live/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>

static struct recorder recorder;

static int setup(void **state)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	frame->text = evbuffer_new();
	memset(&recorder, 0, sizeof(recorder));
	*state = frame;
	return 0;
}

static int teardown(void **state)
{
	struct frame *frame = *state;

	evbuffer_free(frame->text);
	free(frame);
	return 0;
}

/* What was written since the last call. */
static const char *text_of(struct frame *frame)
{
	static char text[65536];
	int len = evbuffer_remove(frame->text, text, sizeof(text) - 1);

	assert_false(frame->failed);
	assert_true(len >= 0 && (size_t)len < sizeof(text) - 1);
	text[len] = '\0';
	return text;
}

static struct recorder_mark *add_mark(enum evtcp_event_kind kind, enum evtcp_cause cause)
{
	struct recorder_mark *mark = &recorder.marks[recorder.n_marks++];

	*mark = (struct recorder_mark){
		.event = {.at_us = 1234567, .kind = kind, .reason = {.cause = cause}}, .n = 1};
	return mark;
}

static void a_segment_says_what_is_not_nothing(void **state)
{
	struct frame *frame = *state;
	struct recorder_mark *mark = add_mark(EVTCP_EVENT_SENT, EVTCP_CAUSE_RTO);

	mark->again = true;
	mark->event.reason.count = 2;
	mark->event.reason.delay_us = 400000;
	mark->event.u.segment.seq = 4000000000u;
	mark->event.u.segment.ack = 7;
	mark->event.u.segment.window = 512;
	mark->event.u.segment.flags = 0x18;
	mark->event.u.segment.payload_len = 1448;
	add_mark(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED)->n = 3;
	recorder.marks[1].until_us = 1234570;
	frame_add_marks(frame, &recorder);
	assert_string_equal(text_of(frame),
		"{\"kind\":\"sent\",\"at\":1234567,\"why\":\"rto\",\"count\":2,\"delay_us\":400000,"
		"\"again\":1,\"seq\":4000000000,\"ack\":7,\"win\":512,\"flags\":24,\"len\":1448},"
		"{\"kind\":\"received\",\"at\":1234567,\"why\":\"accepted\",\"n\":3,"
		"\"until\":1234570,\"seq\":0,\"ack\":0,\"win\":0,\"flags\":0}");
}

static void sack_blocks_are_pairs(void **state)
{
	struct frame *frame = *state;
	struct recorder_mark *mark = add_mark(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED);

	mark->event.u.segment.n_sack = 2;
	mark->event.u.segment.sack[0] = (struct evtcp_sack_block){10, 20};
	mark->event.u.segment.sack[1] = (struct evtcp_sack_block){30, 40};
	frame_add_marks(frame, &recorder);
	assert_non_null(strstr(text_of(frame), ",\"sack\":[[10,20],[30,40]]}"));
}

static void states_timers_and_windows_have_their_own(void **state)
{
	struct frame *frame = *state;
	struct recorder_mark *mark = add_mark(EVTCP_EVENT_STATE, EVTCP_CAUSE_FIN_ARRIVED);

	mark->event.u.state.from = EVTCP_ESTABLISHED;
	mark->event.u.state.to = EVTCP_CLOSE_WAIT;
	add_mark(EVTCP_EVENT_TIMER, EVTCP_CAUSE_TIMER_PERSIST)->event.u.timer.due_at_us = 9;
	mark = add_mark(EVTCP_EVENT_WINDOW, EVTCP_CAUSE_CC_RTO);
	mark->event.u.window.cwnd = 1448;
	mark->event.u.window.ssthresh = 2896;
	mark = add_mark(EVTCP_EVENT_MSS, EVTCP_CAUSE_PATH_MTU);
	mark->event.u.mss.mss_before = 1460;
	mark->event.u.mss.mss = 1300;
	frame_add_marks(frame, &recorder);
	assert_string_equal(text_of(frame),
		"{\"kind\":\"state\",\"at\":1234567,\"why\":\"fin_arrived\","
		"\"from\":\"ESTABLISHED\",\"to\":\"CLOSE-WAIT\"},"
		"{\"kind\":\"timer\",\"at\":1234567,\"why\":\"timer_persist\",\"due\":9},"
		"{\"kind\":\"window\",\"at\":1234567,\"why\":\"cc_rto\",\"cwnd\":1448,"
		"\"ssthresh\":2896,\"in_flight\":0},"
		"{\"kind\":\"mss\",\"at\":1234567,\"why\":\"path_mtu\",\"mss\":1300,"
		"\"mss_before\":1460}");
}

static void what_a_link_did_has_its_way_its_rule_and_whether_it_is_lost(void **state)
{
	struct frame *frame = *state;
	struct recorder_mark *mark = add_mark(EVTCP_EVENT_LINK, EVTCP_CAUSE_FAULT);

	mark->event.u.segment.seq = 7;
	mark->event.u.segment.payload_len = 10;
	mark->event.u.segment.outbound = 1;
	mark->event.u.segment.rule = 3;
	add_mark(EVTCP_EVENT_LINK, EVTCP_CAUSE_IMPAIR_DUPLICATED);
	frame_add_marks(frame, &recorder);
	assert_string_equal(text_of(frame),
		"{\"kind\":\"link\",\"at\":1234567,\"why\":\"fault\",\"seq\":7,\"ack\":0,"
		"\"win\":0,\"flags\":0,\"len\":10,\"out\":1,\"rule\":3,\"lost\":1},"
		"{\"kind\":\"link\",\"at\":1234567,\"why\":\"impair_duplicated\",\"seq\":0,"
		"\"ack\":0,\"win\":0,\"flags\":0}");
}

/* Each number as large as can be, and each cause: whole to its last bracket. */
static void the_longest_mark_fits(void **state)
{
	struct frame *frame = *state;

	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		struct recorder_mark *mark = &recorder.marks[0];
		const char *text;

		memset(mark, 0xff, sizeof(*mark));
		mark->again = true;
		mark->event.kind = EVTCP_EVENT_LINK;
		mark->event.reason.cause = (enum evtcp_cause)cause;
		mark->event.u.segment.n_sack = EVTCP_EVENT_SACKS;
		recorder.n_marks = 1;
		frame_add_marks(frame, &recorder);
		text = text_of(frame);
		assert_int_equal(strncmp(text, "{\"kind\":\"link\",", 15), 0);
		assert_string_equal(strstr(text, ",\"sack\""),
			",\"sack\":[[4294967295,4294967295],[4294967295,4294967295],"
			"[4294967295,4294967295],[4294967295,4294967295]]}");
	}
}

/* Names and texts of the table stand between quotes as they are; a line is one line. */
static void nothing_needs_to_be_escaped(void **state)
{
	struct frame *frame = *state;
	const char *text;
	size_t quotes = 0;

	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		const char *words = evtcp_cause_text((enum evtcp_cause)cause);

		for (; *words; words++)
			assert_true(
				*words >= ' ' && *words <= '~' && *words != '"' && *words != '\\');
	}
	frame_causes(frame);
	text = text_of(frame);
	assert_int_equal(strncmp(text, "event: causes\ndata: {\"none\":\"", 29), 0);
	assert_string_equal(strchr(text, '}'), "}\n\n");
	for (const char *at = text; *at; at++)
		quotes += *at == '"';
	assert_int_equal(quotes, 4 * EVTCP_N_CAUSES);
	assert_non_null(strstr(text, ",\"rto\":\"RTO\","));
}

static void a_row_has_the_names_of_connections(void **state)
{
	struct frame *frame = *state;
	struct evtcp_conn_info info = {.state = EVTCP_LAST_ACK,
		.cc = "bbr",
		.cc_state = EVTCP_CC_PROBE_RTT,
		.tuple = {.remote = {.addr = {{0xfd, [15] = 1}}, .port = 9}},
		.resting = 1,
		.ssthresh = UINT32_MAX,
		.bytes_sent = UINT64_MAX};
	const struct frame_row alone = {.worker = -1}, second = {.worker = 1, .own = 1};
	const char *text;

	frame_add_row(frame, &info, &alone);
	text = text_of(frame);
	assert_non_null(strstr(text, "\"remote\":\"[fd00::1]:9\",\"resting\":1,"
				     "\"state\":\"LAST-ACK\",\"cc\":\"bbr\","
				     "\"cc_state\":\"probe_rtt\","));
	assert_non_null(strstr(text, ",\"ssthresh\":4294967295,"));
	assert_non_null(strstr(text, ",\"bytes_sent\":18446744073709551615,"));
	assert_null(strstr(text, "own"));
	assert_null(strstr(text, "worker"));
	frame_add_row(frame, &info, &second);
	assert_non_null(strstr(text_of(frame), "\"worker\":1,\"own\":1,"));
}

static void places_may_be_unknown(void **state)
{
	struct frame *frame = *state;
	const struct recorder_place unknown = {0}, known = {true, 7, UINT64_C(1) << 40};

	frame_add_place(frame, &unknown);
	assert_string_equal(text_of(frame), "null");
	frame_add_place(frame, &known);
	assert_string_equal(text_of(frame), "[7,1099511627776]");
}

static void what_is_moved_has_commas_between(void **state)
{
	struct frame *frame = *state, part = {.text = evbuffer_new()};
	int not_first = 0;

	frame_move(frame, &part, &not_first);
	frame_print(&part, "1");
	frame_move(frame, &part, &not_first);
	frame_print(&part, "2");
	frame_move(frame, &part, &not_first);
	frame_move(frame, &part, &not_first);
	assert_string_equal(text_of(frame), "1,2");
	part.failed = 1; /* a gap is a gap of the whole */
	frame_print(&part, "3");
	frame_move(frame, &part, &not_first);
	assert_true(frame->failed);
	evbuffer_free(part.text);
}

#define FRAME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRAME_TEST(a_segment_says_what_is_not_nothing),
		FRAME_TEST(sack_blocks_are_pairs),
		FRAME_TEST(states_timers_and_windows_have_their_own),
		FRAME_TEST(what_a_link_did_has_its_way_its_rule_and_whether_it_is_lost),
		FRAME_TEST(the_longest_mark_fits),
		FRAME_TEST(nothing_needs_to_be_escaped),
		FRAME_TEST(a_row_has_the_names_of_connections),
		FRAME_TEST(places_may_be_unknown),
		FRAME_TEST(what_is_moved_has_commas_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
