/* SPDX-License-Identifier: BSD-3-Clause */

/* Events as lines of JSON: what each kind looks like to the byte, that each fits for every cause,
 * in which order what a link has lost is told, and that nothing is allocated after the beginning.
 * Whether all of it is what qlog.schema.json says is held by tests/e2e/qlog.sh. */

#include "trace/qlog_trigger.h"

#include "test_packet.h"
#include "test_world.h"

#include <arpa/inet.h>
#include <evtcp/qlog.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct page {
	char text[8192]; /* the lines, each with a newline */
	size_t len;
	struct evtcp_qlog *qlog;
	struct evtcp_observer observer;
	struct evtcp_sink sink;
};

static void page_write(void *arg, const char *line, size_t len)
{
	struct page *page = arg;

	if (page->len + len + 2 > sizeof(page->text))
		page->len = 0; /* nobody looks any more */
	memcpy(page->text + page->len, line, len);
	page->len += len;
	page->text[page->len++] = '\n';
	page->text[page->len] = '\0';
}

static void page_open(struct page *page, int separators)
{
	struct evtcp_qlog_config config = {.vantage_point = "server",
		.worker = 3,
		.separators = separators,
		.began_us = 1000000,
		.wall_us = 784111777042123};

	memset(page, 0, sizeof(*page));
	page->qlog = evtcp_qlog_new(evtcp_world_system(), &config, page_write, page);
	assert_non_null(page->qlog);
	evtcp_qlog_observer(page->qlog, &page->observer);
	evtcp_qlog_sink(page->qlog, &page->sink);
}

static struct evtcp_event event(enum evtcp_event_kind kind, enum evtcp_cause cause)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(40312)};
	struct evtcp_event e = {.at_us = 1234567, .kind = kind, .reason = {.cause = cause}};

	inet_pton(AF_INET, "10.0.0.2", &local.sin_addr);
	inet_pton(AF_INET, "10.0.0.1", &remote.sin_addr);
	evtcp_endpoint_from_sockaddr(&e.tuple.local, (struct sockaddr *)&local, sizeof(local));
	evtcp_endpoint_from_sockaddr(&e.tuple.remote, (struct sockaddr *)&remote, sizeof(remote));
	return e;
}

/* The line of e is this, between what all lines have in common. */
static void assert_line(const struct evtcp_event *e, const char *name, const char *data)
{
	struct page page;
	char expected[1024];

	page_open(&page, 0);
	page.sink.event(page.sink.arg, e);
	snprintf(expected, sizeof(expected),
		"{\"time\":234.567,\"name\":\"%s\",\"worker\":3,"
		"\"group_id\":\"10.0.0.2:80 10.0.0.1:40312\",\"data\":{%s}}\n",
		name, data);
	assert_string_equal(page.text, expected);
	evtcp_qlog_free(page.qlog);
}

static void the_first_line_says_what_the_others_are(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, 0);
	evtcp_qlog_header(page.qlog);
	assert_string_equal(page.text,
		"{\"file_schema\":\"urn:ietf:params:qlog:file:sequential\","
		"\"serialization_format\":\"application/x-ndjson\",\"title\":\"evtcp\","
		"\"trace\":{\"common_fields\":{\"time_format\":\"relative_to_epoch\","
		"\"reference_time\":{\"clock_type\":\"monotonic\",\"epoch\":\"unknown\","
		"\"wall_clock_time\":\"1994-11-06T08:49:37.042Z\"}},"
		"\"vantage_point\":{\"name\":\"evtcp\",\"type\":\"server\"},"
		"\"event_schemas\":[\"x-evtcp:qlog.schema.json\"]}}\n");
	evtcp_qlog_free(page.qlog);
}

static void with_separators_it_is_a_text_sequence(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_STATE, EVTCP_CAUSE_FIN_ARRIVED);
	struct page page;

	(void)state;
	page_open(&page, 1);
	evtcp_qlog_header(page.qlog);
	page.sink.event(page.sink.arg, &e);
	assert_memory_equal(page.text, "\x1e{\"file_schema\"", 15);
	assert_non_null(strstr(page.text, "\"application/qlog+json-seq\""));
	assert_non_null(strstr(page.text, "}}\n\x1e{\"time\""));
	evtcp_qlog_free(page.qlog);
}

