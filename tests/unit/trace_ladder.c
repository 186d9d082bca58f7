/* SPDX-License-Identifier: BSD-3-Clause */

/* Ladders: whole stories, compared as a person would read them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_ladder.h"

static void a_lost_segment_is_retransmitted(void **state)
{
	struct page *page = *state;

	handshake(page);
	in(page, PA, 1, 1, 74);
	out_lost(page, from_server(PA, 1, 75, 159), why(EVTCP_CAUSE_DATA));
	page->at_us += 204000;
	fires(page, (struct evtcp_reason){EVTCP_CAUSE_TIMER_RETRANSMIT, 1, 204000});
	out(page, from_server(PA, 1, 75, 159), (struct evtcp_reason){EVTCP_CAUSE_RTO, 1, 204000});
	in(page, A, 75, 160, 0);
	becomes(page, EVTCP_CLOSE_WAIT, EVTCP_CAUSE_FIN_ARRIVED);
	in(page, FA, 75, 160, 0);
	becomes(page, EVTCP_LAST_ACK, EVTCP_CAUSE_CLOSED_BY_USER);
	out(page, from_server(FA, 160, 76, 0), why(EVTCP_CAUSE_FIN));
	page->at_us += 50000;
	becomes(page, EVTCP_CLOSED, EVTCP_CAUSE_FIN_ACKED);
	in(page, A, 76, 161, 0);
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── SYN 0  win 502 ───────────────────────────▶│ → SYN-RECEIVED (SYN arrived)\n"
		"#1      0.000100 │◀────────────────── SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#1      0.000200 │── ACK 1 ────────────────────────────────────▶│ → ESTABLISHED (handshake complete)\n"
		"#1      0.000300 │── PSH 1:75 (74)  ACK 1 ─────────────────────▶│\n"
		"#1      0.000400 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script\n"
		"#1      0.204500 ┊                    204 ms                    ┊ retransmission timer #1\n"
		"#1      0.204500 │◀────────────────── PSH 1:160 (159)  ACK 75 ──│ RTO #1 after 204 ms\n"
		"#1      0.204600 │── ACK 160 ──────────────────────────────────▶│\n"
		"#1      0.204700 │── FIN 75  ACK 160 ──────────────────────────▶│ → CLOSE-WAIT (FIN arrived)\n"
		"#1      0.204800 │◀────────────────────────── FIN 160  ACK 76 ──│ → LAST-ACK (application closed)\n"
		"#1               ┊                    50 ms                     ┊\n"
		"#1      0.254900 │── ACK 161 ──────────────────────────────────▶│ → CLOSED (our FIN is acknowledged)\n");
	// clang-format on
}

static void several_connections_are_told_apart_by_their_tags(void **state)
{
	struct page *page = *state;
	struct test_segment first = {.flags = S, .client_port = 1001, .window = 1};
	struct test_segment second = {.flags = S, .client_port = 1002, .window = 1};

	show(page, EVTCP_WIRE_IN, &first, why(EVTCP_CAUSE_ACCEPTED));
	show(page, EVTCP_WIRE_IN, &second, why(EVTCP_CAUSE_ACCEPTED));
	first.seq = second.seq = 1;
	first.flags = second.flags = A;
	show(page, EVTCP_WIRE_IN, &first, why(EVTCP_CAUSE_ACCEPTED));
	show(page, EVTCP_WIRE_IN, &second, why(EVTCP_CAUSE_ACCEPTED));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:1001                        10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── SYN 0  win 1 ─────────────────────────────▶│\n"
		"\n"
		"#2               10.0.0.1:1002                        10.0.0.2:80 this stack is the server\n"
		"#2      0.000100 │── SYN 0  win 1 ─────────────────────────────▶│\n"
		"#1      0.000200 │── ACK 1 ────────────────────────────────────▶│\n"
		"#2      0.000300 │── ACK 1 ────────────────────────────────────▶│\n");
	// clang-format on
}

/* Columns do not shift until a tag and a time meet. */
static void the_lifelines_stay_where_they_are_for_a_while(void **state)
{
	struct page *page = *state;
	struct test_segment segment = {.flags = TEST_RST, .client_port = 1000};

	for (unsigned i = 0; i < 1000; i++) {
		page->len = 0;
		page->text[0] = '\0';
		segment.client_port = (uint16_t)(1000 + i);
		show(page, EVTCP_WIRE_IN, &segment, why(EVTCP_CAUSE_ACCEPTED));
		page->at_us += 1000000;
	}
	// clang-format off
	assert_page(page,
		"\n"
		"#1000            10.0.0.1:1999                        10.0.0.2:80 this stack is the server\n"
		"#1000 999.099900 │── RST 0 ────────────────────────────────────▶│\n");
	// clang-format on
}

