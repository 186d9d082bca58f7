/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_RTNETLINK_H
#define LINK_RTNETLINK_H

/* The kernel's network as far as a TUN is concerned: one link, all addresses, all
 * routes; and the changes that a set-up makes. All return 0, or -1 with errno as
 * the kernel gave it. */

#include "link/netlink.h"
#include "link/prefix.h"

#include <stdbool.h>

/* An interface. */
struct rtnetlink_link {
	int index;
	unsigned mtu; /* bytes */
	bool up;
	bool is_tun;      /* a TUN; not a TAP, not anything else */
	bool multi_queue; /* made with IFF_MULTI_QUEUE, must be opened so */
	unsigned queues;  /* how many are open, for multi_queue only */
	bool in_use;      /* a TUN that somebody has open */
	bool has_owner;   /* a TUN that only this user may open, and root */
	uint32_t owner;   /* uid */
};

/* rtnetlink_find_link: the interface of that name; ENODEV if there is none. */
int rtnetlink_find_link(struct netlink *netlink, const char *name, struct rtnetlink_link *link);

/* rtnetlink_may_change: whether this process may change the network it is in, which takes
 * CAP_NET_ADMIN over it. Asked of the kernel, with a change that cannot be made: the capability
 * may be one over another network. */
bool rtnetlink_may_change(struct netlink *netlink);

/* rtnetlink_set_mtu, rtnetlink_set_queue_len: in bytes, in packets.
 * rtnetlink_set_up: up or down. */
int rtnetlink_set_mtu(struct netlink *netlink, int index, unsigned mtu);
int rtnetlink_set_queue_len(struct netlink *netlink, int index, unsigned packets);
int rtnetlink_set_up(struct netlink *netlink, int index, bool up);

/* rtnetlink_set_no_autoconf: the kernel makes no link-local IPv6 address when the
 * interface comes up, so that it sends no router solicitations through it. */
int rtnetlink_set_no_autoconf(struct netlink *netlink, int index);

/* rtnetlink_add_address, rtnetlink_remove_address: prefix->addr with its subnet. */
int rtnetlink_add_address(struct netlink *netlink, int index, const struct prefix *prefix);
int rtnetlink_remove_address(struct netlink *netlink, int index, const struct prefix *prefix);

/* An address of an interface. */
struct rtnetlink_address {
	int index;             /* of the interface */
	struct prefix address; /* the kernel's own, with the prefix length */
	struct prefix network; /* what it reaches: the same, or the peer's prefix */
};

/* rtnetlink_each_address: cb for each address of each interface. An address may
 * come twice. */
int rtnetlink_each_address(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_address *address, void *arg), void *arg);

/* A route of the main table. */
struct rtnetlink_route {
	int index; /* of the interface it leads to, 0: none or several */
	struct prefix destination;
};

/* rtnetlink_each_route: cb for each route of the main table, default routes left
 * out. A route may come twice. */
int rtnetlink_each_route(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_route *route, void *arg), void *arg);

/* rtnetlink_each_local: cb for each prefix that the kernel takes for itself
 * (127.0.0.0/8 and its like), as rtnetlink_each_route. */
int rtnetlink_each_local(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_route *route, void *arg), void *arg);

/* A packet, and the way that the kernel would let it go. */
struct rtnetlink_packet {
	struct prefix to, from; /* addresses; from.len 0: not said */
	int in;                 /* the interface that it comes in by; 0: it is the kernel's own */
};

struct rtnetlink_way {
	int index;                 /* of the interface */
	uint32_t table;            /* RT_TABLE_..., of the route; 0 where the kernel does not say */
	struct prefix destination; /* of the route; of an older kernel the packet's */
};

/* rtnetlink_find_way: what the kernel would do with the packet, by all of its rules and tables. A
 * packet that comes in is checked as it would be (rp_filter): EXDEV or EINVAL if it would be
 * refused; ENETUNREACH, EHOSTUNREACH and their like if there is no way. */
int rtnetlink_find_way(
	struct netlink *netlink, const struct rtnetlink_packet *packet, struct rtnetlink_way *way);

/* rtnetlink_link_change: 1 if the message (of netlink_listen) says how the
 * interface index is now: *up tells; 0 for any other message. */
int rtnetlink_link_change(const struct nlmsghdr *message, int index, bool *up);

#endif
