/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP_PATH_MTU_H
#define IP_PATH_MTU_H

/* What routers have said of the paths to other hosts: the largest packet that gets there
 * (RFC 1191, RFC 8201). A bounded table by destination (RFC 1191 6.2, RFC 8201 5.2), whose entries
 * age: paths change, and who sends less than he could never hears of it.
 *
 * A router's word is believed only when it makes a path smaller, and not below a floor: who
 * can forge it could make us send crumbs otherwise (ATTACKS T08, RFC 5927 7.2 rule 1). That the
 * packet it speaks of was ours, and is under way, is for the caller to find out (RFC 5927 4.1). */

#include "util/hash_table.h"
#include "util/keyed_hash.h"
#include "util/list.h"
#include <evtcp/causes.h>

/* After ten minutes the path may have become larger (RFC 1191 6.3, RFC 8201 5.3), and in no
 * case before five have passed (RFC 1191 3 rule 3, RFC 8201 4 rule 5). */
#define PATH_MTU_LIFETIME_US UINT64_C(600000000)

struct path_mtu {
	const struct evtcp_world *world;
	uint32_t limit; /* entries; 0: no limit */
	uint16_t floor; /* of IPv4, bytes; IPv6 has its own in RFC 8200 5 rule 1 */
	struct keyed_hash hash;
	struct hash_table entries;
	struct list by_age; /* the same, the first to age first */
};

/* path_mtu_init: nothing is known. world must outlive it. */
void path_mtu_init(
	struct path_mtu *paths, const struct evtcp_world *world, uint32_t limit, uint16_t floor);

/* path_mtu_free: forgets everything. */
void path_mtu_free(struct path_mtu *paths);

/* path_mtu_of: the largest packet that gets to dst, in bytes, as far as is known: at most
 * link_mtu. */
uint16_t path_mtu_of(const struct path_mtu *paths, const struct evtcp_addr *dst, uint16_t link_mtu);

/* path_mtu_told: a router says that packets to dst must not be larger than told; 0 is an old
 * router that does not know better (RFC 1191 5: then the next usual size below is taken).
 * Returns EVTCP_CAUSE_PATH_MTU when the path is smaller from now on,
 * EVTCP_CAUSE_PATH_MTU_REFUSED when the value is below the floor or no news, or
 * EVTCP_CAUSE_NO_MEMORY. When the table is full the entry that would age first gives way. */
enum evtcp_cause path_mtu_told(struct path_mtu *paths, const struct evtcp_addr *dst, uint32_t told,
	uint16_t link_mtu, uint64_t now);

/* path_mtu_next_deadline: when the next entry ages; UINT64_MAX for never. */
uint64_t path_mtu_next_deadline(const struct path_mtu *paths);

/* path_mtu_age: forgets what is too old. Returns how many entries that were. */
uint32_t path_mtu_age(struct path_mtu *paths, uint64_t now);

#endif
