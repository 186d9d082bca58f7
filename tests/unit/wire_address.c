/* SPDX-License-Identifier: BSD-3-Clause */

/* Addresses: what kind each is, and the ways to sockaddr and to text. */

#include "wire/address.h"

#include "test_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static struct evtcp_addr addr_of(const char *text)
{
	struct evtcp_addr addr;
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) == 1)
		address_from_ipv4(&addr, ntohl(in.s_addr));
	else
		assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	return addr;
}

/* An 'x' for each thing that the address is. */
struct kind {
	const char *text;
	bool ipv4, any, unicast, loopback, multicast;
};

// clang-format off
static const struct kind kinds[] = {
	/* text               ipv4 any uni loop multi */
	{"0.0.0.0",           1,   1,  0,  0,   0},
	{"0.0.0.1",           1,   0,  0,  0,   0},
	{"0.255.255.255",     1,   0,  0,  0,   0},
	{"1.0.0.0",           1,   0,  1,  0,   0},
	{"10.0.0.2",          1,   0,  1,  0,   0},
	{"126.255.255.255",   1,   0,  1,  0,   0},
	{"127.0.0.0",         1,   0,  1,  1,   0},
	{"127.255.255.255",   1,   0,  1,  1,   0},
	{"128.0.0.0",         1,   0,  1,  0,   0},
	{"223.255.255.255",   1,   0,  1,  0,   0},
	{"224.0.0.0",         1,   0,  0,  0,   1},
	{"239.255.255.255",   1,   0,  0,  0,   1},
	{"240.0.0.0",         1,   0,  0,  0,   0},
	{"255.255.255.255",   1,   0,  0,  0,   0},
	{"::",                0,   1,  0,  0,   0},
	{"::1",               0,   0,  1,  1,   0},
	{"::2",               0,   0,  1,  0,   0},
	{"fd00:e7::2",        0,   0,  1,  0,   0},
	{"feff::",            0,   0,  1,  0,   0},
	{"ff00::",            0,   0,  0,  0,   1},
	{"ff02::1",           0,   0,  0,  0,   1},
	{"::ffff:10.0.0.2",   1,   0,  1,  0,   0},
	{"::fffe:10.0.0.2",   0,   0,  1,  0,   0},
	{"0:0:0:0:1:ffff:a00:2", 0, 0, 1,  0,   0},
};
// clang-format on

static void each_address_is_of_its_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];
		struct evtcp_addr a = addr_of(k->text);

		if (evtcp_addr_is_ipv4(&a) != k->ipv4 || address_is_any(&a) != k->any ||
			address_is_unicast(&a) != k->unicast ||
			address_is_loopback(&a) != k->loopback ||
			address_is_multicast(&a) != k->multicast)
			fail_msg("%s", k->text);
	}
}

static void ipv4_goes_in_and_comes_out(void **state)
{
	struct evtcp_addr a;

	(void)state;
	address_from_ipv4(&a, 0x0a00fe02);
	assert_int_equal(address_to_ipv4(&a), 0x0a00fe02);
	assert_memory_equal(a.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\xfe\x02", 16);
}

struct prefix_case {
	const char *addr, *net;
	unsigned prefix_len;
	bool in, broadcast;
};

// clang-format off
static const struct prefix_case prefix_cases[] = {
	{"10.0.0.255",      "10.0.0.2",   24, 1, 1},
	{"10.0.0.0",        "10.0.0.2",   24, 1, 1},
	{"10.0.0.254",      "10.0.0.2",   24, 1, 0},
	{"10.0.1.255",      "10.0.0.2",   24, 0, 0},
	{"10.0.1.255",      "10.0.0.2",   23, 1, 1},
	{"10.0.0.255",      "10.0.0.2",   23, 1, 0},
	{"10.0.0.3",        "10.0.0.2",   30, 1, 1},
	{"10.0.0.1",        "10.0.0.2",   30, 1, 0},
	{"10.0.0.3",        "10.0.0.2",   31, 1, 0}, /* RFC 3021 */
	{"10.0.0.2",        "10.0.0.2",   32, 1, 0},
	{"10.0.0.3",        "10.0.0.2",   32, 0, 0},
	{"255.255.255.255", "10.0.0.2",    0, 1, 1},
	{"0.0.0.0",         "10.0.0.2",    0, 1, 1},
	{"1.2.3.4",         "10.0.0.2",    0, 1, 0},
	{"127.255.255.255", "10.0.0.2",    1, 1, 1},
	{"fd00::1",         "10.0.0.2",    0, 0, 0}, /* other family */
	{"10.0.0.2",        "fd00::",      8, 0, 0},
	{"10.0.0.2",        "::1",         0, 0, 0}, /* mapped into it, but no IPv6 */
	{"10.0.0.2",        "::1",        80, 0, 0},
	{"fd00::1",         "::1",         0, 1, 0},
	{"fd00:e7::1",      "fd00:e7::2", 64, 1, 0},
	{"fd00:e7::ffff:ffff:ffff:ffff", "fd00:e7::2", 64, 1, 0},
	{"fd00:e7:0:1::1",  "fd00:e7::2", 64, 0, 0},
	{"fd00:e7::3",      "fd00:e7::2", 127, 1, 0},
	{"fd00:e7::3",      "fd00:e7::2", 128, 0, 0},
};
// clang-format on

/* RFC 1122 3.3.6 rule 1: the old form of zeros, too. */
static void a_prefix_knows_its_own_and_its_broadcast_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefix_cases) / sizeof(prefix_cases[0]); i++) {
		const struct prefix_case *p = &prefix_cases[i];
		struct evtcp_addr a = addr_of(p->addr), net = addr_of(p->net);

		if (address_is_in_prefix(&a, &net, p->prefix_len) != p->in ||
			address_is_broadcast_of(&a, &net, p->prefix_len) != p->broadcast)
			fail_msg("%s in %s/%u", p->addr, p->net, p->prefix_len);
	}
}

