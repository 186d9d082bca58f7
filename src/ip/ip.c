/* SPDX-License-Identifier: BSD-3-Clause */

/* Our addresses, and what follows from them: who can be a peer, and from which
 * address a peer is spoken to.
 *
 * In: addresses from whoever configures the stack. Out: answers about addresses.
 * There are at most sixteen, mostly one, so they stand in an array and are walked.
 * No routes: a stack has one link, and everything that is not ours is behind it. */

#include "ip/ip.h"

#include "wire/address.h"

#include <errno.h>

void ip_init(struct ip *ip, const struct evtcp_world *world, uint8_t ttl, uint32_t icmp_per_second)
{
	ip->n_addresses = 0;
	ip->ttl = ttl;
	icmp_limit_init(&ip->icmp_limit, world, icmp_per_second);
}

int ip_find_address(const struct ip *ip, const struct evtcp_addr *addr)
{
	for (int i = 0; i < ip->n_addresses; i++) {
		if (address_equal(&ip->addresses[i].addr, addr))
			return i;
	}
	return -1;
}

int ip_add_address(struct ip *ip, const struct evtcp_addr *addr, unsigned prefix_len)
{
	if (prefix_len > (address_is_ipv4(addr) ? 32 : 128) || !address_is_unicast(addr) ||
		address_is_loopback(addr))
		return EINVAL;
	if (address_is_broadcast_of(addr, addr, prefix_len))
		return EINVAL;
	if (ip_find_address(ip, addr) >= 0)
		return EEXIST;
	if (ip->n_addresses == IP_MAX_ADDRESSES)
		return ENOSPC;
	struct ip_address *ours = &ip->addresses[ip->n_addresses++];

	*ours = (struct ip_address){
		.addr = *addr, .prefix_len = (uint8_t)prefix_len, .broadcast = {*addr, *addr}};
	if (address_is_ipv4(addr) && prefix_len <= 30) {
		uint32_t host_mask = UINT32_MAX >> prefix_len, ipv4 = address_to_ipv4(addr);
		address_from_ipv4(&ours->broadcast[0], ipv4 | host_mask);
		address_from_ipv4(&ours->broadcast[1], ipv4 & ~host_mask);
	}
	return 0;
}

bool ip_has_ipv6(const struct ip *ip)
{
	for (int i = 0; i < ip->n_addresses; i++) {
		if (!address_is_ipv4(&ip->addresses[i].addr))
			return true;
	}
	return false;
}

bool ip_can_be_peer(const struct ip *ip, const struct evtcp_addr *addr)
{
	if (!address_is_unicast(addr) || address_is_loopback(addr))
		return false;
	for (int i = 0; i < ip->n_addresses; i++) {
		const struct ip_address *ours = &ip->addresses[i];

		if (address_equal(addr, &ours->addr) || address_equal(addr, &ours->broadcast[0]) ||
			address_equal(addr, &ours->broadcast[1]))
			return false;
	}
	return true;
}

const struct evtcp_addr *ip_source_for(const struct ip *ip, const struct evtcp_addr *dst)
{
	const struct ip_address *best = NULL;
	bool best_is_near = false;

	for (int i = 0; i < ip->n_addresses; i++) {
		const struct ip_address *ours = &ip->addresses[i];
		bool is_near = address_is_in_prefix(dst, &ours->addr, ours->prefix_len);

		if (address_is_ipv4(&ours->addr) != address_is_ipv4(dst))
			continue;
		if (!best || is_near > best_is_near ||
			(is_near && ours->prefix_len > best->prefix_len)) {
			best = ours;
			best_is_near = is_near;
		}
	}
	return best ? &best->addr : NULL;
}
