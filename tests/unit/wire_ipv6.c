/* SPDX-License-Identifier: BSD-3-Clause */

/* The IPv6 header: fields at their places, a length that cannot lie, and no address that
 * would pass for one of IPv4. */

#include "wire/ipv6.h"

#include "test_ipv6.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static struct test_ipv6 sound_header(void)
{
	return (struct test_ipv6){.payload_len = 0,
		.traffic_class = 0xb9,
		.next_header = 6,
		.hop_limit = 63,
		.flow_label = 0xabcde,
		.src = TEST_ADDRESS6(1),
		.dst = TEST_ADDRESS6(2)};
}

/* RFC 8200 3, 7. */
static void each_field_is_read_from_its_place(void **state)
{
	struct test_ipv6 t = sound_header();
	struct ipv6_header h;
	uint8_t packet[40];

	(void)state;
	test_ipv6_header(packet, &t);
	assert_int_equal(ipv6_header_parse(&h, packet, 40), EVTCP_CAUSE_NONE);
	assert_int_equal(h.payload_len, 0);
	assert_int_equal(h.traffic_class, 0xb9);
	assert_int_equal(h.flow_label, 0xabcde);
	assert_int_equal(h.next_header, 6);
	assert_int_equal(h.hop_limit, 63);
	assert_memory_equal(&h.src, &t.src, 16);
	assert_memory_equal(&h.dst, &t.dst, 16);
}

/* ATTACKS P07: every payload length against every captured one. */
static void p07_a_length_is_believed_only_if_it_is_true(void **state)
{
	unsigned cases = 0;

	(void)state;
	for (unsigned payload = 0; payload <= 100; payload++) {
		for (size_t captured = 0; captured <= 140; captured++, cases++) {
			struct test_ipv6 t = sound_header();
			uint8_t packet[140] = {0}, *exact;
			struct ipv6_header h;
			enum evtcp_cause cause;

			t.payload_len = payload;
			test_ipv6_header(packet, &t);
			exact = test_exact_copy(packet, captured);
			cause = ipv6_header_parse(&h, exact, captured);
			assert_int_equal(cause, captured >= 40 + payload
							? EVTCP_CAUSE_NONE
							: EVTCP_CAUSE_IP_TRUNCATED);
			cause = ipv6_header_parse_quoted(&h, exact, captured);
			assert_int_equal(cause,
				captured >= 40 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_TRUNCATED);
			free(exact);
		}
	}
	print_message("P07: %u cases\n", cases);
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 16; version++) {
		struct test_ipv6 t = sound_header();
		struct ipv6_header h;
		uint8_t packet[40];

		test_ipv6_header(packet, &t);
		packet[0] = (uint8_t)(version << 4);
		assert_int_equal(ipv6_header_parse(&h, packet, 40),
			version == 6 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_VERSION);
	}
}

/* RFC 4291 2.5.5.2: inside, ::ffff:10.0.0.2 is IPv4's 10.0.0.2. */
static void a_mapped_address_in_a_packet_is_refused(void **state)
{
	static const struct evtcp_addr mapped = {{[10] = 0xff, 0xff, 10, 0, 0, 2}};
	struct test_ipv6 t = sound_header();
	struct ipv6_header h;
	uint8_t packet[40];

	(void)state;
	t.src = mapped;
	test_ipv6_header(packet, &t);
	assert_int_equal(ipv6_header_parse(&h, packet, 40), EVTCP_CAUSE_IP_MARTIAN);
	assert_int_equal(ipv6_header_parse_quoted(&h, packet, 40), EVTCP_CAUSE_IP_MARTIAN);
	t = sound_header();
	t.dst = mapped;
	test_ipv6_header(packet, &t);
	assert_int_equal(ipv6_header_parse(&h, packet, 40), EVTCP_CAUSE_IP_MARTIAN);
}

static void what_is_built_is_parsed_the_same(void **state)
{
	enum { CASES = 100000 };
	uint64_t seed = 1;

	(void)state;
	for (int n = 0; n < CASES; n++) {
		struct ipv6_header h = {0}, parsed = {0};
		uint8_t out[IPV6_HEADER], again[IPV6_HEADER];
		uint64_t random = test_random(&seed);

		for (int i = 0; i < 16; i++) {
			h.src.bytes[i] = (uint8_t)test_random(&seed);
			h.dst.bytes[i] = (uint8_t)test_random(&seed);
		}
		h.flow_label = (uint32_t)random & 0xfffff;
		h.traffic_class = (uint8_t)(random >> 20);
		h.next_header = (uint8_t)(random >> 28);
		h.hop_limit = (uint8_t)(random >> 36);
		h.payload_len = (uint16_t)(random >> 44);
		ipv6_header_build(&h, out);
		assert_int_equal(
			ipv6_header_parse_quoted(&parsed, out, sizeof(out)), EVTCP_CAUSE_NONE);
		assert_int_equal(parsed.flow_label, h.flow_label);
		assert_int_equal(parsed.payload_len, h.payload_len);
		assert_int_equal(parsed.traffic_class, h.traffic_class);
		assert_memory_equal(&h.src, &parsed.src, sizeof(h.src));
		assert_memory_equal(&h.dst, &parsed.dst, sizeof(h.dst));
		ipv6_header_build(&parsed, again);
		assert_memory_equal(out, again, sizeof(out));
	}
	print_message("%d headers\n", CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_read_from_its_place),
		cmocka_unit_test(p07_a_length_is_believed_only_if_it_is_true),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(a_mapped_address_in_a_packet_is_refused),
		cmocka_unit_test(what_is_built_is_parsed_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
