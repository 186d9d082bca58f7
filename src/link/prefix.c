/* SPDX-License-Identifier: BSD-3-Clause */

/* Prefixes: what configuration and netlink call an address with a length.
 *
 * In: socket addresses and netlink's bytes. Out: yes or no, and text.
 *
 * It asks nobody: whether a prefix is free is tun_check's question. */

#include "link/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_BITS 128
#define PREFIX_IPV4_BITS 32
#define PREFIX_MAPPED_BITS (PREFIX_BITS - PREFIX_IPV4_BITS) /* of ::ffff:0:0/96 */

int prefix_from_bytes(struct prefix *prefix, int family, const void *bytes, unsigned len)
{
	unsigned mapped = family == AF_INET ? PREFIX_MAPPED_BITS : 0;

	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (len > PREFIX_BITS - mapped) {
		errno = EINVAL;
		return -1;
	}
	*prefix = (struct prefix){.len = len + mapped};
	if (mapped)
		memset(&prefix->addr.bytes[10], 0xff, 2); /* RFC 4291 2.5.5.2 */
	memcpy(&prefix->addr.bytes[mapped / 8], bytes, (PREFIX_BITS - mapped) / 8);
	return 0;
}

int prefix_from_sockaddr(struct prefix *prefix, const struct sockaddr_storage *ss, unsigned len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	if (ss->ss_family == AF_INET)
		return prefix_from_bytes(prefix, AF_INET, &in->sin_addr, len);
	return prefix_from_bytes(prefix, ss->ss_family, &in6->sin6_addr, len);
}

int prefix_family(const struct prefix *prefix)
{
	static const uint8_t mapped[PREFIX_MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

	return memcmp(prefix->addr.bytes, mapped, sizeof(mapped)) == 0 ? AF_INET : AF_INET6;
}

unsigned prefix_family_len(const struct prefix *prefix)
{
	return prefix_family(prefix) == AF_INET ? prefix->len - PREFIX_MAPPED_BITS : prefix->len;
}

const uint8_t *prefix_bytes(const struct prefix *prefix)
{
	bool ipv4 = prefix_family(prefix) == AF_INET;

	return &prefix->addr.bytes[ipv4 ? PREFIX_MAPPED_BITS / 8 : 0];
}

struct prefix prefix_host(const struct prefix *prefix)
{
	return (struct prefix){.addr = prefix->addr, .len = PREFIX_BITS};
}

struct prefix prefix_network(const struct prefix *prefix)
{
	struct prefix network = {.len = prefix->len};
	unsigned whole = prefix->len / 8;

	memcpy(network.addr.bytes, prefix->addr.bytes, whole);
	if (prefix->len % 8 != 0)
		network.addr.bytes[whole] =
			prefix->addr.bytes[whole] & (uint8_t)(0xff00 >> prefix->len % 8);
	return network;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	unsigned len = a->len < b->len ? a->len : b->len;
	unsigned whole = len / 8;
	uint8_t mask = (uint8_t)(0xff00 >> len % 8);

	if (memcmp(a->addr.bytes, b->addr.bytes, whole) != 0)
		return false;
	return mask == 0 || ((a->addr.bytes[whole] ^ b->addr.bytes[whole]) & mask) == 0;
}

bool prefix_is_link_local(const struct prefix *prefix)
{
	const uint8_t *bytes = prefix_bytes(prefix);

	if (prefix_family(prefix) == AF_INET)
		return bytes[0] == 169 && bytes[1] == 254;    /* RFC 3927 */
	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; /* RFC 4291 2.5.6 */
}

char *prefix_format(const struct prefix *prefix, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(prefix_family(prefix), prefix_bytes(prefix), address, sizeof(address));
	if (prefix->len == PREFIX_BITS)
		snprintf(text, size, "%s", address);
	else
		snprintf(text, size, "%s/%u", address, prefix_family_len(prefix));
	return text;
}
