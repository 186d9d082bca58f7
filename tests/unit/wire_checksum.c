/* SPDX-License-Identifier: BSD-3-Clause */

/* The Internet checksum (RFC 1071), against the plainest way to compute it: every
 * alignment, odd lengths, any division into pieces, and the values that ones'
 * complement has two of (ATTACKS.md P10, RFC 1624 3). */

#include "wire/checksum.h"

#include "test_world.h"
#include "wire/address.h"
#include "wire/bytes.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static uint16_t checksum_of(const uint8_t *data, size_t len)
{
	struct checksum c;

	checksum_init(&c);
	checksum_add(&c, data, len);
	return checksum_finish(&c);
}

static void fill_random(uint8_t *data, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)test_random(&seed);
}

/* RFC 1071 3, the numerical example: sum 0xddf2. */
static void the_example_of_the_rfc_holds(void **state)
{
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(checksum_of(data, sizeof(data)), (uint16_t)~0xddf2);
}

static void every_length_at_every_alignment_agrees(void **state)
{
	uint8_t block[16 + 300];
	unsigned cases = 0;

	(void)state;
	for (int round = 0; round < 3; round++) {
		if (round == 0)
			memset(block, 0xff, sizeof(block));
		else
			fill_random(block, sizeof(block), (uint64_t)round);
		for (size_t start = 0; start < 16; start++) {
			for (size_t len = 0; len <= 300; len++, cases++) {
				uint8_t *exact = test_exact_copy(block + start, len);

				assert_int_equal(checksum_of(block + start, len),
					test_checksum(block + start, len));
				assert_int_equal(
					checksum_of(exact, len), test_checksum(exact, len));
				free(exact);
			}
		}
	}
	print_message("%u lengths and alignments\n", cases);
}

static void any_three_pieces_have_the_sum_of_the_whole(void **state)
{
	uint8_t block[80];
	unsigned cases = 0;

	(void)state;
	fill_random(block, sizeof(block), 7);
	for (size_t a = 0; a <= sizeof(block); a++) {
		for (size_t b = a; b <= sizeof(block); b++, cases++) {
			struct iovec iov[3] = {
				{block, a}, {block + a, b - a}, {block + b, sizeof(block) - b}};
			struct checksum c;

			checksum_init(&c);
			checksum_add_iov(&c, iov, 3, sizeof(block));
			assert_int_equal(checksum_finish(&c), test_checksum(block, sizeof(block)));
		}
	}
	print_message("%u divisions\n", cases);
}

static void only_the_first_len_bytes_of_the_pieces_count(void **state)
{
	uint8_t block[40];
	struct iovec iov[3] = {{block, 13}, {NULL, 0}, {block + 13, 27}};

	(void)state;
	fill_random(block, sizeof(block), 9);
	for (size_t len = 0; len <= sizeof(block); len++) {
		struct checksum c;

		checksum_init(&c);
		checksum_add_iov(&c, iov, 3, len);
		assert_int_equal(checksum_finish(&c), test_checksum(block, len));
	}
}

static void no_carry_is_lost_in_a_megabyte_of_ones(void **state)
{
	size_t len = 1024 * 1024 + 1;
	uint8_t *data = malloc(len);

	(void)state;
	memset(data, 0xff, len);
	assert_int_equal(checksum_of(data, len), test_checksum(data, len));
	data[len / 2] = 0xfe;
	assert_int_equal(checksum_of(data, len), test_checksum(data, len));
	free(data);
}

/* Zero has two forms. A sum of 0xffff gives the field 0; only data that is all zero
 * gives 0xffff. A receiver takes either form of a field: RFC 1624 3. */
static void both_forms_of_zero_are_accepted(void **state)
{
	static const uint8_t zeros[20];
	uint8_t data[4] = {0x12, 0x34, 0xed, 0xcb}; /* sum 0xffff */
	uint8_t with_field[6] = {0x12, 0x34, 0xed, 0xcb, 0xff, 0xff};

	(void)state;
	assert_int_equal(checksum_of(zeros, sizeof(zeros)), 0xffff);
	assert_int_equal(checksum_of(data, sizeof(data)), 0);
	assert_int_equal(checksum_of(with_field, sizeof(with_field)), 0);
	with_field[4] = with_field[5] = 0;
	assert_int_equal(checksum_of(with_field, sizeof(with_field)), 0);
}

