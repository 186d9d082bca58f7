/* SPDX-License-Identifier: BSD-3-Clause */

/* Ladders: what stands on and below the arrow of a segment. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_ladder.h"

static void syns_tell_their_options_and_windows_are_scaled_when_both_offered_it(void **state)
{
	static const uint8_t options[] = {
		2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	struct page *page = *state;
	struct test_segment syn = {
		.flags = S, .window = 64240, .options = options, .options_len = sizeof(options)};
	struct test_segment syn_ack = syn, update = {.flags = A, .seq = 1, .ack = 1};

	syn_ack.out = true;
	syn_ack.flags = SA;
	syn_ack.ack = 1;
	show(page, EVTCP_WIRE_IN, &syn, why(EVTCP_CAUSE_ACCEPTED));
	show(page, EVTCP_WIRE_OUT, &syn_ack, why(EVTCP_CAUSE_SYN_ACK));
	show(page, EVTCP_WIRE_IN, &update, why(EVTCP_CAUSE_ACCEPTED));
	update.window = 502;
	show(page, EVTCP_WIRE_IN, &update, why(EVTCP_CAUSE_ACCEPTED));
	show(page, EVTCP_WIRE_IN, &update, why(EVTCP_CAUSE_ACCEPTED));
	update.out = true;
	show(page, EVTCP_WIRE_OUT, &update, why(EVTCP_CAUSE_WINDOW_UPDATE));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── SYN 0  win 64240 ─────────────────────────▶│\n"
		"#1               │   mss 1460, SACK, timestamps, win scale 7    │\n"
		"#1      0.000100 │◀────────────────── SYN 0  ACK 1  win 64240 ──│ SYN received\n"
		"#1               │    mss 1460, SACK, timestamps, win scale 7   │\n"
		"#1      0.000200 │── ACK 1  win 0 ─────────────────────────────▶│\n"
		"#1      0.000300 │── ACK 1  win 64256 ─────────────────────────▶│\n"
		"#1      0.000400 │── ACK 1 ────────────────────────────────────▶│\n"
		"#1      0.000500 │◀───────────────────────── ACK 1  win 64256 ──│ window update\n");
	// clang-format on
}

/* As long as the script makes it small, and when that is over. */
static void a_window_of_a_fault_script_is_said(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(A, 1, 1, 0);
	struct test_packet packet;

	begin_established(page);
	segment.window = 20;
	test_packet_build(&packet, &segment, page->at_us, EVTCP_CAUSE_NONE);
	packet.packet.reason.cause = EVTCP_CAUSE_ACK_SECOND;
	packet.packet.fate = EVTCP_CAUSE_FAULT_WINDOW;
	packet.packet.fate_rule = 2;
	page->observer.packet(page->observer.arg, EVTCP_WIRE_OUT, &packet.packet);
	segment.window = 502;
	show(page, EVTCP_WIRE_OUT, &segment, why(EVTCP_CAUSE_FAULT_OVER));
	show(page, EVTCP_WIRE_OUT, &segment, why(EVTCP_CAUSE_ACK_SECOND));
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀──────────────────────────── ACK 1  win 20 ──│ second full-sized segment; "
		"offers less than there is (fault script, rule 2)\n"
		"#1      0.000300 │◀─────────────────────────── ACK 1  win 502 ──│ window and ACK as they "
		"are: what the fault script did is over\n"
		"#1      0.000400 │◀──────────────────────────────────── ACK 1 ──│ second full-sized segment\n");
	// clang-format on
}

