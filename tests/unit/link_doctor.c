/* SPDX-License-Identifier: BSD-3-Clause */

/* The judgement of each check of the doctor, on facts that are made up: a machine on which all is
 * well, and what one change to it is called. */

#include "link/doctor/checks.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { TUN_INDEX = 77, ETH_INDEX = 78 };

static struct doctor_facts facts;
static struct doctor_words words;
static struct evtcp_tun_finding found;

static struct prefix ipv4(uint8_t c, uint8_t d, unsigned len)
{
	uint8_t bytes[4] = {10, 0, c, d};
	struct prefix prefix;

	prefix_from_bytes(&prefix, AF_INET, bytes, len);
	return prefix;
}

static struct prefix ipv6(uint8_t last)
{
	uint8_t bytes[16] = {0xfd, 0x00, 0x00, 0xe7, [15] = last};
	struct prefix prefix;

	prefix_from_bytes(&prefix, AF_INET6, bytes, 64);
	return prefix;
}

/* tun0 is there, has all that it needs, and belongs to ann, who asks. */
static int all_is_well(void **state)
{
	(void)state;
	memset(&facts, 0, sizeof(facts));
	facts.want =
		(struct tun_check){.name = "tun0", .index = TUN_INDEX, .n_own = 2, .n_host = 2};
	facts.want.own[0] = ipv4(0, 2, 24);
	facts.want.own[1] = ipv6(2);
	facts.want.host[0] = ipv4(0, 1, 24);
	facts.want.host[1] = ipv6(1);
	facts.mtu = 1500;
	facts.uid = 1000;
	snprintf(facts.user, sizeof(facts.user), "ann");
	facts.driver = true;
	facts.link = (struct rtnetlink_link){.index = TUN_INDEX,
		.mtu = 1500,
		.up = true,
		.is_tun = true,
		.has_owner = true,
		.owner = 1000};
	facts.host_found[0] = facts.host_found[1] = true;
	facts.has_ipv6 = true;
	for (unsigned i = 0; i < 2; i++)
		facts.ways[i] = (struct doctor_way){.index = TUN_INDEX,
			.device = "tun0",
			.table = RT_TABLE_MAIN,
			.destination = prefix_network(&facts.want.own[i])};
	snprintf(facts.free_name, sizeof(facts.free_name), "tun1");
	facts.free_ipv4 = ipv4(1, 2, 24);
	facts.trial = (struct doctor_trial){.opened = true, .segments = true, .given = true};
	return 0;
}

static void no_device_yet(void)
{
	facts.link = (struct rtnetlink_link){0};
	facts.want.index = 0;
}

/* The kernel has this, on a device of the name. */
static void claims(enum doctor_claim_kind kind, int index, const char *device, struct prefix prefix)
{
	struct doctor_claim *claim = &facts.claims[facts.n_claims++];

	*claim = (struct doctor_claim){
		.kind = kind, .index = index, .prefix = prefix, .network = prefix};
	snprintf(claim->device, sizeof(claim->device), "%s", device);
}

static enum doctor_finding judged(doctor_judge judge)
{
	enum doctor_finding finding;
	unsigned own = 0;

	doctor_words_init(&words, &facts);
	memset(&found, 0, sizeof(found));
	finding = judge(&facts, &words, &own);
	if (finding != DOCTOR_NOTHING)
		doctor_put(&found, finding, &words);
	found.own = own;
	return finding;
}

#define assert_finds(judge, finding, text_, mend_) \
	do { \
		assert_int_equal(judged(judge), finding); \
		assert_string_equal(found.text, text_); \
		assert_string_equal(found.mend, mend_); \
	} while (0)

static void where_all_is_well_nothing_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCTOR_CHECKS; i++) {
		assert_int_not_equal(judged(doctor_checks[i].judge), DOCTOR_NOTHING);
		assert_int_equal(found.verdict, EVTCP_TUN_FINE);
		assert_string_equal(found.mend, "");
	}
}

static void nor_where_root_would_make_the_device(void **state)
{
	(void)state;
	no_device_yet();
	facts.uid = 0;
	facts.net_admin = true;
	for (size_t i = 0; i < DOCTOR_CHECKS; i++) {
		judged(doctor_checks[i].judge);
		assert_int_equal(found.verdict, EVTCP_TUN_FINE);
	}
}

