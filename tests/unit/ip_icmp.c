/* SPDX-License-Identifier: BSD-3-Clause */

/* ICMP as a host does it: pings answered (RFC 1122 3.2.2.6), errors understood or
 * ignored (ATTACKS.md P08, T09), other protocols refused (P09) without doing a favour
 * to who forges sources. Each packet lies in a heap block of its own size. */

#include "ip/icmp.h"

#include "test_ipv4.h"
#include "wire/address.h"

#include <errno.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define US TEST_ADDRESS(10, 0, 0, 2)
#define US_TOO TEST_ADDRESS(10, 0, 0, 3)
#define PEER TEST_ADDRESS(10, 0, 0, 1)
#define ROUTER TEST_ADDRESS(192, 0, 2, 1)

enum { MTU = 1500, NOW = 1000 };

struct fixture {
	struct test_world world;
	struct ip ip;
	uint8_t buffer[MTU];
	struct ip_reply reply;
	struct ip_icmp_error error;
};

static void add(struct ip *ip, uint32_t ipv4)
{
	struct evtcp_addr addr;

	address_from_ipv4(&addr, ipv4);
	assert_int_equal(ip_add_address(ip, &addr, 24), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	ip_init(&f->ip, &f->world.world, 64, 0); /* no rate limit */
	add(&f->ip, US);
	add(&f->ip, US_TOO);
	f->reply = (struct ip_reply){.buffer = f->buffer, .capacity = MTU};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* A packet around payload, from PEER (or who h names) to US, in an exact heap block. */
static uint8_t *new_packet(struct test_ipv4 h, const uint8_t *payload, size_t len)
{
	uint8_t *packet = malloc(20 + len);

	h.header_words = 5;
	h.total_len = (unsigned)(20 + len);
	h.src = h.src ? h.src : PEER;
	h.dst = h.dst ? h.dst : US;
	test_ipv4_header(packet, &h);
	if (len > 0)
		memcpy(packet + 20, payload, len);
	return packet;
}

/* Sends payload through ip_input and then to ip_icmp_input or ip_icmp_refuse. */
static enum evtcp_cause deliver(
	struct fixture *f, struct test_ipv4 h, const uint8_t *payload, size_t len)
{
	uint8_t *packet = new_packet(h, payload, len);
	struct ip_view view;
	enum evtcp_cause cause = ip_input(&f->ip, packet, 20 + len, &view);

	if (cause == EVTCP_CAUSE_NONE && h.protocol == TEST_ICMP)
		cause = ip_icmp_input(&f->ip, &view, NOW, &f->reply, &f->error);
	else if (cause == EVTCP_CAUSE_NONE)
		cause = ip_icmp_refuse(&f->ip, &view, NOW, &f->reply);
	free(packet);
	return cause;
}

static void seal_icmp(uint8_t *message, size_t len)
{
	test_ipv4_put(message + 2, 0, 2);
	test_ipv4_put(message + 2, test_checksum(message, len), 2);
}

static enum evtcp_cause deliver_icmp(struct fixture *f, uint8_t *message, size_t len)
{
	struct test_ipv4 h = {.protocol = TEST_ICMP, .tos = 0x2b, .ttl = 64};

	seal_icmp(message, len);
	return deliver(f, h, message, len);
}

/* The reply is a sound packet from US to PEER that holds an ICMP message of this type. */
static void assert_reply(const struct fixture *f, uint8_t type, uint8_t code, size_t body_len)
{
	const uint8_t *reply = f->reply.buffer;

	assert_int_equal(f->reply.len, 28 + body_len);
	assert_int_equal(reply[0], 0x45); /* no options: nothing is echoed back, P05 */
	assert_int_equal(reply[2] << 8 | reply[3], f->reply.len);
	assert_int_equal(reply[9], TEST_ICMP);
	assert_memory_equal(reply + 12, "\x0a\0\0\x02\x0a\0\0\x01", 8);
	assert_int_equal(test_checksum(reply, 20), 0);
	assert_int_equal(test_checksum(reply + 20, 8 + body_len), 0);
	assert_int_equal(reply[20], type);
	assert_int_equal(reply[21], code);
}

/* ---- echo ---------------------------------------------------------------- */

/* RFC 1122 3.2.2.6 rules 1, 3, 3.2.2 rule 6: the data of a request is entirely in its reply. */
static void an_echo_request_of_any_length_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t message[MTU - 20];

	for (size_t len = 8; len <= sizeof(message); len++) {
		for (size_t i = 0; i < len; i++)
			message[i] = (uint8_t)(i * 7);
		message[0] = 8;
		message[1] = 0;
		assert_int_equal(deliver_icmp(f, message, len), EVTCP_CAUSE_ICMP_ECHO_REQUEST);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_ECHO_REPLY);
		assert_reply(f, 0, 0, len - 8);
		assert_int_equal(f->buffer[1], 0x28); /* the request's DSCP, and not its ECN */
		assert_memory_equal(f->buffer + 24, message + 4, len - 4);
	}
}