static void segments_are_told_with_their_header_and_cause(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_SENT, EVTCP_CAUSE_RTO);

	(void)state;
	e.reason.count = 2;
	e.reason.delay_us = 400000;
	e.u.segment.seq = 4000000000u;
	e.u.segment.ack = 7;
	e.u.segment.window = 65535;
	e.u.segment.flags = 0x18;
	e.u.segment.payload_len = 1460;
	assert_line(&e, "transport:packet_sent",
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":4000000000,"
		"\"acknowledgment_number\":7,\"window\":65535,\"flags\":[\"PSH\",\"ACK\"]},"
		"\"raw\":{\"payload_length\":1460},\"trigger\":\"retransmit_timeout\","
		"\"cause\":\"rto\",\"count\":2,\"delay\":400.000,\"reason\":\"RTO #2 after 400 "
		"ms\"");
	e = event(EVTCP_EVENT_RECEIVED, EVTCP_CAUSE_ACCEPTED);
	e.u.segment.flags = 0x1ff;
	assert_line(&e, "transport:packet_received",
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":0,"
		"\"acknowledgment_number\":0,\"window\":0,\"flags\":[\"FIN\",\"SYN\",\"RST\","
		"\"PSH\",\"ACK\",\"URG\",\"ECE\",\"CWR\",\"AE\"]},\"raw\":{\"payload_length\":0},"
		"\"cause\":\"accepted\",\"reason\":\"accepted\"");
	e = event(EVTCP_EVENT_DROPPED, EVTCP_CAUSE_TCP_CHECKSUM);
	assert_line(&e, "transport:packet_dropped",
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":0,"
		"\"acknowledgment_number\":0,\"window\":0,\"flags\":[]},"
		"\"raw\":{\"payload_length\":0},\"direction\":\"in\",\"trigger\":\"invalid\","
		"\"cause\":\"tcp_checksum\",\"reason\":\"TCP checksum wrong\"");
}

static void what_the_link_would_not_take_was_going_out(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_DROPPED, EVTCP_CAUSE_LINK_QUEUE_FULL);

	(void)state;
	assert_line(&e, "transport:packet_dropped",
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":0,"
		"\"acknowledgment_number\":0,\"window\":0,\"flags\":[]},"
		"\"raw\":{\"payload_length\":0},\"direction\":\"out\",\"trigger\":\"general\","
		"\"cause\":\"link_queue_full\",\"reason\":\"link queue full\"");
}

static void a_packet_of_no_connection_has_no_group(void **state)
{
	struct evtcp_event e = {.at_us = 999999, /* before the trace began */
		.kind = EVTCP_EVENT_DROPPED,
		.reason = {.cause = EVTCP_CAUSE_IP_VERSION}};
	struct page page;

	(void)state;
	page_open(&page, 0);
	page.sink.event(page.sink.arg, &e);
	assert_string_equal(page.text,
		"{\"time\":0.000,\"name\":\"transport:packet_dropped\",\"worker\":3,\"data\":{"
		"\"header\":{\"packet_type\":\"unknown\"},\"direction\":\"in\","
		"\"trigger\":\"unsupported\",\"cause\":\"ip_version\","
		"\"reason\":\"IP version is not one we speak\"}}\n");
	evtcp_qlog_free(page.qlog);
}

