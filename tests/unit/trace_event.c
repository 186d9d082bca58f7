/* SPDX-License-Identifier: BSD-3-Clause */

/* Events and reasons as text: what each kind looks like, that the promised buffers
 * suffice for every cause, and that nothing but printable ASCII comes out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <evtcp/trace.h>
#include <netinet/in.h>
#include <string.h>

static struct evtcp_endpoint endpoint(const char *address, uint16_t port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct evtcp_endpoint result;

	assert_int_equal(inet_pton(AF_INET, address, &sa.sin_addr), 1);
	assert_int_equal(
		evtcp_endpoint_from_sockaddr(&result, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return result;
}

/* An event between the server and a client, in its first two seconds. */
static struct evtcp_event event(enum evtcp_event_kind kind, enum evtcp_cause cause)
{
	return (struct evtcp_event){
		.at_us = 1234567,
		.kind = kind,
		.reason = {.cause = cause},
		.tuple = {endpoint("10.0.0.2", 80), endpoint("10.0.0.1", 40312)},
	};
}

static void assert_text(const struct evtcp_event *e, const char *expected)
{
	char text[EVTCP_EVENT_TEXT];

	assert_string_equal(evtcp_event_format(e, text, sizeof(text)), expected);
}

static void a_reason_has_its_number_and_its_span(void **state)
{
	static const struct {
		struct evtcp_reason reason;
		const char *text;
	} cases[] = {
		{{EVTCP_CAUSE_RTO, 2, 400000}, "RTO #2 after 400 ms"},
		{{EVTCP_CAUSE_ACK_DELAYED, 0, 40000}, "delayed ACK timer after 40 ms"},
		{{EVTCP_CAUSE_PAWS, 0, 0}, "PAWS: timestamp too old (RFC 7323 5)"},
		{{EVTCP_CAUSE_KEEPALIVE_PROBE, 65535, 0}, "keepalive probe #65535"},
	};
	char text[EVTCP_REASON_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			evtcp_reason_format(&cases[i].reason, text, sizeof(text)), cases[i].text);
}

static void segments_are_told_with_tcpdumps_flags(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_SENT, EVTCP_CAUSE_SYN_ACK);

	(void)state;
	e.u.segment.flags = 0x12;
	e.u.segment.seq = 4000000000u;
	e.u.segment.ack = 7;
	e.u.segment.window = 65535;
	assert_text(&e, "    1.234567 sent     10.0.0.2:80 > 10.0.0.1:40312 [S.] seq 4000000000 "
			"ack 7 win 65535 len 0: SYN received");
	e.kind = EVTCP_EVENT_RECEIVED;
	e.reason.cause = EVTCP_CAUSE_ACCEPTED;
	e.u.segment.flags = 0x1ff;
	e.u.segment.payload_len = 1460;
	assert_text(&e, "    1.234567 received 10.0.0.2:80 < 10.0.0.1:40312 [FSRPUEWe.] seq "
			"4000000000 ack 7 win 65535 len 1460: accepted");
	e.u.segment.flags = 0;
	e.kind = EVTCP_EVENT_DROPPED;
	e.reason.cause = EVTCP_CAUSE_TCP_FLAGS;
	assert_text(&e, "    1.234567 dropped  10.0.0.2:80 - 10.0.0.1:40312 [none] seq 4000000000 "
			"ack 7 win 65535 len 1460: TCP flags make no sense here");
}

static void states_timers_and_windows_are_told(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_STATE, EVTCP_CAUSE_OPENED_PASSIVE);

	(void)state;
	e.u.state.from = EVTCP_SYN_RECEIVED;
	e.u.state.to = EVTCP_ESTABLISHED;
	assert_text(&e, "    1.234567 state    10.0.0.2:80 - 10.0.0.1:40312 SYN-RECEIVED -> "
			"ESTABLISHED: handshake complete");

	e = event(EVTCP_EVENT_TIMER, EVTCP_CAUSE_TIMER_RETRANSMIT);
	e.reason.count = 3;
	e.reason.delay_us = 1600000;
	e.u.timer.due_at_us = e.at_us - 999;
	assert_text(&e,
		"    1.234567 timer    10.0.0.2:80 - 10.0.0.1:40312 retransmission timer #3 "
		"after 1.6 s");
	e.u.timer.due_at_us = e.at_us - 4200;
	assert_text(&e,
		"    1.234567 timer    10.0.0.2:80 - 10.0.0.1:40312 retransmission timer #3 "
		"after 1.6 s (4.2 ms late)");

	e = event(EVTCP_EVENT_TIMER_SET, EVTCP_CAUSE_TIMER_PROBE);
	e.u.timer.due_at_us = e.at_us + 1000;
	assert_text(&e,
		"    1.234567 set      10.0.0.2:80 - 10.0.0.1:40312 tail-loss probe timer, due in "
		"1 ms");
	e.kind = EVTCP_EVENT_TIMER_STOPPED;
	assert_text(&e,
		"    1.234567 stopped  10.0.0.2:80 - 10.0.0.1:40312 tail-loss probe timer");

	e = event(EVTCP_EVENT_WINDOW, EVTCP_CAUSE_CC_RTO);
	e.u.window.cwnd = 1460;
	e.u.window.ssthresh = 2920;
	e.u.window.in_flight = 5840;
	assert_text(&e,
		"    1.234567 window   10.0.0.2:80 - 10.0.0.1:40312 cwnd 1460 ssthresh 2920 "
		"in flight 5840: RTO: back to one segment");

	e.u.window.ssthresh = UINT32_MAX; /* RFC 5681 3.1: arbitrarily high */
	assert_text(&e,
		"    1.234567 window   10.0.0.2:80 - 10.0.0.1:40312 cwnd 1460 in flight 5840: RTO: "
		"back to one segment");

	e = event(EVTCP_EVENT_METRICS, EVTCP_CAUSE_NONE);
	e.u.window.cwnd = 1460;
	e.u.window.ssthresh = 2920;
	assert_text(&e,
		"    1.234567 metrics  10.0.0.2:80 - 10.0.0.1:40312 cwnd 1460 ssthresh 2920 "
		"in flight 0");
	e.u.window.srtt_us = 20000;
	e.u.window.rtt_us = 25000;
	assert_text(&e,
		"    1.234567 metrics  10.0.0.2:80 - 10.0.0.1:40312 cwnd 1460 ssthresh 2920 "
		"in flight 0 srtt 20 ms after 25 ms");

	e = event(EVTCP_EVENT_LOST, EVTCP_CAUSE_RTO);
	e.u.lost.seq = 7;
	e.u.lost.end = 2927;
	e.u.lost.bytes = 1460;
	assert_text(&e,
		"    1.234567 lost     10.0.0.2:80 > 10.0.0.1:40312 7:2927, 1460 bytes newly: RTO");

	e = event(EVTCP_EVENT_MSS, EVTCP_CAUSE_PATH_MTU_BLACK_HOLE);
	e.u.mss.mss = 1400;
	e.u.mss.mss_before = 1460;
	assert_text(&e,
		"    1.234567 mss      10.0.0.2:80 - 10.0.0.1:40312 1400, was 1460: large segments "
		"keep dying: smaller ones (RFC 4821)");
}