static void an_echo_request_above_the_mtu_is_answered_up_to_it(void **state)
{
	struct fixture *f = *state;
	uint8_t message[2000] = {8};

	assert_int_equal(deliver_icmp(f, message, sizeof(message)), EVTCP_CAUSE_ICMP_ECHO_REQUEST);
	assert_reply(f, 0, 0, MTU - 28);
}

/* RFC 1122 3.2.2.6 rule 2. */
static void a_second_address_answers_for_itself(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = TEST_ICMP, .dst = US_TOO};
	uint8_t message[8] = {8};

	seal_icmp(message, sizeof(message));
	deliver(f, h, message, sizeof(message));
	assert_memory_equal(f->buffer + 12, "\x0a\0\0\x03\x0a\0\0\x01", 8);
}

static void above_the_limit_echo_requests_are_dropped(void **state)
{
	struct fixture *f = *state;
	uint8_t message[8] = {8};

	f->world.all_zero = true;
	icmp_limit_init(&f->ip.icmp_limit, &f->world.world, 1000);
	for (int i = 0; i < 50; i++)
		assert_int_equal(deliver_icmp(f, message, 8), EVTCP_CAUSE_ICMP_ECHO_REQUEST);
	assert_int_equal(deliver_icmp(f, message, 8), EVTCP_CAUSE_ICMP_RATE_LIMIT);
	assert_int_equal(f->reply.len, 0);
	assert_int_equal(f->reply.cause, EVTCP_CAUSE_NONE); /* counted once, not twice */
}

/* RFC 1122 3.2.2 rule 1, 3.2.2.2 rule 1, 3.2.2.7, 3.2.2.9: unknown types in silence; RFC
 * 9293 3.9.2.2, MUST-55, RFC 5927 6.2: so is source quench. */
static void types_that_we_do_not_use_are_dropped(void **state)
{
	struct fixture *f = *state;
	uint8_t message[64] = {0};

	for (unsigned type = 0; type < 256; type++) {
		if (type == 3 || type == 8 || type == 11 || type == 12)
			continue;
		message[0] = (uint8_t)type;
		assert_int_equal(deliver_icmp(f, message, sizeof(message)), EVTCP_CAUSE_ICMP_TYPE);
		assert_int_equal(f->reply.len, 0);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_NONE);
	}
}

/* ---- errors about our segments ------------------------------------------- */

/* An error of type and code that quotes inner_len bytes of a segment with this inner
 * header; returns the message's length. */
static size_t make_error(uint8_t *message, uint8_t type, uint8_t code,
	const struct test_ipv4 *inner, size_t inner_len)
{
	uint8_t quoted[80] = {0};

	quoted[20] = 0;
	test_ipv4_put(quoted + 20, 80, 2);
	test_ipv4_put(quoted + 22, 40000, 2);
	test_ipv4_put(quoted + 24, 0xdeadbeef, 4);
	test_ipv4_header(quoted, inner);
	memset(message, 0, 8);
	message[0] = type;
	message[1] = code;
	test_ipv4_put(message + 6, 1280, 2);
	memcpy(message + 8, quoted, inner_len);
	return 8 + inner_len;
}

static struct test_ipv4 our_segment(void)
{
	return (struct test_ipv4){.header_words = 5,
		.total_len = 1500,
		.fragment = 0x4000,
		.ttl = 60,
		.protocol = TEST_TCP,
		.src = US,
		.dst = PEER};
}

static enum evtcp_cause deliver_error(struct fixture *f, uint8_t type, uint8_t code,
	const struct test_ipv4 *inner, size_t inner_len)
{
	struct test_ipv4 h = {.protocol = TEST_ICMP, .src = ROUTER};
	uint8_t message[88];
	size_t len = make_error(message, type, code, inner, inner_len);

	seal_icmp(message, len);
	return deliver(f, h, message, len);
}