static void connections_and_timers_have_their_own_lines(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_STATE, EVTCP_CAUSE_OPENED_PASSIVE);

	(void)state;
	e.u.state.from = EVTCP_SYN_RECEIVED;
	e.u.state.to = EVTCP_ESTABLISHED;
	assert_line(&e, "connectivity:connection_state_updated",
		"\"old\":\"SYN-RECEIVED\",\"new\":\"ESTABLISHED\",\"cause\":\"opened_passive\","
		"\"reason\":\"handshake complete\"");
	e = event(EVTCP_EVENT_TIMER, EVTCP_CAUSE_TIMER_RETRANSMIT);
	e.reason.count = 3;
	e.reason.delay_us = 1600000;
	e.u.timer.due_at_us = e.at_us - 4200;
	assert_line(&e, "recovery:loss_timer_updated",
		"\"timer_type\":\"retransmit\",\"event_type\":\"expired\",\"late\":4.200,"
		"\"cause\":\"timer_retransmit\",\"count\":3,\"delay\":1600.000,"
		"\"reason\":\"retransmission timer #3 after 1.6 s\"");
	e = event(EVTCP_EVENT_TIMER, EVTCP_CAUSE_TIMER_DELAYED_ACK);
	e.u.timer.due_at_us = e.at_us + 1;
	assert_line(&e, "transport:timer_updated",
		"\"timer_type\":\"delayed_ack\",\"event_type\":\"expired\",\"late\":0.000,"
		"\"cause\":\"timer_delayed_ack\",\"reason\":\"delayed ACK timer\"");
	e.kind = EVTCP_EVENT_TIMER_SET;
	e.u.timer.due_at_us = e.at_us + 40000;
	assert_line(&e, "transport:timer_updated",
		"\"timer_type\":\"delayed_ack\",\"event_type\":\"set\",\"delta\":40.000,"
		"\"cause\":\"timer_delayed_ack\",\"reason\":\"delayed ACK timer\"");
	e = event(EVTCP_EVENT_TIMER_STOPPED, EVTCP_CAUSE_TIMER_PROBE);
	assert_line(&e, "recovery:loss_timer_updated",
		"\"timer_type\":\"probe\",\"event_type\":\"cancelled\",\"cause\":\"timer_probe\","
		"\"reason\":\"tail-loss probe timer\"");
}

static void metrics_leave_out_what_is_not_known(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_METRICS, EVTCP_CAUSE_NONE);

	(void)state;
	e.u.window.cwnd = 14600;
	e.u.window.ssthresh = UINT32_MAX;
	assert_line(&e, "recovery:metrics_updated",
		"\"congestion_window\":14600,\"bytes_in_flight\":0");
	e.kind = EVTCP_EVENT_WINDOW;
	e.reason.cause = EVTCP_CAUSE_CC_RTO;
	e.u.window.ssthresh = 2920;
	e.u.window.in_flight = 5840;
	e.u.window.srtt_us = 20000;
	e.u.window.rttvar_us = 10000;
	e.u.window.min_rtt_us = 19999;
	e.u.window.rtt_us = 21001;
	assert_line(&e, "recovery:metrics_updated",
		"\"congestion_window\":14600,\"bytes_in_flight\":5840,\"ssthresh\":2920,"
		"\"smoothed_rtt\":20.000,\"rtt_variance\":10.000,\"min_rtt\":19.999,"
		"\"latest_rtt\":21.001,\"cause\":\"cc_rto\","
		"\"reason\":\"RTO: back to one segment\"");
}

static void a_loss_says_where_and_how_much(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_LOST, EVTCP_CAUSE_RACK);

	(void)state;
	e.u.lost.seq = 7;
	e.u.lost.end = 2927;
	e.u.lost.bytes = 1460;
	assert_line(&e, "recovery:packet_lost",
		"\"header\":{\"packet_type\":\"tcp\",\"sequence_number\":7,\"sequence_end\":2927},"
		"\"raw\":{\"payload_length\":1460},\"trigger\":\"time_threshold\",\"cause\":"
		"\"rack\","
		"\"reason\":\"RACK: lost, for something sent later has arrived (RFC 8985)\"");
}