static void the_reason_why_the_node_cannot_be_opened_is_told(void **state)
{
	static const struct {
		int error;
		bool driver;
		enum doctor_finding finding;
	} cases[] = {{ENOENT, true, DOCTOR_NODE_MISSING}, {ENOENT, false, DOCTOR_NODE_NO_DRIVER},
		{ENODEV, false, DOCTOR_NODE_EMPTY}, {ENXIO, false, DOCTOR_NODE_EMPTY},
		{ENOTTY, true, DOCTOR_NODE_STRANGER}, {EISDIR, true, DOCTOR_NODE_STRANGER},
		{EACCES, true, DOCTOR_NODE_CLOSED}, {EPERM, true, DOCTOR_NODE_FORBIDDEN},
		{EMFILE, true, DOCTOR_NODE_OTHER}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		facts.node_error = cases[i].error;
		facts.driver = cases[i].driver;
		assert_int_equal(judged(doctor_judge_node), cases[i].finding);
		assert_int_equal(found.verdict, EVTCP_TUN_WRONG);
		assert_int_equal(judged(doctor_judge_offload), DOCTOR_NOTHING);
	}
	judged(doctor_judge_node);
	assert_non_null(strstr(found.text, strerror(EMFILE)));
}

static void who_may_make_nothing_is_told_what_root_could_prepare(void **state)
{
	(void)state;
	no_device_yet();
	assert_finds(doctor_judge_rights, DOCTOR_RIGHTS_NONE,
		"ann has no CAP_NET_ADMIN to make tun0 with (a private network needs none)",
		"ip tuntap add dev tun0 mode tun user ann && ip addr add 10.0.0.1/24 dev tun0 && "
		"ip addr add fd00:e7::1/64 dev tun0 && ip link set tun0 mtu 1500 up");
	facts.multi_queue = true;
	facts.trial.refused = ENOSPC;
	assert_int_equal(judged(doctor_judge_rights), DOCTOR_RIGHTS_NOWHERE);
	assert_non_null(strstr(found.mend, "mode tun multi_queue user ann"));
	facts.uid = 0;
	assert_int_equal(judged(doctor_judge_rights), DOCTOR_RIGHTS_CONTAINED);
}

static void a_device_of_anothers_takes_root(void **state)
{
	(void)state;
	facts.link.owner = 1001;
	assert_int_equal(judged(doctor_judge_rights), DOCTOR_RIGHTS_OTHERS);
	assert_int_equal(found.remedy, EVTCP_TUN_REMEDY_ROOT);
	facts.link.has_owner = false;
	assert_int_equal(judged(doctor_judge_rights), DOCTOR_RIGHTS_PREPARED);
	facts.link.has_owner = facts.net_admin = true;
	assert_int_equal(judged(doctor_judge_rights), DOCTOR_RIGHTS_ALL);
}

static void a_device_that_cannot_be_had_is_told_from_one_that_can(void **state)
{
	(void)state;
	facts.link.in_use = true;
	assert_finds(doctor_judge_device, DOCTOR_DEVICE_BUSY, "tun0 is in use by another process",
		"tun1");
	facts.holder_pid = 12;
	snprintf(facts.holder, sizeof(facts.holder), "evtcpd, process 12");
	assert_finds(doctor_judge_device, DOCTOR_DEVICE_HELD,
		"tun0 is in use by evtcpd, process 12: no other can serve on it", "kill 12");
	facts.link.in_use = false;
	facts.multi_queue = true;
	assert_int_equal(judged(doctor_judge_device), DOCTOR_DEVICE_ONE_QUEUE);
	assert_ptr_equal(strstr(found.mend, "ip tuntap del dev tun0 mode tun && ip tuntap add dev "
					    "tun0 mode tun multi_queue user ann"),
		found.mend);
	facts.link.is_tun = false;
	assert_finds(doctor_judge_device, DOCTOR_DEVICE_NOT_TUN,
		"tun0 is an interface of another kind", "tun1");
	assert_int_equal(judged(doctor_judge_state), DOCTOR_NOTHING);
	assert_int_equal(judged(doctor_judge_mtu), DOCTOR_NOTHING);
	assert_int_equal(judged(doctor_judge_host), DOCTOR_NOTHING);
}

