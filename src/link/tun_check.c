/* SPDX-License-Identifier: BSD-3-Clause */

/* The checks before a TUN is set up: name, addresses, routes.
 *
 * In: the configuration, and the kernel's links, addresses and routes one by one.
 * Out: the first conflict, with a message that says what, why, and what to do.
 *
 * It changes nothing. Kernel and stack must not own the same address: the kernel
 * would answer the stack's clients with a reset. And a prefix that leads elsewhere
 * already must not be pulled into the TUN: the machine would lose that network. */

#include "link/tun_check.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define TUN_MTU_MIN 68
#define TUN_MTU_MAX 65535

/* ---- the configuration in itself --------------------------------------- */

/* What the kernel takes for a name, less the template "%d", whose device would have
 * another name than it was asked for. */
static bool tun_check_is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (!isgraph(c) || c == '/' || c == ':' || c == '%')
			return false;
	}
	return true;
}

static int tun_check_read(struct prefix *prefixes, const struct evtcp_tun_address *addresses,
	unsigned n, struct tun_failure *failure)
{
	if (n > EVTCP_TUN_ADDRESSES) {
		errno = EINVAL;
		return tun_fail(failure, EVTCP_TUN_SYSTEM, "more than %d addresses were given",
			EVTCP_TUN_ADDRESSES);
	}
	for (unsigned i = 0; i < n; i++) {
		if (prefix_from_sockaddr(
			    &prefixes[i], &addresses[i].address, addresses[i].prefix_len) < 0)
			return tun_fail(failure, EVTCP_TUN_SYSTEM,
				"address %u has an unknown family or a prefix length of %u, "
				"longer than the address",
				i + 1, addresses[i].prefix_len);
	}
	return 0;
}

/* The message for an address of the stack that is the kernel's, too. */
static int tun_check_taken(struct tun_check *check, const struct prefix *own, const char *where)
{
	struct prefix host = prefix_host(own);
	char text[PREFIX_TEXT];

	errno = EADDRINUSE;
	return tun_fail(check->failure, EVTCP_TUN_ADDRESS_TAKEN,
		"%s belongs to the kernel already (%s), which would answer in the stack's "
		"place: choose another address for the stack, or remove this one from the "
		"kernel",
		prefix_format(&host, text, sizeof(text)), where);
}

static int tun_check_sides(struct tun_check *check)
{
	for (unsigned i = 0; i < check->n_own; i++) {
		struct prefix own = prefix_host(&check->own[i]);

		for (unsigned j = 0; j < check->n_host; j++) {
			struct prefix host = prefix_host(&check->host[j]);

			if (prefix_equal(&own, &host))
				return tun_check_taken(
					check, &own, "it was given as the kernel's side");
		}
	}
	return 0;
}

int tun_check_config(
	struct tun_check *check, const struct evtcp_tun_config *config, struct tun_failure *failure)
{
	*check = (struct tun_check){.name = config->name,
		.n_host = config->n_host,
		.n_own = config->n_own,
		.failure = failure};
	errno = EINVAL;
	if (!tun_check_is_name(config->name))
		return tun_fail(failure, EVTCP_TUN_BAD_NAME,
			"\"%.64s\" cannot be the name of an interface: a name is 1 to %d visible "
			"characters, without '/', ':' or '%%'",
			config->name, IFNAMSIZ - 1);
	if (config->mtu < TUN_MTU_MIN || config->mtu > TUN_MTU_MAX)
		return tun_fail(failure, EVTCP_TUN_SYSTEM,
			"an MTU of %u is out of range: choose one from %d to %d bytes", config->mtu,
			TUN_MTU_MIN, TUN_MTU_MAX);
	if (tun_check_read(check->host, config->host, config->n_host, failure) < 0 ||
		tun_check_read(check->own, config->own, config->n_own, failure) < 0)
		return -1;
	return tun_check_sides(check);
}

/* ---- the kernel's side -------------------------------------------------- */

