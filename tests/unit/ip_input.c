/* SPDX-License-Identifier: BSD-3-Clause */

/* What strangers may put on the link: every header length against every total and
 * captured length (ATTACKS.md P01), options (P05), addresses that cannot be (P11),
 * short frames and other versions (P12), fragments, damage. Each packet lies in a heap
 * block of its own size. */

#include "test_ip_input.h"
#include "test_ipv4.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define US TEST_ADDRESS(10, 0, 0, 2)
#define PEER TEST_ADDRESS(10, 0, 0, 1)

static void add(struct ip *ip, uint32_t ipv4, unsigned prefix_len)
{
	struct evtcp_addr addr;

	address_from_ipv4(&addr, ipv4);
	assert_int_equal(ip_add_address(ip, &addr, prefix_len), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	ip_init(&f->ip, &f->world.world, 64, 1000);
	add(&f->ip, US, 24);
	*state = f;
	return 0;
}

static struct test_ipv4 sound_header(void)
{
	return (struct test_ipv4){.header_words = 5,
		.total_len = 40,
		.ttl = 64,
		.protocol = TEST_TCP,
		.src = PEER,
		.dst = US};
}

static void a_sound_packet_is_viewed(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = sound_header();
	struct ip_view view;
	uint8_t packet[46] = {0}; /* six bytes of padding, as Ethernet would add */

	add(&f->ip, TEST_ADDRESS(192, 168, 7, 7), 24);
	h.dst = TEST_ADDRESS(192, 168, 7, 7);
	h.tos = 0xb9;
	h.ttl = 0; /* RFC 1122 3.2.1.7 rule 1: not a reason to drop what is for us */
	test_ipv4_header(packet, &h);
	assert_int_equal(input(f, packet, sizeof(packet), &view), EVTCP_CAUSE_NONE);
	assert_int_equal(address_to_ipv4(&view.src), PEER);
	assert_int_equal(address_to_ipv4(&view.dst), TEST_ADDRESS(192, 168, 7, 7));
	assert_int_equal(view.local, 1);
	assert_int_equal(view.protocol, TEST_TCP);
	assert_int_equal(view.tos, 0xb9);
	assert_int_equal(view.ttl, 0);
	assert_ptr_equal(view.payload, packet + 20);
	assert_int_equal(view.payload_len, 20);
	assert_int_equal(view.packet_len, 40);
}

/* RFC 6864 4.2 rule 1: it is not looked at, whether the sender forbids fragments or not. */
static void any_identification_of_a_whole_packet_is_taken(void **state)
{
	struct test_ipv4 h = sound_header();
	struct ip_view view;
	uint8_t packet[40] = {0};

	for (uint32_t id = 0; id <= 0xffff; id++) {
		h.fragment = id & 1 ? 0x4000 : 0;
		test_ipv4_header(packet, &h);
		test_ipv4_put(packet + 4, id, 2);
		test_ipv4_seal(packet, 20);
		assert_int_equal(input(*state, packet, sizeof(packet), &view), EVTCP_CAUSE_NONE);
		assert_int_equal(view.fragment.id, 0);
	}
}

/* ---- P01 ---------------------------------------------------------------- */

static void check_lengths(struct fixture *f, unsigned words, unsigned total, size_t captured)
{
	uint8_t packet[80];
	struct test_ipv4 h = sound_header();
	struct ip_view view;
	bool sound = words >= 5 && words * 4 <= total && total <= captured;
	enum evtcp_cause cause;

	memset(packet, 1, sizeof(packet)); /* options are NOPs */
	h.header_words = words;
	h.total_len = total;
	test_ipv4_header(packet, &h);
	cause = input(f, packet, captured, &view);
	if ((cause == EVTCP_CAUSE_NONE) != sound)
		fail_msg("IHL %u, total %u, captured %zu", words, total, captured);
	if (sound && (view.payload_len != total - words * 4 || view.packet_len != total))
		fail_msg("IHL %u, total %u, captured %zu: payload of %zu", words, total, captured,
			view.payload_len);
	if (!sound && cause != EVTCP_CAUSE_IP_TRUNCATED && cause != EVTCP_CAUSE_IP_HEADER_LENGTH)
		fail_msg("IHL %u, total %u, captured %zu: cause %d", words, total, captured, cause);
}

static void p01_lengths_are_believed_only_if_they_are_true(void **state)
{
	unsigned cases = 0;

	for (unsigned words = 0; words < 16; words++) {
		for (unsigned total = 0; total <= 80; total++) {
			for (size_t captured = 0; captured <= 80; captured++, cases++)
				check_lengths(*state, words, total, captured);
		}
	}
	print_message("P01: %u cases\n", cases);
}

/* ---- P05 ---------------------------------------------------------------- */

static enum evtcp_cause expected_of_option(uint8_t kind, unsigned len, unsigned room)
{
	if (kind == 131 || kind == 137)
		return EVTCP_CAUSE_IP_SOURCE_ROUTE;
	return len < 2 || len > room ? EVTCP_CAUSE_IP_OPTION : EVTCP_CAUSE_NONE;
}

static void check_option(struct fixture *f, uint8_t kind, unsigned len, unsigned at)
{
	struct test_ipv4 h = sound_header();
	uint8_t packet[80];
	struct ip_view view;

	memset(packet, 1, sizeof(packet)); /* NOPs around it */
	packet[20 + at] = kind;
	packet[21 + at] = (uint8_t)len;
	h.header_words = 15;
	h.total_len = sizeof(packet);
	test_ipv4_header(packet, &h);
	if (input(f, packet, sizeof(packet), &view) != expected_of_option(kind, len, 40 - at))
		fail_msg("kind %u, length %u at %u", kind, len, at);
}

/* ATTACKS P05, RFC 1122 3.2.1.8 rule 1: RR 7, timestamp 68, LSRR 131, SSRR 137, router alert 148.
 */
static void p05_source_routes_are_dropped_and_other_options_ignored(void **state)
{
	static const uint8_t kinds[] = {7, 68, 131, 137, 148};
	unsigned cases = 0;

	for (unsigned k = 0; k < sizeof(kinds); k++) {
		for (unsigned len = 0; len < 256; len++) {
			for (unsigned at = 0; at < 39; at++, cases++)
				check_option(*state, kinds[k], len, at);
		}
	}
	print_message("P05: %u cases\n", cases);
}

/* ---- P11 ---------------------------------------------------------------- */

struct place {
	uint32_t address;
	bool can_be_source;
	enum evtcp_cause as_destination;
};

static const struct place places[] = {
	{TEST_ADDRESS(10, 0, 0, 2), false, EVTCP_CAUSE_NONE}, /* us: Land */
	{TEST_ADDRESS(10, 0, 0, 1), true, EVTCP_CAUSE_IP_NOT_OURS},
	{TEST_ADDRESS(8, 8, 8, 8), true, EVTCP_CAUSE_IP_NOT_OURS},
	{TEST_ADDRESS(10, 0, 0, 255), false, EVTCP_CAUSE_IP_BROADCAST},
	{TEST_ADDRESS(10, 0, 0, 0), false, EVTCP_CAUSE_IP_BROADCAST},
	{TEST_ADDRESS(0, 0, 0, 0), false, EVTCP_CAUSE_IP_MARTIAN},
	{TEST_ADDRESS(0, 1, 2, 3), false, EVTCP_CAUSE_IP_MARTIAN},
	{TEST_ADDRESS(127, 0, 0, 1), false, EVTCP_CAUSE_IP_MARTIAN},
	{TEST_ADDRESS(224, 0, 0, 1), false, EVTCP_CAUSE_IP_BROADCAST},
	{TEST_ADDRESS(239, 255, 255, 255), false, EVTCP_CAUSE_IP_BROADCAST},
	{TEST_ADDRESS(240, 0, 0, 1), false, EVTCP_CAUSE_IP_MARTIAN},
	{TEST_ADDRESS(255, 255, 255, 255), false, EVTCP_CAUSE_IP_BROADCAST},
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static enum evtcp_cause expected_of_addresses(const struct place *src, const struct place *dst)
{
	return src->can_be_source ? dst->as_destination : EVTCP_CAUSE_IP_MARTIAN;
}

static unsigned check_addresses(struct fixture *f, const struct place *src, const struct place *dst)
{
	static const uint16_t ports[] = {0, 80, 65535};
	struct test_ipv4 h = sound_header();
	unsigned cases = 0;
	uint8_t packet[40] = {[32] = 0x50};
	struct ip_view view;

	h.src = src->address;
	h.dst = dst->address;
	test_ipv4_header(packet, &h);
	for (unsigned p = 0; p < 9; p++) {
		test_ipv4_put(packet + 20, ports[p / 3], 2);
		test_ipv4_put(packet + 22, ports[p % 3], 2);
		for (unsigned flags = 0; flags < 256; flags++, cases++) {
			packet[33] = (uint8_t)flags;
			if (input(f, packet, sizeof(packet), &view) !=
				expected_of_addresses(src, dst))
				fail_msg("from %#x to %#x", src->address, dst->address);
		}
	}
	return cases;
}

/* ATTACKS P11, RFC 1122 3.2.1.3 rules 1, 2, 3.3.6 rule 1; RFC 9293 3.9.2.3, MUST-57 and MUST-63. */
static void p11_impossible_addresses_are_dropped_whatever_the_segment(void **state)
{
	unsigned cases = 0;

	for (int src = 0; src < PLACES; src++) {
		for (int dst = 0; dst < PLACES; dst++)
			cases += check_addresses(*state, &places[src], &places[dst]);
	}
	print_message("P11: %u cases\n", cases);
}

/* ---- P12 ---------------------------------------------------------------- */

/* ATTACKS P12, RFC 1122 3.2.1.1. */
static void p12_short_frames_and_other_versions_are_dropped(void **state)
{
	static const size_t lens[] = {0, 1, 9, 19, 20, 39, 40, 41, 65535};
	uint8_t *packet = malloc(65535);
	unsigned cases = 0;

	memset(packet, 1, 65535);
	for (unsigned nibble = 0; nibble < 16; nibble++) {
		for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++, cases++) {
			struct test_ipv4 h = sound_header();
			enum evtcp_cause expected = EVTCP_CAUSE_IP_TRUNCATED;
			struct ip_view view;

			test_ipv4_header(packet, &h);
			packet[0] = (uint8_t)(nibble << 4 | 5);
			test_ipv4_seal(packet, 20);
			if (nibble == 6) /* read so, its length is that of our ID */
				expected = lens[i] == 65535 ? EVTCP_CAUSE_IP_NOT_OURS : expected;
			else if (lens[i] > 0 && nibble != 4)
				expected = EVTCP_CAUSE_IP_VERSION;
			else if (lens[i] >= 40)
				expected = EVTCP_CAUSE_NONE;
			assert_int_equal(input(*state, packet, lens[i], &view), expected);
		}
	}
	free(packet);
	print_message("P12: %u cases\n", cases);
}

static void p12_the_longest_packet_is_taken(void **state)
{
	uint8_t *packet = calloc(1, 65535);
	struct test_ipv4 h = sound_header();
	struct ip_view view;

	h.total_len = 65535;
	test_ipv4_header(packet, &h);
	assert_int_equal(input(*state, packet, 65535, &view), EVTCP_CAUSE_NONE);
	assert_int_equal(view.payload_len, 65515);
	assert_int_equal(input(*state, packet, 65534, &view), EVTCP_CAUSE_IP_TRUNCATED);
	free(packet);
}

/* ---- the rest ------------------------------------------------------------ */

/* ATTACKS R02, R05: 20 bytes of TCP; a lone fragment may have any place but these. */
static void every_fragment_is_told_apart_and_the_impossible_dropped(void **state)
{
	for (unsigned fragment = 0; fragment <= 0xffff; fragment++) {
		struct test_ipv4 h = sound_header();
		uint8_t packet[40] = {0};
		struct ip_view view;
		bool more = (fragment & 0x2000) != 0;
		unsigned offset = (fragment & 0x1fff) * 8;
		enum evtcp_cause wanted = EVTCP_CAUSE_IP_FRAGMENT;

		if (!more && offset == 0)
			wanted = EVTCP_CAUSE_NONE;
		else if (more || offset + 20 > 65515) /* 20 is no multiple of 8 */
			wanted = EVTCP_CAUSE_IP_FRAGMENT_MALFORMED;
		else if (offset < 20)
			wanted = EVTCP_CAUSE_IP_FRAGMENT_TINY;

		h.fragment = (uint16_t)fragment;
		test_ipv4_header(packet, &h);
		if (input(*state, packet, sizeof(packet), &view) != wanted)
			fail_msg("fragment field %#x", fragment);
	}
}

/* RFC 1122 3.2.1.2: a bad header checksum is a silent discard. */
static void a_damaged_header_is_dropped(void **state)
{
	for (unsigned bit = 0; bit < 24 * 8; bit++) {
		struct test_ipv4 h = sound_header();
		uint8_t packet[48];
		struct ip_view view;

		memset(packet, 1, sizeof(packet));
		h.header_words = 6;
		h.total_len = sizeof(packet);
		test_ipv4_header(packet, &h);
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
			input(*state, packet, sizeof(packet), &view), EVTCP_CAUSE_NONE);
	}
}