/* Setting the field to what finish says makes the sum correct, for any word. */
static void a_field_set_right_verifies_and_any_other_does_not(void **state)
{
	uint8_t data[22];

	(void)state;
	fill_random(data, sizeof(data), 3);
	for (uint32_t word = 0; word <= 0xffff; word++) {
		uint16_t value;

		data[0] = (uint8_t)(word >> 8);
		data[1] = (uint8_t)word;
		data[10] = data[11] = 0;
		value = checksum_of(data, sizeof(data));
		data[10] = (uint8_t)(value >> 8);
		data[11] = (uint8_t)value;
		assert_int_equal(checksum_of(data, sizeof(data)), 0);
		data[11] ^= 1;
		assert_int_not_equal(checksum_of(data, sizeof(data)), 0);
	}
}

static void the_pseudo_header_of_ipv4_is_that_of_rfc_9293(void **state)
{
	static const uint8_t pseudo[12] = {10, 0, 0, 1, 192, 168, 255, 2, 0, 6, 0x12, 0x34};
	struct evtcp_addr src, dst;
	struct checksum c;

	(void)state;
	address_from_ipv4(&src, 0x0a000001);
	address_from_ipv4(&dst, 0xc0a8ff02);
	checksum_init(&c);
	checksum_add_pseudo_header(&c, &src, &dst, 6, 0x1234);
	assert_int_equal(checksum_finish(&c), test_checksum(pseudo, sizeof(pseudo)));
}

/* RFC 8200 8.1 rule 1: both addresses, a length of 32 bits, the protocol. */
static void the_pseudo_header_of_ipv6_is_that_of_rfc_8200(void **state)
{
	uint8_t pseudo[40];
	struct evtcp_addr src, dst;
	struct checksum c;

	(void)state;
	fill_random(pseudo, sizeof(pseudo), 11);
	memcpy(src.bytes, pseudo, 16);
	memcpy(dst.bytes, pseudo + 16, 16);
	memcpy(pseudo + 32, (const uint8_t[]){0x00, 0x01, 0x86, 0xa0, 0, 0, 0, 17}, 8);
	checksum_init(&c);
	checksum_add_pseudo_header(&c, &src, &dst, 17, 100000);
	assert_int_equal(checksum_finish(&c), test_checksum(pseudo, sizeof(pseudo)));
}

/* An IPv4 header of any content, and of any length, has its addresses at one place. */
static void the_pseudo_header_of_a_packet_is_that_of_its_addresses(void **state)
{
	struct evtcp_addr src, dst;
	struct checksum given, read;
	uint8_t packet[40];

	(void)state;
	fill_random(packet, sizeof(packet), 12);
	packet[0] = 0x4f;
	address_from_ipv4(&src, bytes_get32(packet + 12));
	address_from_ipv4(&dst, bytes_get32(packet + 16));
	checksum_init(&given);
	checksum_add_pseudo_header(&given, &src, &dst, 6, 0x1234);
	checksum_init(&read);
	checksum_add_pseudo_header_of(&read, packet, 6, 0x1234);
	assert_int_equal(checksum_finish(&read), checksum_finish(&given));

	packet[0] = 0x6f;
	memcpy(src.bytes, packet + 8, 16);
	memcpy(dst.bytes, packet + 24, 16);
	checksum_init(&given);
	checksum_add_pseudo_header(&given, &src, &dst, 17, 100000);
	checksum_init(&read);
	checksum_add_pseudo_header_of(&read, packet, 17, 100000);
	assert_int_equal(checksum_finish(&read), checksum_finish(&given));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_holds),
		cmocka_unit_test(every_length_at_every_alignment_agrees),
		cmocka_unit_test(any_three_pieces_have_the_sum_of_the_whole),
		cmocka_unit_test(only_the_first_len_bytes_of_the_pieces_count),
		cmocka_unit_test(no_carry_is_lost_in_a_megabyte_of_ones),
		cmocka_unit_test(both_forms_of_zero_are_accepted),
		cmocka_unit_test(a_field_set_right_verifies_and_any_other_does_not),
		cmocka_unit_test(the_pseudo_header_of_ipv4_is_that_of_rfc_9293),
		cmocka_unit_test(the_pseudo_header_of_ipv6_is_that_of_rfc_8200),
		cmocka_unit_test(the_pseudo_header_of_a_packet_is_that_of_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
