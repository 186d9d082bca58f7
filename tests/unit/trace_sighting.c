/* SPDX-License-Identifier: BSD-3-Clause */

/* What links do, as events: what is lost, changed or made by one, each once, and nothing else. */

#include "test_packet.h"

#include <evtcp/trace.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A segment of three bytes from the server as a link shows it. */
static int shown(struct evtcp_event *event, enum evtcp_sighting sighting, enum evtcp_cause fate,
	unsigned rule, enum evtcp_cause why)
{
	struct test_segment segment = {
		.out = sighting == EVTCP_DROPPED_OUT || sighting == EVTCP_WIRE_OUT,
		.flags = TEST_PSH | TEST_ACK,
		.seq = 7,
		.ack = 9,
		.payload_len = 3};
	struct test_packet p;

	test_packet_build(&p, &segment, 1234, why);
	p.packet.fate = fate;
	p.packet.fate_rule = rule;
	return evtcp_event_of_sighting(event, sighting, &p.packet);
}

static void what_is_lost_has_its_segment_its_way_and_its_fate(void **state)
{
	struct evtcp_event e;

	(void)state;
	assert_int_equal(shown(&e, EVTCP_DROPPED_OUT, EVTCP_CAUSE_FAULT, 3, EVTCP_CAUSE_DATA), 1);
	assert_int_equal(e.kind, EVTCP_EVENT_LINK);
	assert_int_equal(e.reason.cause, EVTCP_CAUSE_FAULT);
	assert_int_equal(e.at_us, 1234);
	assert_int_equal(e.tuple.local.port, 80);
	assert_int_equal(e.tuple.remote.port, 40000);
	assert_int_equal(e.u.segment.seq, 7);
	assert_int_equal(e.u.segment.ack, 9);
	assert_int_equal(e.u.segment.payload_len, 3);
	assert_int_equal(e.u.segment.flags, TEST_PSH | TEST_ACK);
	assert_int_equal(e.u.segment.rule, 3);
	assert_int_equal(e.u.segment.outbound, 1);
	assert_int_equal(
		shown(&e, EVTCP_DROPPED_IN, EVTCP_CAUSE_IMPAIR_LOSS, 0, EVTCP_CAUSE_NONE), 1);
	assert_int_equal(e.reason.cause, EVTCP_CAUSE_IMPAIR_LOSS);
	assert_int_equal(e.tuple.local.port, 80);
	assert_int_equal(e.u.segment.outbound, 0);
}

static void what_is_changed_or_made_is_told_as_well(void **state)
{
	struct evtcp_event e;

	(void)state;
	assert_int_equal(
		shown(&e, EVTCP_WIRE_IN, EVTCP_CAUSE_FAULT_CORRUPTED, 1, EVTCP_CAUSE_ACCEPTED), 1);
	assert_int_equal(e.reason.cause, EVTCP_CAUSE_FAULT_CORRUPTED);
	assert_int_equal(shown(&e, EVTCP_WIRE_OUT, EVTCP_CAUSE_NONE, 2, EVTCP_CAUSE_FAULT_RST), 1);
	assert_int_equal(e.reason.cause, EVTCP_CAUSE_FAULT_RST);
}

static void what_just_passes_is_no_event(void **state)
{
	struct evtcp_event e;

	(void)state;
	assert_int_equal(shown(&e, EVTCP_WIRE_OUT, EVTCP_CAUSE_NONE, 0, EVTCP_CAUSE_DATA), 0);
	assert_int_equal(shown(&e, EVTCP_WIRE_IN, EVTCP_CAUSE_NONE, 0, EVTCP_CAUSE_ACCEPTED), 0);
}

/* A tap below has seen it come, before a link above took it and said so itself. */
static void what_is_taken_is_told_once(void **state)
{
	struct evtcp_event e;

	(void)state;
	assert_int_equal(shown(&e, EVTCP_WIRE_IN, EVTCP_CAUSE_FAULT, 1, EVTCP_CAUSE_FAULT), 0);
}

static void what_is_no_segment_is_no_event(void **state)
{
	uint8_t octets[20] = {0x45, 0, 0, 20};
	struct iovec iov = {octets, sizeof(octets)};
	struct evtcp_packet packet = {
		.iov = &iov, .iovcnt = 1, .len = sizeof(octets), .fate = EVTCP_CAUSE_IMPAIR_LOSS};
	struct evtcp_event e;

	(void)state;
	assert_int_equal(evtcp_event_of_sighting(&e, EVTCP_DROPPED_OUT, &packet), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lost_has_its_segment_its_way_and_its_fate),
		cmocka_unit_test(what_is_changed_or_made_is_told_as_well),
		cmocka_unit_test(what_just_passes_is_no_event),
		cmocka_unit_test(what_is_taken_is_told_once),
		cmocka_unit_test(what_is_no_segment_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