static void a_drop_is_drawn_where_it_happened(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(PA, 1, 75, 10);
	struct test_segment ack = {.flags = A, .seq = ISN_IN + 1, .ack = ISN_OUT + 1, .window = 9};
	struct evtcp_event e = event(page, EVTCP_EVENT_DROPPED, why(EVTCP_CAUSE_LINK_DOWN));

	begin_established(page);
	show(page, EVTCP_DROPPED_IN, &ack, why(EVTCP_CAUSE_FAULT));
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_FAULT)); /* the same, seen by the tap */
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_PAWS));
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_OLD_DUPLICATE));
	show(page, EVTCP_DROPPED_OUT, &segment, why(EVTCP_CAUSE_DATA));
	e.at_us = page->at_us;
	e.u.segment.flags = PA;
	e.u.segment.seq = segment.seq;
	e.u.segment.ack = segment.ack;
	e.u.segment.payload_len = 10;
	e.u.segment.window = 1;
	page->sink.event(page->sink.arg, &e);
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_FAULT_TAKEN));
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── ACK 1 ────────────────────────╳            │ lost: fault script\n"
		"#1      0.000500 │── ACK 1 ────────────────────────────────────╳│ refused: PAWS: timestamp too old (RFC 7323 5)\n"
		"#1      0.000600 │── ACK 1 ────────────────────────────────────╳│ refused: old duplicate\n"
		"#1      0.000700 │            ╳──────── PSH 1:11 (10)  ACK 75 ──│ new data; lost: fault script\n"
		"#1      0.000800 │                    ╳ PSH 1:11 (10)  ACK 75 ──│ not sent: link down\n"
		"#1      0.000800 │── ACK 1 ────────────────────────────────────▶│ held back (fault script)\n");
	// clang-format on
}

static void time_wait_ends_and_the_same_ends_may_meet_again(void **state)
{
	struct page *page = *state;

	begin_established(page);
	becomes(page, EVTCP_FIN_WAIT_1, EVTCP_CAUSE_CLOSED_BY_USER);
	out(page, from_server(FA, 1, 1, 0), why(EVTCP_CAUSE_FIN));
	becomes(page, EVTCP_FIN_WAIT_2, EVTCP_CAUSE_FIN_ACKED);
	becomes(page, EVTCP_TIME_WAIT, EVTCP_CAUSE_FIN_ARRIVED);
	in(page, FA, 1, 2, 0);
	out(page, from_server(A, 2, 2, 0), why(EVTCP_CAUSE_ACK_FIN));
	in(page, FA, 1, 2, 0);
	out(page, from_server(A, 2, 2, 0), why(EVTCP_CAUSE_TIME_WAIT_ACK));
	page->at_us += 1000000;
	becomes(page, EVTCP_CLOSED, EVTCP_CAUSE_TIME_WAIT_EXPIRED);
	becomes(page, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_SYN_ARRIVED);
	in(page, S, 7000, 0, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀───────────────────────────── FIN 1  ACK 1 ──│ → FIN-WAIT-1 (application closed)\n"
		"#1      0.000400 │── FIN 1  ACK 2 ─────────────────────────────▶│ → FIN-WAIT-2 → TIME-WAIT (FIN arrived)\n"
		"#1      0.000500 │◀──────────────────────────────────── ACK 2 ──│ FIN received\n"
		"#1      0.000600 │── FIN 1  ACK 2 ─────────────────────────────▶│\n"
		"#1      0.000700 │◀──────────────────────────────────── ACK 2 ──│ segment in TIME-WAIT\n"
		"#1               ┊                     1 s                      ┊\n"
		"#1      1.000800 │                                              │ → CLOSED (2 MSL passed)\n"
		"\n"
		"#2               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#2      1.000800 │── SYN 0  win 502 ───────────────────────────▶│ → SYN-RECEIVED (SYN arrived)\n");
	// clang-format on
}

