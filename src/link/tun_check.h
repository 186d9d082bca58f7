/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_CHECK_H
#define LINK_TUN_CHECK_H

/* What must be true before a TUN is set up: checked first, so that a refusal
 * changes nothing. */

#include "link/rtnetlink.h"
#include "link/tun_failure.h"

/* The configuration as prefixes, and what the kernel's addresses and routes are
 * held against. */
struct tun_check {
	const char *name;
	int index; /* of the device if it exists, else 0 */
	struct prefix host[EVTCP_TUN_ADDRESSES];
	unsigned n_host;
	struct prefix own[EVTCP_TUN_ADDRESSES];
	unsigned n_own;
	struct tun_failure *failure; /* of the caller */
};

/* tun_check_config: is the configuration possible in itself? Fills check from it
 * (index stays 0). 0, or -1 with *failure filled: a name or address that cannot be,
 * an MTU out of range, an address for both sides. */
int tun_check_config(struct tun_check *check, const struct evtcp_tun_config *config,
	struct tun_failure *failure);

/* tun_check_link: may the interface that has the name already be used? 0 or -1. */
int tun_check_link(struct tun_check *check, const struct rtnetlink_link *link);

/* tun_check_address, tun_check_route, tun_check_local: one address of the kernel, one
 * of its routes, one prefix that it takes for itself. arg is the struct tun_check; a
 * conflict is noted in its failure. They fit rtnetlink_each_address and kin. */
void tun_check_address(const struct rtnetlink_address *address, void *arg);
void tun_check_route(const struct rtnetlink_route *route, void *arg);
void tun_check_local(const struct rtnetlink_route *route, void *arg);

/* tun_check_kernel: all of the above against the running kernel: finds the interface
 * of the name (*link has index 0 if there is none), asks for addresses and routes. 0 or -1. */
int tun_check_kernel(struct tun_check *check, struct netlink *netlink, struct rtnetlink_link *link);

#endif
