/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMPv6 as a host does it (RFC 4443): pings answered, errors understood or ignored
 * (ATTACKS.md P08), what we do not speak refused with a pointer at it (P06, P09). Each
 * packet lies in a heap block of its own size. */

#include "ip/icmp.h"

#include "test_ipv6.h"
#include "wire/address.h"

#include <errno.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MTU = 1500, NOW = 1000 };

struct fixture {
	struct test_world world;
	struct ip ip;
	uint8_t buffer[MTU];
	struct ip_reply reply;
	struct ip_icmp_error error;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct evtcp_addr us = TEST_ADDRESS6(2), us_too = TEST_ADDRESS6(3);

	test_world_init(&f->world);
	ip_init(&f->ip, &f->world.world, 64, 0); /* no rate limit */
	assert_int_equal(ip_add_address(&f->ip, &us, 64), 0);
	assert_int_equal(ip_add_address(&f->ip, &us_too, 64), 0);
	f->reply = (struct ip_reply){.buffer = f->buffer, .capacity = MTU};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Sends len octets behind an IPv6 header through ip_input and to whom it belongs. */
static enum evtcp_cause deliver(
	struct fixture *f, uint8_t next_header, const uint8_t *payload, size_t len)
{
	struct test_ipv6 h = {.payload_len = (unsigned)len,
		.traffic_class = 0x2b,
		.next_header = next_header,
		.hop_limit = 9,
		.src = TEST_ADDRESS6(1),
		.dst = TEST_ADDRESS6(2)};
	uint8_t *packet = malloc(40 + len);
	struct ip_view view;
	enum evtcp_cause cause;

	test_ipv6_header(packet, &h);
	if (len > 0)
		memcpy(packet + 40, payload, len);
	cause = ip_input(&f->ip, packet, 40 + len, &view);
	f->reply.len = 0;
	if (cause == EVTCP_CAUSE_NONE && ip_icmp_is_for(&view))
		cause = ip_icmp_input(&f->ip, &view, NOW, &f->reply, &f->error);
	else if (cause == EVTCP_CAUSE_NONE)
		cause = ip_icmp_refuse(&f->ip, &view, NOW, &f->reply);
	else if (view.problem.due)
		ip_icmp_complain(&f->ip, &view, NOW, &f->reply);
	free(packet);
	return cause;
}

/* Writes the checksum of an upper layer between the two, at offset `at`. */
static void seal(uint8_t next_header, uint8_t *upper, size_t len, size_t at)
{
	struct test_ipv6 h = {
		.next_header = next_header, .src = TEST_ADDRESS6(1), .dst = TEST_ADDRESS6(2)};
	uint8_t header[40];
	uint16_t sum;

	test_ipv6_header(header, &h);
	test_ipv6_put(upper + at, 0, 2);
	sum = test_ipv6_sum(header, upper, len);
	test_ipv6_put(upper + at, next_header == TEST_UDP6 && sum == 0 ? 0xffff : sum, 2);
}

static enum evtcp_cause deliver_icmp(struct fixture *f, uint8_t *message, size_t len)
{
	seal(TEST_ICMPV6, message, len, 2);
	return deliver(f, TEST_ICMPV6, message, len);
}

/* The reply is a sound packet from us to the peer with an ICMPv6 message of this type. */
static void assert_reply(const struct fixture *f, uint8_t type, uint8_t code, size_t body_len)
{
	struct evtcp_addr us = TEST_ADDRESS6(2), peer = TEST_ADDRESS6(1);
	const uint8_t *reply = f->reply.buffer;

	assert_int_equal(f->reply.len, 48 + body_len);
	assert_int_equal(reply[0] >> 4, 6);
	assert_int_equal(reply[4] << 8 | reply[5], 8 + body_len);
	assert_int_equal(reply[6], TEST_ICMPV6);
	assert_int_equal(reply[7], 64);
	assert_memory_equal(reply + 8, us.bytes, 16);
	assert_memory_equal(reply + 24, peer.bytes, 16);
	assert_int_equal(test_ipv6_sum(reply, reply + 40, 8 + body_len), 0);
	assert_int_equal(reply[40], type);
	assert_int_equal(reply[41], code);
}

/* ---- echo ---------------------------------------------------------------- */

/* RFC 4443 2.2, 4.1, 4.2: the data of a request is entirely in its reply. */
static void an_echo_request_of_any_length_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t message[MTU - 40];