/* It ends when the new handshake is complete, which is a matter of the new connection's ladder. */
static void who_takes_the_place_of_a_time_wait_says_so(void **state)
{
	struct page *page = *state;

	begin_established(page);
	becomes(page, EVTCP_TIME_WAIT, EVTCP_CAUSE_FIN_ARRIVED);
	in(page, FA, 1, 1, 0);
	becomes(page, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_SYN_IN_TIME_WAIT);
	in(page, S, 7000, 0, 0);
	out(page, from_server(SA, 9000, 7001, 0), why(EVTCP_CAUSE_SYN_ACK));
	becomes_from(page, EVTCP_TIME_WAIT, EVTCP_CLOSED, EVTCP_CAUSE_TIME_WAIT_REUSED);
	becomes(page, EVTCP_ESTABLISHED, EVTCP_CAUSE_OPENED_PASSIVE);
	in(page, A, 7001, 9001, 0);
	in(page, S, 7000, 0, 0); /* late, and of the connection that goes on */
				 // clang-format off
	assert_page(page,
		"#1      0.000300 │── FIN 1  ACK 1 ─────────────────────────────▶│ → TIME-WAIT (FIN arrived)\n"
		"\n"
		"#2               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#2      0.000400 │── SYN 0  win 502 ───────────────────────────▶│ → SYN-RECEIVED (SYN arrived, newer than TIME-WAIT (RFC 6191))\n"
		"#2      0.000500 │◀────────────────── SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#2      0.000600 │── ACK 1 ────────────────────────────────────▶│ → ESTABLISHED (handshake complete)\n"
		"#2      0.000600 │                                              │ before it: TIME-WAIT → CLOSED (a new connection uses its ports (RFC 6191))\n"
		"#2      0.000700 │── SYN 0  win 502 ───────────────────────────▶│\n");
				 // clang-format on
}

static void segments_that_become_smaller_are_told(void **state)
{
	struct page *page = *state;
	struct evtcp_event e = event(page, EVTCP_EVENT_MSS, why(EVTCP_CAUSE_PATH_MTU_BLACK_HOLE));

	begin_established(page);
	e.at_us = page->at_us;
	e.u.mss.mss = 1400;
	e.u.mss.mss_before = 1460;
	page->sink.event(page->sink.arg, &e);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │                                              │ large segments keep dying: smaller ones (RFC 4821): MSS 1400, was 1460\n");
	// clang-format on
}

static void a_close_stands_beside_its_fin_or_alone(void **state)
{
	struct page *page = *state;

	begin_established(page);
	becomes(page, EVTCP_FIN_WAIT_1, EVTCP_CAUSE_CLOSED_BY_USER);
	out(page, from_server(A, 1, 1, 100), why(EVTCP_CAUSE_DATA)); /* leaves before */
	out(page, from_server(FA, 101, 1, 0), why(EVTCP_CAUSE_FIN));
	becomes(page, EVTCP_CLOSED, EVTCP_CAUSE_ABORTED_BY_USER);
	in(page, A, 1, 1, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀─────────────────────── 1:101 (100)  ACK 1 ──│ new data\n"
		"#1      0.000400 │◀─────────────────────────── FIN 101  ACK 1 ──│ → FIN-WAIT-1 (application closed)\n"
		"#1      0.000500 │                                              │ → CLOSED (application aborted)\n"
		"#1      0.000500 │── ACK 1 ────────────────────────────────────▶│\n");
	// clang-format on
}

static void the_turning_points_of_congestion_control_are_told(void **state)
{
	struct page *page = *state;
	struct evtcp_event e =
		event(page, EVTCP_EVENT_WINDOW, why(EVTCP_CAUSE_CC_RECOVERY_ENTERED));

	begin_established(page);
	e.at_us = page->at_us;
	e.u.window.cwnd = 8760;
	e.u.window.ssthresh = 5840;
	page->sink.event(page->sink.arg, &e);
	in(page, A, 1, 1, 0);
	e.at_us = page->at_us;
	e.reason.cause = EVTCP_CAUSE_CC_RTO;
	e.u.window.cwnd = 1460;
	page->sink.event(page->sink.arg, &e);
	e.reason.cause = EVTCP_CAUSE_CC_DRAIN;
	e.u.window.ssthresh = UINT32_MAX; /* there is none */
	page->sink.event(page->sink.arg, &e);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── ACK 1 ────────────────────────────────────▶│\n"
		"#1      0.000300 │                                              │ fast recovery entered: cwnd 8760, ssthresh 5840\n"
		"#1      0.000400 │                                              │ RTO: back to one segment: cwnd 1460, ssthresh 5840\n"
		"#1      0.000400 │                                              │ BBR: DRAIN: the path carries no more, what is queued has to leave: cwnd 1460\n");
	// clang-format on
}