/* RFC 9293 3.9.2.2, MUST-54; RFC 1122 3.2.2 rule 3: directed to the connection that caused it. */
static void an_error_names_the_connection_and_the_segment(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 inner = our_segment();

	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_ERROR);
	assert_int_equal(address_to_ipv4(&f->error.tuple.local.addr), US);
	assert_int_equal(address_to_ipv4(&f->error.tuple.remote.addr), PEER);
	assert_int_equal(f->error.tuple.local.port, 80);
	assert_int_equal(f->error.tuple.remote.port, 40000);
	assert_int_equal(f->error.seq, 0xdeadbeef);
	assert_int_equal(f->error.type, 3);
	assert_int_equal(f->error.code, 3);
	assert_int_equal(f->error.mtu, 0); /* only fragmentation needed has one */
	assert_int_equal(f->reply.len, 0);
}

struct verdict {
	uint8_t type, code;
	enum ip_icmp_class class_;
	int error;
};

/* MUST-56: unreachable 0, 1 and 5, time exceeded and parameter problem are soft;
 * SHLD-26, RFC 1122 3.2.2.1 rule 2, 3.2.2.4, 3.2.2.5: the others of 2 to 4 are not (4 is path MTU
 * discovery's, RFC 1191). */
static const struct verdict verdicts[] = {
	{3, 0, IP_ICMP_SOFT, ENETUNREACH},
	{3, 1, IP_ICMP_SOFT, EHOSTUNREACH},
	{3, 2, IP_ICMP_HARD, ENOPROTOOPT},
	{3, 3, IP_ICMP_HARD, ECONNREFUSED},
	{3, 4, IP_ICMP_FRAGMENTATION_NEEDED, EMSGSIZE},
	{3, 5, IP_ICMP_SOFT, EHOSTUNREACH},
	{3, 6, IP_ICMP_SOFT, EHOSTUNREACH},
	{3, 9, IP_ICMP_HARD, ENETUNREACH},
	{3, 10, IP_ICMP_HARD, EHOSTUNREACH},
	{3, 13, IP_ICMP_HARD, EHOSTUNREACH},
	{3, 255, IP_ICMP_SOFT, EHOSTUNREACH},
	{11, 0, IP_ICMP_SOFT, EHOSTUNREACH},
	{11, 1, IP_ICMP_SOFT, EHOSTUNREACH},
	{12, 0, IP_ICMP_SOFT, EPROTO},
};

static void each_error_is_as_serious_as_the_rfc_says(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 inner = our_segment();

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		const struct verdict *v = &verdicts[i];

		deliver_error(f, v->type, v->code, &inner, 28);
		if (f->error.class_ != v->class_ || f->error.error != v->error ||
			f->error.mtu != (v->code == 4 ? 1280 : 0))
			fail_msg("type %u, code %u", v->type, v->code);
	}
}

static void check_quote(struct fixture *f, uint8_t type, const struct test_ipv4 *inner, size_t len)
{
	bool ours = inner->version == 4 && inner->header_words >= 5 &&
		    len >= inner->header_words * 4 + 8 && inner->protocol == TEST_TCP;

	if (deliver_error(f, type, 0, inner, len) !=
		(ours ? EVTCP_CAUSE_ICMP_ERROR : EVTCP_CAUSE_ICMP_QUOTE))
		fail_msg("version %u, IHL %u, protocol %u, %zu bytes", inner->version,
			inner->header_words, inner->protocol, len);
}

static void p08_a_quote_of_any_length_and_protocol_is_survived(void **state)
{
	struct test_ipv4 inner = our_segment();
	unsigned cases = 0;

	inner.version = 4;
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		inner.protocol = (uint8_t)protocol;
		for (size_t len = 0; len <= 68; len++, cases += 3) {
			check_quote(*state, 3, &inner, len);
			check_quote(*state, 11, &inner, len);
			check_quote(*state, 12, &inner, len);
		}
	}
	print_message("P08: %u cases\n", cases);
}

