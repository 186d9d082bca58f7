/* SPDX-License-Identifier: BSD-3-Clause */

/* Links, addresses and routes in rtnetlink's words (rtnetlink(7)).
 *
 * In: questions and small changes. Out: structs of ours, in host byte order where
 * there are numbers.
 *
 * It judges nothing: what is taken, and what must change, is said in tun_check and
 * tun_setup. */

#include "link/rtnetlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>

/* A dump that the kernel changed meanwhile is asked for again, so often at most. */
#define RTNETLINK_DUMPS 8

/* ---- links ------------------------------------------------------------- */

/* IFLA_LINKINFO: { kind "tun", data { type, multi queue, ... } }. Kernels before
 * 4.20 say no data: then opening the device tells. */
static void rtnetlink_read_tun(struct rtnetlink_link *link, const struct nlattr *linkinfo)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *tun[IFLA_TUN_MAX + 1];
	const struct nlattr *kind;

	netlink_nested(linkinfo, info, IFLA_INFO_MAX);
	netlink_nested(info[IFLA_INFO_DATA], tun, IFLA_TUN_MAX);
	kind = info[IFLA_INFO_KIND];
	link->is_tun = kind && netlink_len(kind) >= sizeof("tun") &&
		       memcmp(netlink_data(kind), "tun", sizeof("tun")) == 0 &&
		       netlink_u8(tun[IFLA_TUN_TYPE], IFF_TUN) == IFF_TUN;
	link->multi_queue = netlink_u8(tun[IFLA_TUN_MULTI_QUEUE], 0) != 0;
	link->queues = netlink_u32(tun[IFLA_TUN_NUM_QUEUES], 0);
	link->has_owner = tun[IFLA_TUN_OWNER] != NULL;
	link->owner = netlink_u32(tun[IFLA_TUN_OWNER], 0);
}

static void rtnetlink_read_link(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	const struct nlattr *attributes[IFLA_MAX + 1];
	struct rtnetlink_link *link = arg;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_attributes(message, sizeof(*info), attributes, IFLA_MAX);
	*link = (struct rtnetlink_link){.index = info->ifi_index,
		.up = (info->ifi_flags & IFF_UP) != 0,
		.mtu = netlink_u32(attributes[IFLA_MTU], 0)};
	rtnetlink_read_tun(link, attributes[IFLA_LINKINFO]);
	/* A TUN's carrier is whoever has it open. */
	link->in_use = link->is_tun && netlink_u8(attributes[IFLA_CARRIER], 0) != 0;
}

int rtnetlink_find_link(struct netlink *netlink, const char *name, struct rtnetlink_link *link)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	struct netlink_request request;

	*link = (struct rtnetlink_link){0};
	netlink_request_init(&request, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_request_add(&request, IFLA_IFNAME, name, strlen(name) + 1);
	if (netlink_talk(netlink, &request, rtnetlink_read_link, link) < 0)
		return -1;
	if (link->index == 0) {
		errno = ENODEV;
		return -1;
	}
	return 0;
}

/* No interface has this index, so that who may would be told so; who may not is told that first. */
bool rtnetlink_may_change(struct netlink *netlink)
{
	struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_index = INT32_MAX};
	struct netlink_request request;

	netlink_request_init(&request, RTM_DELADDR, 0, &header, sizeof(header));
	return netlink_talk(netlink, &request, NULL, NULL) == 0 || errno != EPERM;
}

static int rtnetlink_set_u32(struct netlink *netlink, int index, uint16_t type, uint32_t value)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	struct netlink_request request;

	netlink_request_init(&request, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_request_add(&request, type, &value, sizeof(value));
	return netlink_talk(netlink, &request, NULL, NULL);
}

int rtnetlink_set_mtu(struct netlink *netlink, int index, unsigned mtu)
{
	return rtnetlink_set_u32(netlink, index, IFLA_MTU, mtu);
}

int rtnetlink_set_queue_len(struct netlink *netlink, int index, unsigned packets)
{
	return rtnetlink_set_u32(netlink, index, IFLA_TXQLEN, packets);
}

int rtnetlink_set_up(struct netlink *netlink, int index, bool up)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP};
	struct netlink_request request;

	netlink_request_init(&request, RTM_NEWLINK, 0, &info, sizeof(info));
	return netlink_talk(netlink, &request, NULL, NULL);
}