static void a_narrow_ladder_breaks_notes_and_options_between_words(void **state)
{
	struct page *page = *state;
	static const uint8_t options[] = {
		2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	struct test_segment syn = from_server(S | A, 0, 1, 0);
	struct evtcp_event e = event(page, EVTCP_EVENT_WINDOW, why(EVTCP_CAUSE_CC_RTO));

	evtcp_ladder_set_columns(page->ladder, 80);
	syn.options = options;
	syn.options_len = sizeof(options);
	becomes(page, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_SYN_ARRIVED);
	in(page, S, 0, 0, 0);
	out(page, syn, why(EVTCP_CAUSE_SYN_COOKIE));
	e.at_us = page->at_us;
	e.u.window.cwnd = 1460;
	e.u.window.ssthresh = 5840;
	page->sink.event(page->sink.arg, &e);
	out_lost(page, from_server(PA, 1, 1, 100), why(EVTCP_CAUSE_DATA));
	out(page, from_server(PA, 1234567, 1, 30000), why(EVTCP_CAUSE_RTO));
	// clang-format off
	assert_page(page,
		"#1            10.0.0.1:40000           10.0.0.2:80 this stack is the server\n"
		"#1   0.000000 │── SYN 0  win 502 ───────────────▶│ → SYN-RECEIVED (SYN arrived)\n"
		"#1   0.000100 │◀────── SYN 0  ACK 1  win 65535 ──│ SYN received, backlog full:\n"
		"#1            │    mss 1460, SACK, timestamps,   │ SYN cookie\n"
		"#1            │                    win scale 7   │\n"
		"#1   0.000200 │                                  │ RTO: back to one segment:\n"
		"#1            │                                  │ cwnd 1460, ssthresh 5840\n"
		"#1   0.000200 │     ╳── PSH 1:101 (100)  ACK 1 ──│ new data; lost: fault script\n"
		"#1   0.000300 │◀── PSH 1234567:1264567 (30000)  ACK 1 ──│ RTO\n");
	// clang-format on
}

/* At 102 columns nothing has to give. */
static void a_wide_ladder_is_as_one_without_a_width(void **state)
{
	struct page *page = *state;

	evtcp_ladder_set_columns(page->ladder, 102);
	begin_established(page);
	in(page, A, 1, 1, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── ACK 1 ────────────────────────────────────▶│\n");
	// clang-format on
}

static void an_active_open_stands_left(void **state)
{
	struct page *page = *state;
	struct test_segment syn = {.out = true, .flags = S, .window = 5};

	becomes(page, EVTCP_SYN_SENT, EVTCP_CAUSE_OPENED_ACTIVE);
	show(page, EVTCP_WIRE_OUT, &syn, why(EVTCP_CAUSE_SYN));
	syn = (struct test_segment){.flags = TEST_RST | A, .ack = 1};
	becomes(page, EVTCP_CLOSED, EVTCP_CAUSE_REFUSED);
	show(page, EVTCP_WIRE_IN, &syn, why(EVTCP_CAUSE_ACCEPTED));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.2:80                       10.0.0.1:40000 this stack is the client\n"
		"#1      0.000000 │── SYN 0  win 5 ─────────────────────────────▶│ active open; → SYN-SENT (application connects)\n"
		"#1      0.000100 │◀───────────────────────────── RST 0  ACK 1 ──│ → CLOSED (RST in answer to our SYN)\n");
	// clang-format on
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lost_segment_is_retransmitted),
		TEST(several_connections_are_told_apart_by_their_tags),
		TEST(the_lifelines_stay_where_they_are_for_a_while),
		TEST(a_drop_is_drawn_where_it_happened),
		TEST(time_wait_ends_and_the_same_ends_may_meet_again),
		TEST(who_takes_the_place_of_a_time_wait_says_so),
		TEST(segments_that_become_smaller_are_told),
		TEST(a_close_stands_beside_its_fin_or_alone),
		TEST(the_turning_points_of_congestion_control_are_told),
		TEST(a_narrow_ladder_breaks_notes_and_options_between_words),
		TEST(a_wide_ladder_is_as_one_without_a_width),
		TEST(an_active_open_stands_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
