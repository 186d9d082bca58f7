/* SPDX-License-Identifier: BSD-3-Clause */

/* What segments are called in captures that say nothing of causes. Nothing is claimed that the file
 * does not show. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_rungs.h"

static void bytes_that_were_seen_are_a_retransmission(void **state)
{
	struct page *page = *state;

	handshake(page);
	server(page, PA, 1, 1, 100);
	page->at_us += 203900;
	server(page, PA, 1, 1, 100);
	client(page, A, 1, 101, 0);
	server(page, PA, 1, 1, 100);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀──────── PSH 1:101 (100)  ACK 1  win 65535 ──│\n"
		"#1               ┊                    204 ms                    ┊\n"
		"#1      0.204300 │◀──────── PSH 1:101 (100)  ACK 1  win 65535 ──│ retransmission, 204 ms after the last\n"
		"#1      0.204400 │── ACK 101  win 502 ─────────────────────────▶│\n"
		"#1      0.204500 │◀──────── PSH 1:101 (100)  ACK 1  win 65535 ──│ retransmission of what is acknowledged, 200 us after the last\n");
	// clang-format on
}

static void a_retransmission_after_duplicate_acks_is_told_with_their_number(void **state)
{
	struct page *page = *state;

	handshake(page);
	client(page, A, 1, 1, 0); /* nothing is missing: no duplicate */
	server(page, A, 1, 1, 100);
	server(page, A, 101, 1, 100);
	for (int i = 0; i < 3; i++)
		client(page, A, 1, 1, 0);
	server(page, A, 1, 1, 100);
	client(page, A, 1, 201, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── ACK 1  win 502 ───────────────────────────▶│\n"
		"#1      0.000400 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000500 │◀────────── 101:201 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000600 │── ACK 1  win 502 ───────────────────────────▶│ duplicate ACK #1\n"
		"#1      0.000700 │── ACK 1  win 502 ───────────────────────────▶│ duplicate ACK #2\n"
		"#1      0.000800 │── ACK 1  win 502 ───────────────────────────▶│ duplicate ACK #3\n"
		"#1      0.000900 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│ retransmission after 3 duplicate ACKs, 500 us after the last\n"
		"#1      0.001000 │── ACK 201  win 502 ─────────────────────────▶│\n");
	// clang-format on
}

/* A window that grows meanwhile makes them nothing else: RFC 6675 2. */
static void duplicates_may_tell_of_a_larger_window_if_they_have_sack_blocks(void **state)
{
	struct page *page = *state;
	uint8_t options[12] = {1, 1, 5, 10};

	handshake(page);
	server(page, A, 1, 1, 100);
	server(page, A, 101, 1, 100);
	for (uint16_t i = 0; i < 2; i++) {
		struct test_segment ack;

		page->window++;
		ack = from_client(page, A, 1, 1, 0);
		test_put32(options + 4, ISN_SERVER + 101);
		test_put32(options + 8, ISN_SERVER + 201);
		ack.options = options;
		ack.options_len = sizeof(options);
		page_packet(page, 0, &ack, NULL);
	}
	page->window++;
	client(page, A, 1, 1, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000500 │── ACK 1  win 503 ───────────────────────────▶│ duplicate ACK #1\n"
		"#1               │   SACK 101:201                               │\n"
		"#1      0.000600 │── ACK 1  win 504 ───────────────────────────▶│ duplicate ACK #2\n"
		"#1               │   SACK 101:201                               │\n"
		"#1      0.000700 │── ACK 1  win 505 ───────────────────────────▶│ window update\n");
	// clang-format on
}

/* Whether they were late or sent again nobody can tell who has not seen them before. */
static void what_fills_a_gap_is_not_called_a_retransmission(void **state)
{
	struct page *page = *state;

	handshake(page);
	server(page, A, 101, 1, 100);
	server(page, A, 1, 1, 100);
	server(page, A, 151, 1, 100);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀────────── 101:201 (100)  ACK 1  win 65535 ──│ after a gap of 100\n"
		"#1      0.000400 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│ fills a gap: out of order, or sent again\n"
		"#1      0.000500 │◀────────── 151:251 (100)  ACK 1  win 65535 ──│ retransmission of 50, the others new, 200 us after the last\n");
	// clang-format on
}

/* What a link loses it tells at once; the others come out of its queue, and are not late. */
static void a_loss_that_is_told_early_makes_no_one_late(void **state)
{
	struct page *page = *state;
	struct test_segment lost = from_server(A, 201, 1, 100);

	handshake(page);
	server(page, A, 1, 1, 100);
	page_packet(page, 1, &lost, NULL);
	server(page, A, 101, 1, 100);
	server(page, A, 301, 1, 100);
	server(page, A, 201, 1, 100);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000400 │            ╳───────── 201:301 (100)  ACK 1 ──│ lost\n"
		"#1               │                                  win 65535   │\n"
		"#1      0.000500 │◀────────── 101:201 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000600 │◀────────── 301:401 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000700 │◀────────── 201:301 (100)  ACK 1  win 65535 ──│ retransmission, 300 us after the last\n");
	// clang-format on
}