/* qlog knows packets, not segments: 20 bytes of header of TCP, and 20 or 40 of IP. */
static void segments_that_become_smaller_are_a_path_mtu(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_MSS, EVTCP_CAUSE_PATH_MTU);
	struct page page;

	(void)state;
	e.u.mss.mss = 1300;
	e.u.mss.mss_before = 1460;
	assert_line(&e, "connectivity:mtu_updated",
		"\"old\":1500,\"new\":1340,\"mss\":1300,\"cause\":\"path_mtu\","
		"\"reason\":\"ICMP says that the path carries less, believed\"");
	memset(e.tuple.remote.addr.bytes, 0x20, sizeof(e.tuple.remote.addr.bytes));
	page_open(&page, 0);
	page.sink.event(page.sink.arg, &e);
	assert_non_null(strstr(page.text, "\"old\":1520,\"new\":1360,\"mss\":1300,"));
	evtcp_qlog_free(page.qlog);
}

/* ---- what links take away ------------------------------------------------------- */

static void show(struct page *page, enum evtcp_sighting sighting, enum evtcp_cause fate)
{
	struct test_segment segment = {.out = sighting == EVTCP_DROPPED_OUT,
		.client_port = 40312,
		.flags = TEST_PSH | TEST_ACK,
		.seq = 7,
		.payload_len = 3};
	struct test_packet p;

	test_packet_build(&p, &segment, 1234567, EVTCP_CAUSE_DATA);
	p.packet.fate = fate;
	page->observer.packet(page->observer.arg, sighting, &p.packet);
}

/* How many lines there are, and where the first of this name is; -1 for none. */
static int line_of(const struct page *page, const char *name)
{
	const char *found = strstr(page->text, name);
	int line = 0;

	for (const char *c = page->text; found && c < found; c++)
		line += *c == '\n';
	return found ? line : -1;
}

static void what_passes_is_told_by_the_stack_alone(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, 0);
	show(&page, EVTCP_WIRE_OUT, EVTCP_CAUSE_NONE);
	show(&page, EVTCP_WIRE_IN, EVTCP_CAUSE_FAULT);
	assert_int_equal(page.len, 0);
	show(&page, EVTCP_DROPPED_IN, EVTCP_CAUSE_FAULT);
	assert_int_equal(line_of(&page, "\"direction\":\"in\""), 0);
	assert_int_equal(line_of(&page, "\"cause\":\"fault\""), 0);
	evtcp_qlog_free(page.qlog);
}

static void a_segment_is_lost_after_it_was_sent(void **state)
{
	struct evtcp_event sent = event(EVTCP_EVENT_SENT, EVTCP_CAUSE_DATA);
	struct page page;

	(void)state;
	page_open(&page, 0);
	show(&page, EVTCP_DROPPED_OUT, EVTCP_CAUSE_FAULT);
	assert_int_equal(page.len, 0); /* the stack has not said yet that it left */
	sent.u.segment.seq = 7;
	sent.u.segment.payload_len = 3;
	page.sink.event(page.sink.arg, &sent);
	assert_int_equal(line_of(&page, "packet_sent"), 0);
	assert_int_equal(line_of(&page, "packet_dropped"), 1);

	page.len = 0;
	show(&page, EVTCP_DROPPED_OUT, EVTCP_CAUSE_IMPAIR_LOSS);
	sent.u.segment.seq++; /* another */
	page.sink.event(page.sink.arg, &sent);
	assert_int_equal(line_of(&page, "packet_dropped"), 0);
	assert_int_equal(line_of(&page, "packet_sent"), 1);

	page.len = 0;
	show(&page, EVTCP_DROPPED_OUT, EVTCP_CAUSE_IMPAIR_LOSS);
	sent.u.segment.seq--;
	sent.tuple.remote.addr.bytes[15]++; /* another's, from the same port */
	page.sink.event(page.sink.arg, &sent);
	assert_int_equal(line_of(&page, "packet_dropped"), 0);
	assert_int_equal(line_of(&page, "packet_sent"), 1);

	page.len = 0;
	show(&page, EVTCP_DROPPED_OUT, EVTCP_CAUSE_IMPAIR_LOSS);
	evtcp_qlog_free(page.qlog);
	assert_int_equal(line_of(&page, "packet_dropped"), 0); /* it is not forgotten */
}

