/* SPDX-License-Identifier: BSD-3-Clause */

/* The facts of this machine.
 *
 * In: the kernel: its node, rtnetlink, /proc. Out: struct doctor_facts.
 *
 * It judges nothing, and changes nothing: every question is one that anybody may ask. */

#include "link/doctor/facts.h"

#include <errno.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- files ------------------------------------------------------------------- */

/* The number in a file below /proc/sys/net; -1 if there is none. */
static int doctor_sysctl(const char *family, const char *device, const char *name)
{
	char path[128];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

static void doctor_gather_settings(struct doctor_facts *facts)
{
	const char *device = facts->link.index ? facts->want.name : "default";
	int all = doctor_sysctl("ipv4", "all", "rp_filter");
	int mine = doctor_sysctl("ipv4", device, "rp_filter");

	facts->rp_filter = all > mine ? all : mine; /* ip-sysctl: the larger one counts */
	facts->has_ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	facts->ipv6_disabled = doctor_sysctl("ipv6", device, "disable_ipv6") == 1;
}

static void doctor_gather_node(struct doctor_facts *facts)
{
	int fd = tun_node_open();

	facts->node_error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	facts->driver = access("/sys/class/misc/tun", F_OK) == 0;
}

static void doctor_gather_user(struct doctor_facts *facts)
{
	const struct passwd *entry = getpwuid(geteuid());

	facts->uid = geteuid();
	if (entry)
		snprintf(facts->user, sizeof(facts->user), "%s", entry->pw_name);
	else
		snprintf(facts->user, sizeof(facts->user), "%u", facts->uid);
}

/* ---- what the kernel has ----------------------------------------------------- */

static void doctor_name(char name[16], int index)
{
	_Static_assert(IFNAMSIZ == 16, "a name fits");
	if (index == 0 || !if_indextoname((unsigned)index, name))
		name[0] = '\0';
}

static bool doctor_touches(const struct doctor_facts *facts, const struct prefix *prefix)
{
	bool touches = false;

	for (unsigned i = 0; i < facts->want.n_own; i++)
		touches |= prefix_overlaps(&facts->want.own[i], prefix);
	for (unsigned i = 0; i < facts->want.n_host; i++)
		touches |= prefix_overlaps(&facts->want.host[i], prefix);
	return touches;
}

static void doctor_keep(struct doctor_facts *facts, const struct doctor_claim *claim)
{
	if (facts->n_claims == DOCTOR_CLAIMS ||
		!(doctor_touches(facts, &claim->prefix) || doctor_touches(facts, &claim->network)))
		return;
	facts->claims[facts->n_claims] = *claim;
	doctor_name(facts->claims[facts->n_claims++].device, claim->index);
}

static void doctor_keep_address(const struct rtnetlink_address *address, void *arg)
{
	struct doctor_facts *facts = arg;
	struct doctor_claim claim = {
		DOCTOR_CLAIM_ADDRESS, address->index, "", address->address, address->network};

	doctor_keep(facts, &claim);
	for (unsigned i = 0; i < facts->want.n_host && address->index == facts->link.index; i++)
		facts->host_found[i] |= prefix_equal(&facts->want.host[i], &address->address);
}

static void doctor_keep_route(const struct rtnetlink_route *route, void *arg)
{
	struct doctor_claim claim = {
		DOCTOR_CLAIM_ROUTE, route->index, "", route->destination, route->destination};

	doctor_keep(arg, &claim);
}

static void doctor_keep_local(const struct rtnetlink_route *route, void *arg)
{
	struct doctor_claim claim = {
		DOCTOR_CLAIM_LOCAL, route->index, "", route->destination, route->destination};

	doctor_keep(arg, &claim);
}

/* Addresses come first: they say more than what the kernel makes of them. */
static int doctor_gather_claims(struct doctor_facts *facts, struct netlink *netlink)
{
	if (rtnetlink_each_address(netlink, doctor_keep_address, facts) < 0 ||
		rtnetlink_each_local(netlink, doctor_keep_local, facts) < 0 ||
		rtnetlink_each_route(netlink, doctor_keep_route, facts) < 0)
		return -1;
	return 0;
}

/* ---- ways -------------------------------------------------------------------- */

/* Whether the kernel would take a packet from the server to the address that it has in the
 * server's prefix: an errno, 0 if so, and where it has none. */
static int doctor_way_back(
	const struct doctor_facts *facts, struct netlink *netlink, const struct prefix *own)
{
	struct rtnetlink_packet packet = {.from = prefix_host(own), .in = facts->link.index};
	struct rtnetlink_way way;

	for (unsigned i = 0; i < facts->want.n_host; i++) {
		if (!facts->host_found[i] || !prefix_overlaps(&facts->want.host[i], own))
			continue;
		packet.to = prefix_host(&facts->want.host[i]);
		return rtnetlink_find_way(netlink, &packet, &way) < 0 ? errno : 0;
	}
	return 0;
}

static void doctor_gather_ways(struct doctor_facts *facts, struct netlink *netlink)
{
	for (unsigned i = 0; i < facts->want.n_own && facts->link.up; i++) {
		const struct prefix *own = &facts->want.own[i];
		struct rtnetlink_packet packet = {.to = prefix_host(own)};
		struct doctor_way *way = &facts->ways[i];
		struct rtnetlink_way found;

		way->error = rtnetlink_find_way(netlink, &packet, &found) < 0 ? errno : 0;
		way->index = found.index;
		way->table = found.table;
		way->destination = found.destination;
		doctor_name(way->device, found.index);
		if (prefix_family(own) == AF_INET)
			way->back = doctor_way_back(facts, netlink, own);
	}
}

/* ---- all of it --------------------------------------------------------------- */

static int doctor_ask_kernel(struct doctor_facts *facts, struct netlink *netlink)
{
	if (rtnetlink_find_link(netlink, facts->want.name, &facts->link) < 0 && errno != ENODEV)
		return -1;
	facts->want.index = facts->link.index;
	facts->net_admin = rtnetlink_may_change(netlink);
	if (doctor_gather_claims(facts, netlink) < 0)
		return -1;
	doctor_gather_ways(facts, netlink);
	if (facts->n_claims > 0 || facts->link.index != 0)
		doctor_find_free(facts, netlink);
	return 0;
}

int doctor_gather(struct doctor_facts *facts, const struct evtcp_tun_config *config)
{
	struct netlink netlink;
	int result;

	facts->mtu = config->mtu;
	facts->no_offload = config->no_offload != 0;
	facts->multi_queue = config->multi_queue != 0;
	doctor_gather_user(facts);
	doctor_gather_node(facts);
	if (netlink_open(&netlink, 0) < 0)
		return -1;
	result = doctor_ask_kernel(facts, &netlink);
	netlink_close(&netlink);
	if (result < 0)
		return -1;
	doctor_gather_settings(facts);
	doctor_find_holder(facts);
	doctor_trial_run(&facts->trial);
	return 0;
}
