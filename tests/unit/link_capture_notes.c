/* SPDX-License-Identifier: BSD-3-Clause */

/* What a stack has decided stands beside the next packet of that connection, in words, once. */

#include "link/capture_notes.h"

#include "test_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct evtcp_event event(enum evtcp_event_kind kind, enum evtcp_cause cause)
{
	static const uint8_t server[16] = {[10] = 0xff, 0xff, 10, 0, 0, 2};
	static const uint8_t client[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
	struct evtcp_event e = {.kind = kind, .reason = {.cause = cause}};

	memcpy(e.tuple.local.addr.bytes, server, sizeof(server));
	memcpy(e.tuple.remote.addr.bytes, client, sizeof(client));
	e.tuple.local.port = 80;
	e.tuple.remote.port = 40000;
	return e;
}

/* What the next packet from this port of the client is told, NULL for nothing. */
static const char *told(struct capture_notes *notes, uint16_t client_port)
{
	struct test_segment segment = {.client_port = client_port, .flags = TEST_ACK};
	struct test_packet packet;

	test_packet_build(&packet, &segment, 0, EVTCP_CAUSE_ACCEPTED);
	return capture_notes_take(notes, &packet.packet, false);
}

static void windows_are_told_with_the_numbers_that_decided(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_WINDOW, EVTCP_CAUSE_CC_RECOVERY_ENTERED);
	struct capture_notes notes = {0};

	(void)state;
	e.u.window.cwnd = 10136;
	e.u.window.cwnd_before = e.u.window.in_flight = 14480;
	e.u.window.ssthresh = 10136;
	e.u.window.lost = 1448;
	capture_notes_add(&notes, &e);
	assert_null(told(&notes, 40001));
	assert_string_equal(told(&notes, 40000),
		"fast recovery entered: cwnd 10136, was 14480; ssthresh 10136; in flight 14480, "
		"lost 1448");
	assert_null(told(&notes, 40000));
	e.u.window.ssthresh = UINT32_MAX; /* no congestion yet: there is none to tell */
	capture_notes_add(&notes, &e);
	assert_string_equal(told(&notes, 40000),
		"fast recovery entered: cwnd 10136, was 14480; in flight 14480, lost 1448");
}

static void the_size_of_segments_is_told(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_MSS, EVTCP_CAUSE_PATH_MTU_BLACK_HOLE);
	struct capture_notes notes = {0};

	(void)state;
	e.u.mss.mss = 1400;
	e.u.mss.mss_before = 1460;
	capture_notes_add(&notes, &e);
	assert_string_equal(told(&notes, 40000),
		"large segments keep dying: smaller ones (RFC 4821): MSS 1400, was 1460");
}

/* Other states are in the packet, for who reads it. */
static void of_states_only_a_time_wait_that_is_used_again_is_told(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_STATE, EVTCP_CAUSE_SYN_ARRIVED);
	struct capture_notes notes = {0};

	(void)state;
	e.u.state.from = EVTCP_LISTEN;
	e.u.state.to = EVTCP_SYN_RECEIVED;
	capture_notes_add(&notes, &e);
	assert_null(told(&notes, 40000));
	e.reason.cause = EVTCP_CAUSE_SYN_IN_TIME_WAIT;
	capture_notes_add(&notes, &e);
	assert_string_equal(told(&notes, 40000),
		"LISTEN -> SYN-RECEIVED: SYN arrived, newer than TIME-WAIT (RFC 6191)");
	e.reason.cause = EVTCP_CAUSE_TIME_WAIT_REUSED;
	e.u.state.from = EVTCP_TIME_WAIT;
	e.u.state.to = EVTCP_CLOSED;
	capture_notes_add(&notes, &e);
	assert_string_equal(told(&notes, 40000),
		"TIME-WAIT -> CLOSED: a new connection uses its ports (RFC 6191)");
}

/* In the order in which they came; of too many the last. */
static void notes_are_bounded_and_in_order(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_MSS, EVTCP_CAUSE_PATH_MTU);
	struct capture_notes notes = {0};
	const char *text;

	(void)state;
	for (e.u.mss.mss = 1000; e.u.mss.mss < 1000 + 2 * CAPTURE_NOTES; e.u.mss.mss++)
		capture_notes_add(&notes, &e);
	for (int i = 0; i < CAPTURE_NOTES; i++) {
		char expected[16];

		text = told(&notes, 40000);
		assert_non_null(text);
		snprintf(expected, sizeof(expected), "MSS %d,", 1000 + CAPTURE_NOTES + i);
		assert_non_null(strstr(text, expected));
	}
	assert_null(told(&notes, 40000));
}

/* The longest of each kind and cause. */
static void every_note_fits(void **state)
{
	struct capture_notes notes = {0};
	struct evtcp_event e;

	(void)state;
	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		e = event(EVTCP_EVENT_WINDOW, (enum evtcp_cause)cause);
		memset(&e.u.window, 0xff, sizeof(e.u.window));
		e.u.window.ssthresh--;
		capture_notes_add(&notes, &e);
		assert_string_equal(strrchr(told(&notes, 40000), ' '), " 4294967295");
		e.kind = EVTCP_EVENT_MSS;
		capture_notes_add(&notes, &e);
		assert_string_equal(strrchr(told(&notes, 40000), ' '), " 65535");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_told_with_the_numbers_that_decided),
		cmocka_unit_test(the_size_of_segments_is_told),
		cmocka_unit_test(of_states_only_a_time_wait_that_is_used_again_is_told),
		cmocka_unit_test(notes_are_bounded_and_in_order),
		cmocka_unit_test(every_note_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
