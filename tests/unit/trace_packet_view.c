/* SPDX-License-Identifier: BSD-3-Clause */

/* What a watcher sees in a packet, however it is cut into pieces, and that nothing
 * is read beyond its end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "test_packet.h"
#include "trace/packet_view.h"

static const struct test_segment segment = {.flags = TEST_PSH | TEST_FIN | TEST_ACK,
	.seq = 7,
	.ack = 9,
	.window = 502,
	.payload_len = 33};

static void assert_seen(const struct packet_view *view)
{
	char text[EVTCP_ENDPOINT_TEXT];

	assert_string_equal(
		evtcp_endpoint_format(&view->src, text, sizeof(text)), "10.0.0.1:40000");
	assert_string_equal(evtcp_endpoint_format(&view->dst, text, sizeof(text)), "10.0.0.2:80");
	assert_int_equal(view->tcp.flags, TEST_PSH | TEST_FIN | TEST_ACK);
	assert_int_equal(view->tcp.seq, 7);
	assert_int_equal(view->tcp.ack, 9);
	assert_int_equal(view->tcp.window, 502);
	assert_int_equal(view->payload_len, 33);
	assert_int_equal(packet_view_seq_len(view), 34);
}

static void a_packet_is_seen_however_it_is_cut_in_two(void **state)
{
	struct packet_view view;
	struct test_packet p;

	(void)state;
	test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE);
	for (size_t cut = 0; cut <= p.packet.len; cut++) {
		struct iovec iov[3] = {
			{p.bytes, cut}, {NULL, 0}, {p.bytes + cut, p.packet.len - cut}};
		struct evtcp_packet packet = {.iov = iov, .iovcnt = 3, .len = p.packet.len};

		assert_true(packet_view_parse(&view, &packet));
		assert_seen(&view);
	}
}

/* The segment over IPv6, behind extra octets of destination options (a multiple of 8). */
static void make_ipv6(struct test_packet *p, size_t extra)
{
	uint8_t header[40] = {0x60, [6] = extra ? 60 : 6, 64, 0xfd, 0, 0, 0xe7, [23] = 1, 0xfd, 0,
		0, 0xe7, [39] = 2};
	size_t len;

	test_packet_build(p, &segment, 0, EVTCP_CAUSE_NONE);
	len = p->packet.len - 20;
	memmove(p->bytes + 40 + extra, p->bytes + 20, len);
	test_put16(header + 4, (uint32_t)(extra + len));
	memcpy(p->bytes, header, sizeof(header));
	memset(p->bytes + 40, 0, extra);
	for (size_t at = 2; at < extra; at += p->bytes[40 + at + 1] + 2u) {
		p->bytes[40 + at] = 0x1e; /* an option that is skipped */
		p->bytes[40 + at + 1] = (uint8_t)(extra - at - 2);
	}
	if (extra) {
		p->bytes[40] = 6;
		p->bytes[41] = (uint8_t)(extra / 8 - 1);
	}
	p->iov.iov_len = p->packet.len = 40 + extra + len;
}

static void over_ipv6_it_is_seen_too(void **state)
{
	char text[EVTCP_ENDPOINT_TEXT];
	struct packet_view view;
	struct test_packet p;

	(void)state;
	for (size_t extra = 0; extra <= 240; extra += 8) {
		make_ipv6(&p, extra);
		if (extra > 256 - 40 - 20) {
			assert_false(packet_view_parse(&view, &p.packet));
			continue;
		}
		assert_true(packet_view_parse(&view, &p.packet));
		evtcp_endpoint_format(&view.src, text, sizeof(text));
		assert_string_equal(text, "[fd00:e7::1]:40000");
		evtcp_endpoint_format(&view.dst, text, sizeof(text));
		assert_string_equal(text, "[fd00:e7::2]:80");
		assert_int_equal(view.tcp.seq, 7);
		assert_int_equal(view.payload_len, 33);
		p.bytes[5]++; /* more than there is */
		assert_false(packet_view_parse(&view, &p.packet));
	}
	make_ipv6(&p, 8);
	p.bytes[6] = 44; /* a fragment */
	p.bytes[43] = 1;
	assert_false(packet_view_parse(&view, &p.packet));
	make_ipv6(&p, 0);
	p.bytes[6] = 58;
	assert_false(packet_view_parse(&view, &p.packet));
}

static void local_is_who_sent_when_outbound(void **state)
{
	struct evtcp_tuple tuple;
	struct packet_view view;
	struct test_packet p;

	(void)state;
	assert_true(packet_view_parse(&view, test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE)));
	packet_view_tuple(&view, true, &tuple);
	assert_int_equal(tuple.local.port, 40000);
	assert_int_equal(tuple.remote.port, 80);
	packet_view_tuple(&view, false, &tuple);
	assert_int_equal(tuple.local.port, 80);
	assert_int_equal(tuple.remote.port, 40000);
}

static void bytes_behind_the_total_length_are_not_payload(void **state)
{
	struct packet_view view;
	struct test_packet p;

	(void)state;
	test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE);
	p.iov.iov_len += 6;
	p.packet.len += 6;
	assert_true(packet_view_parse(&view, &p.packet));
	assert_int_equal(view.payload_len, 33);
}

static void what_is_no_whole_tcp_header_is_not_seen(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} cases[] = {
		{0, 0x65},  /* version 6 */
		{0, 0x44},  /* header of 16 bytes */
		{2, 0xff},  /* longer than the packet */
		{3, 39},    /* shorter than both headers */
		{7, 1},     /* a later fragment */
		{9, 17},    /* UDP */
		{32, 0x40}, /* TCP header of 16 bytes */
		{32, 0xf0}, /* TCP header of 60 bytes: more than there is */
	};
	struct packet_view view;
	struct test_packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE);
		p.bytes[cases[i].at] = cases[i].byte;
		if (cases[i].at == 32 && cases[i].byte == 0xf0)
			p.bytes[3] = 70;
		assert_false(packet_view_parse(&view, &p.packet));
	}
}

/* IHL 0 to 15, total length 0 to 80, 0 to 80 bytes captured, each in a block of
 * exactly that size for the sanitizer to guard (after ATTACKS.md P01). */
static void no_length_makes_it_read_beyond_the_end(void **state)
{
	struct packet_view view;
	struct test_packet p;
	unsigned seen = 0;

	(void)state;
	test_packet_build(&p, &segment, 0, EVTCP_CAUSE_NONE);
	for (size_t captured = 0; captured <= 80; captured++) {
		uint8_t *bytes = malloc(captured ? captured : 1);
		struct iovec iov = {bytes, captured};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = captured};

		memcpy(bytes, p.bytes, captured);
		for (unsigned n = 0; n < 16 * 81 && captured > 3; n++) {
			bytes[0] = (uint8_t)(0x40 | n % 16);
			bytes[3] = (uint8_t)(n / 16);
			if (packet_view_parse(&view, &packet)) {
				seen++;
				assert_true(view.payload_len <= captured - 40);
			}
		}
		free(bytes);
	}
	assert_true(seen > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_seen_however_it_is_cut_in_two),
		cmocka_unit_test(over_ipv6_it_is_seen_too),
		cmocka_unit_test(local_is_who_sent_when_outbound),
		cmocka_unit_test(bytes_behind_the_total_length_are_not_payload),
		cmocka_unit_test(what_is_no_whole_tcp_header_is_not_seen),
		cmocka_unit_test(no_length_makes_it_read_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
