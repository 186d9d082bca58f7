/* SPDX-License-Identifier: BSD-3-Clause */

/* Netlink messages: attributes that lie about their length, nests, the loopback
 * interface asked of the running kernel. */

#include "link/rtnetlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static void attributes_are_found_where_they_were_put(void **state)
{
	struct ifinfomsg info = {.ifi_index = 7};
	struct netlink_request request;
	const struct nlattr *table[IFLA_MAX + 1], *inner[8];
	uint32_t mtu = 1500;
	uint8_t one = 1;
	struct nlattr *nest;

	(void)state;
	netlink_request_init(&request, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_request_add(&request, IFLA_IFNAME, "tun0", 5);
	nest = netlink_request_nest(&request, IFLA_AF_SPEC);
	netlink_request_add(&request, 3, &one, sizeof(one));
	netlink_request_nest_end(&request, nest);
	netlink_request_add(&request, IFLA_MTU, &mtu, sizeof(mtu));

	netlink_attributes(&request.u.header, sizeof(info), table, IFLA_MAX);
	assert_string_equal(netlink_data(table[IFLA_IFNAME]), "tun0");
	assert_int_equal(netlink_len(table[IFLA_IFNAME]), 5);
	assert_int_equal(netlink_u32(table[IFLA_MTU], 0), 1500);
	assert_null(table[IFLA_TXQLEN]);
	assert_int_equal(netlink_u32(table[IFLA_TXQLEN], 99), 99);
	netlink_nested(table[IFLA_AF_SPEC], inner, 7);
	assert_int_equal(netlink_u8(inner[3], 0), 1);
	netlink_nested(NULL, inner, 7);
	assert_null(inner[3]);
}

/* Every length that the first of two attributes can claim: what is handed out never
 * reaches beyond the message. */
static void an_attribute_that_claims_too_much_is_left_out(void **state)
{
	struct rtgenmsg fixed = {0};
	struct netlink_request request;
	const struct nlattr *table[4];
	uint32_t value = 5;
	struct nlattr *first;

	(void)state;
	for (unsigned claim = 0; claim <= 0xffff; claim++) {
		uint8_t *end;

		netlink_request_init(&request, RTM_GETLINK, 0, &fixed, sizeof(fixed));
		netlink_request_add(&request, 1, &value, sizeof(value));
		netlink_request_add(&request, 2, &value, sizeof(value));
		end = request.u.bytes + request.u.header.nlmsg_len;
		first = (struct nlattr *)(void *)(end - 2 * (NLA_HDRLEN + sizeof(value)));
		first->nla_len = (uint16_t)claim;
		netlink_attributes(&request.u.header, sizeof(fixed), table, 3);
		for (int i = 0; i < 4; i++) {
			if (table[i])
				assert_true((const uint8_t *)table[i] + table[i]->nla_len <= end);
		}
		assert_int_equal(netlink_u32(table[1], 0),
			claim >= NLA_HDRLEN + sizeof(value) && table[1] ? 5 : 0);
	}
}

static void a_message_shorter_than_its_fixed_part_has_no_attributes(void **state)
{
	struct nlmsghdr message = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_NEWLINK};
	const struct nlattr *table[4];

	(void)state;
	netlink_attributes(&message, sizeof(struct ifinfomsg), table, 3);
	for (int i = 0; i < 4; i++)
		assert_null(table[i]);
}

static void the_kernel_knows_lo_and_not_a_name_nobody_has(void **state)
{
	struct rtnetlink_link link;
	struct netlink netlink;

	(void)state;
	assert_int_equal(netlink_open(&netlink, 0), 0);
	assert_int_equal(rtnetlink_find_link(&netlink, "lo", &link), 0);
	assert_true(link.index > 0);
	assert_false(link.is_tun);
	assert_true(link.mtu > 0);
	assert_int_equal(rtnetlink_find_link(&netlink, "no-such-if", &link), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(link.index, 0);
	/* An error leaves the socket usable. */
	assert_int_equal(rtnetlink_find_link(&netlink, "lo", &link), 0);
	netlink_close(&netlink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_found_where_they_were_put),
		cmocka_unit_test(an_attribute_that_claims_too_much_is_left_out),
		cmocka_unit_test(a_message_shorter_than_its_fixed_part_has_no_attributes),
		cmocka_unit_test(the_kernel_knows_lo_and_not_a_name_nobody_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
