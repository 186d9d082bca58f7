/* SPDX-License-Identifier: BSD-3-Clause */

/* What strangers may put on the link as IPv6: addresses that cannot be (ATTACKS.md P11),
 * lengths (P07), extension headers that hide or forbid a payload (P06), and whose packet
 * is worth a Parameter Problem. Each packet lies in a heap block of its own size. */

#include "test_ip_input.h"
#include "test_ipv6.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct evtcp_addr us = TEST_ADDRESS6(2), us_too = {{[10] = 0xff, 0xff, 10, 0, 0, 2}};

	test_world_init(&f->world);
	ip_init(&f->ip, &f->world.world, 64, 1000);
	assert_int_equal(ip_add_address(&f->ip, &us_too, 24), 0);
	assert_int_equal(ip_add_address(&f->ip, &us, 64), 0);
	*state = f;
	return 0;
}

static struct test_ipv6 sound_header(void)
{
	return (struct test_ipv6){.payload_len = 20,
		.next_header = TEST_TCP6,
		.hop_limit = 64,
		.src = TEST_ADDRESS6(1),
		.dst = TEST_ADDRESS6(2)};
}

static void a_sound_packet_is_viewed_behind_its_extension_headers(void **state)
{
	struct test_ipv6 h = sound_header();
	struct ip_view view;
	uint8_t packet[70] = {[40] = TEST_TCP6}; /* an option header of padding, six more octets */

	h.payload_len = 24;
	h.traffic_class = 0xb9;
	h.hop_limit = 0;
	h.next_header = TEST_DESTINATION;
	test_ipv6_header(packet, &h);
	assert_int_equal(input(*state, packet, sizeof(packet), &view), EVTCP_CAUSE_NONE);
	assert_true(address_equal(&view.src, &h.src) && address_equal(&view.dst, &h.dst));
	assert_int_equal(view.local, 1);
	assert_int_equal(view.protocol, TEST_TCP6);
	assert_int_equal(view.tos, 0xb9);
	assert_int_equal(view.ttl, 0);
	assert_ptr_equal(view.payload, packet + 48);
	assert_int_equal(view.payload_len, 16);
	assert_int_equal(view.packet_len, 64);
	assert_false(view.problem.due);
}

/* RFC 2675 is not spoken: a jumbogram's payload length is 0. */
static void p07_a_jumbogram_is_dropped(void **state)
{
	struct test_ipv6 h = sound_header();
	uint8_t packet[100] = {[40] = TEST_TCP6, 0, 0xc2, 4, 0, 1, 0, 0};
	struct ip_view view;

	h.payload_len = 0;
	h.next_header = TEST_HOP_BY_HOP;
	test_ipv6_header(packet, &h);
	assert_int_equal(input(*state, packet, sizeof(packet), &view), EVTCP_CAUSE_IP_TRUNCATED);
	assert_false(view.problem.due);
}

static void p07_the_longest_packet_is_taken(void **state)
{
	uint8_t *packet = calloc(1, 65575);
	struct test_ipv6 h = sound_header();
	struct ip_view view;

	h.payload_len = 65535;
	test_ipv6_header(packet, &h);
	assert_int_equal(input(*state, packet, 65575, &view), EVTCP_CAUSE_NONE);
	assert_int_equal(view.payload_len, 65535);
	assert_int_equal(input(*state, packet, 65574, &view), EVTCP_CAUSE_IP_TRUNCATED);
	free(packet);
}

/* ---- P11 ---------------------------------------------------------------- */

struct place {
	struct evtcp_addr address;
	bool can_be_source;
	enum evtcp_cause as_destination;
};

