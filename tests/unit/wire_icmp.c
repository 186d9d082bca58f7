/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP messages: read, verified, written, and what an error quotes. */

#include "wire/icmp.h"

#include "test_ipv4.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

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

		assert_int_equal(icmp_build(&m, out), 8 + len);
		assert_int_equal(test_checksum(out, 8 + len), 0);
		exact = test_exact_copy(out, 8 + len);
		assert_int_equal(icmp_parse(&parsed, exact, 8 + len), EVTCP_CAUSE_NONE);
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
	assert_int_equal(icmp_parse(&m, message, sizeof(message)), EVTCP_CAUSE_NONE);
	for (size_t len = 0; len < 8; len++) {
		uint8_t *exact = test_exact_copy(message, len);

		assert_int_equal(icmp_parse(&m, exact, len), EVTCP_CAUSE_ICMP_TRUNCATED);
		free(exact);
	}
	for (unsigned bit = 0; bit < sizeof(message) * 8; bit++) {
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
			icmp_parse(&m, message, sizeof(message)), EVTCP_CAUSE_ICMP_CHECKSUM);
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* RFC 1812 4.3.2.3: with its own headers an error is at most 576 bytes. */
static void a_quote_keeps_the_error_within_576_bytes(void **state)
{
	(void)state;
	assert_int_equal(icmp_quote_len(28), 28);
	assert_int_equal(icmp_quote_len(547), 547);
	assert_int_equal(icmp_quote_len(548), 548);
	assert_int_equal(icmp_quote_len(549), 548);
	assert_int_equal(icmp_quote_len(65535), 548);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_parsed_the_same),
		cmocka_unit_test(a_short_or_damaged_message_is_refused),
		cmocka_unit_test(a_quote_keeps_the_error_within_576_bytes),
		cmocka_unit_test(a_quote_needs_a_whole_header_and_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