static void what_a_device_lacks_is_wrong_only_where_nobody_will_add_it(void **state)
{
	(void)state;
	facts.link.up = false;
	facts.link.mtu = 1400;
	facts.host_found[1] = false;
	assert_finds(doctor_judge_state, DOCTOR_STATE_DOWN, "tun0 is down", "ip link set tun0 up");
	assert_finds(doctor_judge_mtu, DOCTOR_MTU_OTHER, "tun0 has an MTU of 1400 bytes, not 1500",
		"ip link set tun0 mtu 1500");
	assert_finds(doctor_judge_host, DOCTOR_HOST_MISSING,
		"tun0 lacks the kernel's address fd00:e7::1/64",
		"ip addr add fd00:e7::1/64 dev tun0");
	assert_int_equal(judged(doctor_judge_route), DOCTOR_NOTHING);
	facts.net_admin = true;
	assert_int_equal(judged(doctor_judge_state), DOCTOR_STATE_TO_BE);
	assert_int_equal(judged(doctor_judge_mtu), DOCTOR_MTU_TO_BE);
	assert_int_equal(judged(doctor_judge_host), DOCTOR_HOST_TO_BE);
	facts.link.in_use = true; /* by somebody who has done that already */
	assert_int_equal(judged(doctor_judge_state), DOCTOR_STATE_DOWN);
	assert_int_equal(judged(doctor_judge_mtu), DOCTOR_MTU_OTHER);
}

static void the_servers_address_is_taken_off_the_tun_and_left_elsewhere(void **state)
{
	(void)state;
	claims(DOCTOR_CLAIM_ADDRESS, TUN_INDEX, "tun0", ipv4(0, 2, 24));
	claims(DOCTOR_CLAIM_LOCAL, TUN_INDEX, "tun0", ipv4(0, 2, 32));
	assert_finds(doctor_judge_address, DOCTOR_ADDRESS_ON_TUN,
		"the kernel has the server's address 10.0.0.2 on tun0, and would answer itself",
		"ip addr del 10.0.0.2/24 dev tun0");
	facts.n_claims = 0;
	claims(DOCTOR_CLAIM_ADDRESS, ETH_INDEX, "eth0", ipv4(0, 2, 32));
	assert_finds(doctor_judge_address, DOCTOR_ADDRESS_TAKEN,
		"the kernel has the server's address 10.0.0.2 on eth0, and would answer itself",
		"10.0.1.2/24");
	assert_int_equal(found.remedy, EVTCP_TUN_REMEDY_ADDRESS);
	assert_int_equal(judged(doctor_judge_prefix), DOCTOR_NOTHING);
	assert_int_equal(judged(doctor_judge_route), DOCTOR_NOTHING);
}

static void part_of_the_prefix_is_anothers(void **state)
{
	(void)state;
	claims(DOCTOR_CLAIM_ADDRESS, TUN_INDEX, "tun0", ipv4(0, 1, 24));
	claims(DOCTOR_CLAIM_ROUTE, TUN_INDEX, "tun0", ipv4(0, 0, 24));
	assert_int_equal(judged(doctor_judge_prefix), DOCTOR_PREFIX_FINE);
	claims(DOCTOR_CLAIM_ADDRESS, ETH_INDEX, "eth0", ipv4(0, 77, 24));
	assert_finds(doctor_judge_prefix, DOCTOR_PREFIX_OVERLAP,
		"10.0.0.0/24 overlaps 10.0.0.77/24, an address of eth0", "10.0.1.2/24");
	facts.n_claims = 0;
	claims(DOCTOR_CLAIM_ROUTE, ETH_INDEX, "eth0", ipv4(0, 0, 8));
	assert_finds(doctor_judge_prefix, DOCTOR_PREFIX_ROUTED,
		"10.0.0.0/24 overlaps 10.0.0.0/8, which is routed to eth0", "10.0.1.2/24");
	facts.n_claims = 0;
	claims(DOCTOR_CLAIM_ROUTE, ETH_INDEX, "eth0", ipv6(0));
	assert_int_equal(judged(doctor_judge_prefix), DOCTOR_PREFIX_ROUTED);
	assert_int_equal(found.own, 1);
	assert_string_equal(found.mend, ""); /* none was found that is free */
}

