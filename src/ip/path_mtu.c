/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of path MTUs.
 *
 * In: what routers say (already found to be about something of ours), the time. Out: how
 * large a packet to a destination may be.
 *
 * An entry is made by the first router that complains and lives ten minutes from the last
 * time that it became smaller. Then the whole link is tried again, and if the path is still
 * narrow a router says so with the first large packet (RFC 1191 6.3).
 *
 * It reads no packets, and who sends to a destination finds out by asking. */

#include "ip/path_mtu.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/ipv6.h"

struct path_mtu_entry {
	struct hash_node by_dst;
	struct list_node in_age;
	struct evtcp_addr dst;
	uint16_t mtu;
	uint64_t due_us;
};

/* RFC 1191 7: sizes that links really have. */
static const uint16_t path_mtu_plateaus[] = {
	32000, 17914, 8166, 4352, 2002, 1492, 1280, 1006, 576, 508, 296, 68};

void path_mtu_init(
	struct path_mtu *paths, const struct evtcp_world *world, uint32_t limit, uint16_t floor)
{
	*paths = (struct path_mtu){.world = world, .limit = limit, .floor = floor};
	keyed_hash_init(&paths->hash, world);
	hash_table_init(&paths->entries, world);
	list_init(&paths->by_age);
}

static struct path_mtu_entry *oldest(const struct path_mtu *paths)
{
	struct list_node *node = list_first(&paths->by_age);

	return node ? container_of(node, struct path_mtu_entry, in_age) : NULL;
}

static void forget(struct path_mtu *paths, struct path_mtu_entry *entry)
{
	hash_table_remove(&paths->entries, &entry->by_dst);
	list_remove(&entry->in_age);
	memory_free(paths->world, entry);
}

void path_mtu_free(struct path_mtu *paths)
{
	while (oldest(paths))
		forget(paths, oldest(paths));
	hash_table_free(&paths->entries);
}

static uint64_t hash_of(const struct path_mtu *paths, const struct evtcp_addr *dst)
{
	return keyed_hash(&paths->hash, dst->bytes, sizeof(dst->bytes));
}

static struct path_mtu_entry *find(const struct path_mtu *paths, const struct evtcp_addr *dst)
{
	struct hash_node *node = hash_table_first(&paths->entries, hash_of(paths, dst));

	for (; node; node = hash_table_next(node)) {
		struct path_mtu_entry *entry = container_of(node, struct path_mtu_entry, by_dst);

		if (address_equal(&entry->dst, dst))
			return entry;
	}
	return NULL;
}

static struct path_mtu_entry *create(struct path_mtu *paths, const struct evtcp_addr *dst)
{
	struct path_mtu_entry *entry;

	if (paths->limit != 0 && paths->entries.len >= paths->limit)
		forget(paths, oldest(paths));
	entry = memory_zalloc(paths->world, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->dst = *dst;
	if (hash_table_insert(&paths->entries, &entry->by_dst, hash_of(paths, dst)) == -1) {
		memory_free(paths->world, entry);
		return NULL;
	}
	return entry;
}

uint16_t path_mtu_of(const struct path_mtu *paths, const struct evtcp_addr *dst, uint16_t link_mtu)
{
	const struct path_mtu_entry *entry = paths->entries.len > 0 ? find(paths, dst) : NULL;

	return entry && entry->mtu < link_mtu ? entry->mtu : link_mtu;
}

/* RFC 1191 5: the packet that was too large is at most as large as we believed. */
static uint32_t next_plateau(uint32_t mtu)
{
	for (size_t i = 0; i < sizeof(path_mtu_plateaus) / sizeof(path_mtu_plateaus[0]); i++) {
		if (path_mtu_plateaus[i] < mtu)
			return path_mtu_plateaus[i];
	}
	return 0;
}

enum evtcp_cause path_mtu_told(struct path_mtu *paths, const struct evtcp_addr *dst, uint32_t told,
	uint16_t link_mtu, uint64_t now)
{
	bool ipv4 = address_is_ipv4(dst);
	uint32_t floor = ipv4 ? paths->floor : IPV6_MTU_MIN; /* RFC 8201 4 rule 2 */
	uint16_t current = path_mtu_of(paths, dst, link_mtu);
	struct path_mtu_entry *entry;

	if (told == 0 && ipv4) /* RFC 1191 3 rule 4 */
		told = next_plateau(current);
	if (told < floor || told >= current) /* RFC 1191 3 rules 5, 6; RFC 8201 4 rule 3 */
		return EVTCP_CAUSE_PATH_MTU_REFUSED;
	entry = find(paths, dst);
	if (!entry)
		entry = create(paths, dst);
	if (!entry)
		return EVTCP_CAUSE_NO_MEMORY;
	entry->mtu = (uint16_t)told;
	entry->due_us = now + PATH_MTU_LIFETIME_US;
	list_remove(&entry->in_age);
	list_push(&paths->by_age, &entry->in_age);
	return EVTCP_CAUSE_PATH_MTU;
}

uint64_t path_mtu_next_deadline(const struct path_mtu *paths)
{
	const struct path_mtu_entry *entry = oldest(paths);

	return entry ? entry->due_us : UINT64_MAX;
}

uint32_t path_mtu_age(struct path_mtu *paths, uint64_t now)
{
	struct path_mtu_entry *entry;
	uint32_t n = 0;

	for (; (entry = oldest(paths)) && entry->due_us <= now; n++)
		forget(paths, entry);
	return n;
}