static void a_sockaddr_of_either_family_returns_as_it_was(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
	struct sockaddr_storage ss = {0};
	struct evtcp_endpoint e;

	(void)state;
	in.sin_addr.s_addr = htonl(0x0a000002);
	assert_int_equal(
		evtcp_endpoint_from_sockaddr(&e, (const struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(e.port, 80);
	assert_int_equal(address_to_ipv4(&e.addr), 0x0a000002);
	assert_int_equal(evtcp_endpoint_to_sockaddr(&e, &ss), sizeof(in));
	assert_memory_equal(&ss, &in, sizeof(in));
	inet_pton(AF_INET6, "fd00:e7::2", &in6.sin6_addr);
	assert_int_equal(
		evtcp_endpoint_from_sockaddr(&e, (const struct sockaddr *)&in6, sizeof(in6)), 0);
	assert_int_equal(evtcp_endpoint_to_sockaddr(&e, &ss), sizeof(in6));
	assert_memory_equal(&ss, &in6, sizeof(in6));
}

static void a_mapped_ipv6_sockaddr_becomes_ipv4(void **state)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
	struct sockaddr_storage ss = {0};
	struct evtcp_endpoint e;

	(void)state;
	inet_pton(AF_INET6, "::ffff:10.0.0.2", &in6.sin6_addr);
	evtcp_endpoint_from_sockaddr(&e, (const struct sockaddr *)&in6, sizeof(in6));
	assert_true(evtcp_addr_is_ipv4(&e.addr));
	assert_int_equal(evtcp_endpoint_to_sockaddr(&e, &ss), sizeof(struct sockaddr_in));
	assert_int_equal(ss.ss_family, AF_INET);
}

static void a_short_or_foreign_sockaddr_is_refused(void **state)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6};
	const struct sockaddr *generic = (const struct sockaddr *)&sa;
	struct evtcp_endpoint e;

	(void)state;
	for (socklen_t len = 0; len < sizeof(sa); len++) {
		errno = 0;
		assert_int_equal(evtcp_endpoint_from_sockaddr(&e, generic, len), -1);
		assert_int_equal(errno, EINVAL);
	}
	sa.sin6_family = AF_INET;
	assert_int_equal(
		evtcp_endpoint_from_sockaddr(&e, generic, sizeof(struct sockaddr_in) - 1), -1);
	assert_int_equal(errno, EINVAL);
	sa.sin6_family = AF_UNIX;
	assert_int_equal(evtcp_endpoint_from_sockaddr(&e, generic, sizeof(sa)), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	errno = 0;
	assert_int_equal(evtcp_endpoint_from_sockaddr(&e, generic, sizeof(sa.sin6_family)), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

static void an_endpoint_is_written_as_people_write_it(void **state)
{
	char text[EVTCP_ENDPOINT_TEXT], small[8];
	struct evtcp_endpoint e = {.addr = addr_of("10.0.0.2"), .port = 80};

	(void)state;
	assert_string_equal(evtcp_endpoint_format(&e, text, sizeof(text)), "10.0.0.2:80");
	assert_string_equal(evtcp_endpoint_format(&e, small, sizeof(small)), "10.0.0.");
	e.addr = addr_of("fd00::2");
	assert_string_equal(evtcp_endpoint_format(&e, text, sizeof(text)), "[fd00::2]:80");
	memset(e.addr.bytes, 0xff, sizeof(e.addr.bytes));
	e.port = 65535;
	assert_string_equal(evtcp_endpoint_format(&e, text, sizeof(text)),
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void endpoints_are_equal_in_address_and_port(void **state)
{
	struct evtcp_endpoint a = {.addr = addr_of("10.0.0.2"), .port = 80}, b = a;

	(void)state;
	assert_true(endpoint_equal(&a, &b));
	b.port = 81;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.addr.bytes[15] ^= 1;
	assert_false(endpoint_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_is_of_its_kind),
		cmocka_unit_test(ipv4_goes_in_and_comes_out),
		cmocka_unit_test(a_prefix_knows_its_own_and_its_broadcast_addresses),
		cmocka_unit_test(a_sockaddr_of_either_family_returns_as_it_was),
		cmocka_unit_test(a_mapped_ipv6_sockaddr_becomes_ipv4),
		cmocka_unit_test(a_short_or_foreign_sockaddr_is_refused),
		cmocka_unit_test(an_endpoint_is_written_as_people_write_it),
		cmocka_unit_test(endpoints_are_equal_in_address_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