static void a_route_that_hides_the_server_is_named(void **state)
{
	(void)state;
	claims(DOCTOR_CLAIM_ROUTE, ETH_INDEX, "eth0", ipv4(0, 2, 32));
	assert_finds(doctor_judge_route, DOCTOR_ROUTE_SHADOWED,
		"a route to 10.0.0.2 by eth0 hides that to 10.0.0.2 by tun0",
		"ip route del 10.0.0.2 dev eth0");
	assert_int_equal(judged(doctor_judge_prefix), DOCTOR_PREFIX_FINE);
	facts.n_claims = 0;
	claims(DOCTOR_CLAIM_ROUTE, 0, "", ipv4(0, 0, 25));
	assert_finds(doctor_judge_route, DOCTOR_ROUTE_NOWHERE,
		"a route to 10.0.0.0/25 that leads nowhere hides 10.0.0.2",
		"ip route del 10.0.0.0/25");
}

static void a_way_that_leads_elsewhere_is_mended_where_it_turns(void **state)
{
	struct doctor_way *way = &facts.ways[0];

	(void)state;
	way->error = ENETUNREACH;
	assert_finds(doctor_judge_route, DOCTOR_ROUTE_MISSING, "no route leads to 10.0.0.2",
		"ip route add 10.0.0.0/24 dev tun0");
	facts.host_found[0] = false; /* that is what is wrong then */
	assert_int_equal(judged(doctor_judge_route), DOCTOR_NOTHING);
	facts.host_found[0] = true;
	*way = (struct doctor_way){.index = ETH_INDEX, .device = "eth0", .table = RT_TABLE_MAIN};
	way->destination = ipv4(0, 0, 0);
	assert_int_equal(judged(doctor_judge_route), DOCTOR_ROUTE_MISSING);
	way->destination = ipv4(0, 0, 24);
	assert_int_equal(judged(doctor_judge_route), DOCTOR_ROUTE_SHADOWED);
	way->table = 100;
	assert_finds(doctor_judge_route, DOCTOR_ROUTE_RULED,
		"a routing rule sends what is for 10.0.0.2 to eth0",
		"ip rule add to 10.0.0.0/24 lookup main priority 1");
	assert_int_equal(judged(doctor_judge_rp_filter), DOCTOR_RP_OFF);
}

static void strictness_is_wrong_only_where_it_is_in_the_way(void **state)
{
	(void)state;
	facts.rp_filter = 1;
	assert_int_equal(judged(doctor_judge_rp_filter), DOCTOR_RP_STRICT);
	facts.ways[0].back = EXDEV;
	assert_finds(doctor_judge_rp_filter, DOCTOR_RP_IN_THE_WAY,
		"strict, so that what 10.0.0.2 sends is refused: the way back is not by tun0",
		"sysctl -w net/ipv4/conf/tun0/rp_filter=2");
	facts.rp_filter = 2;
	assert_int_equal(judged(doctor_judge_rp_filter), DOCTOR_RP_LOOSE);
	facts.rp_filter = 1;
	facts.ways[0].index = ETH_INDEX; /* then it is the route that is wrong */
	assert_int_equal(judged(doctor_judge_rp_filter), DOCTOR_RP_STRICT);
}

static void ipv6_is_looked_at_where_it_is_wanted(void **state)
{
	(void)state;
	facts.ipv6_disabled = true;
	assert_finds(doctor_judge_ipv6, DOCTOR_IPV6_DISABLED,
		"IPv6 is turned off where fd00:e7::2 would be",
		"sysctl -w net/ipv6/conf/tun0/disable_ipv6=0");
	no_device_yet();
	judged(doctor_judge_ipv6);
	assert_string_equal(found.mend, "sysctl -w net/ipv6/conf/default/disable_ipv6=0");
	facts.has_ipv6 = false;
	assert_int_equal(judged(doctor_judge_ipv6), DOCTOR_IPV6_NONE);
	facts.want.n_own = 1;
	assert_int_equal(judged(doctor_judge_ipv6), DOCTOR_NOTHING);
}

