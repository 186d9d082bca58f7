/* SPDX-License-Identifier: BSD-3-Clause */

/* The language of segment scripts: what is read, what is refused and where, and
 * that a packet's text and its struct say the same. */

#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct mistake {
	const char *text, *error;
};

static void every_mistake_is_named_with_line_and_column(void **state)
{
	// clang-format off
	static const struct mistake mistakes[] = {
		{"frobnicate", "1:1: no verb of this name: \"frobnicate\""},
		{"\n\n  +0.1 ?", "3:8: \"<\", \">\" or a verb was expected"},
		{"+0 > Q 1:1(0)", "1:6: flags were expected: letters of \"FSRP.UEWA\", or \"-\" for none"},
		{"+0 > . 1:1(0)", "1:14: the ACK flag \".\" needs \"ack N\""},
		{"+0 > . 1:5(5) ack 1", "1:14: the length in parentheses is not END - START"},
		{"+0 > . 1:5 ack 1", "1:12: \"(\" was expected"},
		{"+0 > . x:5(4) ack 1", "1:8: a number was expected"},
		{"+0 > . 1:1(0) ack 4294967296", "1:19: number outside -2147483648 to 4294967295"},
		{"+0 > . 1:1(0) ack 1 win 65536", "1:25: number outside 0 to 65535"},
		{"+0 > . 1:1(0) ack 1 wine 5", "1:21: this means nothing behind a packet"},
		{"+0 > . 1:1(0) ack 1 <mss>", "1:25: a number was expected"},
		{"+0 > . 1:1(0) ack 1 <foo>", "1:22: an option was expected: mss, nop, eol, sackOK, "
			"wscale, ts, sack, uto, FO, acc0, acc1 or raw"},
		{"+0 > . 1:1(0) ack 1 <ts val 1>", "1:30: \"ecr\" was expected"},
		{"+0 > . 1:1(0) ack 1 <raw 0>", "1:26: pairs of hexadecimal digits were expected"},
		{"+0 > . 1:1(0) ack 1 <sack 1:2 3:4 5:6 7:8 9:10>", "1:47: more than 40 octets of options"},
		{"+0 > . 1:1(0) ack 1 {boredom}", "1:22: no cause of this name: \"boredom\""},
		{"+0 > . 1:1(0) ack 1 {rto", "1:25: \"}\" was expected"},
		{"+0.0000001 listen", "1:3: time finer than a microsecond"},
		{"+0. listen", "1:3: a digit was expected after the point"},
		{"+x listen", "1:2: a number was expected"},
		{"@9 listen", "1:2: number outside 1 to 8"},
		{"& listen", "1:9: \"&\" has no line before it to join"},
		{"listen\n& state CLOSED", "2:15: \"&\" joins acts to a batch: this is a claim"},
		{"listen now", "1:8: nothing more was expected here"},
		{"listen\nconfig msl 1", "2:7: config lines come first"},
		{"config nap 5", "1:8: no setting of this name: \"nap\""},
		{"config limit lunch 5", "1:14: no limit of this name: \"lunch\""},
		{"config sack on", "1:13: \"off\" was expected"},
		{"config mtu 67", "1:12: number outside 68 to 65535"},
		{"state SLEEPING", "1:7: no state of this name: \"SLEEPING\""},
		{"counter sheep 1", "1:9: no counter of this name: \"sheep\""},
		{"expect miracle", "1:8: one of accepted|connected|readable|writable|eof|error|"
			"urgent|advisory|nothing was expected"},
		{"expect error EWHATEVER", "1:14: no error of this name: \"EWHATEVER\""},
		{"established mss 1000 rtt", "1:25: a number was expected"},
		{"established fast", "1:13: \"rtt\", \"win\" or an option of TCP was expected"},
		{"nodelay", "1:8: \"on\" or \"off\" was expected"},
		{"enable thinking", "1:8: one of read|write was expected"},
		{"write lots", "1:7: a number was expected"},
		{"connect to 10.0.0", "1:18: \".\" was expected"},
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct script script;

		assert_false(script_parse(&script, mistakes[i].text));
		assert_string_equal(script.error, mistakes[i].error);
		script_free(&script);
	}
}

