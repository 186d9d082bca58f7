/* SPDX-License-Identifier: BSD-3-Clause */

/* The IPv4 header: fields at their places, lengths that cannot lie, and options. */

#include "wire/ipv4.h"

#include "test_ipv4.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* RFC 791 3.1. */
static void each_field_is_read_from_its_place(void **state)
{
	struct test_ipv4 t = {.header_words = 5,
		.total_len = 20,
		.tos = 0xb9,
		.fragment = 0x4000,
		.ttl = 63,
		.protocol = 6,
		.src = 0x0a000001,
		.dst = 0x0a000002};
	struct ipv4_header h;
	uint8_t packet[20];

	(void)state;
	test_ipv4_header(packet, &t);
	assert_int_equal(ipv4_header_parse(&h, packet, 20), EVTCP_CAUSE_NONE);
	assert_int_equal(h.header_len, 20);
	assert_int_equal(h.total_len, 20);
	assert_int_equal(h.tos, 0xb9);
	assert_int_equal(h.id, 0x1234);
	assert_int_equal(h.ttl, 63);
	assert_int_equal(h.protocol, 6);
	assert_int_equal(address_to_ipv4(&h.src), 0x0a000001);
	assert_int_equal(address_to_ipv4(&h.dst), 0x0a000002);
	assert_true(evtcp_addr_is_ipv4(&h.src) && evtcp_addr_is_ipv4(&h.dst));
	assert_true(h.dont_fragment && !h.more_fragments && h.fragment_offset == 0);
}

static void fragment_bits_and_offset_are_told_apart(void **state)
{
	static const struct {
		uint16_t wire, offset;
		bool dont, more;
	} cases[] = {{0x0000, 0, 0, 0}, {0x8000, 0, 0, 0}, {0x4000, 0, 1, 0}, {0x2000, 0, 0, 1},
		{0x1fff, 65528, 0, 0}, {0x0001, 8, 0, 0}, {0x2001, 8, 0, 1}, {0x6002, 16, 1, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_ipv4 t = {
			.header_words = 5, .total_len = 20, .fragment = cases[i].wire};
		struct ipv4_header h;
		uint8_t packet[20];

		test_ipv4_header(packet, &t);
		ipv4_header_parse(&h, packet, 20);
		assert_int_equal(h.fragment_offset, cases[i].offset);
		assert_int_equal(h.dont_fragment, cases[i].dont);
		assert_int_equal(h.more_fragments, cases[i].more);
	}
}

static void a_quoted_header_may_claim_any_total_length(void **state)
{
	struct test_ipv4 t = {.header_words = 5};
	struct ipv4_header h;
	uint8_t packet[20];

	(void)state;
	for (unsigned total = 0; total <= 65535; total++) {
		t.total_len = total;
		test_ipv4_header(packet, &t);
		assert_int_equal(ipv4_header_parse_quoted(&h, packet, 20), EVTCP_CAUSE_NONE);
		assert_int_equal(h.total_len, total);
		assert_int_equal(
			ipv4_header_parse(&h, packet, 20) == EVTCP_CAUSE_NONE, total == 20);
	}
}

/* RFC 1122 3.2.1.2: every single flipped bit is seen. */
static void a_flipped_bit_is_seen(void **state)
{
	struct test_ipv4 t = {.header_words = 6, .total_len = 24, .src = 1, .dst = 0xffffffff};
	uint8_t packet[24] = {[20] = 1, 1, 1, 0};

	(void)state;
	test_ipv4_header(packet, &t);
	assert_true(ipv4_header_is_intact(packet, 24));
	for (unsigned bit = 0; bit < 24 * 8; bit++) {
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(ipv4_header_is_intact(packet, 24));
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void what_is_built_is_parsed_the_same(void **state)
{
	enum { CASES = 100000 };
	uint64_t seed = 1;

	(void)state;
	for (int n = 0; n < CASES; n++) {
		struct ipv4_header h = {0}, parsed = {0};
		uint8_t out[IPV4_HEADER_MIN], again[IPV4_HEADER_MIN];

		address_from_ipv4(&h.src, (uint32_t)test_random(&seed));
		address_from_ipv4(&h.dst, (uint32_t)test_random(&seed));
		h.total_len = (uint16_t)(20 + test_random(&seed) % 65516);
		h.id = (uint16_t)test_random(&seed);
		h.fragment_offset = (uint16_t)(test_random(&seed) % 8192 * 8);
		h.tos = (uint8_t)test_random(&seed);
		h.ttl = (uint8_t)test_random(&seed);
		h.protocol = (uint8_t)test_random(&seed);
		h.dont_fragment = test_random(&seed) % 2;
		h.more_fragments = test_random(&seed) % 2;
		ipv4_header_build(&h, out);
		assert_int_equal(test_checksum(out, sizeof(out)), 0);
		assert_int_equal(ipv4_header_parse(&parsed, out, h.total_len), EVTCP_CAUSE_NONE);
		assert_int_equal(parsed.header_len, 20);
		ipv4_header_build(&parsed, again);
		assert_memory_equal(out, again, sizeof(out));
		assert_memory_equal(&h.src, &parsed.src, sizeof(h.src));
		assert_memory_equal(&h.dst, &parsed.dst, sizeof(h.dst));
		assert_int_equal(h.fragment_offset, parsed.fragment_offset);
	}
	print_message("%d headers\n", CASES);
}

/* What an option area of len bytes deserves, by a plain walk. */
static enum evtcp_cause model_options(const uint8_t *options, size_t len)
{
	size_t i = 0;

	while (i < len && options[i] != 0) {
		if (options[i] == 131 || options[i] == 137)
			return EVTCP_CAUSE_IP_SOURCE_ROUTE;
		if (options[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 == len || options[i + 1] < 2 || i + options[i + 1] > len)
			return EVTCP_CAUSE_IP_OPTION;
		i += options[i + 1];
	}
	return EVTCP_CAUSE_NONE;
}

/* Every kind and length at one place among NOPs; the length may fall behind the end. */
static unsigned check_place(uint8_t *exact, size_t size, size_t at)
{
	unsigned pair;

	memset(exact, 1, size);
	for (pair = 0; pair < 65536; pair++) {
		exact[at] = (uint8_t)(pair >> 8);
		if (at + 1 < size)
			exact[at + 1] = (uint8_t)pair;
		if (ipv4_options_check(exact, size) != model_options(exact, size))
			fail_msg("kind and length %#x at %zu of %zu", pair, at, size);
	}
	return pair;
}

static void every_option_of_every_length_at_every_place_is_judged(void **state)
{
	unsigned cases = 0;

	(void)state;
	for (size_t size = 4; size <= 40; size += 12) {
		uint8_t *exact = malloc(size);

		for (size_t at = 0; at < size; at++)
			cases += check_place(exact, size, at);
		free(exact);
	}
	print_message("%u option areas\n", cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_read_from_its_place),
		cmocka_unit_test(fragment_bits_and_offset_are_told_apart),
		cmocka_unit_test(a_quoted_header_may_claim_any_total_length),
		cmocka_unit_test(a_flipped_bit_is_seen),
		cmocka_unit_test(what_is_built_is_parsed_the_same),
		cmocka_unit_test(every_option_of_every_length_at_every_place_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
