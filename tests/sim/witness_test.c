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

static struct packet packet_of(unsigned host, uint32_t seq, uint32_t ack, uint8_t flags)
{
	return (struct packet){.source = 1 + host,
		.destination = 2 - host,
		.ttl = 64,
		.source_port = ports[host],
		.destination_port = ports[1 - host],
		.seq = seq,
		.ack = ack,
		.flags = flags,
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

/* SYNs of ours carry an MSS, which packet_build cannot make. */
static void say_syn(struct bench *bench, unsigned host, uint32_t ack, uint8_t flags)
{
	uint32_t announced = host ? 1400 : 1460;
	uint8_t mss[4] = {2, 4, (uint8_t)(announced >> 8), (uint8_t)announced};
	struct packet packet = packet_of(host, host ? ISS1 : ISS0, ack, flags);
	uint8_t bytes[100];
	uint32_t flow, sum;
	size_t len;

	packet.payload = mss;
	packet.payload_len = sizeof(mss);
	len = packet_build(&packet, bytes, sizeof(bytes));
	bytes[32] = 6 << 4;
	sum = (uint32_t)(bytes[36] << 8 | bytes[37]) + 0xffff - (1 << 12);
	sum = (sum & 0xffff) + (sum >> 16);
	bytes[36] = (uint8_t)(sum >> 8);
	bytes[37] = (uint8_t)sum;
	flow = witness_sent(&bench->witness, host, bytes, len, EVTCP_CAUSE_SYN);
	witness_delivered(&bench->witness, 1 - host, flow, bytes, len);
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

/* A handshake, and 100 bytes from host 0 that host 1 has acknowledged. */
static void setup(struct bench *bench)
{
	struct witness_host hosts[2];

	for (unsigned i = 0; i < 2; i++)
		hosts[i] = (struct witness_host){.address = 1 + i,
			.mtu = i ? 1440 : 1500,
			.mss_floor = 216,
			.receive_buffer = BUFFER};
	*bench = (struct bench){0};
	witness_init(&bench->witness, hosts, &bench->verdict);
	witness_open(&bench->witness, ports, keys);
	say_syn(bench, 0, 0, PACKET_SYN);
	say_syn(bench, 1, ISS0 + 1, PACKET_SYN | PACKET_ACK);
	say(bench, 0, packet_of(0, ISS0 + 1, ISS1 + 1, PACKET_ACK), false);
	say(bench, 0, data_of(0, 0, 100, ISS1 + 1), false);
	say(bench, 1, packet_of(1, ISS1 + 1, ISS0 + 101, PACKET_ACK), false);
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

#define BREAKS(name, rule, ...) \
	static void name(void **state) \
	{ \
		struct bench bench; \
\
		(void)state; \
		setup(&bench); \
		__VA_ARGS__; \
		finish(&bench, rule); \
	}

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
// clang-format on

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_conversation_passes),
		cmocka_unit_test(a_wrong_byte_is_seen),
		cmocka_unit_test(data_beyond_the_window_is_seen),
		cmocka_unit_test(a_segment_above_the_mss_is_seen),
		cmocka_unit_test(a_gap_in_what_is_sent_is_seen),
		cmocka_unit_test(an_acknowledgment_of_what_was_lost_is_seen),
		cmocka_unit_test(an_acknowledgment_that_goes_back_is_seen),
		cmocka_unit_test(a_shrinking_window_is_seen),
		cmocka_unit_test(a_window_above_the_buffer_is_seen),
		cmocka_unit_test(a_fin_that_moves_is_seen),
		cmocka_unit_test(data_after_fin_is_seen),
		cmocka_unit_test(a_segment_without_ack_is_seen),
		cmocka_unit_test(syn_with_fin_is_seen),
		cmocka_unit_test(a_foreign_address_is_seen),
		cmocka_unit_test(a_port_that_nobody_opened_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