	for (size_t len = 8; len <= sizeof(message); len++) {
		for (size_t i = 0; i < len; i++)
			message[i] = (uint8_t)(i * 7);
		message[0] = 128;
		message[1] = 0;
		assert_int_equal(deliver_icmp(f, message, len), EVTCP_CAUSE_ICMP_ECHO_REQUEST);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_ECHO_REPLY);
		assert_reply(f, 129, 0, len - 8);
		assert_memory_equal(f->buffer, "\x62\x80", 2); /* the request's DSCP, not its ECN */
		assert_memory_equal(f->buffer + 44, message + 4, len - 4);
	}
}

/* RFC 4443 2.3: the checksum is no option, and covers the addresses. */
static void a_message_with_a_wrong_checksum_is_dropped(void **state)
{
	uint8_t message[16] = {128};

	for (unsigned sum = 0; sum <= 0xffff; sum++) {
		enum evtcp_cause cause;
		uint8_t sealed[16];

		memcpy(sealed, message, sizeof(message));
		seal(TEST_ICMPV6, sealed, sizeof(sealed), 2);
		test_ipv6_put(message + 2, sum, 2);
		cause = deliver(*state, TEST_ICMPV6, message, sizeof(message));
		assert_int_equal(cause, memcmp(sealed, message, 16) == 0
						? EVTCP_CAUSE_ICMP_ECHO_REQUEST
						: EVTCP_CAUSE_ICMP_CHECKSUM);
	}
}

/* RFC 4443 2.4 (b); the discovery of neighbours and routers is among them. */
static void informational_types_that_we_do_not_use_are_dropped(void **state)
{
	struct fixture *f = *state;
	uint8_t message[64] = {0};

	for (unsigned type = 129; type < 256; type++) {
		message[0] = (uint8_t)type;
		assert_int_equal(deliver_icmp(f, message, sizeof(message)), EVTCP_CAUSE_ICMP_TYPE);
		assert_int_equal(f->reply.len, 0);
	}
}

/* ---- errors about our segments ------------------------------------------- */

static struct test_ipv6 our_segment(void)
{
	return (struct test_ipv6){.payload_len = 1460,
		.next_header = TEST_TCP6,
		.hop_limit = 60,
		.src = TEST_ADDRESS6(2),
		.dst = TEST_ADDRESS6(1)};
}

/* An error of type and code that quotes quoted_len octets of a segment with this header. */
static enum evtcp_cause deliver_error(struct fixture *f, uint8_t type, uint8_t code,
	const struct test_ipv6 *quoted, size_t quoted_len)
{
	uint8_t message[8 + 80] = {type, code, [4] = 0, 0, 5, 0x14}, *quote = message + 8;

	test_ipv6_header(quote, quoted);
	test_ipv6_put(quote + 40, 80, 2);
	test_ipv6_put(quote + 42, 40000, 2);
	test_ipv6_put(quote + 44, 0xdeadbeef, 4);
	return deliver_icmp(f, message, 8 + quoted_len);
}

/* RFC 9293 3.9.2.2, MUST-54: directed to the connection that caused it. */
/* RFC 4443 2.4 (d). */
static void an_error_names_the_connection_and_the_segment(void **state)
{
	struct fixture *f = *state;
	struct test_ipv6 quoted = our_segment();

	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_ERROR);
	assert_true(address_equal(&f->error.tuple.local.addr, &quoted.src));
	assert_true(address_equal(&f->error.tuple.remote.addr, &quoted.dst));
	assert_int_equal(f->error.tuple.local.port, 80);
	assert_int_equal(f->error.tuple.remote.port, 40000);
	assert_int_equal(f->error.seq, 0xdeadbeef);
	assert_int_equal(f->error.mtu, 0);
	assert_int_equal(f->reply.len, 0);
}

