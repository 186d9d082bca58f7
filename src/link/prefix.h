/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_PREFIX_H
#define LINK_PREFIX_H

/* An address with a prefix length. IPv4 is mapped into IPv6 here as everywhere
 * (10.0.0.0/24 is ::ffff:10.0.0.0/120), so both families compare alike and never
 * overlap each other. */

#include <evtcp/types.h>
#include <stdbool.h>

struct prefix {
	struct evtcp_addr addr; /* host bits may be set: 10.0.0.2/24 is one */
	unsigned len;           /* bits of the mapped form, 0 to 128 */
};

/* prefix_from_sockaddr: len counts bits of the address's own family. 0, or -1 with
 * errno EAFNOSUPPORT (neither AF_INET nor AF_INET6) or EINVAL (len too large). */
int prefix_from_sockaddr(struct prefix *prefix, const struct sockaddr_storage *ss, unsigned len);

/* prefix_from_bytes: the same from 4 (AF_INET) or 16 (AF_INET6) bytes in network
 * order, as netlink has them. Same errors. */
int prefix_from_bytes(struct prefix *prefix, int family, const void *bytes, unsigned len);

/* prefix_family: AF_INET or AF_INET6. prefix_family_len: the length counted in
 * that family's bits, 24 for 10.0.0.0/24. */
int prefix_family(const struct prefix *prefix);
unsigned prefix_family_len(const struct prefix *prefix);

/* prefix_bytes: the 4 or 16 bytes of the address, in network order, inside prefix. */
const uint8_t *prefix_bytes(const struct prefix *prefix);

/* prefix_host: the address alone, as a prefix of full length. */
struct prefix prefix_host(const struct prefix *prefix);

/* prefix_network: the prefix with its host bits cleared, 10.0.0.0/24 for 10.0.0.2/24. */
struct prefix prefix_network(const struct prefix *prefix);

/* prefix_equal: same address, same length. */
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* prefix_overlaps: some address is in both (so one contains the other). */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* prefix_is_link_local: fe80::/10 or 169.254/16: each interface has its own. */
bool prefix_is_link_local(const struct prefix *prefix);

/* prefix_format: "10.0.0.2/24", only "10.0.0.2" at full length; always terminated
 * (PREFIX_TEXT suffices). Returns text. */
#define PREFIX_TEXT 56
char *prefix_format(const struct prefix *prefix, char *text, size_t size);

#endif
