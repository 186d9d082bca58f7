/* SPDX-License-Identifier: BSD-3-Clause */

/* Addresses and endpoints: what kind an address is, and the way from and to the
 * system's sockaddr and to text.
 *
 * In and out: evtcp_addr, 16 bytes in network order. An IPv4 address is the IPv6
 * one that RFC 4291 2.5.5.2 maps it to, ::ffff:a.b.c.d, so that the rooms above
 * have one kind of key. It resolves no names and knows no interface. */

#include "wire/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

int evtcp_addr_is_ipv4(const struct evtcp_addr *addr)
{
	return address_is_ipv4(addr);
}

bool address_is_in_prefix(
	const struct evtcp_addr *addr, const struct evtcp_addr *net, unsigned prefix_len)
{
	unsigned bits = address_is_ipv4(net) ? prefix_len + 96 : prefix_len;
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(addr->bytes, net->bytes, whole) != 0)
		return false;
	if (bits < 96 && address_is_ipv4(addr))
		return false; /* the mapped ones would pass for IPv6 */
	return rest == 0 || (addr->bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

int evtcp_endpoint_from_sockaddr(
	struct evtcp_endpoint *endpoint, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (len < offsetof(struct sockaddr, sa_family) + sizeof(sa->sa_family)) {
		errno = EINVAL;
		return -1;
	}
	if (sa->sa_family == AF_INET && len >= sizeof(in)) {
		memcpy(&in, sa, sizeof(in)); /* sa may be aligned for a sockaddr only */
		address_from_ipv4(&endpoint->addr, ntohl(in.sin_addr.s_addr));
		endpoint->port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6 && len >= sizeof(in6)) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(endpoint->addr.bytes, &in6.sin6_addr, sizeof(endpoint->addr.bytes));
		endpoint->port = ntohs(in6.sin6_port);
		return 0;
	}
	errno = sa->sa_family == AF_INET || sa->sa_family == AF_INET6 ? EINVAL : EAFNOSUPPORT;
	return -1;
}

socklen_t evtcp_endpoint_to_sockaddr(
	const struct evtcp_endpoint *endpoint, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (address_is_ipv4(&endpoint->addr)) {
		in.sin_port = htons(endpoint->port);
		in.sin_addr.s_addr = htonl(address_to_ipv4(&endpoint->addr));
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	in6.sin6_port = htons(endpoint->port);
	memcpy(&in6.sin6_addr, endpoint->addr.bytes, sizeof(in6.sin6_addr));
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}

char *evtcp_endpoint_format(const struct evtcp_endpoint *endpoint, char *text, size_t size)
{
	const uint8_t *b = endpoint->addr.bytes;
	char ipv6[INET6_ADDRSTRLEN];

	if (address_is_ipv4(&endpoint->addr)) {
		(void)snprintf(
			text, size, "%u.%u.%u.%u:%u", b[12], b[13], b[14], b[15], endpoint->port);
		return text;
	}
	inet_ntop(AF_INET6, b, ipv6, sizeof(ipv6));
	(void)snprintf(text, size, "[%s]:%u", ipv6, endpoint->port);
	return text;
}
