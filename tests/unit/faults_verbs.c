/* SPDX-License-Identifier: BSD-3-Clause */

/* What each verb of the fault language does to segments, told as stories (test_faults.h). */

#include "test_faults.h"

// clang-format off

static void delay_lets_others_overtake(void **state)
{
	(void)state;
	TELL("out data nth 1: delay 50ms", HANDSHAKE,
		"< . 501 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10",
		"+ 49",
		"+ 1", "= < . 501 101 2000 10 [fault_held_back]");
	TELL("in data nth 1: delay 50ms", HANDSHAKE,
		"> . 101 501 1000 10",
		"> . 111 501 1000 10", "= > . 111 501 1000 10",
		"+ 50", "= > . 101 501 1000 10");
	/* What is sent again meanwhile takes its time, too: both arrive, as on any slow path. */
	TELL("out data: delay 300ms always", HANDSHAKE,
		"< . 501 101 2000 10",
		"+ 200",
		"< . 501 101 2000 10",
		"+ 100", "= < . 501 101 2000 10 [fault_held_back]",
		"+ 200", "= < . 501 101 2000 10 [fault_held_back]");
}

static void duplicate_brings_it_twice(void **state)
{
	(void)state;
	TELL("out data nth 2: duplicate", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10",
		"= < . 511 101 2000 10 [fault_duplicated]", "= < . 511 101 2000 10 [fault_duplicated]");
	TELL("in data nth 1: duplicate", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10", "= > . 101 501 1000 10");
}

static void reorder_waits_for_so_many_or_a_second(void **state)
{
	(void)state;
	TELL("out data nth 1: reorder 2", HANDSHAKE,
		"< . 501 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10",
		"> . 101 511 1000 0", "= > . 101 511 1000 0",   /* the other direction does not count */
		"< . 521 101 2000 10", "= < . 521 101 2000 10",
		"+ 0", "= < . 501 101 2000 10 [fault_held_back]");
	TELL("out data nth 1: reorder 2", HANDSHAKE,
		"< . 501 101 2000 10",
		"+ 999",
		"+ 1", "= < . 501 101 2000 10 [fault_held_back]");
}

static void corrupt_changes_one_thing_and_seals_it(void **state)
{
	(void)state;
	TELL("out data nth 1: corrupt payload", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10 other [fault_corrupted]",
		"< . 501 101 2000 10", "= < . 501 101 2000 10");
	TELL("out data nth 1: corrupt checksum", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10 bad [fault_corrupted]");
	TELL("out data nth 1: corrupt seq", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 100501 101 2000 10 [fault_corrupted]");
	TELL("out data nth 1: corrupt ack", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 100101 2000 10 [fault_corrupted]");
	TELL("in data nth 1: corrupt window", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 64535 10");
	TELL("out ack nth 1: corrupt payload", HANDSHAKE,     /* there is none */
		"< . 501 101 2000 0", "= < . 501 101 2000 0");
}

static void truncate_cuts_the_packet_not_its_headers(void **state)
{
	(void)state;
	TELL("out data nth 1: truncate 4", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 4 bad [fault_truncated]",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
	TELL("out data nth 1: truncate 10", HANDSHAKE,        /* there is no more than that */
		"< . 501 101 2000 10", "= < . 501 101 2000 10");
}

static void reset_is_right_for_both_ends_and_ends_it(void **state)
{
	(void)state;
	TELL("out data nth 2: reset", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10", "= < R. 511 101 0 0",
		"< . 521 101 2000 10",                        /* sent before the stack knows */
		"+ 0", "= > R. 101 511 0 0",
		"> . 101 511 1000 0",
		/* the same ends anew */
		"> S 9100 0 1000 0", "= > S 9100 0 1000 0 mss 1460");
	TELL("in data nth 1: reset", HANDSHAKE,
		"> . 101 501 1000 10", "= < R. 501 101 0 0", "+ 0", "= > R. 101 501 0 0");
	TELL("in syn: reset",
		"> S 100 0 1000 0", "= < R. 0 101 0 0");
}

static void reset_is_right_where_something_is_missing(void **state)
{
	(void)state;
	TELL("in data nth 1: drop\nin data nth 2: reset", HANDSHAKE,
		"> . 101 501 1000 10",
		"> . 111 501 1000 10", "= < R. 501 101 0 0", "+ 0", "= > R. 101 501 0 0");
	TELL("out data nth 1: delay 1s\nout data nth 2: reset", HANDSHAKE,
		"< . 501 101 2000 10",
		"< . 511 101 2000 10", "= < R. 501 101 0 0", "+ 0", "= > R. 101 501 0 0",
		"+ 1000", "= < . 501 101 2000 10 [fault_held_back]");
	/* It has come late, and is acknowledged; what is sent again is none that is expected. */
	TELL("in data nth 1: delay 1s\nout data nth 2 state ESTABLISHED: drop\n"
	     "out data nth 1: reset 2\n",
		HANDSHAKE, "> . 101 501 1000 10", "+ 1000", "= > . 101 501 1000 10",
		"< . 501 111 2000 10", "= < R. 501 111 0 0", "+ 0", "= > R. 111 501 0 0");
}

static void an_rst_that_is_badly_aimed_follows_the_segment(void **state)
{
	(void)state;
	TELL("out data nth 1: reset in-window", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10", "= < R. 521 101 0 0",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
	TELL("in data nth 1: reset blind", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10", "= < R. 2147484149 101 0 0");
	/* To a SYN what an RST acknowledges is its aim (RFC 9293 3.10.7.3): the client goes on. */
	TELL("in syn: reset in-window\nin syn: reset blind",
		"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460",
		"= < R. 10 111 0 0", "= < R. 2147483648 2147483749 0 0",
		"< S. 500 101 2000 0", "= < S. 500 101 2000 0 mss 1460");
}

static void fin_takes_the_place_of_the_segment_and_the_server(void **state)
{
	(void)state;
	TELL("out data nth 2: fin", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10", "= < F. 511 101 2000 0",
		"+ 0", "= > R. 101 511 0 0",                  /* the stack's part is over */
		"< . 521 101 2000 10",
		"> . 101 511 1000 0",                         /* not yet: a FIN just left */
		"+ 200",
		"> . 101 511 1000 0", "= < F. 511 101 65535 0",
		"> . 101 512 1000 0",
		"> P. 101 512 1000 5", "= < . 512 106 65535 0",
		"> F. 106 512 1000 0", "= < . 512 107 65535 0");
}

static void stall_holds_data_and_nothing_else(void **state)
{
	(void)state;
	TELL("out data after sent 10: stall 1s", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 511 101 2000 10",
		"< . 521 101 2000 10",
		"< . 531 101 2000 0", "= < . 531 101 2000 0",  /* ACKs go on */
		"+ 300",
		"< . 511 101 2000 10",                        /* sent again: it waits already */
		"+ 699",
		"+ 1", "= < . 511 101 2000 10 [fault_held_back]",
		"= < . 521 101 2000 10 [fault_held_back]",
		"< . 531 101 2000 10", "= < . 531 101 2000 10");
}

/* However many wait: what is sent when a stall is over goes behind all of them. */
static void a_stall_keeps_the_order_of_many(void **state)
{
	struct bench bench;
	char line[64];

	(void)state;
	bench_open(&bench, "out data: stall 1s");
	for (unsigned i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "< . %u 101 2000 10", 501 + 10 * i);
		send_segment(&bench, line);
	}
	bench.now_us += 1000000;
	send_segment(&bench, "< . 2501 101 2000 10");
	assert_int_equal(bench.last, 201);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "= < . %u 101 2000 10 [fault_held_back]", 501 + 10 * i);
		assert_string_equal(bench.out[i], line);
	}
	assert_string_equal(bench.out[200], "= < . 2501 101 2000 10");
	evtcp_link_free(bench.link);
}

static void windows_are_scaled_and_told_when_it_is_over(void **state)
{
	(void)state;
	TELL("out data nth 1: window 1280 for 1s", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 10 10 [fault_window]",
		"< . 511 101 5 10", "= < . 511 101 5 10",      /* less than that already */
		"< . 521 101 1999 0", "= < . 521 101 10 0 [fault_window]",
		"+ 1000", "= < . 521 101 1999 0",
		"< . 521 101 1999 0", "= < . 521 101 1999 0");
	TELL("out ack nth 1: zero-window 1s", HANDSHAKE,
		"< . 501 101 2000 0", "= < . 501 101 0 0 [fault_window]",
		"+ 1000", "= < . 501 101 2000 0");
	TELL("out syn: window 700 for forever",
		"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460",
		"< S. 500 101 2000 0", "= < S. 500 101 700 0 mss 1460 [fault_window]",   /* RFC 7323 2.2 */
		"< . 501 101 2000 0", "= < . 501 101 5 0 [fault_window]");
}

static void ignore_freezes_the_ack(void **state)
{
	(void)state;
	TELL("in data nth 2: ignore 1s", HANDSHAKE,
		"> . 101 501 1000 10", "= > . 101 501 1000 10",
		"< . 501 111 2000 0", "= < . 501 111 2000 0",
		"> . 111 501 1000 10", "= > . 111 501 1000 10",
		"< . 501 121 2000 0",
		"< . 501 121 2000 10", "= < . 501 111 2000 10 [fault_ack_back]",
		"+ 1000", "= < . 511 121 2000 0");
}

static void mss_is_announced_otherwise(void **state)
{
	(void)state;
	TELL("out syn: mss 300",
		"> S 100 0 1000 0", "= > S 100 0 1000 0 mss 1460",
		"< S. 500 101 2000 0", "= < S. 500 101 2000 0 mss 300 [fault_mss]");
	TELL("in syn: mss 300", "> S 100 0 1000 0", "= > S 100 0 1000 0 mss 300");
}

static void refuse_answers_a_syn(void **state)
{
	(void)state;
	TELL("in syn: refuse 2",
		"> S 100 0 1000 0", "= < R. 0 101 0 0",
		"> S 200 0 1000 0", "= < R. 0 201 0 0");
}

static void a_black_hole_takes_both_directions(void **state)
{
	(void)state;
	TELL("in data nth 1: black-hole", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"> . 101 511 1000 10", "< . 511 101 2000 10", "> . 101 511 1000 0", "+ 5000");
}

static void never_close_takes_the_fin(void **state)
{
	(void)state;
	TELL("out fin: never-close", HANDSHAKE,
		"< F. 501 101 2000 10", "= < . 501 101 2000 10 [fault_no_fin]",
		"< F. 511 101 2000 0",
		"> F. 101 511 1000 0", "= > F. 101 511 1000 0",
		"< . 512 102 2000 0", "= < . 512 102 2000 0");
}

static void states_are_the_servers(void **state)
{
	(void)state;
	TELL("out ack state CLOSE-WAIT: drop", HANDSHAKE,
		"< . 501 101 2000 0", "= < . 501 101 2000 0",
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"< . 501 102 2000 0");
	TELL("in segment state FIN-WAIT-2: drop", HANDSHAKE,
		"< F. 501 101 2000 0", "= < F. 501 101 2000 0",
		"> . 101 502 1000 0", "= > . 101 502 1000 0",
		"> F. 101 502 1000 0");
	TELL("in ack state LAST-ACK: drop", HANDSHAKE,
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"< F. 501 102 2000 0", "= < F. 501 102 2000 0",
		"> . 102 502 1000 0");
	TELL("in segment state CLOSING: drop", HANDSHAKE,
		"< F. 501 101 2000 0", "= < F. 501 101 2000 0",
		"> F. 101 501 1000 0", "= > F. 101 501 1000 0",
		"> . 102 502 1000 0");
}

static void moments_are_bytes_and_time(void **state)
{
	(void)state;
	TELL("out data after received 20: drop always", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"> . 101 501 1000 20", "= > . 101 501 1000 20",
		"< . 511 101 2000 10");
	TELL("out data after 2s: drop", HANDSHAKE, "+ 1999",
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"+ 1",
		"< . 511 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10");
}

static void what_waits_waits_in_both_its_copies(void **state)
{
	(void)state;
	TELL("out data nth 1: stall 2s\nout data nth 1: duplicate", HANDSHAKE,
		"< . 501 101 2000 10", "+ 1999", "+ 1",
		"= < . 501 101 2000 10 [fault_held_back]", "= < . 501 101 2000 10 [fault_held_back]");
	TELL("in data nth 1: delay 1s\nin data nth 1: duplicate", HANDSHAKE,
		"> . 101 501 2000 10", "+ 999", "+ 1",
		"= > . 101 501 2000 10", "= > . 101 501 2000 10");
}

static void what_was_there_before_is_known_as_far_as_it_goes(void **state)
{
	(void)state;
	/* Data that is older than the first segment seen is none that came since. */
	TELL("out data after sent 20: drop", "> . 101 501 1000 0", "= > . 101 501 1000 0",
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 491 101 2000 10", "= < . 491 101 2000 10",
		"< . 511 101 2000 10", "= < . 511 101 2000 10",
		"< . 521 101 2000 10");
	TELL("out data state ESTABLISHED: drop", "> . 101 501 1000 10", "= > . 101 501 1000 10",
		"< . 501 111 2000 10");
	TELL("in fin state FIN-WAIT-2: drop", "< F. 501 101 2000 10", "= < F. 501 101 2000 10",
		"> . 101 512 1000 0", "= > . 101 512 1000 0", "> F. 101 512 1000 0");
}

/* Numbers go round at 4 GiB, the bytes of a connection do not. */
static void bytes_are_counted_beyond_all_numbers(void **state)
{
	(void)state;
	TELL("out data after sent 1000000000: drop always", HANDSHAKE,
		"< . 501 101 2000 10", "= < . 501 101 2000 10",
		"< . 1000000501 101 2000 10", "= < . 1000000501 101 2000 10",
		"< . 2000000501 101 2000 10",
		"< . 3000000501 101 2000 10",
		"< . 4000000501 101 2000 10",
		"< . 705033205 101 2000 10",
		"< . 1705033205 101 2000 10",
		"< . 1705033205 101 2000 10");
}

/* A thousand segments whose window is held down are no thousand things to tell of. */
static void what_is_over_is_told_once(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "out segment: window 1000 for 2s always");
	for (unsigned i = 0; i < 1000; i++) {
		bench.last = 0;
		send_segment(&bench, "< . 501 101 2000 0");
		bench.now_us += 1000;
	}
	bench.last = 0;
	pass_time(&bench, 1500000);
	assert_true(evtcp_fault_next_deadline(bench.faults) == 1000000 + 999000 + 2000000);
	pass_time(&bench, 500000);
	assert_int_equal(bench.last, 1);
	assert_string_equal(bench.out[0], "= < . 501 101 2000 0");
	assert_true(evtcp_fault_next_deadline(bench.faults) == UINT64_MAX);
	evtcp_link_free(bench.link);
	TELL("out rst conn 1: window 7 for 1s", HANDSHAKE, "< R. 501 101 0 0", "= < R. 501 101 0 0",
		"> S 900 0 1000 0", "= > S 900 0 1000 0 mss 1460", "< S. 700 901 2000 0",
		"= < S. 700 901 2000 0 mss 1460", "+ 5000");
}

static void other_clients_do_not_notice(void **state)
{
	(void)state;
	TELL("in syn port 40001: drop", HANDSHAKE);
	TELL("in syn port 40000: drop", "> S 100 0 1000 0");
	TELL("in syn peer 10.0.0.2: drop\nin syn peer 10.1.0.0/16: drop\nin syn conn 2: drop", HANDSHAKE);
	TELL("in syn peer 10.0.0.0/31 conn 1: drop", "> S 100 0 1000 0");
	TELL("in syn peer fd00::/8: drop\nin syn peer ::/1: drop\nin syn peer ::/0: drop", HANDSHAKE);
}

// clang-format on

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay_lets_others_overtake),
		cmocka_unit_test(duplicate_brings_it_twice),
		cmocka_unit_test(reorder_waits_for_so_many_or_a_second),
		cmocka_unit_test(corrupt_changes_one_thing_and_seals_it),
		cmocka_unit_test(truncate_cuts_the_packet_not_its_headers),
		cmocka_unit_test(reset_is_right_for_both_ends_and_ends_it),
		cmocka_unit_test(reset_is_right_where_something_is_missing),
		cmocka_unit_test(an_rst_that_is_badly_aimed_follows_the_segment),
		cmocka_unit_test(fin_takes_the_place_of_the_segment_and_the_server),
		cmocka_unit_test(stall_holds_data_and_nothing_else),
		cmocka_unit_test(a_stall_keeps_the_order_of_many),
		cmocka_unit_test(windows_are_scaled_and_told_when_it_is_over),
		cmocka_unit_test(ignore_freezes_the_ack),
		cmocka_unit_test(mss_is_announced_otherwise),
		cmocka_unit_test(refuse_answers_a_syn),
		cmocka_unit_test(a_black_hole_takes_both_directions),
		cmocka_unit_test(never_close_takes_the_fin),
		cmocka_unit_test(states_are_the_servers),
		cmocka_unit_test(moments_are_bytes_and_time),
		cmocka_unit_test(what_waits_waits_in_both_its_copies),
		cmocka_unit_test(what_was_there_before_is_known_as_far_as_it_goes),
		cmocka_unit_test(bytes_are_counted_beyond_all_numbers),
		cmocka_unit_test(what_is_over_is_told_once),
		cmocka_unit_test(other_clients_do_not_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
