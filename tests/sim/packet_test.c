/* SPDX-License-Identifier: BSD-3-Clause */

/* The simulator's own reader of packets: what it takes and what it refuses. */

#include "packet.h"

#include "rng.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static size_t make_of(bool ipv6, uint8_t *bytes, size_t size)
{
	static const uint8_t payload[] = "some odd bytes";
	struct packet packet = {.ipv6 = ipv6,
		.source = 0x0a000001,
		.destination = 0x0a000002,
		.ttl = 64,
		.source_port = 1,
		.destination_port = 80,
		.seq = 0xfffffff0,
		.ack = 7,
		.flags = PACKET_ACK | PACKET_PSH,
		.window = 1000,
		.payload = payload,
		.payload_len = sizeof(payload)};

	return packet_build(&packet, bytes, size);
}

static size_t make(uint8_t *bytes, size_t size)
{
	return make_of(false, bytes, size);
}

/* Replaces the last words of a packet by options; the sums are made right. */
static const char *parse_with_options(const uint8_t *options, size_t len)
{
	struct packet packet = {.source = 1, .destination = 2, .ttl = 64, .flags = PACKET_SYN};
	uint8_t bytes[100];
	size_t n;
	uint32_t sum = 0;

	packet.payload = options;
	packet.payload_len = (uint32_t)len;
	n = packet_build(&packet, bytes, sizeof(bytes));
	/* The data offset grows, and the checksum shrinks by as much. */
	bytes[32] = (uint8_t)((20 + len) / 4 << 4);
	sum = (uint32_t)(bytes[36] << 8 | bytes[37]);
	sum += 0xffff - (uint32_t)(len / 4 << 12);
	sum = (sum & 0xffff) + (sum >> 16);
	bytes[36] = (uint8_t)(sum >> 8);
	bytes[37] = (uint8_t)sum;
	return packet_parse(bytes, n, &packet);
}

static void what_is_built_is_read_back(void **state)
{
	uint8_t bytes[100];
	size_t len = make(bytes, sizeof(bytes));
	struct packet packet;

	(void)state;
	assert_null(packet_parse(bytes, len, &packet));
	assert_int_equal(packet.source, 0x0a000001);
	assert_int_equal(packet.destination_port, 80);
	assert_int_equal(packet.seq, 0xfffffff0);
	assert_int_equal(packet.payload_len, sizeof("some odd bytes"));
	assert_string_equal(packet.payload, "some odd bytes");
	assert_true(packet_sums_match(bytes, len));
}

static void each_single_flipped_bit_is_seen(void **state)
{
	uint8_t bytes[100];
	size_t len = make(bytes, sizeof(bytes));
	struct packet packet;

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_non_null(packet_parse(bytes, len, &packet));
		assert_false(packet_sums_match(bytes, len));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void over_ipv6_it_is_read_back_too(void **state)
{
	static const uint8_t group[16] = {0xff, 2, [12] = 10, 0, 0, 255}, loopback[16] = {[15] = 1};
	uint8_t bytes[100], address[16];
	size_t len = make_of(true, bytes, sizeof(bytes));
	struct packet packet;

	(void)state;
	assert_int_equal(len, 40 + 20 + sizeof("some odd bytes"));
	assert_null(packet_parse(bytes, len, &packet));
	assert_true(packet.ipv6);
	assert_int_equal(packet.source, 0x0a000001);
	assert_int_equal(packet.destination, 0x0a000002);
	assert_int_equal(packet_destination(bytes, len), 0x0a000002);
	assert_string_equal(packet.payload, "some odd bytes");
	packet_set_window(bytes, 77);
	assert_null(packet_parse(bytes, len, &packet));
	assert_int_equal(packet.window, 77);
	packet_address(0x0a0000ff, address);
	assert_memory_equal(address, group, 16);
	packet_address(0x7f000001, address);
	assert_memory_equal(address, loopback, 16);
}

/* IPv6's header has no checksum: TCP's covers addresses, and lengths by themselves; the hop
 * limit and the ECN field may be anything. */
static void a_flipped_bit_of_ipv6_is_seen_where_it_can_be(void **state)
{
	uint8_t bytes[100];
	size_t len = make_of(true, bytes, sizeof(bytes));
	struct packet packet;

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		size_t at = bit / 8;
		bool covered = at > 7 || (at >= 4 && at <= 6) || (at == 0 && bit % 8 >= 4);

		bytes[at] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(packet_parse(bytes, len, &packet) == NULL,
			at == 6 || at == 7 || bit == 12 || bit == 13);
		assert_int_equal(packet_sums_match(bytes, len), !covered);
		bytes[at] ^= (uint8_t)(1u << bit % 8);
	}
}

static void each_other_length_is_seen(void **state)
{
	uint8_t bytes[100] = {0};
	size_t len = make(bytes, sizeof(bytes));
	struct packet packet;

	(void)state;
	for (size_t other = 0; other < sizeof(bytes); other++) {
		if (other == len)
			continue;
		assert_non_null(packet_parse(bytes, other, &packet));
		/* What follows an IP packet is no part of it. */
		assert_int_equal(packet_sums_match(bytes, other), other > len);
	}
}