/* RFC 9293 3.9.2.2, MUST-56, SHLD-26; RFC 8201 4 rule 1; RFC 4443 2.4 (a), 3.2, 3.3. */
static void each_error_is_as_serious_as_the_rfc_says(void **state)
{
	static const struct {
		uint8_t type, code;
		enum ip_icmp_class class_;
		int error;
	} verdicts[] = {
		{1, 0, IP_ICMP_SOFT, ENETUNREACH},
		{1, 1, IP_ICMP_HARD, EHOSTUNREACH},
		{1, 2, IP_ICMP_SOFT, EHOSTUNREACH},
		{1, 3, IP_ICMP_SOFT, EHOSTUNREACH},
		{1, 4, IP_ICMP_HARD, ECONNREFUSED},
		{1, 5, IP_ICMP_HARD, EHOSTUNREACH},
		{1, 6, IP_ICMP_HARD, EHOSTUNREACH},
		{1, 7, IP_ICMP_SOFT, EHOSTUNREACH},
		{2, 0, IP_ICMP_FRAGMENTATION_NEEDED, EMSGSIZE},
		{3, 0, IP_ICMP_SOFT, EHOSTUNREACH},
		{3, 1, IP_ICMP_SOFT, EHOSTUNREACH},
		{4, 0, IP_ICMP_SOFT, EPROTO},
		{4, 1, IP_ICMP_SOFT, EPROTO},
		{4, 2, IP_ICMP_SOFT, EPROTO},
		{0, 0, IP_ICMP_SOFT, EPROTO},
		{127, 0, IP_ICMP_SOFT, EPROTO},
	};
	struct fixture *f = *state;
	struct test_ipv6 quoted = our_segment();

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		assert_int_equal(deliver_error(f, verdicts[i].type, verdicts[i].code, &quoted, 48),
			EVTCP_CAUSE_ICMP_ERROR);
		assert_int_equal(f->error.class_, verdicts[i].class_);
		assert_int_equal(f->error.error, verdicts[i].error);
		assert_int_equal(f->error.mtu, verdicts[i].type == 2 ? 1300 : 0);
	}
}

static void an_mtu_beyond_what_we_know_is_the_largest_that_we_know(void **state)
{
	struct fixture *f = *state;
	struct test_ipv6 quoted = our_segment();
	uint8_t message[56] = {2, 0, [4] = 0, 1, 0, 68};

	test_ipv6_header(message + 8, &quoted);
	assert_int_equal(deliver_icmp(f, message, sizeof(message)), EVTCP_CAUSE_ICMP_ERROR);
	assert_int_equal(f->error.mtu, 65535);
}

static void p08_a_quote_of_any_length_and_protocol_is_survived(void **state)
{
	struct test_ipv6 quoted = our_segment();
	unsigned cases = 0;

	for (unsigned protocol = 0; protocol < 256; protocol++) {
		quoted.next_header = (uint8_t)protocol;
		for (size_t len = 0; len <= 80; len++, cases++)
			assert_int_equal(deliver_error(*state, 1, 3, &quoted, len),
				protocol == TEST_TCP6 && len >= 48 ? EVTCP_CAUSE_ICMP_ERROR
								   : EVTCP_CAUSE_ICMP_QUOTE);
	}
	print_message("P08: %u cases\n", cases);
}

static void a_quote_of_what_we_cannot_have_sent_is_ignored(void **state)
{
	struct fixture *f = *state;
	struct test_ipv6 quoted = our_segment();

	quoted.src = TEST_ADDRESS6(1); /* not ours */
	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_QUOTE);
	quoted.src = TEST_ADDRESS6(3); /* ours, but the error came to another of them */
	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_QUOTE);
	quoted = our_segment();
	quoted.dst = TEST_ADDRESS6(2); /* to ourselves */
	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_QUOTE);
	quoted.dst = (struct evtcp_addr){{0xff, 2, [15] = 1}};
	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_QUOTE);
	quoted = our_segment();
	quoted.version = 4;
	assert_int_equal(deliver_error(f, 1, 4, &quoted, 48), EVTCP_CAUSE_ICMP_QUOTE);
}

/* ---- what is not TCP ------------------------------------------------------ */

static void make_udp(uint8_t *datagram, size_t len)
{
	for (size_t i = 0; i < len; i++)
		datagram[i] = (uint8_t)i;
	test_ipv6_put(datagram + 4, (uint32_t)len, 2);
	seal(TEST_UDP6, datagram, len, 6);
}

/* RFC 4443 3.1; 2.4 (c): as much of it as keeps the error within 1,280 octets. */
static void udp_gets_port_unreachable_with_a_quote(void **state)
{
	struct fixture *f = *state;
	uint8_t datagram[1400];

	for (size_t len = 8; len <= sizeof(datagram); len++) {
		size_t quote = 40 + len < 1232 ? 40 + len : 1232;

		make_udp(datagram, len);
		assert_int_equal(deliver(f, TEST_UDP6, datagram, len), EVTCP_CAUSE_UDP_NO_PORT);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_PORT_UNREACHABLE);
		assert_reply(f, 1, 4, quote);
		assert_int_equal(f->buffer[48 + 7], 9); /* the quoted hop limit */
		assert_memory_equal(f->buffer + 48 + 40, datagram, quote - 40);
	}
}

