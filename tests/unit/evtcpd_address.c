/* SPDX-License-Identifier: BSD-3-Clause */

/* Addresses of options: what is one, which prefix it lies in, and which host of a
 * prefix is still free. */

#include "evtcpd/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct evtcp_tun_address prefix(const char *text)
{
	struct evtcp_tun_address address;

	assert_int_equal(address_parse_prefix(text, &address), ADDRESS_OK);
	return address;
}

static void an_address_and_its_prefix_are_read(void **state)
{
	struct evtcp_tun_address address;
	char text[ADDRESS_TEXT];

	(void)state;
	address = prefix("10.0.0.2/24");
	assert_int_equal(address.prefix_len, 24);
	assert_int_equal(address.address.ss_family, AF_INET);
	assert_string_equal(address_format(&address, text, sizeof(text)), "10.0.0.2");
	assert_string_equal(address_format_url(&address, text, sizeof(text)), "10.0.0.2");
	assert_int_equal(address_parse("192.168.255.1", &address), ADDRESS_OK);
	assert_int_equal(address.prefix_len, 0);
}

static void so_is_one_of_ipv6(void **state)
{
	struct evtcp_tun_address address;
	char text[ADDRESS_TEXT];

	(void)state;
	address = prefix("FD00:e7:0::2/64");
	assert_int_equal(address.prefix_len, 64);
	assert_int_equal(address.address.ss_family, AF_INET6);
	assert_true(address_is_ipv6(&address));
	assert_string_equal(address_format(&address, text, sizeof(text)), "fd00:e7::2");
	assert_string_equal(address_format_url(&address, text, sizeof(text)), "[fd00:e7::2]");
	prefix("fd00:e7::/127"); /* RFC 6164 */
	prefix("fd00:e7::ffff:ffff:ffff:ffff/64");
	prefix("fd00:e7:1111:2222:3333:4444:5555:6666/127");
}

static void each_wrong_address_has_its_reason(void **state)
{
	static const struct {
		const char *text;
		enum address_fault fault;
	} wrong[] = {{"", ADDRESS_PREFIX}, {"10.0.0.2", ADDRESS_PREFIX},
		{"10.0.0.2/", ADDRESS_PREFIX}, {"10.0.0.2/0", ADDRESS_PREFIX},
		{"10.0.0.2/32", ADDRESS_PREFIX}, {"10.0.0.2/2x", ADDRESS_PREFIX},
		{"10.0.0.2/-1", ADDRESS_PREFIX}, {"10.0.0/24", ADDRESS_SYNTAX},
		{"10.0.0.256/24", ADDRESS_SYNTAX}, {" 10.0.0.2/24", ADDRESS_SYNTAX},
		{"host/24", ADDRESS_SYNTAX},
		{"1111111111111111111111111111111111111111111111111/24", ADDRESS_SYNTAX},
		{"fd00:e7::2", ADDRESS_PREFIX}, {"fd00:e7::2/0", ADDRESS_PREFIX},
		{"fd00:e7::2/128", ADDRESS_PREFIX}, {"fd00:e7::2/64x", ADDRESS_PREFIX},
		{"fd00:e7:::2/64", ADDRESS_SYNTAX}, {"[fd00:e7::2]/64", ADDRESS_SYNTAX},
		{"fd00:e7::2%tun0/64", ADDRESS_SYNTAX}, {"fd00:e7::/64", ADDRESS_NOT_HOST},
		{"::1/64", ADDRESS_NOT_UNICAST}, {"::/64", ADDRESS_NOT_UNICAST},
		{"ff02::1/64", ADDRESS_NOT_UNICAST}, {"::ffff:10.0.0.2/120", ADDRESS_NOT_UNICAST},
		{"0.0.0.1/8", ADDRESS_NOT_UNICAST}, {"127.0.0.1/8", ADDRESS_NOT_UNICAST},
		{"224.0.0.1/24", ADDRESS_NOT_UNICAST}, {"255.255.255.255/24", ADDRESS_NOT_UNICAST},
		{"10.0.0.0/24", ADDRESS_NOT_HOST}, {"10.0.0.255/24", ADDRESS_NOT_HOST},
		{"10.0.1.255/23", ADDRESS_NOT_HOST}};
	struct evtcp_tun_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(address_parse_prefix(wrong[i].text, &address), wrong[i].fault);
}