int rtnetlink_set_no_autoconf(struct netlink *netlink, int index)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
	struct nlattr *families, *ipv6;
	struct netlink_request request;

	netlink_request_init(&request, RTM_NEWLINK, 0, &info, sizeof(info));
	families = netlink_request_nest(&request, IFLA_AF_SPEC);
	ipv6 = netlink_request_nest(&request, AF_INET6);
	netlink_request_add(&request, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	netlink_request_nest_end(&request, ipv6);
	netlink_request_nest_end(&request, families);
	return netlink_talk(netlink, &request, NULL, NULL);
}

int rtnetlink_link_change(const struct nlmsghdr *message, int index, bool *up)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);

	if (message->nlmsg_type != RTM_NEWLINK || info->ifi_index != index)
		return 0;
	*up = (info->ifi_flags & IFF_UP) != 0;
	return 1;
}

/* ---- addresses --------------------------------------------------------- */

static int rtnetlink_change_address(
	struct netlink *netlink, struct netlink_request *request, const struct prefix *prefix)
{
	size_t len = prefix_family(prefix) == AF_INET ? 4 : 16;

	netlink_request_add(request, IFA_LOCAL, prefix_bytes(prefix), len);
	netlink_request_add(request, IFA_ADDRESS, prefix_bytes(prefix), len);
	return netlink_talk(netlink, request, NULL, NULL);
}

/* An IPv6 address is not first asked for on the wire (duplicate address detection, RFC
 * 4862 5.4): nobody there would answer, and it is to serve at once. */
static struct ifaddrmsg rtnetlink_address_header(int index, const struct prefix *prefix)
{
	return (struct ifaddrmsg){.ifa_family = (uint8_t)prefix_family(prefix),
		.ifa_flags = prefix_family(prefix) == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_prefixlen = (uint8_t)prefix_family_len(prefix),
		.ifa_index = (uint32_t)index};
}

int rtnetlink_add_address(struct netlink *netlink, int index, const struct prefix *prefix)
{
	struct ifaddrmsg header = rtnetlink_address_header(index, prefix);
	struct netlink_request request;

	netlink_request_init(
		&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	return rtnetlink_change_address(netlink, &request, prefix);
}

int rtnetlink_remove_address(struct netlink *netlink, int index, const struct prefix *prefix)
{
	struct ifaddrmsg header = rtnetlink_address_header(index, prefix);
	struct netlink_request request;

	netlink_request_init(&request, RTM_DELADDR, 0, &header, sizeof(header));
	return rtnetlink_change_address(netlink, &request, prefix);
}

/* A prefix from an attribute of a message of family; false if it holds none. */
static bool rtnetlink_read_prefix(
	struct prefix *prefix, int family, const struct nlattr *attribute, unsigned len)
{
	size_t size = family == AF_INET ? 4 : 16;

	return attribute && netlink_len(attribute) >= size &&
	       prefix_from_bytes(prefix, family, netlink_data(attribute), len) == 0;
}

struct rtnetlink_address_walk {
	void (*cb)(const struct rtnetlink_address *address, void *arg);
	void *arg;
};

/* IFA_LOCAL is the kernel's own address and IFA_ADDRESS that of the other end, if
 * there is one; else both are equal, or (IPv6) only IFA_ADDRESS is there. */
static void rtnetlink_read_address(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const struct rtnetlink_address_walk *walk = arg;
	const struct nlattr *attributes[IFA_MAX + 1], *local;
	struct rtnetlink_address address = {.index = (int)header->ifa_index};

	if (message->nlmsg_type != RTM_NEWADDR)
		return;
	netlink_attributes(message, sizeof(*header), attributes, IFA_MAX);
	local = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (rtnetlink_read_prefix(
		    &address.address, header->ifa_family, local, header->ifa_prefixlen) &&
		rtnetlink_read_prefix(&address.network, header->ifa_family, attributes[IFA_ADDRESS],
			header->ifa_prefixlen))
		walk->cb(&address, walk->arg);
}

int rtnetlink_each_address(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_address *address, void *arg), void *arg)
{
	struct rtnetlink_address_walk walk = {cb, arg};
	struct ifaddrmsg header = {.ifa_family = AF_UNSPEC};
	struct netlink_request request;
	int result = -1;

	errno = EINTR;
	for (int i = 0; i < RTNETLINK_DUMPS && result < 0 && errno == EINTR; i++) {
		netlink_request_init(&request, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header));
		result = netlink_talk(netlink, &request, rtnetlink_read_address, &walk);
	}
	return result;
}