static void two_flips_that_cancel_are_a_collision(void **state)
{
	uint8_t bytes[100];
	size_t len = make(bytes, sizeof(bytes));

	(void)state;
	bytes[40] ^= 1; /* 's' has this bit, 'o' has it: one up, one down needs unequal ones */
	bytes[42] = (uint8_t)(bytes[42] + (bytes[40] & 1 ? -1 : 1));
	assert_true(packet_sums_match(bytes, len));
}

/* Of a fragment a receiver knows no more than that it is none of the whole. */
static void damage_that_makes_a_fragment_is_a_collision(void **state)
{
	uint8_t bytes[100];
	size_t len = make(bytes, sizeof(bytes));

	(void)state;
	bytes[6] ^= 0x20; /* MF */
	assert_false(packet_sums_match(bytes, len));
	bytes[10] = (uint8_t)(bytes[10] - 0x20);
	assert_true(packet_sums_match(bytes, len));
	len = make_of(true, bytes, sizeof(bytes));
	for (unsigned next = 0; next < 256; next++) {
		bytes[6] = (uint8_t)next;
		assert_int_equal(packet_sums_match(bytes, len), next == 6 || next == 44);
	}
}

static void an_icmp_error_has_sums_of_its_own(void **state)
{
	static const struct packet_icmp icmp = {.type = 3, .code = 4, .rest = 1000};
	struct packet about = {.source = 0x0a000001, .destination = 0x0a000002, .ttl = 64};
	uint8_t bytes[112];

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		size_t len, header = ipv6 ? 40 : 20;

		about.ipv6 = ipv6 != 0;
		len = packet_build_icmp(&about, &icmp, bytes, sizeof(bytes));
		assert_int_equal(len, 2 * header + 28);
		assert_true(packet_sums_match(bytes, len));
		for (size_t at = header; at < len; at++) {
			bytes[at] ^= 0x10;
			assert_false(packet_sums_match(bytes, len));
			bytes[at] ^= 0x10;
		}
	}
}

static void another_window_keeps_the_checksum_right(void **state)
{
	uint8_t bytes[100];
	struct packet packet;
	size_t len = make(bytes, sizeof(bytes));

	(void)state;
	for (uint32_t window = 0; window <= UINT16_MAX; window += 17) {
		packet_set_window(bytes, (uint16_t)window);
		assert_null(packet_parse(bytes, len, &packet));
		assert_int_equal(packet.window, window);
	}
}

static void options_are_held_to_the_rfcs(void **state)
{
	static const struct {
		const char *wrong; /* NULL: fine */
		size_t len;
		uint8_t bytes[40];
	} rows[] = {
		{NULL, 4, {2, 4, 5, 180}},
		{NULL, 12, {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0}},
		{NULL, 12, {1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9}},
		{NULL, 4, {3, 3, 7, 0}},
		{"an option's words are not aligned", 12, {8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}},
		{"an option runs over the header", 4, {1, 1, 2, 4}},
		{"an option runs over the header", 4, {1, 1, 1, 2}},
		{"an option runs over the header", 4, {2, 0, 0, 0}},
		{"MSS option malformed", 8, {2, 4, 5, 180, 2, 4, 5, 180}},
		{"MSS option malformed", 4, {2, 3, 5, 0}},
		{NULL, 4, {28, 4, 0x80, 1}},
		{"user timeout option malformed", 4, {28, 4, 0, 0}},
		{NULL, 12, {1, 172, 11, 0, 0, 1, 0, 0, 0, 0, 0, 1}},
		{NULL, 8, {1, 174, 5, 0, 0, 1, 1, 1}},
		{NULL, 4, {174, 2, 1, 1}},
		{"AccECN option malformed", 4, {172, 4, 0, 0}},
		{"AccECN option malformed", 4, {172, 2, 174, 2}},
		{"AccECN option malformed", 16, {1, 1, 172, 14}},
		{"SACK option malformed", 4, {1, 1, 5, 2}},
		{"bytes after the end of options", 4, {0, 0, 0, 1}},
		{"an option that we do not send", 4, {34, 2, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *wrong = parse_with_options(rows[i].bytes, rows[i].len);

		if (rows[i].wrong)
			assert_string_equal(wrong ? wrong : "fine", rows[i].wrong);
		else
			assert_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(each_single_flipped_bit_is_seen),
		cmocka_unit_test(over_ipv6_it_is_read_back_too),
		cmocka_unit_test(a_flipped_bit_of_ipv6_is_seen_where_it_can_be),
		cmocka_unit_test(each_other_length_is_seen),
		cmocka_unit_test(two_flips_that_cancel_are_a_collision),
		cmocka_unit_test(damage_that_makes_a_fragment_is_a_collision),
		cmocka_unit_test(an_icmp_error_has_sums_of_its_own),
		cmocka_unit_test(another_window_keeps_the_checksum_right),
		cmocka_unit_test(options_are_held_to_the_rfcs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