int tun_check_link(struct tun_check *check, const struct rtnetlink_link *link)
{
	if (!link->is_tun) {
		errno = EEXIST;
		return tun_fail(check->failure, EVTCP_TUN_NOT_TUN,
			"%s exists already and is not a TUN device: choose another name",
			check->name);
	}
	if (link->queues > 0) {
		errno = EBUSY;
		return tun_fail(check->failure, EVTCP_TUN_BUSY,
			"%s is in use by another process: choose another name, or stop that "
			"process",
			check->name);
	}
	return 0;
}

/* "eth0", or its number if it went away meanwhile. */
static const char *tun_check_interface(int index, char name[IFNAMSIZ])
{
	if (!if_indextoname((unsigned)index, name))
		snprintf(name, IFNAMSIZ, "#%d", index);
	return name;
}

/* Holds prefix, which leads to interface index (0: to several or none) as its address
 * or route, against the prefixes of one side. */
static void tun_check_overlap(
	struct tun_check *check, const struct prefix *prefix, int index, const char *what)
{
	char name[IFNAMSIZ], asked[PREFIX_TEXT], there[PREFIX_TEXT];

	if ((index != 0 && index == check->index) || prefix_is_link_local(prefix))
		return;
	for (unsigned i = 0; i < check->n_own + check->n_host; i++) {
		const struct prefix *mine =
			i < check->n_own ? &check->own[i] : &check->host[i - check->n_own];

		if (!prefix_overlaps(mine, prefix))
			continue;
		errno = EADDRINUSE;
		tun_fail(check->failure, EVTCP_TUN_PREFIX_OVERLAP,
			"%s overlaps %s (%s%s), which would become unreachable: choose another "
			"prefix, or run this in a network namespace of its own",
			prefix_format(mine, asked, sizeof(asked)),
			prefix_format(prefix, there, sizeof(there)), what,
			index ? tun_check_interface(index, name) : "no single interface");
	}
}

static void tun_check_owned(struct tun_check *check, const struct prefix *prefix, int index)
{
	char name[IFNAMSIZ], where[IFNAMSIZ + 8];

	for (unsigned i = 0; i < check->n_own; i++) {
		struct prefix own = prefix_host(&check->own[i]);

		if (!prefix_overlaps(&own, prefix))
			continue;
		snprintf(where, sizeof(where), "on %s", tun_check_interface(index, name));
		tun_check_taken(check, &own, where);
	}
}

void tun_check_address(const struct rtnetlink_address *address, void *arg)
{
	struct tun_check *check = arg;
	struct prefix alone = prefix_host(&address->address);

	tun_check_owned(check, &alone, address->index);
	tun_check_overlap(check, &alone, address->index, "an address of ");
	tun_check_overlap(check, &address->network, address->index, "the network of ");
}

void tun_check_route(const struct rtnetlink_route *route, void *arg)
{
	tun_check_overlap(arg, &route->destination, route->index, "routed to ");
}

void tun_check_local(const struct rtnetlink_route *route, void *arg)
{
	tun_check_owned(arg, &route->destination, route->index);
}

int tun_check_kernel(struct tun_check *check, struct netlink *netlink, struct rtnetlink_link *link)
{
	if (rtnetlink_find_link(netlink, check->name, link) == 0) {
		if (tun_check_link(check, link) < 0)
			return -1;
		check->index = link->index;
	} else if (errno != ENODEV) {
		return tun_fail(check->failure, EVTCP_TUN_SYSTEM,
			"cannot ask the kernel about %s: %s", check->name, strerror(errno));
	}
	/* First who owns what: that a prefix overlaps is often only its consequence. */
	if (rtnetlink_each_local(netlink, tun_check_local, check) < 0 ||
		rtnetlink_each_address(netlink, tun_check_address, check) < 0 ||
		rtnetlink_each_route(netlink, tun_check_route, check) < 0)
		return tun_fail(check->failure, EVTCP_TUN_SYSTEM,
			"cannot read the kernel's addresses and routes: %s", strerror(errno));
	return check->failure->error == EVTCP_TUN_OK ? 0 : -1;
}
