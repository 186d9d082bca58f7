/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments in captured packets: whole, cut at every octet, in fragments, with lengths that are
 * missing or lie. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "ladder/sight.h"
#include "test_packet.h"

static const uint8_t options[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};

/* A SYN with options and six bytes of data: 66 octets. */
static void build(struct test_packet *packet)
{
	const struct test_segment segment = {.flags = TEST_SYN | TEST_AE,
		.seq = 1,
		.ack = 2,
		.window = 777,
		.payload_len = 6,
		.options = options,
		.options_len = sizeof(options)};

	test_packet_build(packet, &segment, 0, EVTCP_CAUSE_NONE);
}

/* The first len octets, in a heap block of that size. */
static enum sight_kind parse(
	struct sight *sight, const uint8_t *octets, size_t len, size_t whole_len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	enum sight_kind kind;

	memcpy(bytes, octets, len);
	kind = sight_parse(sight, bytes, len, whole_len);
	free(bytes);
	return kind;
}

static void a_whole_segment_is_read(void **state)
{
	struct test_packet packet;
	struct sight sight;

	(void)state;
	build(&packet);
	packet.bytes[1] = 3;                    /* CE */
	packet.bytes[5] = 9;                    /* identification */
	packet.bytes[packet.iov.iov_len] = 'x'; /* padding, as of a short frame */
	assert_int_equal(parse(&sight, packet.bytes, 70, 70), SIGHT_TCP);
	assert_int_equal(sight.payload_len, 6);
	assert_int_equal(sight.src.port, 40000);
	assert_int_equal(sight.dst.port, 80);
	assert_int_equal(sight.tcp.flags, TEST_SYN | TEST_AE);
	assert_int_equal(sight.tcp.window, 777);
	assert_int_equal(sight.tcp.options.wscale, 7);
	assert_int_equal(sight.id, 9);
	assert_true(sight.marked);
	assert_false(sight.header_cut);
}

static void a_snapshot_length_may_be_any(void **state)
{
	struct test_packet packet;
	struct sight sight;

	(void)state;
	build(&packet);
	for (size_t len = 0; len < 66; len++) {
		enum sight_kind kind = parse(&sight, packet.bytes, len, 66);

		assert_int_equal(kind, len < 36 ? SIGHT_SHORT : SIGHT_TCP);
		if (kind != SIGHT_TCP)
			continue;
		assert_int_equal(sight.payload_len, 6); /* as IP says, not as is there */
		assert_int_equal(sight.tcp.window, 777);
		assert_int_equal(sight.header_cut, len < 60);
		assert_int_equal((sight.tcp.options.present & TCP_OPT_MSS) != 0, len >= 44);
		assert_int_equal((sight.tcp.options.present & TCP_OPT_WSCALE) != 0, len >= 60);
	}
}

static void a_length_that_the_card_was_to_write_is_that_of_the_packet(void **state)
{
	struct test_packet packet;
	struct sight sight;

	(void)state;
	build(&packet);
	packet.bytes[2] = packet.bytes[3] = 0;
	assert_int_equal(parse(&sight, packet.bytes, 66, 70066), SIGHT_TCP);
	assert_int_equal(sight.payload_len, 70006);
}

static void lengths_that_cannot_be_are_malformed(void **state)
{
	struct test_packet packet;
	struct sight sight;

	(void)state;
	build(&packet);
	packet.bytes[3] = 67; /* longer than the frame */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
	packet.bytes[3] = 59; /* shorter than the TCP header says */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
	packet.bytes[3] = 19; /* shorter than the IP header */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
	build(&packet);
	packet.bytes[32] = 0x40; /* data offset */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
	build(&packet);
	packet.bytes[0] = 0x44; /* IHL */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
	packet.bytes[0] = 0x75; /* version */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_MALFORMED);
}

static void only_the_first_fragment_has_a_header(void **state)
{
	struct test_packet packet;
	struct sight sight;

	(void)state;
	build(&packet);
	packet.bytes[6] = 0x20; /* more fragments */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_TCP);
	assert_true(sight.fragment);
	packet.bytes[7] = 1; /* at octet 8 */
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_FRAGMENT);
	packet.bytes[6] = packet.bytes[7] = 0;
	packet.bytes[9] = 17;
	assert_int_equal(parse(&sight, packet.bytes, 66, 66), SIGHT_OTHER);
}

/* IPv6 with a destination options header before TCP, or a fragment header. */
static void ipv6_is_read_through_its_extension_headers(void **state)
{
	uint8_t octets[40 + 8 + 20 + 3] = {0x60, 0x30, [5] = 31, [6] = 60, [7] = 64, [8] = 0xfd,
		[23] = 1, [24] = 0xfd, [39] = 2, [40] = 6, 0, 1, 4};
	struct sight sight;

	(void)state;
	octets[48] = 0x9c;
	octets[49] = 0x40;
	octets[51] = 80;
	octets[60] = 0x50;
	octets[61] = TEST_ACK;
	assert_int_equal(parse(&sight, octets, sizeof(octets), sizeof(octets)), SIGHT_TCP);
	assert_int_equal(sight.payload_len, 3);
	assert_int_equal(sight.src.port, 40000);
	assert_true(sight.marked);
	for (size_t len = 0; len < sizeof(octets); len++)
		assert_int_equal(parse(&sight, octets, len, sizeof(octets)),
			len < 64 ? SIGHT_SHORT : SIGHT_TCP);
	octets[6] = 44; /* the eight octets are a fragment header: the first, with more to come */
	octets[41] = octets[42] = 0;
	octets[43] = 1;
	assert_int_equal(parse(&sight, octets, sizeof(octets), sizeof(octets)), SIGHT_TCP);
	assert_true(sight.fragment);
	octets[43] = 9; /* a later one */
	assert_int_equal(parse(&sight, octets, sizeof(octets), sizeof(octets)), SIGHT_FRAGMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_segment_is_read),
		cmocka_unit_test(a_snapshot_length_may_be_any),
		cmocka_unit_test(a_length_that_the_card_was_to_write_is_that_of_the_packet),
		cmocka_unit_test(lengths_that_cannot_be_are_malformed),
		cmocka_unit_test(only_the_first_fragment_has_a_header),
		cmocka_unit_test(ipv6_is_read_through_its_extension_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