/* ---- routes ------------------------------------------------------------ */

struct rtnetlink_route_walk {
	void (*cb)(const struct rtnetlink_route *route, void *arg);
	void *arg;
	uint32_t table; /* RT_TABLE_... */
	uint8_t type;   /* RTN_LOCAL, or RTN_UNSPEC for any but RTN_LOCAL */
};

static void rtnetlink_read_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *header = NLMSG_DATA(message);
	const struct rtnetlink_route_walk *walk = arg;
	const struct nlattr *attributes[RTA_MAX + 1];
	struct rtnetlink_route route;

	if (message->nlmsg_type != RTM_NEWROUTE || (header->rtm_flags & RTM_F_CLONED))
		return;
	netlink_attributes(message, sizeof(*header), attributes, RTA_MAX);
	if (netlink_u32(attributes[RTA_TABLE], header->rtm_table) != walk->table)
		return;
	if (walk->type != RTN_UNSPEC && header->rtm_type != walk->type)
		return;
	route.index = (int)netlink_u32(attributes[RTA_OIF], 0);
	/* A default route has no destination. */
	if (header->rtm_dst_len > 0 && rtnetlink_read_prefix(&route.destination, header->rtm_family,
					       attributes[RTA_DST], header->rtm_dst_len))
		walk->cb(&route, walk->arg);
}

static int rtnetlink_walk_routes(struct netlink *netlink, struct rtnetlink_route_walk *walk)
{
	struct rtmsg header = {.rtm_family = AF_UNSPEC};
	struct netlink_request request;
	int result = -1;

	errno = EINTR;
	for (int i = 0; i < RTNETLINK_DUMPS && result < 0 && errno == EINTR; i++) {
		netlink_request_init(&request, RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header));
		result = netlink_talk(netlink, &request, rtnetlink_read_route, walk);
	}
	return result;
}

int rtnetlink_each_route(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_route *route, void *arg), void *arg)
{
	struct rtnetlink_route_walk walk = {cb, arg, RT_TABLE_MAIN, RTN_UNSPEC};

	return rtnetlink_walk_routes(netlink, &walk);
}

int rtnetlink_each_local(struct netlink *netlink,
	void (*cb)(const struct rtnetlink_route *route, void *arg), void *arg)
{
	struct rtnetlink_route_walk walk = {cb, arg, RT_TABLE_LOCAL, RTN_LOCAL};

	return rtnetlink_walk_routes(netlink, &walk);
}

static void rtnetlink_read_way(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *header = NLMSG_DATA(message);
	const struct nlattr *attributes[RTA_MAX + 1];
	struct rtnetlink_way *way = arg;
	static const uint8_t any[16];

	if (message->nlmsg_type != RTM_NEWROUTE)
		return;
	netlink_attributes(message, sizeof(*header), attributes, RTA_MAX);
	way->index = (int)netlink_u32(attributes[RTA_OIF], 0);
	way->table = netlink_u32(attributes[RTA_TABLE], header->rtm_table);
	/* A default route has no destination. */
	if (!rtnetlink_read_prefix(&way->destination, header->rtm_family, attributes[RTA_DST],
		    header->rtm_dst_len))
		prefix_from_bytes(&way->destination, header->rtm_family, any, 0);
}

int rtnetlink_find_way(
	struct netlink *netlink, const struct rtnetlink_packet *packet, struct rtnetlink_way *way)
{
	int family = prefix_family(&packet->to);
	size_t len = family == AF_INET ? 4 : 16;
	struct rtmsg header = {.rtm_family = (uint8_t)family,
		.rtm_dst_len = (uint8_t)(len * 8),
		.rtm_src_len = (uint8_t)(packet->from.len > 0 ? len * 8 : 0),
		.rtm_flags = RTM_F_LOOKUP_TABLE | (packet->in == 0 ? RTM_F_FIB_MATCH : 0)};
	struct netlink_request request;

	*way = (struct rtnetlink_way){0};
	netlink_request_init(&request, RTM_GETROUTE, 0, &header, sizeof(header));
	netlink_request_add(&request, RTA_DST, prefix_bytes(&packet->to), len);
	if (packet->from.len > 0)
		netlink_request_add(&request, RTA_SRC, prefix_bytes(&packet->from), len);
	if (packet->in != 0)
		netlink_request_add(&request, RTA_IIF, &packet->in, sizeof(packet->in));
	return netlink_talk(netlink, &request, rtnetlink_read_way, way);
}