/* The reason of a FIN stands there once; what a link did to it, nevertheless. */
static void a_fin_that_was_held_back_says_so(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(FA, 1, 1, 0);
	struct test_packet packet;

	begin_established(page);
	becomes(page, EVTCP_FIN_WAIT_1, EVTCP_CAUSE_CLOSED_BY_USER);
	test_packet_build(&packet, &segment, page->at_us, EVTCP_CAUSE_NONE);
	packet.packet.reason.cause = EVTCP_CAUSE_FIN;
	packet.packet.fate = EVTCP_CAUSE_IMPAIR_HELD_BACK;
	page->observer.packet(page->observer.arg, EVTCP_WIRE_OUT, &packet.packet);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀───────────────────────────── FIN 1  ACK 1 ──│ held back (link emulator); "
		"→ FIN-WAIT-1 (application closed)\n");
	// clang-format on
}

static void sack_blocks_stand_under_the_arrow(void **state)
{
	uint8_t options[20] = {1, 1, 5, 18};
	struct page *page = *state;
	struct test_segment ack = {.flags = A,
		.seq = ISN_IN + 1,
		.ack = ISN_OUT + 1,
		.window = 9,
		.options = options,
		.options_len = sizeof(options)};

	begin_established(page);
	test_put32(options + 4, ISN_OUT + 1461);
	test_put32(options + 8, ISN_OUT + 2921);
	test_put32(options + 12, ISN_OUT + 4381);
	test_put32(options + 16, ISN_OUT + 5841);
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_ACCEPTED));
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── ACK 1 ────────────────────────────────────▶│\n"
		"#1               │   SACK 1461:2921 4381:5841                   │\n");
	// clang-format on
}

/* RFC 9768: once agreed upon, the three flags are a number, told where it changes. */
static void marks_are_told_where_their_number_changes(void **state)
{
	static const uint8_t told[] = {172, 8, 0, 0, 1, 0, 4, 210};
	struct page *page = *state;
	struct test_segment ack = {.flags = A | TEST_AE | TEST_CWR,
		.seq = ISN_IN + 1,
		.ack = ISN_OUT + 1235,
		.window = 502,
		.options = told,
		.options_len = sizeof(told)};

	in(page, S | TEST_AE | TEST_CWR | TEST_ECE, 0, 0, 0);
	out(page, from_server(S | A | TEST_CWR, 0, 1, 0), why(EVTCP_CAUSE_SYN_ACK));
	in(page, A | TEST_CWR, 1, 1, 0);
	out(page, from_server(PA | TEST_AE | TEST_ECE, 1, 1, 1234), why(EVTCP_CAUSE_DATA));
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_ACCEPTED));
	show(page, EVTCP_WIRE_IN, &ack, why(EVTCP_CAUSE_ACCEPTED));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── AE CWR ECE SYN 0  win 502 ────────────────▶│\n"
		"#1      0.000100 │◀────────────── CWR SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#1      0.000200 │── ACK 1  ACE 2 ─────────────────────────────▶│\n"
		"#1      0.000300 │◀────────── PSH 1:1235 (1234)  ACK 1  ACE 5 ──│ new data\n"
		"#1      0.000400 │── ACK 1235  ACE 6  marked 1234 ─────────────▶│\n"
		"#1      0.000500 │── ACK 1235 ─────────────────────────────────▶│\n");
	// clang-format on
}

/* RFC 9768 3.1.5 rules 1 and 14: the last of three SYN-ACKs does not agree, and both sides count
 * all the same. */
static void a_later_syn_ack_that_does_not_agree_leaves_the_numbers(void **state)
{
	struct page *page = *state;

	in(page, S | TEST_AE | TEST_CWR | TEST_ECE, 0, 0, 0);
	out(page, from_server(S | A | TEST_CWR, 0, 1, 0), why(EVTCP_CAUSE_SYN_ACK));
	out(page, from_server(S | A, 0, 1, 0), why(EVTCP_CAUSE_SYN_ACK_RETRANSMIT));
	in(page, A | TEST_CWR, 1, 1, 0);
	out(page, from_server(PA | TEST_AE | TEST_ECE, 1, 1, 1234), why(EVTCP_CAUSE_DATA));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── AE CWR ECE SYN 0  win 502 ────────────────▶│\n"
		"#1      0.000100 │◀────────────── CWR SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#1      0.000200 │◀────────────────── SYN 0  ACK 1  win 65535 ──│ SYN-ACK retransmitted\n"
		"#1      0.000300 │── ACK 1  ACE 2 ─────────────────────────────▶│\n"
		"#1      0.000400 │◀────────── PSH 1:1235 (1234)  ACK 1  ACE 5 ──│ new data\n");
	// clang-format on
}

