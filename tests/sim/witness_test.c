/* SPDX-License-Identifier: BSD-3-Clause */

/* Who watches the wire must see what is wrong on it: each rule is broken once, after
 * a conversation that breaks none. */

#include "witness.h"

#include "stream.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { ISS0 = 1000, ISS1 = 0x7ffffff0, BUFFER = 4000 };

struct bench {
	struct witness witness;
	struct verdict verdict;
};

static const uint64_t keys[2] = {11, 22};
static const uint16_t ports[2] = {20000, 80};

static struct packet packet_of(unsigned host, uint32_t seq, uint32_t ack, unsigned flags)
{
	return (struct packet){.source = 1 + host,
		.destination = 2 - host,
		.ttl = 64,
		.source_port = ports[host],
		.destination_port = ports[1 - host],
		.seq = seq,
		.ack = ack,
		.flags = (uint16_t)flags,
		.window = BUFFER};
}

/* host sends it, and unless `lost` it reaches the other. */
static void say(struct bench *bench, unsigned host, struct packet packet, bool lost)
{
	uint8_t bytes[1500];
	size_t len = packet_build(&packet, bytes, sizeof(bytes));
	uint32_t flow = witness_sent(&bench->witness, host, bytes, len, EVTCP_CAUSE_DATA);

	if (!lost)
		witness_delivered(&bench->witness, 1 - host, flow, bytes, len);
}

/* Like say, with options, which packet_build cannot make: they are the packet's payload, and the
 * header is made longer. */
static void say_options(
	struct bench *bench, unsigned host, struct packet packet, enum evtcp_cause cause)
{
	uint32_t flow, sum, words = (uint32_t)packet.payload_len / 4;
	uint8_t bytes[100];
	size_t len = packet_build(&packet, bytes, sizeof(bytes));

	bytes[32] = (uint8_t)(bytes[32] + (words << 4));
	sum = (uint32_t)(bytes[36] << 8 | bytes[37]) + 0xffff - (words << 12);
	sum = (sum & 0xffff) + (sum >> 16);
	bytes[36] = (uint8_t)(sum >> 8);
	bytes[37] = (uint8_t)sum;
	flow = witness_sent(&bench->witness, host, bytes, len, cause);
	witness_delivered(&bench->witness, 1 - host, flow, bytes, len);
}

/* MSS and SACK-permitted. */
static void say_syn(struct bench *bench, unsigned host, uint32_t ack, unsigned flags)
{
	uint32_t announced = host ? 1400 : 1460;
	uint8_t options[8] = {2, 4, (uint8_t)(announced >> 8), (uint8_t)announced, 4, 2, 1, 1};
	struct packet packet = packet_of(host, host ? ISS1 : ISS0, ack, flags);

	packet.payload = options;
	packet.payload_len = sizeof(options);
	say_options(bench, host, packet, EVTCP_CAUSE_SYN);
}

/* Host 1 acknowledges what host 0 has sent up to ack, with two blocks {left, right}; the second may
 * be empty, and is not told. */
static void say_sack(
	struct bench *bench, uint32_t ack, const uint32_t blocks[4], enum evtcp_cause cause)
{
	unsigned edges = blocks[2] < blocks[3] ? 4 : 2;
	uint8_t options[20] = {1, 1, 5, (uint8_t)(2 + 4 * edges)};
	struct packet packet = packet_of(1, ISS1 + 1, ISS0 + 1 + ack, PACKET_ACK);

	for (unsigned i = 0; i < edges; i++) {
		uint32_t seq = ISS0 + 1 + blocks[i];

		for (unsigned j = 0; j < 4; j++)
			options[4 + 4 * i + j] = (uint8_t)(seq >> (24 - 8 * j));
	}
	packet.payload = options;
	packet.payload_len = 4 + 4 * edges;
	say_options(bench, 1, packet, cause);
}

