/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_HASH_TABLE_H
#define UTIL_HASH_TABLE_H

/* A chained hash table of nodes that live inside other objects. The caller hashes
 * (with keyed_hash, so that nobody outside can choose collisions) and compares. */

#include <evtcp/types.h>
#include <stdbool.h>

struct hash_node {
	struct hash_node *next;
	uint64_t hash;
};

struct hash_table {
	struct hash_node **buckets;
	uint32_t n_buckets; /* a power of two, 0 before the first insert */
	uint32_t len;
	const struct evtcp_world *world;
};

void hash_table_init(struct hash_table *table, const struct evtcp_world *world);

/* hash_table_free: frees the buckets; nodes are not touched. */
void hash_table_free(struct hash_table *table);

/* hash_table_insert: adds node, whose key should not be in the table yet: else a walk meets each of
 * those that have it. The table
 * grows at a load of one; if there is no memory to grow it keeps its size. 0, or
 * -1 when there is no memory for a first array. */
int hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash);

/* hash_table_first, hash_table_next: walk the nodes that have this very hash; the
 * caller compares keys. NULL at the end. */
struct hash_node *hash_table_first(const struct hash_table *table, uint64_t hash);
struct hash_node *hash_table_next(const struct hash_node *node);

/* hash_table_fetch_bucket, hash_table_fetch_node: for who will look for this hash soon: asks
 * memory for the bucket; then, some time later, for the first node in it (fetch.h). */
void hash_table_fetch_bucket(const struct hash_table *table, uint64_t hash);
void hash_table_fetch_node(const struct hash_table *table, uint64_t hash);

/* hash_table_remove: takes node, which must be in, out. */
void hash_table_remove(struct hash_table *table, struct hash_node *node);

/* hash_table_foreach: calls fn on each node, which may remove that one node; stops
 * when fn returns other than 0 and returns that. */
int hash_table_foreach(struct hash_table *table, int (*fn)(struct hash_node *node, void *arg),
	void *arg);

/* hash_table_longest_chain: for tests of keyed hashing. */
uint32_t hash_table_longest_chain(const struct hash_table *table);

#endif
