/* SPDX-License-Identifier: BSD-3-Clause */

/* What could be had instead: the first name that no interface has, the first prefixes that touch
 * nobody's.
 *
 * In: the kernel, as tun_check asks it. Out: suggestions. Few candidates are asked after: whoever
 * has all of these has a plan of their own. */

#include "link/doctor/facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DOCTOR_CANDIDATES 16

static void doctor_find_name(struct doctor_facts *facts, struct netlink *netlink)
{
	struct rtnetlink_link link;

	for (unsigned i = 0; i < DOCTOR_CANDIDATES; i++) {
		snprintf(facts->free_name, sizeof(facts->free_name), "tun%u", i);
		if (rtnetlink_find_link(netlink, facts->free_name, &link) < 0 && errno == ENODEV)
			return;
	}
	facts->free_name[0] = '\0';
}

static bool doctor_is_free(
	const struct doctor_facts *facts, struct netlink *netlink, const struct prefix *candidate)
{
	struct tun_failure failure = {0};
	struct tun_check check = {.name = "", .own = {*candidate}, .n_own = 1, .failure = &failure};

	for (unsigned i = 0; i < facts->want.n_own; i++) {
		if (prefix_overlaps(candidate, &facts->want.own[i]))
			return false;
	}
	return rtnetlink_each_local(netlink, tun_check_local, &check) == 0 &&
	       rtnetlink_each_address(netlink, tun_check_address, &check) == 0 &&
	       rtnetlink_each_route(netlink, tun_check_route, &check) == 0 &&
	       failure.error == EVTCP_TUN_OK;
}

/* 10.0.1.2/24, 10.0.2.2/24, ...; where somebody has all of 10.0.0.0/8, of 192.168.0.0/16 */
static struct prefix doctor_ipv4_candidate(unsigned i)
{
	uint8_t in_10[4] = {10, 0, (uint8_t)(i + 1), 2};
	uint8_t in_192[4] = {192, 168, (uint8_t)(70 + i), 2};
	const uint8_t *bytes = i < DOCTOR_CANDIDATES / 2 ? in_10 : in_192;
	struct prefix prefix;

	prefix_from_bytes(&prefix, AF_INET, bytes, 24);
	return prefix;
}

/* fd00:e7:0:1::2/64, ... */
static struct prefix doctor_ipv6_candidate(unsigned i)
{
	uint8_t bytes[16] = {0xfd, 0x00, 0x00, 0xe7, [7] = (uint8_t)(i + 1), [15] = 2};
	struct prefix prefix;

	prefix_from_bytes(&prefix, AF_INET6, bytes, 64);
	return prefix;
}

static struct prefix doctor_find_prefix(const struct doctor_facts *facts, struct netlink *netlink,
	struct prefix (*candidate)(unsigned i))
{
	for (unsigned i = 0; i < DOCTOR_CANDIDATES; i++) {
		struct prefix prefix = candidate(i);

		if (doctor_is_free(facts, netlink, &prefix))
			return prefix;
	}
	return (struct prefix){0};
}

void doctor_find_free(struct doctor_facts *facts, struct netlink *netlink)
{
	doctor_find_name(facts, netlink);
	facts->free_ipv4 = doctor_find_prefix(facts, netlink, doctor_ipv4_candidate);
	facts->free_ipv6 = doctor_find_prefix(facts, netlink, doctor_ipv6_candidate);
}
