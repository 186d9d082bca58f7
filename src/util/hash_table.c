/* SPDX-License-Identifier: BSD-3-Clause */

/* A chained hash table of nodes that live inside other objects.
 *
 *      buckets[hash & (n_buckets - 1)] -> node -> node -> NULL
 *
 * In: nodes and their 64-bit keyed hashes. Out: the nodes that have a hash.
 *
 * It knows no keys (the caller compares them), owns no node, and never shrinks:
 * what it once held it may be asked to hold again. */

#include "util/hash_table.h"

#include "util/fetch.h"
#include "util/memory.h"

#include <assert.h>

enum { MIN_BUCKETS = 64 };

static struct hash_node **bucket_of(const struct hash_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->n_buckets - 1)];
}

void hash_table_init(struct hash_table *table, const struct evtcp_world *world)
{
	*table = (struct hash_table){.world = world};
}

void hash_table_free(struct hash_table *table)
{
	memory_free(table->world, table->buckets);
	hash_table_init(table, table->world);
}

/* Moves every node into an array of n buckets; nothing changes without memory. */
static int grow_to(struct hash_table *table, uint32_t n)
{
	struct hash_node **old = table->buckets;
	uint32_t n_old = table->n_buckets;
	struct hash_node **new = memory_zalloc(table->world, n * sizeof(struct hash_node *));

	if (!new)
		return -1;
	table->buckets = new;
	table->n_buckets = n;
	for (uint32_t i = 0; i < n_old; i++) {
		struct hash_node *next;

		for (struct hash_node *node = old[i]; node; node = next) {
			struct hash_node **bucket = bucket_of(table, node->hash);

			next = node->next;
			node->next = *bucket;
			*bucket = node;
		}
	}
	memory_free(table->world, old);
	return 0;
}

int hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash)
{
	struct hash_node **bucket;

	if (table->n_buckets == 0) {
		if (grow_to(table, MIN_BUCKETS) < 0)
			return -1;
	} else if (table->len >= table->n_buckets && table->n_buckets <= UINT32_MAX / 2) {
		/* Without memory the chains get longer, and the next insert asks again. */
		(void)grow_to(table, table->n_buckets * 2);
	}
	bucket = bucket_of(table, hash);
	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	table->len++;
	return 0;
}

/* The first node from here on that has this hash. */
static struct hash_node *with_hash(struct hash_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct hash_node *hash_table_first(const struct hash_table *table, uint64_t hash)
{
	return table->len > 0 ? with_hash(*bucket_of(table, hash), hash) : NULL;
}

struct hash_node *hash_table_next(const struct hash_node *node)
{
	return with_hash(node->next, node->hash);
}

void hash_table_fetch_bucket(const struct hash_table *table, uint64_t hash)
{
	if (table->len > 0)
		fetch(bucket_of(table, hash), sizeof(struct hash_node *));
}

void hash_table_fetch_node(const struct hash_table *table, uint64_t hash)
{
	const struct hash_node *node = table->len > 0 ? *bucket_of(table, hash) : NULL;

	if (node)
		fetch(node, sizeof(*node));
}

void hash_table_remove(struct hash_table *table, struct hash_node *node)
{
	struct hash_node **link = bucket_of(table, node->hash);

	while (*link != node) {
		assert(*link && "the node is in this table");
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = NULL;
	table->len--;
}

int hash_table_foreach(
	struct hash_table *table, int (*fn)(struct hash_node *node, void *arg), void *arg)
{
	for (uint32_t i = 0; i < table->n_buckets; i++) {
		struct hash_node *next;

		for (struct hash_node *node = table->buckets[i]; node; node = next) {
			int result;

			next = node->next; /* fn may remove node */
			result = fn(node, arg);
			if (result != 0)
				return result;
		}
	}
	return 0;
}

uint32_t hash_table_longest_chain(const struct hash_table *table)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < table->n_buckets; i++) {
		uint32_t len = 0;

		for (const struct hash_node *node = table->buckets[i]; node; node = node->next)
			len++;
		if (len > longest)
			longest = len;
	}
	return longest;
}