static void a_line_is_a_time_a_flow_a_verb_and_its_arguments(void **state)
{
	struct script script;
	const struct script_line *line;

	(void)state;
	assert_true(script_parse(&script, "# a comment\n"
					  "config rto-min 0.3\n"
					  "config limit half_open 2\n"
					  "\n"
					  "listen\n"
					  "+0.25 @2 < S 0:0(0) win 500 <mss 1000> ; theirs\n"
					  " &   @2 write 7\n"
					  "+1 recv 9 = EAGAIN\n"));
	assert_int_equal(script.len, 4);
	assert_int_equal(script.config.rto_min_us, 300000);
	assert_int_equal(script.config.limits.half_open, 2);
	assert_int_equal(script.mss, 1000);
	line = &script.lines[1];
	assert_int_equal(line->number, 6);
	assert_int_equal(line->delay_us, 250000);
	assert_int_equal(line->flow, 2);
	assert_int_equal(line->verb, VERB_INPUT);
	assert_int_equal(line->packet->packet.flags, SYN);
	assert_int_equal(line->packet->packet.window, 500);
	assert_true(script.lines[2].same_batch);
	assert_int_equal(script.lines[2].verb, VERB_WRITE);
	assert_int_equal(script.lines[2].args.number[0], 7);
	assert_int_equal(script.lines[3].args.result, -1);
	assert_int_equal(script.lines[3].args.error, EAGAIN);
	script_free(&script);
}

static void a_packet_reads_back_as_it_was_written(void **state)
{
	static const char *const texts[] = {
		". 1:1(0) ack 1",
		"S 0:0(0) win 65535 <mss 1460, sackOK, ts val 100 ecr 0, nop, wscale 7>",
		"S. 0:0(0) ack 1 win 0 <mss 1000, uto 100, uto 32767 min>",
		"S 0:5(5) <mss 1000, FO, nop, nop, FO 0102030405060708>",
		"FP. 1001:2001(1000) ack 5 win 17",
		"R =0:0(0)",
		"- -5:5(10)",
		"FSRPUEW. 1:2(1) ack 4290000000 win 1 urg 9",
		". 1:1(0) ack 1 <nop, nop, sack 2001:3001 5001:6001>",
		". 1:1(0) ack 1 <nop, nop, ts, eol, raw fe03aa>",
		"P. 1:11(10) ack 1 ttl 9 dscp 46 ect0 altered {rto #3}",
		"S 0:0(0) from 0.0.0.0 to 10.0.0.255",
		"icmp 8 0 id 7 seq 9 (56)",
		"icmp 3 1 about 1001",
		"udp 53 (20)",
		"protocol 47 (8)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[NOTATION_TEXT];
		struct notation notation;
		struct scan scan;

		scan_init(&scan, texts[i], 1);
		assert_true(notation_scan(&scan, &notation));
		assert_string_equal(notation_format(&notation, text, sizeof(text)), texts[i]);
	}
}

/* What no checksum covers in IPv6: traffic class and hop limit. */
static bool is_uncovered(bool ipv6, size_t bit)
{
	return ipv6 && (bit < 4 || (bit >= 12 && bit < 16) || bit / 8 == 7);
}

static void build_and_read(bool ipv6)
{
	static const uint8_t payload[3] = {1, 2, 3};
	struct packet out = {.ipv6 = ipv6,
		.src = 0x0a000001,
		.dst = 0x0a000002,
		.protocol = PROTOCOL_TCP,
		.ttl = 64,
		.dscp = 10,
		.ecn = 3,
		.src_port = 40001,
		.dst_port = 80,
		.seq = 0xfffffff0,
		.ack = 5,
		.flags = PSH | ACK | AE,
		.window = 512,
		.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2},
		.options_len = 12,
		.payload = payload,
		.len = 3};
	static uint8_t octets[PACKET_MAX];
	struct packet in;
	size_t len = packet_build(&out, octets);

	assert_int_equal(len, (ipv6 ? 40 : 20) + 32 + 3);
	assert_null(packet_parse(&in, octets, len));
	assert_int_equal(in.ipv6, ipv6);
	assert_int_equal(in.src, out.src);
	assert_int_equal(in.dst, out.dst);
	assert_int_equal(in.seq, out.seq);
	assert_int_equal(in.ack, out.ack);
	assert_int_equal(in.flags, out.flags);
	assert_int_equal(in.dscp, out.dscp);
	assert_int_equal(in.ecn, out.ecn);
	assert_memory_equal(in.options, out.options, 12);
	assert_int_equal(in.len, 3);
	assert_memory_equal(in.payload, payload, 3);
	for (size_t bit = 0; bit < len * 8; bit++) { /* each flip is seen */
		if (is_uncovered(ipv6, bit))
			continue;
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_non_null(packet_parse(&in, octets, len));
		octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_packet_survives_being_built_and_read(void **state)
{
	(void)state;
	build_and_read(false);
	build_and_read(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_named_with_line_and_column),
		cmocka_unit_test(a_line_is_a_time_a_flow_a_verb_and_its_arguments),
		cmocka_unit_test(a_packet_reads_back_as_it_was_written),
		cmocka_unit_test(a_packet_survives_being_built_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