static void p08_a_quoted_header_of_any_length_is_survived(void **state)
{
	struct test_ipv4 inner = our_segment();
	unsigned cases = 0;

	for (inner.version = 1; inner.version < 16; inner.version++) {
		for (inner.header_words = 0; inner.header_words < 16; inner.header_words++) {
			for (size_t len = 0; len <= 80; len++, cases++)
				check_quote(*state, 3, &inner, len);
		}
	}
	print_message("P08: %u cases\n", cases);
}

static void a_quote_of_what_we_cannot_have_sent_is_ignored(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 inner = our_segment();

	inner.src = PEER; /* not ours */
	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_QUOTE);
	inner.src = US_TOO; /* ours, but the error came to another of our addresses */
	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_QUOTE);
	inner = our_segment();
	inner.dst = US; /* to ourselves */
	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_QUOTE);
	inner.dst = TEST_ADDRESS(10, 0, 0, 255);
	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_QUOTE);
	inner = our_segment();
	inner.fragment = 1; /* a later fragment: its first bytes are no ports */
	assert_int_equal(deliver_error(f, 3, 3, &inner, 28), EVTCP_CAUSE_ICMP_QUOTE);
}

/* ---- what is not TCP ------------------------------------------------------ */

static size_t make_udp(uint8_t *datagram, size_t len)
{
	uint8_t summed[12 + 600] = {10, 0, 0, 1, 10, 0, 0, 2, 0, TEST_UDP};
	uint16_t sum;

	for (size_t i = 0; i < len; i++)
		datagram[i] = (uint8_t)i;
	test_ipv4_put(datagram + 4, (uint32_t)len, 2);
	test_ipv4_put(datagram + 6, 0, 2);
	test_ipv4_put(summed + 10, (uint32_t)len, 2);
	memcpy(summed + 12, datagram, len);
	sum = test_checksum(summed, 12 + len);
	test_ipv4_put(datagram + 6, sum == 0 ? 0xffff : sum, 2);
	return len;
}

/* RFC 1122 3.2.2 rules 2, 5, 3.2.2.1 rule 1, 4.1.3.1: the header and at least eight bytes; RFC
 * 1812: up to 576 in all. */
static void udp_gets_port_unreachable_with_a_quote(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = TEST_UDP, .ttl = 9};
	uint8_t datagram[600];

	for (size_t len = 8; len <= sizeof(datagram); len++) {
		size_t quote = 20 + len < 548 ? 20 + len : 548;

		make_udp(datagram, len);
		assert_int_equal(deliver(f, h, datagram, len), EVTCP_CAUSE_UDP_NO_PORT);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_PORT_UNREACHABLE);
		assert_reply(f, 3, 3, quote);
		assert_int_equal(f->buffer[28 + 8], 9); /* the quoted header's TTL */
		assert_memory_equal(f->buffer + 28 + 20, datagram, quote - 20);
	}
}

static void damaged_udp_gets_nothing(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = TEST_UDP};
	uint8_t datagram[64];

	for (size_t len = 0; len < 8; len++) {
		assert_int_equal(deliver(f, h, datagram, len), EVTCP_CAUSE_UDP_TRUNCATED);
		assert_int_equal(f->reply.len, 0);
	}
	for (unsigned claimed = 0; claimed < 100; claimed++) {
		bool possible = claimed >= 8 && claimed <= sizeof(datagram);

		make_udp(datagram, sizeof(datagram));
		test_ipv4_put(datagram + 4, claimed, 2);
		test_ipv4_put(datagram + 6, 0, 2); /* none: RFC 768 */
		assert_int_equal(deliver(f, h, datagram, sizeof(datagram)),
			possible ? EVTCP_CAUSE_UDP_NO_PORT : EVTCP_CAUSE_UDP_TRUNCATED);
	}
	make_udp(datagram, sizeof(datagram));
	datagram[63] ^= 1;
	assert_int_equal(deliver(f, h, datagram, sizeof(datagram)), EVTCP_CAUSE_UDP_CHECKSUM);
	assert_int_equal(f->reply.len, 0);
}

/* ATTACKS P09, RFC 1122 3.2.2.1 rule 1: tunnels (4, 41, 47) are like any other protocol: never
 * looked into. */