static void an_offload_that_is_refused_need_not_be_asked_for(void **state)
{
	(void)state;
	facts.trial.given = false;
	assert_int_equal(judged(doctor_judge_offload), DOCTOR_OFFLOAD_NOT_GIVEN);
	assert_int_equal(found.remedy, EVTCP_TUN_REMEDY_NO_OFFLOAD);
	facts.trial.segments = false;
	assert_int_equal(judged(doctor_judge_offload), DOCTOR_OFFLOAD_REFUSED);
	facts.no_offload = true;
	assert_int_equal(judged(doctor_judge_offload), DOCTOR_OFFLOAD_UNWANTED);
	facts.no_offload = false;
	facts.trial = (struct doctor_trial){.refused = EPERM};
	assert_int_equal(judged(doctor_judge_offload), DOCTOR_OFFLOAD_UNTRIED);
	assert_int_equal(found.verdict, EVTCP_TUN_NOTE);
	facts.trial = (struct doctor_trial){.why = "creating trial needs luck"};
	assert_finds(doctor_judge_offload, DOCTOR_OFFLOAD_UNOPENED,
		"could not be tried: creating trial needs luck", "");
}

static void no_two_things_that_are_wrong_read_alike(void **state)
{
	char texts[DOCTOR_N_FINDINGS][256];

	(void)state;
	doctor_words_init(&words, &facts);
	for (int i = 1; i < DOCTOR_N_FINDINGS; i++) {
		doctor_put(&found, (enum doctor_finding)i, &words);
		snprintf(texts[i], sizeof(texts[i]), "%s", found.text);
		assert_int_not_equal(texts[i][0], '\0');
		assert_null(strpbrk(found.text, "{}\n"));
		assert_null(strpbrk(found.mend, "{}\n"));
		for (int j = 1; j < i && found.verdict == EVTCP_TUN_WRONG; j++)
			assert_string_not_equal(texts[i], texts[j]);
	}
}

static void what_is_too_long_is_cut(void **state)
{
	(void)state;
	no_device_yet();
	facts.want.n_own = facts.want.n_host = EVTCP_TUN_ADDRESSES;
	for (unsigned i = 0; i < EVTCP_TUN_ADDRESSES; i++)
		facts.want.own[i] = facts.want.host[i] = ipv6((uint8_t)i);
	memset(facts.want.host[3].addr.bytes, 0xee, 16);
	judged(doctor_judge_rights);
	assert_true(strlen(found.mend) < sizeof(found.mend));
	judged(doctor_judge_address);
	assert_true(strlen(found.text) < sizeof(found.text));
}

static void names_of_others_steer_neither_terminal_nor_shell(void **state)
{
	static const char *const names[] = {
		"a;reboot", "$(x)", "a'b", "-rf", "\x1b[2J", "a\nb", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		facts.n_claims = 0;
		claims(DOCTOR_CLAIM_ROUTE, ETH_INDEX, names[i], ipv4(0, 2, 32));
		assert_int_equal(judged(doctor_judge_route), DOCTOR_ROUTE_SHADOWED);
		assert_string_equal(found.mend, "");
		for (const char *c = found.text; *c; c++)
			assert_in_range(*c, ' ', '~');
	}
	facts.n_claims = 0;
	claims(DOCTOR_CLAIM_ROUTE, ETH_INDEX, "wg-0.b_c@d", ipv4(0, 2, 32));
	judged(doctor_judge_route);
	assert_string_equal(found.mend, "ip route del 10.0.0.2 dev wg-0.b_c@d");
}

#define doctor_test(name) cmocka_unit_test_setup(name, all_is_well)

int main(void)
{
	const struct CMUnitTest tests[] = {
		doctor_test(where_all_is_well_nothing_is_wrong),
		doctor_test(nor_where_root_would_make_the_device),
		doctor_test(the_reason_why_the_node_cannot_be_opened_is_told),
		doctor_test(who_may_make_nothing_is_told_what_root_could_prepare),
		doctor_test(a_device_of_anothers_takes_root),
		doctor_test(a_device_that_cannot_be_had_is_told_from_one_that_can),
		doctor_test(what_a_device_lacks_is_wrong_only_where_nobody_will_add_it),
		doctor_test(the_servers_address_is_taken_off_the_tun_and_left_elsewhere),
		doctor_test(part_of_the_prefix_is_anothers),
		doctor_test(a_route_that_hides_the_server_is_named),
		doctor_test(a_way_that_leads_elsewhere_is_mended_where_it_turns),
		doctor_test(strictness_is_wrong_only_where_it_is_in_the_way),
		doctor_test(ipv6_is_looked_at_where_it_is_wanted),
		doctor_test(an_offload_that_is_refused_need_not_be_asked_for),
		doctor_test(no_two_things_that_are_wrong_read_alike),
		doctor_test(what_is_too_long_is_cut),
		doctor_test(names_of_others_steer_neither_terminal_nor_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