static void times_do_not_go_back(void **state)
{
	struct evtcp_event e = event(EVTCP_EVENT_STATE, EVTCP_CAUSE_FIN_ARRIVED);
	struct page page;

	(void)state;
	page_open(&page, 0);
	show(&page, EVTCP_DROPPED_IN, EVTCP_CAUSE_FAULT);
	e.at_us -= 44; /* the moment of the batch, which the link has seen end */
	page.sink.event(page.sink.arg, &e);
	assert_int_equal(line_of(&page, "\"time\":234.567,\"name\":\"connectivity"), 1);
	e.at_us += 1044;
	page.sink.event(page.sink.arg, &e);
	assert_int_equal(line_of(&page, "\"time\":235.567,\"name\":\"connectivity"), 2);
	evtcp_qlog_free(page.qlog);
}

/* ---- bounds -------------------------------------------------------------------------- */

static void every_event_is_one_line_of_ascii_in_braces(void **state)
{
	struct evtcp_event e;
	struct page page;

	(void)state;
	page_open(&page, 0);
	memset(&e, 0xff, sizeof(e));
	e.u.state.from = e.u.state.to = EVTCP_ESTABLISHED;
	for (int kind = 0; kind < EVTCP_N_EVENT_KINDS; kind++) {
		for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
			e.kind = (enum evtcp_event_kind)kind;
			e.reason.cause = (enum evtcp_cause)cause;
			page.len = 0;
			page.sink.event(page.sink.arg, &e);
			assert_true(page.len > 2 && page.text[0] == '{');
			assert_string_equal(page.text + page.len - 3, "}}\n");
			for (size_t i = 0; i + 1 < page.len; i++)
				assert_in_range((unsigned char)page.text[i], ' ', '~');
			assert_null(strchr(page.text, '\\'));
		}
	}
	evtcp_qlog_free(page.qlog);
}

static void nothing_is_allocated_after_the_beginning(void **state)
{
	struct evtcp_qlog_config config = {.vantage_point = "client"};
	struct evtcp_event e = event(EVTCP_EVENT_SENT, EVTCP_CAUSE_DATA);
	struct test_world test;
	struct page page = {0};

	(void)state;
	test_world_init(&test);
	page.qlog = evtcp_qlog_new(&test.world, &config, page_write, &page);
	evtcp_qlog_observer(page.qlog, &page.observer);
	evtcp_qlog_sink(page.qlog, &page.sink);
	assert_int_equal(test.blocks, 1);
	test.out_of_memory = true;
	for (int i = 0; i < 1000; i++) {
		page.sink.event(page.sink.arg, &e);
		show(&page, EVTCP_DROPPED_OUT, EVTCP_CAUSE_FAULT);
	}
	evtcp_qlog_free(page.qlog);
	assert_int_equal(test.blocks, 0);
	page.qlog = evtcp_qlog_new(&test.world, &config, page_write, &page);
	assert_null(page.qlog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_says_what_the_others_are),
		cmocka_unit_test(with_separators_it_is_a_text_sequence),
		cmocka_unit_test(segments_are_told_with_their_header_and_cause),
		cmocka_unit_test(what_the_link_would_not_take_was_going_out),
		cmocka_unit_test(a_packet_of_no_connection_has_no_group),
		cmocka_unit_test(connections_and_timers_have_their_own_lines),
		cmocka_unit_test(metrics_leave_out_what_is_not_known),
		cmocka_unit_test(a_loss_says_where_and_how_much),
		cmocka_unit_test(segments_that_become_smaller_are_a_path_mtu),
		cmocka_unit_test(what_passes_is_told_by_the_stack_alone),
		cmocka_unit_test(a_segment_is_lost_after_it_was_sent),
		cmocka_unit_test(times_do_not_go_back),
		cmocka_unit_test(every_event_is_one_line_of_ascii_in_braces),
		cmocka_unit_test(nothing_is_allocated_after_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