static void a_prefix_contains_its_hosts_and_not_its_two_ends(void **state)
{
	struct evtcp_tun_address own = prefix("10.0.0.2/24"), other;

	(void)state;
	address_parse("10.0.0.254", &other);
	assert_true(address_in_prefix(&other, &own));
	address_parse("10.0.1.1", &other);
	assert_false(address_in_prefix(&other, &own));
	address_parse("10.0.0.0", &other);
	assert_false(address_in_prefix(&other, &own));
	address_parse("10.0.0.255", &other);
	assert_false(address_in_prefix(&other, &own));
}

static void an_ipv6_prefix_contains_all_but_its_lowest_address(void **state)
{
	struct evtcp_tun_address own = prefix("fd00:e7::2/64"), ipv4 = prefix("10.0.0.2/24"), other;

	(void)state;
	address_parse("fd00:e7::ffff:ffff:ffff:ffff", &other);
	assert_true(address_in_prefix(&other, &own));
	address_parse("fd00:e7::", &other);
	assert_false(address_in_prefix(&other, &own));
	address_parse("fd00:e7:0:1::1", &other);
	assert_false(address_in_prefix(&other, &own));
	assert_false(address_in_prefix(&ipv4, &own));
	assert_false(address_in_prefix(&own, &ipv4));
}

static void the_first_host_is_the_lowest_free_one(void **state)
{
	struct evtcp_tun_address own[3] = {
		prefix("10.0.0.2/24"), prefix("10.0.0.1/24"), prefix("10.0.0.3/24")};
	struct evtcp_tun_address host;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(address_first_host(own, 1, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "10.0.0.1");
	assert_int_equal(host.prefix_len, 24);
	assert_int_equal(address_first_host(own, 3, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "10.0.0.4");
}

static void a_small_prefix_can_be_full(void **state)
{
	struct evtcp_tun_address two[2] = {prefix("10.0.0.1/30"), prefix("10.0.0.2/30")};
	struct evtcp_tun_address pair = prefix("10.0.0.1/31"), pair6 = prefix("fd00:e7::1/127"),
				 host;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(address_first_host(two, 2, &host), -1);
	assert_int_equal(address_first_host(&pair, 1, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "10.0.0.0");
	assert_int_equal(address_first_host(&pair6, 1, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "fd00:e7::");
}

static void the_first_ipv6_host_is_not_the_routers_address(void **state)
{
	struct evtcp_tun_address own[2] = {prefix("fd00:e7::2/64"), prefix("fd00:e7::1/64")};
	struct evtcp_tun_address odd = prefix("fd00:e7::ff:2/116"), host;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(address_first_host(own, 1, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "fd00:e7::1");
	assert_int_equal(host.prefix_len, 64);
	assert_int_equal(address_first_host(own, 2, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "fd00:e7::3");
	assert_int_equal(address_first_host(&odd, 1, &host), 0);
	assert_string_equal(address_format(&host, text, sizeof(text)), "fd00:e7::ff:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_and_its_prefix_are_read),
		cmocka_unit_test(so_is_one_of_ipv6),
		cmocka_unit_test(each_wrong_address_has_its_reason),
		cmocka_unit_test(an_ipv6_prefix_contains_all_but_its_lowest_address),
		cmocka_unit_test(the_first_ipv6_host_is_not_the_routers_address),
		cmocka_unit_test(a_prefix_contains_its_hosts_and_not_its_two_ends),
		cmocka_unit_test(the_first_host_is_the_lowest_free_one),
		cmocka_unit_test(a_small_prefix_can_be_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
