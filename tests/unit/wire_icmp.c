/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP messages: read, verified, written, and what an error quotes. */

#include "wire/icmp.h"

#include "test_ipv4.h"
#include "test_ipv6.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static const struct evtcp_addr ipv4_src = {{[10] = 0xff, 0xff, 10, 0, 0, 2}};
static const struct evtcp_addr ipv4_dst = {{[10] = 0xff, 0xff, 10, 0, 0, 1}};
static const struct icmp_ends ipv4_ends = {&ipv4_src, &ipv4_dst};

static void what_is_built_is_parsed_the_same(void **state)
{
	uint8_t body[100], out[108];
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)test_random(&seed);
	for (size_t len = 0; len <= sizeof(body); len++) {
		struct icmp_message m = {.type = (uint8_t)len,
			.code = (uint8_t)(255 - len),
			.rest = (uint32_t)test_random(&seed),
			.body = body,
			.body_len = len};
		struct icmp_message parsed;
		uint8_t *exact;

		assert_int_equal(icmp_build(&m, &ipv4_ends, out), 8 + len);
		assert_int_equal(test_checksum(out, 8 + len), 0);
		exact = test_exact_copy(out, 8 + len);
		assert_int_equal(icmp_parse(&parsed, &ipv4_ends, exact, 8 + len), EVTCP_CAUSE_NONE);
		assert_int_equal(parsed.type, m.type);
		assert_int_equal(parsed.code, m.code);
		assert_int_equal(parsed.rest, m.rest);
		assert_int_equal(parsed.body_len, len);
		assert_memory_equal(parsed.body, body, len);
		free(exact);
	}
}

static void a_short_or_damaged_message_is_refused(void **state)
{
	uint8_t message[16] = {8, 0, 0xf7, 0xff};
	struct icmp_message m;

	(void)state;
	assert_int_equal(icmp_parse(&m, &ipv4_ends, message, sizeof(message)), EVTCP_CAUSE_NONE);
	for (size_t len = 0; len < 8; len++) {
		uint8_t *exact = test_exact_copy(message, len);

		assert_int_equal(
			icmp_parse(&m, &ipv4_ends, exact, len), EVTCP_CAUSE_ICMP_TRUNCATED);
		free(exact);
	}
	for (unsigned bit = 0; bit < sizeof(message) * 8; bit++) {
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(icmp_parse(&m, &ipv4_ends, message, sizeof(message)),
			EVTCP_CAUSE_ICMP_CHECKSUM);
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_quote_needs_a_whole_header_and_nothing_more(void **state)
{
	unsigned cases = 0;

	(void)state;
	for (unsigned words = 0; words < 16; words++) {
		struct test_ipv4 t = {.header_words = words, .total_len = 1500};
		uint8_t packet[80] = {0};

		test_ipv4_header(packet, &t);
		for (size_t len = 0; len <= sizeof(packet); len++, cases++) {
			uint8_t *exact = test_exact_copy(packet, len);
			struct icmp_quote quote;
			enum evtcp_cause cause = icmp_quote_parse(&quote, exact, len);

			assert_int_equal(cause, words >= 5 && words * 4 <= len
							? EVTCP_CAUSE_NONE
							: EVTCP_CAUSE_ICMP_QUOTE);
			if (cause == EVTCP_CAUSE_NONE) {
				assert_int_equal(quote.payload_len, len - words * 4);
				assert_ptr_equal(quote.payload, exact + words * 4);
			}
			free(exact);
		}
	}
	print_message("%u quotes\n", cases);
}

/* RFC 4443 2.3: so a message that strayed to another address is refused. */
static void a_checksum_of_icmpv6_covers_the_addresses(void **state)
{
	struct evtcp_addr src = TEST_ADDRESS6(2), dst = TEST_ADDRESS6(1), other = TEST_ADDRESS6(3);
	struct icmp_ends ends = {&src, &dst}, strayed = {&src, &other};
	struct icmp_message m = {.type = ICMPV6_ECHO_REPLY, .rest = 0x12345678}, parsed;
	struct test_ipv6 h = {.next_header = TEST_ICMPV6, .src = src, .dst = dst};
	uint8_t packet[80];

	(void)state;
	test_ipv6_header(packet, &h);
	for (size_t len = 0; len <= 32; len++) {
		m.body = (const uint8_t *)"0123456789abcdef0123456789abcdef";
		m.body_len = len;
		assert_int_equal(icmp_build(&m, &ends, packet + 40), 8 + len);
		assert_int_equal(test_ipv6_sum(packet, packet + 40, 8 + len), 0);
		assert_int_equal(
			icmp_parse(&parsed, &ends, packet + 40, 8 + len), EVTCP_CAUSE_NONE);
		assert_int_equal(parsed.rest, 0x12345678);
		assert_int_equal(icmp_parse(&parsed, &strayed, packet + 40, 8 + len),
			EVTCP_CAUSE_ICMP_CHECKSUM);
	}
}

static void a_quote_of_ipv6_is_read_like_one_of_ipv4(void **state)
{
	struct test_ipv6 h = {.next_header = 6,
		.payload_len = 1400,
		.src = TEST_ADDRESS6(2),
		.dst = TEST_ADDRESS6(1)};
	uint8_t packet[80] = {0};

	(void)state;
	test_ipv6_header(packet, &h);
	for (size_t len = 0; len <= sizeof(packet); len++) {
		uint8_t *exact = test_exact_copy(packet, len);
		struct icmp_quote quote;
		enum evtcp_cause cause = icmp_quote_parse(&quote, exact, len);

		assert_int_equal(cause, len >= 40 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_ICMP_QUOTE);
		if (cause == EVTCP_CAUSE_NONE) {
			assert_true(address_equal(&quote.src, &h.src));
			assert_true(address_equal(&quote.dst, &h.dst));
			assert_int_equal(quote.protocol, 6);
			assert_false(quote.is_later_fragment);
			assert_ptr_equal(quote.payload, exact + 40);
			assert_int_equal(quote.payload_len, len - 40);
		}
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_parsed_the_same),
		cmocka_unit_test(a_short_or_damaged_message_is_refused),
		cmocka_unit_test(a_checksum_of_icmpv6_covers_the_addresses),
		cmocka_unit_test(a_quote_of_ipv6_is_read_like_one_of_ipv4),
		cmocka_unit_test(a_quote_needs_a_whole_header_and_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