/* Addresses that the stack does not have, not even their subnets, are not ours. */
static void without_addresses_nothing_is_ours(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = sound_header();
	uint8_t packet[40] = {0};
	struct ip_view view;

	h.dst = TEST_ADDRESS(10, 0, 0, 255);
	test_ipv4_header(packet, &h);
	assert_int_equal(input(f, packet, sizeof(packet), &view), EVTCP_CAUSE_IP_BROADCAST);
	ip_init(&f->ip, &f->world.world, 64, 1000);
	assert_int_equal(input(f, packet, sizeof(packet), &view), EVTCP_CAUSE_IP_NOT_OURS);
	h.dst = US;
	ip_init(&f->ip, &f->world.world, 64, 1000);
	test_ipv4_header(packet, &h);
	assert_int_equal(input(f, packet, sizeof(packet), &view), EVTCP_CAUSE_IP_NOT_OURS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_packet_is_viewed),
		TEST(any_identification_of_a_whole_packet_is_taken),
		TEST(p01_lengths_are_believed_only_if_they_are_true),
		TEST(p05_source_routes_are_dropped_and_other_options_ignored),
		TEST(p11_impossible_addresses_are_dropped_whatever_the_segment),
		TEST(p12_short_frames_and_other_versions_are_dropped),
		TEST(p12_the_longest_packet_is_taken),
		TEST(every_fragment_is_told_apart_and_the_impossible_dropped),
		TEST(a_damaged_header_is_dropped),
		TEST(without_addresses_nothing_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