static void what_a_link_did_is_told_with_its_rule(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_LINK, EVTCP_CAUSE_FAULT);

	(void)state;
	e.u.segment.payload_len = 10;
	e.u.segment.flags = 0x10;
	e.u.segment.outbound = 1;
	e.u.segment.rule = 3;
	assert_text(&e,
		"    1.234567 link     10.0.0.2:80 > 10.0.0.1:40312 [.] seq 0 ack 0 win 0 len 10: "
		"lost on the way out: fault script, rule 3");
	e.u.segment.outbound = 0;
	e.u.segment.rule = 0;
	e.reason.cause = EVTCP_CAUSE_IMPAIR_CORRUPTED;
	assert_text(&e,
		"    1.234567 link     10.0.0.2:80 < 10.0.0.1:40312 [.] seq 0 ack 0 win 0 len 10: "
		"bits flipped (link emulator)");
}

static void an_event_of_no_connection_names_none(void **state)
{
	struct evtcp_event e = {
		.kind = EVTCP_EVENT_DROPPED, .reason = {EVTCP_CAUSE_IP_VERSION, 0, 0}};

	(void)state;
	assert_text(&e,
		"    0.000000 dropped  [none] seq 0 ack 0 win 0 len 0: IP version is not one "
		"we speak");
}

/* The longest of everything, for every kind and cause, and (ATTACKS.md P14) nothing
 * that could disturb a terminal or a line-based log. */
static void every_event_fits_and_is_printable(void **state)
{
	char text[2 * EVTCP_EVENT_TEXT];
	struct evtcp_event e;

	(void)state;
	memset(&e, 0xff, sizeof(e));
	e.u.timer.due_at_us = 0;
	for (unsigned kind = 0; kind < EVTCP_N_EVENT_KINDS; kind++)
		for (unsigned cause = 0; cause < EVTCP_N_CAUSES; cause++) {
			e.kind = (enum evtcp_event_kind)kind;
			e.reason.cause = (enum evtcp_cause)cause;
			evtcp_event_format(&e, text, sizeof(text));
			assert_in_range(strlen(text), 20, EVTCP_EVENT_TEXT - 1);
			assert_int_equal(strlen(evtcp_reason_format(&e.reason, text,
						 sizeof(text))) < EVTCP_REASON_TEXT,
				1);
			for (const char *c = text; *c; c++)
				assert_in_range((unsigned char)*c, ' ', '~');
		}
}

static void a_small_buffer_cuts_and_stays_terminated(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_SENT, EVTCP_CAUSE_DATA);
	char whole[EVTCP_EVENT_TEXT], text[EVTCP_EVENT_TEXT];

	(void)state;
	evtcp_event_format(&e, whole, sizeof(whole));
	for (size_t size = 1; size < strlen(whole) + 2; size++) {
		size_t expected = size - 1 < strlen(whole) ? size - 1 : strlen(whole);

		memset(text, 'x', sizeof(text));
		evtcp_event_format(&e, text, size);
		assert_int_equal(strlen(text), expected);
		assert_memory_equal(text, whole, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reason_has_its_number_and_its_span),
		cmocka_unit_test(segments_are_told_with_tcpdumps_flags),
		cmocka_unit_test(states_timers_and_windows_are_told),
		cmocka_unit_test(what_a_link_did_is_told_with_its_rule),
		cmocka_unit_test(an_event_of_no_connection_names_none),
		cmocka_unit_test(every_event_fits_and_is_printable),
		cmocka_unit_test(a_small_buffer_cuts_and_stays_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