/* RFC 7413: the SYN has its data and its state beside it. */
static void a_syn_that_brings_a_cookie_says_so(void **state)
{
	static const uint8_t wanted[] = {34, 2, 1, 1};
	static const uint8_t cookie[] = {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1};
	struct page *page = *state;
	struct test_segment asks = {.flags = S, .seq = ISN_IN, .window = 502};
	struct test_segment brings = asks, gives = from_server(S | A, 0, 1, 0);

	asks.options = wanted;
	asks.options_len = sizeof(wanted);
	asks.client_port = 39999;
	brings.options = gives.options = cookie;
	brings.options_len = gives.options_len = sizeof(cookie);
	brings.payload_len = 72;
	gives.client_port = 39999;
	show(page, EVTCP_WIRE_IN, &asks, why(EVTCP_CAUSE_ACCEPTED));
	out(page, gives, why(EVTCP_CAUSE_SYN_ACK));
	becomes(page, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_FAST_OPENED);
	show(page, EVTCP_WIRE_IN, &brings, why(EVTCP_CAUSE_ACCEPTED));
	out(page, from_server(S | A, 0, 73, 0), why(EVTCP_CAUSE_SYN_ACK_FAST_OPEN));
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:39999                       10.0.0.2:80 this stack is the server\n"
		"#1      0.000000 │── SYN 0  win 502  cookie wanted ────────────▶│\n"
		"#1      0.000100 │◀────────── SYN 0  ACK 1  win 65535  cookie ──│ SYN received\n"
		"\n"
		"#2               10.0.0.1:40000                       10.0.0.2:80 this stack is the server\n"
		"#2      0.000200 │── SYN 0:72 (72)  win 502  cookie ───────────▶│ → SYN-RECEIVED (SYN arrived with a Fast Open cookie)\n"
		"#2      0.000300 │◀───────────────── SYN 0  ACK 73  win 65535 ──│ SYN received with a Fast Open cookie (RFC 7413)\n");
	// clang-format on
}

/* 6 GiB in steps of 1 GiB: the numbers go on where the header's begin anew. */
static void relative_numbers_go_on_beyond_four_gigabytes(void **state)
{
	struct page *page = *state;
	char last[64];

	begin_established(page);
	for (uint32_t i = 0; i <= 6; i++)
		in(page, A, 1 + (i << 30), 1, 1);
	snprintf(last, sizeof(last), "%llu:%llu (1)", (6ull << 30) + 1, (6ull << 30) + 2);
	assert_non_null(strstr(page->text, last));
}

static void a_segment_of_an_unknown_connection_begins_at_one(void **state)
{
	struct page *page = *state;

	in(page, PA, 5000, 6000, 10);
	assert_non_null(strstr(page->text, "PSH 1:11 (10)  ACK 1 "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(syns_tell_their_options_and_windows_are_scaled_when_both_offered_it),
		TEST(a_window_of_a_fault_script_is_said),
		TEST(a_fin_that_was_held_back_says_so),
		TEST(sack_blocks_stand_under_the_arrow),
		TEST(marks_are_told_where_their_number_changes),
		TEST(a_later_syn_ack_that_does_not_agree_leaves_the_numbers),
		TEST(a_syn_that_brings_a_cookie_says_so),
		TEST(relative_numbers_go_on_beyond_four_gigabytes),
		TEST(a_segment_of_an_unknown_connection_begins_at_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