/* Host 1 tells of octets that came with CE. */
static void say_octets(struct bench *bench, uint8_t octets, unsigned ace)
{
	uint8_t option[8] = {172, 8, 0, 0, 1, 0, 0, octets};
	struct packet packet = packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK | ace);

	packet.payload = option;
	packet.payload_len = sizeof(option);
	say_options(bench, 1, packet, EVTCP_CAUSE_ACK_CE);
}

static struct packet data_of(unsigned host, uint32_t from, uint32_t len, uint32_t ack)
{
	static uint8_t payload[1500];
	struct packet packet =
		packet_of(host, (host ? ISS1 : ISS0) + 1 + from, ack, PACKET_ACK | PACKET_PSH);

	stream_fill(keys[host], from, payload, len);
	packet.payload = payload;
	packet.payload_len = len;
	return packet;
}

static void begin(struct bench *bench, bool accurate_ecn)
{
	struct witness_host hosts[2];

	for (unsigned i = 0; i < 2; i++)
		hosts[i] = (struct witness_host){.address = 1 + i,
			.mtu = i ? 1440 : 1500,
			.mss_floor = 216,
			.sack = true,
			.receive_buffer = BUFFER,
			.ecn = accurate_ecn,
			.asks_ecn = accurate_ecn,
			.accurate_ecn = accurate_ecn,
			.heeds_marks = i == 0};
	*bench = (struct bench){0};
	witness_init(&bench->witness, hosts, &bench->verdict);
	witness_open(&bench->witness, ports, keys);
}

static void setup_handshake(struct bench *bench)
{
	begin(bench, false);
	say_syn(bench, 0, 0, PACKET_SYN);
	say_syn(bench, 1, ISS0 + 1, PACKET_SYN | PACKET_ACK);
	say(bench, 0, packet_of(0, ISS0 + 1, ISS1 + 1, PACKET_ACK), false);
}

/* A handshake, and 100 bytes from host 0 that host 1 has acknowledged. */
static void setup(struct bench *bench)
{
	setup_handshake(bench);
	say(bench, 0, data_of(0, 0, 100, ISS1 + 1), false);
	say(bench, 1, packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK), false);
}

enum { ACE_5 = PACKET_AE | PACKET_ECE, ACE_6 = PACKET_AE | PACKET_CWR, ACE_0 = 0 };

/* The same with accurate ECN, and a mark on the 100 bytes. */
static void setup_accurate(struct bench *bench)
{
	struct packet data = data_of(0, 0, 100, ISS1 + 1);

	begin(bench, true);
	say_syn(bench, 0, 0, PACKET_SYN | PACKET_ACE);
	say_syn(bench, 1, ISS0 + 1, PACKET_SYN | PACKET_ACK | PACKET_CWR);
	say(bench, 0, packet_of(0, ISS0 + 1, ISS1 + 1, PACKET_ACK | PACKET_CWR), false);
	data.flags |= ACE_5;
	data.ecn = 2;
	say(bench, 0, data, true);
	data.ecn = 3; /* as it comes */
	uint8_t bytes[1500];
	size_t len = packet_build(&data, bytes, sizeof(bytes));
	witness_delivered(&bench->witness, 1, 0, bytes, len);
	say(bench, 1, packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK | ACE_6), false);
}

static void finish(struct bench *bench, const char *rule)
{
	witness_free(&bench->witness);
	if (!rule)
		assert_string_equal(bench->verdict.text, "");
	else if (!strstr(bench->verdict.text, rule))
		assert_string_equal(bench->verdict.text, rule);
}

static void an_honest_conversation_passes(void **state)
{
	struct bench bench;

	(void)state;
	setup(&bench);
	say(&bench, 0, data_of(0, 100, 1400, ISS1 + 1), true);
	say(&bench, 0, data_of(0, 1500, 500, ISS1 + 1), false);
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK), false);
	say(&bench, 0, data_of(0, 100, 1400, ISS1 + 1), false);
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 2001, PACKET_ACK), false);
	say(&bench, 0, packet_of(0, ISS0 + 2001, ISS1 + 1, PACKET_ACK | PACKET_FIN), false);
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 2002, PACKET_ACK), false);
	finish(&bench, NULL);
}