static void a_file_that_begins_in_the_middle_knows_nothing_of_before(void **state)
{
	struct page *page = *state;

	server(page, A, 1001, 1, 100);
	server(page, A, 501, 1, 100);
	client(page, A, 1, 1201, 0);
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 2023-11-14 22:13:20 UTC; captured at the server; without its SYN: windows unscaled\n"
		"#1      0.000000 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000100 │◀──────── -499:-399 (100)  ACK 1  win 65535 ──│ from before the first seen\n"
		"#1      0.000200 │── ACK 201  win 502 ─────────────────────────▶│ acknowledges 100 that are not in the file\n");
	// clang-format on
}

static void probes_of_windows_and_of_peers_are_known(void **state)
{
	struct page *page = *state;

	handshake(page);
	server(page, A, 1, 1, 100);
	page->window = 0;
	client(page, A, 1, 101, 0);
	server(page, A, 101, 1, 1);
	client(page, A, 1, 101, 0);
	page->window = 502;
	client(page, A, 1, 101, 0);
	client(page, A, 1, 102, 0);
	server(page, A, 101, 1, 0); /* one below what comes next */
	client(page, A, 1, 102, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000400 │── ACK 101  win 0 ───────────────────────────▶│\n"
		"#1      0.000500 │◀──────────── 101:102 (1)  ACK 1  win 65535 ──│ zero-window probe\n"
		"#1      0.000600 │── ACK 101  win 0 ───────────────────────────▶│\n"
		"#1      0.000700 │── ACK 101  win 502 ─────────────────────────▶│ window update\n"
		"#1      0.000800 │── ACK 102  win 502 ─────────────────────────▶│\n"
		"#1      0.000900 │◀───────────────────────── ACK 1  win 65535 ──│ keep-alive\n"
		"#1      0.001000 │── ACK 102  win 502 ─────────────────────────▶│\n");
	// clang-format on
}

/* The same number in the IP header means the same packet, seen twice on its way through a machine.
 */
static void a_packet_that_was_captured_twice_is_no_retransmission(void **state)
{
	struct page *page = *state;

	handshake(page);
	page->id = 7;
	server(page, A, 1, 1, 100);
	page->id = 7;
	server(page, A, 1, 1, 100);
	server(page, A, 1, 1, 100); /* with a number of its own */
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│\n"
		"#1      0.000400 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│ the same packet, captured again\n"
		"#1      0.000500 │◀──────────── 1:101 (100)  ACK 1  win 65535 ──│ retransmission, 200 us after the last\n");
	// clang-format on
	assert_int_equal(page->follow.connections.all[0]->out.segments, 2);
	assert_int_equal(page->follow.connections.all[0]->in.segments, 3);
}

static void syns_and_fins_are_sent_again_too(void **state)
{
	struct page *page = *state;

	client(page, S, 0, 0, 0);
	client(page, S, 0, 0, 0);
	server(page, SA, 0, 1, 0);
	client(page, FA, 1, 1, 0);
	client(page, FA, 1, 1, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000100 │── SYN 0  win 502 ───────────────────────────▶│ retransmission, 100 us after the last\n"
		"#1      0.000200 │◀────────────────── SYN 0  ACK 1  win 65535 ──│\n"
		"#1      0.000300 │── FIN 1  ACK 1  win 502 ────────────────────▶│\n"
		"#1      0.000400 │── FIN 1  ACK 1  win 502 ────────────────────▶│ retransmission, 100 us after the last\n");
	// clang-format on
}

/* Numbers beyond 2^32, and a gap across it. */
static void nothing_changes_where_numbers_begin_anew(void **state)
{
	struct page *page = *state;

	handshake(page); /* the client's begin six before 2^32 */
	client(page, A, 11, 1, 10);
	client(page, A, 1, 1, 10);
	client(page, A, 1, 1, 20);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │── 11:21 (10)  ACK 1  win 502 ───────────────▶│ after a gap of 10\n"
		"#1      0.000400 │── 1:11 (10)  ACK 1  win 502 ────────────────▶│ fills a gap: out of order, or sent again\n"
		"#1      0.000500 │── 1:21 (20)  ACK 1  win 502 ────────────────▶│ retransmission, 100 us after the last\n");
	// clang-format on
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_that_were_seen_are_a_retransmission),
		TEST(a_retransmission_after_duplicate_acks_is_told_with_their_number),
		TEST(duplicates_may_tell_of_a_larger_window_if_they_have_sack_blocks),
		TEST(what_fills_a_gap_is_not_called_a_retransmission),
		TEST(a_loss_that_is_told_early_makes_no_one_late),
		TEST(a_file_that_begins_in_the_middle_knows_nothing_of_before),
		TEST(probes_of_windows_and_of_peers_are_known),
		TEST(a_packet_that_was_captured_twice_is_no_retransmission),
		TEST(syns_and_fins_are_sent_again_too),
		TEST(nothing_changes_where_numbers_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