static void p09_other_protocols_get_protocol_unreachable(void **state)
{
	struct fixture *f = *state;

	for (unsigned protocol = 0; protocol < 256; protocol++) {
		struct test_ipv4 h = {.protocol = (uint8_t)protocol};
		struct test_ipv4 inner = our_segment();
		uint8_t payload[40] = {0};

		if (protocol == TEST_ICMP || protocol == TEST_TCP || protocol == TEST_UDP)
			continue;
		test_ipv4_header(payload, &inner); /* a packet in the packet */
		assert_int_equal(deliver(f, h, payload, sizeof(payload)), EVTCP_CAUSE_IP_PROTOCOL);
		assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_PROTOCOL_UNREACHABLE);
		assert_reply(f, 3, 2, 20 + sizeof(payload));
	}
}

/* RFC 1122 3.2.2 rule 4: an ICMP message never causes an ICMP error. */
static void icmp_is_never_refused_with_icmp(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = TEST_ICMP};
	uint8_t payload[8] = {3};
	uint8_t *packet = new_packet(h, payload, sizeof(payload));
	struct ip_view view;

	assert_int_equal(ip_input(&f->ip, packet, 28, &view), EVTCP_CAUSE_NONE);
	assert_int_equal(ip_icmp_refuse(&f->ip, &view, NOW, &f->reply), EVTCP_CAUSE_IP_PROTOCOL);
	assert_int_equal(f->reply.len, 0);
	free(packet);
}

static void above_the_limit_refusals_are_silent(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = 99};

	icmp_limit_init(&f->ip.icmp_limit, &f->world.world, 1000);
	deliver(f, h, NULL, 0);
	assert_reply(f, 3, 2, 20);
	assert_int_equal(deliver(f, h, NULL, 0), EVTCP_CAUSE_IP_PROTOCOL);
	assert_int_equal(f->reply.len, 0);
	assert_int_equal(f->reply.cause, EVTCP_CAUSE_ICMP_RATE_LIMIT);
}

/* P05: an option of the refused packet is quoted, as the RFC says, and not used. */
static void a_refusal_of_a_packet_with_options_has_none_itself(void **state)
{
	struct fixture *f = *state;
	uint8_t packet[60] = {[20] = 7, 39, 4}; /* record route, all of the room */
	struct test_ipv4 h = {
		.header_words = 15, .total_len = 60, .protocol = 99, .src = PEER, .dst = US};
	struct ip_view view;

	test_ipv4_header(packet, &h);
	assert_int_equal(ip_input(&f->ip, packet, sizeof(packet), &view), EVTCP_CAUSE_NONE);
	ip_icmp_refuse(&f->ip, &view, NOW, &f->reply);
	assert_reply(f, 3, 2, 60);
	assert_memory_equal(f->buffer + 28, packet, 60);
}

/* No buffer that a link may have is overrun. */
static void a_reply_fits_any_buffer(void **state)
{
	struct fixture *f = *state;
	struct test_ipv4 h = {.protocol = TEST_UDP};
	uint8_t message[300] = {8}, datagram[300];

	make_udp(datagram, sizeof(datagram));
	for (size_t capacity = 68; capacity <= 400; capacity++) {
		uint8_t *exact = malloc(capacity);

		f->reply = (struct ip_reply){.buffer = exact, .capacity = capacity};
		deliver_icmp(f, message, sizeof(message));
		assert_reply(f, 0, 0, capacity < 320 ? capacity - 28 : 292);
		deliver(f, h, datagram, sizeof(datagram));
		assert_reply(f, 3, 3, capacity < 348 ? capacity - 28 : 320);
		free(exact);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_echo_request_of_any_length_comes_back_whole),
		TEST(an_echo_request_above_the_mtu_is_answered_up_to_it),
		TEST(a_second_address_answers_for_itself),
		TEST(above_the_limit_echo_requests_are_dropped),
		TEST(types_that_we_do_not_use_are_dropped),
		TEST(an_error_names_the_connection_and_the_segment),
		TEST(each_error_is_as_serious_as_the_rfc_says),
		TEST(p08_a_quote_of_any_length_and_protocol_is_survived),
		TEST(p08_a_quoted_header_of_any_length_is_survived),
		TEST(a_quote_of_what_we_cannot_have_sent_is_ignored),
		TEST(udp_gets_port_unreachable_with_a_quote),
		TEST(damaged_udp_gets_nothing),
		TEST(p09_other_protocols_get_protocol_unreachable),
		TEST(icmp_is_never_refused_with_icmp),
		TEST(above_the_limit_refusals_are_silent),
		TEST(a_refusal_of_a_packet_with_options_has_none_itself),
		TEST(a_reply_fits_any_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