/* RFC 8200 8.1 rule 2; ATTACKS P10: no checksum is not allowed. */
static void udp_without_a_checksum_gets_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t datagram[16];

	make_udp(datagram, sizeof(datagram));
	test_ipv6_put(datagram + 6, 0, 2);
	assert_int_equal(
		deliver(f, TEST_UDP6, datagram, sizeof(datagram)), EVTCP_CAUSE_UDP_CHECKSUM);
	assert_int_equal(f->reply.len, 0);
}

/* RFC 8200 4 rule 2, RFC 4443 3.4: a Parameter Problem of code 1 points at the octet that names it.
 * P09: no tunnel is looked into. ICMP of IPv4 is a protocol like any other. */
static void p09_other_protocols_get_a_parameter_problem(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[40] = {0x45};

	for (unsigned protocol = 0; protocol < 256; protocol++) {
		switch (protocol) {
		case TEST_HOP_BY_HOP:
		case TEST_TCP6:
		case TEST_UDP6:
		case TEST_ROUTING:
		case TEST_FRAGMENT:
		case TEST_ICMPV6:
		case TEST_NO_NEXT_HEADER:
		case TEST_DESTINATION:
			continue;
		}
		assert_int_equal(deliver(f, (uint8_t)protocol, payload, sizeof(payload)),
			EVTCP_CAUSE_IP_PROTOCOL);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_PARAMETER_PROBLEM);
		assert_reply(f, 4, 1, 80);
		assert_memory_equal(f->buffer + 44, "\0\0\0\x06", 4);
	}
}

static void a_protocol_behind_an_extension_header_is_pointed_at_there(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[16] = {200};

	assert_int_equal(
		deliver(f, TEST_DESTINATION, payload, sizeof(payload)), EVTCP_CAUSE_IP_PROTOCOL);
	assert_reply(f, 4, 1, 56);
	assert_memory_equal(f->buffer + 44, "\0\0\0\x28", 4);
}

/* RFC 8200 4.2 rule 1. */
static void p06_an_unknown_option_is_pointed_at(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[28] = {TEST_TCP6, 0, 1, 0, 0xc9, 2};

	assert_int_equal(deliver(f, TEST_DESTINATION, payload, sizeof(payload)),
		EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_PARAMETER_PROBLEM);
	assert_reply(f, 4, 2, 68);
	assert_memory_equal(f->buffer + 44, "\0\0\0\x2c", 4);
	payload[4] = 0x49; /* to be dropped, and not told */
	assert_int_equal(deliver(f, TEST_DESTINATION, payload, sizeof(payload)),
		EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	assert_int_equal(f->reply.len, 0);
}

/* RFC 4443 2.4 (f). */
static void above_the_limit_complaints_are_silent(void **state)
{
	struct fixture *f = *state;
	uint8_t payload[28] = {TEST_TCP6, 0, 0x80, 4};

	icmp_limit_init(&f->ip.icmp_limit, &f->world.world, 1000);
	deliver(f, TEST_DESTINATION, payload, sizeof(payload));
	assert_reply(f, 4, 2, 68);
	deliver(f, TEST_DESTINATION, payload, sizeof(payload));
	assert_int_equal(f->reply.len, 0);
	assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_RATE_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_echo_request_of_any_length_comes_back_whole),
		TEST(a_message_with_a_wrong_checksum_is_dropped),
		TEST(informational_types_that_we_do_not_use_are_dropped),
		TEST(an_error_names_the_connection_and_the_segment),
		TEST(each_error_is_as_serious_as_the_rfc_says),
		TEST(an_mtu_beyond_what_we_know_is_the_largest_that_we_know),
		TEST(p08_a_quote_of_any_length_and_protocol_is_survived),
		TEST(a_quote_of_what_we_cannot_have_sent_is_ignored),
		TEST(udp_gets_port_unreachable_with_a_quote),
		TEST(udp_without_a_checksum_gets_nothing),
		TEST(p09_other_protocols_get_a_parameter_problem),
		TEST(a_protocol_behind_an_extension_header_is_pointed_at_there),
		TEST(p06_an_unknown_option_is_pointed_at),
		TEST(above_the_limit_complaints_are_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
