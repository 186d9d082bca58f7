/* SPDX-License-Identifier: BSD-3-Clause */

/* Reassembly: every arrangement of three segments on a small grid against a model that
 * keeps the first copy of each byte (ATTACKS T24), the bounds (T22), and the order of
 * SACK blocks (RFC 2018 4). */

#include "tcp/reass.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

enum { GRID = 7, SEGMENTS = 3 };

/* A range [from, to) of the grid; segment i carries the letter 'a' + i. */
struct piece {
	uint32_t from, to;
};

static void model_add(char *model, const struct piece *piece, char letter)
{
	for (uint32_t i = piece->from; i < piece->to; i++) {
		if (model[i] == 0)
			model[i] = letter;
	}
}

/* Adds the pieces beyond base + 1, then takes everything from base + 1 on after the
 * first byte has come, and compares. */
static void run_grid_case(
	const struct evtcp_world *world, uint32_t base, const struct piece *pieces)
{
	char model[GRID + 1] = {0}, got[GRID + 1] = {0};
	struct reass *r = reass_new(world);
	struct evbuffer *input = evbuffer_new();
	uint32_t rcv_nxt = base, freed;
	bool kept;

	for (int i = 0; i < SEGMENTS; i++) {
		uint8_t data[GRID];
		memset(data, 'a' + i, sizeof(data));
		reass_add(r, base + pieces[i].from, data, pieces[i].to - pieces[i].from, 0, &kept);
		assert_true(kept);
		model_add(model, &pieces[i], (char)('a' + i));
		if (pieces[i].from > 0 && model[0] == 0)
			reass_check(r, base);
	}
	uint32_t taken = reass_take(r, &rcv_nxt, input, &freed);
	assert_int_equal(taken, strlen(model)); /* up to the first gap */
	assert_int_equal(rcv_nxt, base + taken);
	evbuffer_remove(input, got, taken);
	assert_memory_equal(got, model, taken);
	reass_check(r, rcv_nxt);
	evbuffer_free(input);
	reass_free(r, world);
}

static void overlap_keeps_the_first_copy_in_every_arrangement(void **state)
{
	struct test_world *w = *state;
	struct piece all[GRID * (GRID + 1) / 2];
	unsigned n = 0, cases = 0;

	for (uint32_t from = 0; from < GRID; from++) {
		for (uint32_t to = from + 1; to <= GRID; to++)
			all[n++] = (struct piece){from, to};
	}
	for (unsigned i = 0; i < n * n * n; i++) {
		struct piece pieces[SEGMENTS] = {all[i % n], all[i / n % n], all[i / n / n]};
		run_grid_case(&w->world, UINT32_MAX - 3, pieces); /* across the wrap: T01 */
		cases++;
	}
	print_message("%u arrangements\n", cases);
}

static void sack_blocks_are_most_recent_first(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct tcp_sack_block blocks[4];
	const uint32_t starts[] = {10, 30, 50, 70};
	uint8_t data[10] = {0};
	bool kept;

	for (int i = 0; i < 4; i++)
		reass_add(r, starts[i], data, 10, 0, &kept);
	reass_add(r, 20, data, 5, 0, &kept); /* touches the first again */
	assert_int_equal(reass_blocks(r, blocks, 3), 3);
	assert_int_equal(blocks[0].left, 10);
	assert_int_equal(blocks[0].right, 25);
	assert_int_equal(blocks[1].left, 70);
	assert_int_equal(blocks[2].left, 50);
	reass_free(r, &w->world);
}

/* ATTACKS T22 */
static void at_the_limit_the_furthest_range_goes(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	uint8_t data[1] = {0};
	bool kept;

	for (uint32_t i = 0; i < 4; i++)
		reass_add(r, 100 + 10 * i, data, 1, 4, &kept);
	assert_int_equal(reass_add(r, 50, data, 1, 4, &kept), 0); /* one came, one went */
	assert_true(kept);
	assert_int_equal(r->len, 4);
	assert_int_equal(r->ranges[3].seq, 120);
	reass_add(r, 200, data, 1, 4, &kept);
	assert_false(kept);
	reass_free(r, &w->world);
}

static void no_memory_means_not_kept(void **state)
{
	struct test_world *w = *state;

	w->out_of_memory = true;
	assert_null(reass_new(&w->world));
	w->out_of_memory = false;
}

static int setup(void **state)
{
	struct test_world *w = calloc(1, sizeof(*w));

	test_world_init(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct test_world *w = *state;
	int left = w->blocks;

	free(w);
	return left;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			overlap_keeps_the_first_copy_in_every_arrangement, setup, teardown),
		cmocka_unit_test_setup_teardown(sack_blocks_are_most_recent_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			at_the_limit_the_furthest_range_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_means_not_kept, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