static const struct place places[] = {
	{{{0xfd, 0, 0, 0xe7, [15] = 2}}, false, EVTCP_CAUSE_NONE}, /* us: Land */
	{{{0xfd, 0, 0, 0xe7, [15] = 1}}, true, EVTCP_CAUSE_IP_NOT_OURS},
	{{{0xfd, 0, 0, 0xe7, [15] = 0}}, true, EVTCP_CAUSE_IP_NOT_OURS}, /* the routers' */
	{{{0x20, 0x01, 0x0d, 0xb8, [15] = 1}}, true, EVTCP_CAUSE_IP_NOT_OURS},
	{{{0xfe, 0x80, [15] = 1}}, true, EVTCP_CAUSE_IP_NOT_OURS},
	{{{0}}, false, EVTCP_CAUSE_IP_MARTIAN},
	{{{[15] = 1}}, false, EVTCP_CAUSE_IP_MARTIAN},
	{{{0xff, 2, [15] = 1}}, false, EVTCP_CAUSE_IP_BROADCAST},
	{{{0xff, 2, [15] = 2}}, false, EVTCP_CAUSE_IP_BROADCAST},
	{{{0xff, 0x0e, [15] = 9}}, false, EVTCP_CAUSE_IP_BROADCAST},
	{{{[10] = 0xff, 0xff, 10, 0, 0, 2}}, false, EVTCP_CAUSE_IP_MARTIAN}, /* us, mapped */
	{{{[10] = 0xff, 0xff, 10, 0, 0, 1}}, false, EVTCP_CAUSE_IP_MARTIAN},
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static enum evtcp_cause expected_of_addresses(const struct place *src, const struct place *dst)
{
	if (evtcp_addr_is_ipv4(&dst->address) || !src->can_be_source)
		return EVTCP_CAUSE_IP_MARTIAN;
	return dst->as_destination;
}

static unsigned check_addresses(struct fixture *f, const struct place *src, const struct place *dst)
{
	static const uint16_t ports[] = {0, 80, 65535};
	struct test_ipv6 h = sound_header();
	unsigned cases = 0;
	uint8_t packet[60] = {[52] = 0x50};
	struct ip_view view;

	h.src = src->address;
	h.dst = dst->address;
	test_ipv6_header(packet, &h);
	for (unsigned p = 0; p < 9; p++) {
		test_ipv6_put(packet + 40, ports[p / 3], 2);
		test_ipv6_put(packet + 42, ports[p % 3], 2);
		for (unsigned flags = 0; flags < 256; flags++, cases++) {
			packet[53] = (uint8_t)flags;
			assert_int_equal(input(f, packet, sizeof(packet), &view),
				expected_of_addresses(src, dst));
			assert_false(view.problem.due);
		}
	}
	return cases;
}

/* RFC 4291 2.5, 2.7; RFC 9293 3.9.2.3, MUST-57 and MUST-63. */
static void p11_impossible_addresses_are_dropped_whatever_the_segment(void **state)
{
	unsigned cases = 0;

	for (int src = 0; src < PLACES; src++) {
		for (int dst = 0; dst < PLACES; dst++)
			cases += check_addresses(*state, &places[src], &places[dst]);
	}
	print_message("P11: %u cases\n", cases);
}

/* ---- what is refused ------------------------------------------------------ */

/* A packet with one extension header of eight octets before TCP. */
static enum evtcp_cause input_with(struct fixture *f, uint8_t kind, const uint8_t *header,
	const struct evtcp_addr *dst, struct ip_view *view)
{
	struct test_ipv6 h = sound_header();
	uint8_t packet[68] = {0};

	h.payload_len = 28;
	h.next_header = kind;
	h.dst = *dst;
	test_ipv6_header(packet, &h);
	memcpy(packet + 40, header, 8);
	packet[40] = TEST_TCP6;
	return input(f, packet, sizeof(packet), view);
}

/* RFC 8200 4.2 rule 1, 4.4 rule 2: the view says what the source is to be told. */
static void a_refused_extension_is_to_be_told(void **state)
{
	static const uint8_t option[8] = {0, 0, 0x80, 4}, route[8] = {0, 0, 0, 1};
	struct evtcp_addr us = TEST_ADDRESS6(2);
	struct ip_view view;

	assert_int_equal(input_with(*state, TEST_DESTINATION, option, &us, &view),
		EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	assert_true(view.problem.due);
	assert_int_equal(view.problem.code, 2);
	assert_int_equal(view.problem.at, 42);
	assert_int_equal(view.packet_len, 68);
	assert_int_equal(
		input_with(*state, TEST_ROUTING, route, &us, &view), EVTCP_CAUSE_IP_SOURCE_ROUTE);
	assert_true(view.problem.due);
	assert_int_equal(view.problem.code, 0);
	assert_int_equal(view.problem.at, 42);
}

/* RFC 4443 2.4 (e.3): nor about what is for somebody else. */
static void nothing_is_told_about_what_is_not_for_us(void **state)
{
	static const uint8_t option[8] = {0, 0, 0xc0, 4};
	static const struct evtcp_addr everybody = {{0xff, 2, [15] = 1}};
	struct evtcp_addr other = TEST_ADDRESS6(3);
	struct ip_view view;

	assert_int_equal(input_with(*state, TEST_DESTINATION, option, &everybody, &view),
		EVTCP_CAUSE_IP_BROADCAST);
	assert_false(view.problem.due);
	assert_int_equal(input_with(*state, TEST_DESTINATION, option, &other, &view),
		EVTCP_CAUSE_IP_NOT_OURS);
	assert_false(view.problem.due);
}

static void an_atomic_fragment_is_taken_and_any_other_told_apart(void **state)
{
	static const uint8_t atomic[8] = {0, 0, 0, 0, 1, 2, 3, 4}, first[8] = {0, 0, 0, 1};
	static const uint8_t last[8] = {6, 0, 1, 0, 1, 2, 3, 4};
	static const uint8_t beyond[8] = {6, 0, 0xff, 0xf0, 1, 2, 3, 4};
	struct evtcp_addr us = TEST_ADDRESS6(2);
	struct ip_view view;

	assert_int_equal(input_with(*state, TEST_FRAGMENT, atomic, &us, &view), EVTCP_CAUSE_NONE);
	assert_int_equal(view.protocol, TEST_TCP6);
	assert_int_equal(view.payload_len, 20);
	/* ATTACKS R05: 20 bytes and more to come, RFC 8200 4.5 rules 4, 7. */
	assert_int_equal(input_with(*state, TEST_FRAGMENT, first, &us, &view),
		EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	assert_true(view.problem.due);
	assert_int_equal(view.problem.code, 0);
	assert_int_equal(view.problem.at, 4);
	assert_int_equal(
		input_with(*state, TEST_FRAGMENT, last, &us, &view), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(view.fragment.id, 0x01020304);
	assert_int_equal(view.fragment.offset, 0x100);
	assert_false(view.fragment.more);
	/* ATTACKS R02, RFC 8200 4.5 rule 5: 65,520 + 20. */
	assert_int_equal(input_with(*state, TEST_FRAGMENT, beyond, &us, &view),
		EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	assert_true(view.problem.due);
	assert_int_equal(view.problem.code, 0);
	assert_int_equal(view.problem.at, 42);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_packet_is_viewed_behind_its_extension_headers),
		TEST(p07_a_jumbogram_is_dropped),
		TEST(p07_the_longest_packet_is_taken),
		TEST(p11_impossible_addresses_are_dropped_whatever_the_segment),
		TEST(a_refused_extension_is_to_be_told),
		TEST(nothing_is_told_about_what_is_not_for_us),
		TEST(an_atomic_fragment_is_taken_and_any_other_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