/* The answer to a segment that a half-open connection does not take leaves before the ACK of its
 * first text; only that knows of the copy which came with both. */
static void a_duplicate_is_told_after_an_answer_of_the_handshake(void **state)
{
	struct bench bench;

	(void)state;
	setup_handshake(&bench);
	say(&bench, 0, data_of(0, 0, 100, ISS1 + 1), false);
	say(&bench, 0, data_of(0, 0, 100, ISS1 + 1), false);
	say_options(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 1, PACKET_ACK),
		EVTCP_CAUSE_ACK_UNACCEPTABLE);
	say_sack(&bench, 100, (uint32_t[4]){0, 100}, EVTCP_CAUSE_ACK_QUICK);
	finish(&bench, NULL);
}

static void the_same_is_no_excuse_for_blocks(void **state)
{
	static const uint32_t blocks[4] = {200, 300, 200, 300};
	struct bench bench;

	(void)state;
	setup_handshake(&bench);
	say(&bench, 0, data_of(0, 0, 200, ISS1 + 1), true);
	say(&bench, 0, data_of(0, 200, 100, ISS1 + 1), false);
	say(&bench, 0, data_of(0, 200, 100, ISS1 + 1), false);
	say_sack(&bench, 0, blocks, EVTCP_CAUSE_ACK_UNACCEPTABLE);
	assert_string_equal(bench.verdict.text, "");
	say_sack(&bench, 0, blocks, EVTCP_CAUSE_ACK_OUT_OF_ORDER);
	finish(&bench, "told before");
}

static void an_honest_conversation_with_marks_passes(void **state)
{
	struct bench bench;
	struct packet more;

	(void)state;
	setup_accurate(&bench);
	more = data_of(0, 100, 100, ISS1 + 1);
	more.flags |= ACE_5;
	more.ecn = 2;
	say(&bench, 0, more, false);
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 201, PACKET_ACK | ACE_6), false);
	finish(&bench, NULL);
}

#define BREAKS_OF(name, prepare, rule, ...) \
	static void name(void **state) \
	{ \
		struct bench bench; \
\
		(void)state; \
		prepare(&bench); \
		__VA_ARGS__; \
		finish(&bench, rule); \
	}

#define BREAKS(name, rule, ...) BREAKS_OF(name, setup, rule, __VA_ARGS__)
#define BREAKS_ECN(name, rule, ...) BREAKS_OF(name, setup_accurate, rule, __VA_ARGS__)

