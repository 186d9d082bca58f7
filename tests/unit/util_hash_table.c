/* SPDX-License-Identifier: BSD-3-Clause */

/* The hash table: what it finds, how it grows, what it does without memory, and that
 * keyed hashes keep its chains short (ATTACKS.md E07). */

#include "util/hash_table.h"

#include "test_world.h"
#include "util/keyed_hash.h"
#include "util/list.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { ITEMS = 100000 };

struct item {
	struct hash_node node;
	uint32_t key;
	int seen;
};

struct fixture {
	struct test_world world;
	struct hash_table table;
	struct item *items;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_world_init(&f->world);
	hash_table_init(&f->table, &f->world.world);
	f->items = calloc(ITEMS, sizeof(*f->items));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	hash_table_free(&f->table);
	left = f->world.blocks;
	free(f->items);
	free(f);
	return left;
}

/* Collides on purpose: eight keys have one hash. */
static uint64_t poor_hash(uint32_t key)
{
	return key / 8 * UINT64_C(0x9e3779b97f4a7c15);
}

static struct item *find(struct hash_table *table, uint32_t key)
{
	struct hash_node *node = hash_table_first(table, poor_hash(key));

	while (node && container_of(node, struct item, node)->key != key)
		node = hash_table_next(node);
	return node ? container_of(node, struct item, node) : NULL;
}

static void fill(struct fixture *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		f->items[i].key = i;
		assert_int_equal(hash_table_insert(&f->table, &f->items[i].node, poor_hash(i)), 0);
	}
}

static void an_empty_table_finds_nothing_and_owns_nothing(void **state)
{
	struct fixture *f = *state;

	assert_null(hash_table_first(&f->table, 0));
	assert_int_equal(f->world.blocks, 0);
	assert_int_equal(hash_table_longest_chain(&f->table), 0);
}

static void what_is_inserted_is_found_through_every_growth(void **state)
{
	struct fixture *f = *state;

	fill(f, ITEMS);
	assert_int_equal(f->table.len, ITEMS);
	assert_in_range(f->table.n_buckets, ITEMS, 2 * ITEMS);
	for (uint32_t i = 0; i < ITEMS; i++)
		assert_ptr_equal(find(&f->table, i), &f->items[i]);
	assert_null(find(&f->table, ITEMS));
}

static void what_is_removed_is_gone_and_the_rest_stays(void **state)
{
	struct fixture *f = *state;

	fill(f, 1000);
	for (uint32_t i = 0; i < 1000; i += 3)
		hash_table_remove(&f->table, &f->items[i].node);
	for (uint32_t i = 0; i < 1000; i++)
		assert_ptr_equal(find(&f->table, i), i % 3 == 0 ? NULL : &f->items[i]);
}

static void without_memory_the_first_insert_fails(void **state)
{
	struct fixture *f = *state;

	f->world.out_of_memory = true;
	assert_int_equal(hash_table_insert(&f->table, &f->items[0].node, 1), -1);
	assert_int_equal(f->table.len, 0);
	f->world.out_of_memory = false;
	assert_int_equal(hash_table_insert(&f->table, &f->items[0].node, 1), 0);
}

static void without_memory_to_grow_inserts_still_succeed(void **state)
{
	struct fixture *f = *state;
	uint32_t n_buckets;

	fill(f, 1);
	n_buckets = f->table.n_buckets;
	f->world.out_of_memory = true;
	for (uint32_t i = 1; i < 1000; i++) {
		f->items[i].key = i;
		assert_int_equal(hash_table_insert(&f->table, &f->items[i].node, poor_hash(i)), 0);
	}
	assert_int_equal(f->table.n_buckets, n_buckets);
	for (uint32_t i = 0; i < 1000; i++)
		assert_ptr_equal(find(&f->table, i), &f->items[i]);
}

static int see_and_remove_odd(struct hash_node *node, void *arg)
{
	struct fixture *f = arg;
	struct item *item = container_of(node, struct item, node);

	item->seen++;
	if (item->key % 2 == 1)
		hash_table_remove(&f->table, node);
	return 0;
}

static void foreach_sees_each_node_once_even_if_it_removes_it(void **state)
{
	struct fixture *f = *state;

	fill(f, 1000);
	assert_int_equal(hash_table_foreach(&f->table, see_and_remove_odd, f), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(f->items[i].seen, 1);
	assert_int_equal(f->table.len, 500);
}

static int stop_at_third(struct hash_node *node, void *arg)
{
	(void)node;
	return ++*(int *)arg == 3 ? 77 : 0;
}

static void foreach_stops_when_told_and_says_why(void **state)
{
	struct fixture *f = *state;
	int calls = 0;

	fill(f, 100);
	assert_int_equal(hash_table_foreach(&f->table, stop_at_third, &calls), 77);
	assert_int_equal(calls, 3);
}

/* ---- E07: hash flooding ------------------------------------------------- */

static struct evtcp_tuple tuple_of(uint32_t n)
{
	struct evtcp_tuple tuple = {.local.port = 80};

	memcpy(tuple.remote.addr.bytes + 12, &n, sizeof(n));
	tuple.remote.port = (uint16_t)(n * 7919u);
	return tuple;
}

static uint64_t hash_of(const struct keyed_hash *hash, uint32_t n)
{
	struct evtcp_tuple tuple = tuple_of(n);

	return keyed_hash_tuple(hash, &tuple, 0);
}

static void a_hundred_thousand_tuples_make_chains_of_at_most_16(void **state)
{
	struct fixture *f = *state;
	struct keyed_hash hash;

	keyed_hash_init(&hash, &f->world.world);
	for (uint32_t i = 0; i < ITEMS; i++)
		hash_table_insert(&f->table, &f->items[i].node, hash_of(&hash, i));
	assert_in_range(hash_table_longest_chain(&f->table), 1, 16);
}

/* The tuples that share a bucket of 64 under one key, which the attacker knew. */
static void tuples_that_collide_under_a_known_key_spread_under_another(void **state)
{
	struct fixture *f = *state;
	struct keyed_hash known, secret;
	uint32_t n = 0, tried = 0;

	keyed_hash_init(&known, &f->world.world);
	keyed_hash_init(&secret, &f->world.world);
	for (; n < 2000; tried++) {
		if (hash_of(&known, tried) % 64 == 0)
			f->items[n++].key = tried;
	}
	for (uint32_t i = 0; i < n; i++)
		hash_table_insert(&f->table, &f->items[i].node, hash_of(&known, f->items[i].key));
	/* 2,000 in 2,048 buckets, but only every 64th bucket is used */
	assert_in_range(hash_table_longest_chain(&f->table), 17, n);
	hash_table_free(&f->table);
	for (uint32_t i = 0; i < n; i++)
		hash_table_insert(&f->table, &f->items[i].node, hash_of(&secret, f->items[i].key));
	assert_in_range(hash_table_longest_chain(&f->table), 1, 16);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_table_finds_nothing_and_owns_nothing),
		TEST(what_is_inserted_is_found_through_every_growth),
		TEST(what_is_removed_is_gone_and_the_rest_stays),
		TEST(without_memory_the_first_insert_fails),
		TEST(without_memory_to_grow_inserts_still_succeed),
		TEST(foreach_sees_each_node_once_even_if_it_removes_it),
		TEST(foreach_stops_when_told_and_says_why),
		TEST(a_hundred_thousand_tuples_make_chains_of_at_most_16),
		TEST(tuples_that_collide_under_a_known_key_spread_under_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