// clang-format off
BREAKS(a_wrong_byte_is_seen, "is not what was written", {
	struct packet p = data_of(0, 100, 50, ISS1 + 1);
	p.seq += 1;
	say(&bench, 0, data_of(0, 100, 50, ISS1 + 1), true);
	say(&bench, 0, p, true);
})
BREAKS(data_beyond_the_window_is_seen, "beyond the window", {
	for (uint32_t at = 100; at < BUFFER + 100; at += 1000)
		say(&bench, 0, data_of(0, at, 1000, ISS1 + 1), true);
	say(&bench, 0, data_of(0, BUFFER + 100, 1, ISS1 + 1), true);
})
BREAKS(a_segment_above_the_mss_is_seen, "longer than their MSS 1400", {
	say(&bench, 0, data_of(0, 100, 1401, ISS1 + 1), true);
})
BREAKS(a_gap_in_what_is_sent_is_seen, "were sent", {
	say(&bench, 0, data_of(0, 101, 10, ISS1 + 1), true);
})
BREAKS(an_acknowledgment_of_what_was_lost_is_seen, "but only 101 came", {
	say(&bench, 0, data_of(0, 100, 10, ISS1 + 1), true);
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 111, PACKET_ACK), true);
})
BREAKS(an_acknowledgment_that_goes_back_is_seen, "acknowledges 100 after 101", {
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 100, PACKET_ACK), true);
})
BREAKS(a_shrinking_window_is_seen, "the window shrinks by 1", {
	struct packet p = packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK);
	p.window = BUFFER - 1;
	say(&bench, 1, p, true);
})
BREAKS(a_window_above_the_buffer_is_seen, "more than the buffer", {
	struct packet p = packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK);
	p.window = BUFFER + 1;
	say(&bench, 1, p, true);
})
BREAKS(a_duplicate_told_twice_is_seen, "told before", {
	say(&bench, 0, data_of(0, 0, 100, ISS1 + 1), false);
	say_sack(&bench, 100, (uint32_t[4]){0, 100}, EVTCP_CAUSE_ACK_DUPLICATE);
	assert_string_equal(bench.verdict.text, "");
	say_sack(&bench, 100, (uint32_t[4]){0, 100}, EVTCP_CAUSE_ACK_DUPLICATE);
})
BREAKS(a_duplicate_that_was_none_is_seen, "came only once", {
	say_sack(&bench, 100, (uint32_t[4]){0, 100}, EVTCP_CAUSE_ACK_DUPLICATE);
})
BREAKS(a_sack_block_of_what_was_lost_is_seen, "SACK block 0 has not come", {
	say(&bench, 0, data_of(0, 100, 200, ISS1 + 1), true);
	say(&bench, 0, data_of(0, 300, 100, ISS1 + 1), false);
	say_sack(&bench, 100, (uint32_t[4]){299, 400}, EVTCP_CAUSE_ACK_OUT_OF_ORDER);
})
BREAKS(a_fin_that_moves_is_seen, "FIN has moved", {
	say(&bench, 0, packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_ACK | PACKET_FIN), true);
	say(&bench, 0, packet_of(0, ISS0 + 102, ISS1 + 1, PACKET_ACK | PACKET_FIN), true);
})
BREAKS(data_after_fin_is_seen, "data after FIN", {
	say(&bench, 0, packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_ACK | PACKET_FIN), true);
	say(&bench, 0, data_of(0, 100, 10, ISS1 + 1), true);
})
BREAKS(a_segment_without_ack_is_seen, "no ACK", {
	say(&bench, 0, packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_FIN), true);
})
BREAKS(syn_with_fin_is_seen, "SYN with FIN or RST", {
	say(&bench, 0, packet_of(0, ISS0, ISS1 + 1, PACKET_SYN | PACKET_FIN), true);
})
BREAKS(a_foreign_address_is_seen, "addresses", {
	struct packet p = packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_ACK);
	p.destination = 77;
	say(&bench, 0, p, true);
})
BREAKS(a_port_that_nobody_opened_is_seen, "nobody whom we know", {
	struct packet p = packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_ACK);
	p.source_port = 77;
	say(&bench, 0, p, true);
})
BREAKS(ect_without_agreement_is_seen, "ECT that was not agreed upon", {
	struct packet p = data_of(0, 100, 10, ISS1 + 1);
	p.ecn = 2;
	say(&bench, 0, p, true);
})
BREAKS(ae_without_agreement_is_seen, "AE, or CWR without data", {
	say(&bench, 0, packet_of(0, ISS0 + 101, ISS1 + 1, PACKET_ACK | ACE_5), true);
})
BREAKS(agreement_that_nobody_asked_for_is_seen, "agrees to ECN for which nobody", {
	say_syn(&bench, 1, ISS0 + 1, PACKET_SYN | PACKET_ACK | PACKET_ECE);
})
BREAKS(a_question_that_is_off_is_seen, "asks for ECN as it must not", {
	say_syn(&bench, 0, 0, PACKET_SYN | PACKET_ECE | PACKET_CWR);
})
BREAKS_ECN(a_question_of_the_other_kind_is_seen, "asks for ECN as it must not", {
	say_syn(&bench, 0, 0, PACKET_SYN | PACKET_ECE | PACKET_CWR);
})
BREAKS_ECN(a_codepoint_that_no_syn_had_is_seen, "a codepoint that no SYN came with", {
	say_syn(&bench, 1, ISS0 + 1, PACKET_SYN | PACKET_ACK | PACKET_AE);
})
BREAKS_ECN(a_mark_that_did_not_come_is_seen, "tells of 1 marks, but 0 came", {
	struct packet p = data_of(0, 100, 10, ISS1 + 1);
	p.flags |= ACE_6;
	say(&bench, 0, p, true);
})
BREAKS_ECN(zeros_instead_of_a_number_are_seen, "tells of 3 marks, but 1 came", {
	say(&bench, 1, packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK | ACE_0), true);
})
BREAKS_ECN(ect_of_who_does_not_heed_marks_is_seen, "of who does not heed marks", {
	struct packet p = data_of(1, 0, 10, ISS0 + 101);
	p.flags |= ACE_6;
	p.ecn = 2;
	say(&bench, 1, p, true);
})
BREAKS_ECN(octets_that_did_not_come_are_seen, "tells of 101 octets of ECN 3, but 100 came", {
	say_octets(&bench, 100, ACE_6);
	assert_string_equal(bench.verdict.text, "");
	say_octets(&bench, 101, ACE_6);
})
BREAKS(counters_without_agreement_are_seen, "counters of marks that were not agreed upon", {
	say_octets(&bench, 0, 0);
})
// clang-format on

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_conversation_passes),
		cmocka_unit_test(a_duplicate_is_told_after_an_answer_of_the_handshake),
		cmocka_unit_test(the_same_is_no_excuse_for_blocks),
		cmocka_unit_test(a_wrong_byte_is_seen),
		cmocka_unit_test(data_beyond_the_window_is_seen),
		cmocka_unit_test(a_segment_above_the_mss_is_seen),
		cmocka_unit_test(a_gap_in_what_is_sent_is_seen),
		cmocka_unit_test(an_acknowledgment_of_what_was_lost_is_seen),
		cmocka_unit_test(an_acknowledgment_that_goes_back_is_seen),
		cmocka_unit_test(a_shrinking_window_is_seen),
		cmocka_unit_test(a_window_above_the_buffer_is_seen),
		cmocka_unit_test(a_duplicate_told_twice_is_seen),
		cmocka_unit_test(a_duplicate_that_was_none_is_seen),
		cmocka_unit_test(a_sack_block_of_what_was_lost_is_seen),
		cmocka_unit_test(a_fin_that_moves_is_seen),
		cmocka_unit_test(data_after_fin_is_seen),
		cmocka_unit_test(a_segment_without_ack_is_seen),
		cmocka_unit_test(syn_with_fin_is_seen),
		cmocka_unit_test(a_foreign_address_is_seen),
		cmocka_unit_test(a_port_that_nobody_opened_is_seen),
		cmocka_unit_test(an_honest_conversation_with_marks_passes),
		cmocka_unit_test(ect_without_agreement_is_seen),
		cmocka_unit_test(ae_without_agreement_is_seen),
		cmocka_unit_test(agreement_that_nobody_asked_for_is_seen),
		cmocka_unit_test(a_question_that_is_off_is_seen),
		cmocka_unit_test(a_question_of_the_other_kind_is_seen),
		cmocka_unit_test(a_codepoint_that_no_syn_had_is_seen),
		cmocka_unit_test(a_mark_that_did_not_come_is_seen),
		cmocka_unit_test(zeros_instead_of_a_number_are_seen),
		cmocka_unit_test(ect_of_who_does_not_heed_marks_is_seen),
		cmocka_unit_test(octets_that_did_not_come_are_seen),
		cmocka_unit_test(counters_without_agreement_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
