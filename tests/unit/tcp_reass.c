/* SPDX-License-Identifier: BSD-3-Clause */

/* Reassembly: every arrangement of three segments on a small grid against a model that
 * keeps the first copy of each byte (ATTACKS T24), the bounds (T22), the memory that it
 * takes (T23), and the order of SACK blocks (RFC 2018 4 rules 4 and 6). */

#include "tcp/reass.h"

#include "test_world.h"

#include <event2/event.h>
#include <stddef.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
// clang-format on

enum { GRID = 7, SEGMENTS = 3 };

/* len bytes at data, from sequence number seq on, sent at no time. */
static bool add(struct reass *r, uint32_t seq, const uint8_t *data, uint32_t len, uint32_t limit)
{
	struct reass_piece piece = {.seq = seq, .len = len, .data = data};

	return reass_add(r, &piece, limit);
}

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
	uint32_t rcv_nxt = base;

	for (int i = 0; i < SEGMENTS; i++) {
		uint8_t data[GRID];
		memset(data, 'a' + i, sizeof(data));
		assert_true(add(r, base + pieces[i].from, data, pieces[i].to - pieces[i].from, 0));
		model_add(model, &pieces[i], (char)('a' + i));
		if (pieces[i].from > 0 && model[0] == 0)
			reass_check(r, base);
	}
	uint32_t taken = reass_take(r, &rcv_nxt, input);
	assert_int_equal(taken, strlen(model)); /* up to the first gap */
	assert_int_equal(rcv_nxt, base + taken);
	evbuffer_remove(input, got, taken);
	assert_memory_equal(got, model, taken);
	reass_check(r, rcv_nxt);
	evbuffer_free(input);
	reass_free(r);
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

	for (int i = 0; i < 4; i++)
		add(r, starts[i], data, 10, 0);
	add(r, 20, data, 5, 0); /* touches the first again */
	assert_int_equal(reass_blocks(r, blocks, 3), 3);
	assert_int_equal(blocks[0].left, 10);
	assert_int_equal(blocks[0].right, 25);
	assert_int_equal(blocks[1].left, 70);
	assert_int_equal(blocks[2].left, 50);
	reass_free(r);
}

/* Three that grow together leave room for others: those from the left. */
static void sack_blocks_are_as_many_as_there_are_ranges(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct tcp_sack_block blocks[4];
	uint8_t data[10] = {0};

	for (uint32_t i = 0; i < 3 + REASS_RECENT; i++)
		assert_true(add(r, 20 * i, data, 10, 0));
	for (uint32_t i = 3; i < 2 + REASS_RECENT; i++)
		assert_true(add(r, 20 * i + 10, data, 10, 0));
	assert_int_equal(r->len, 4);
	assert_int_equal(reass_blocks(r, blocks, 4), 4);
	assert_int_equal(blocks[0].left, 60);
	assert_int_equal(blocks[0].right, 210);
	assert_int_equal(blocks[1].left, 0);
	assert_int_equal(blocks[2].left, 20);
	assert_int_equal(blocks[3].left, 40);
	reass_free(r);
}

/* As many as a window of 4 MiB has segments, every other missing, from both ends inwards:
 * the array grows, is sorted, and comes in order when the gaps are filled. */
static void thousands_of_ranges_are_kept(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct evbuffer *input = evbuffer_new();
	uint32_t base = UINT32_MAX - 1000, rcv_nxt = base, n = REASS_MAX_RANGES;
	uint8_t data[1] = {0};

	for (uint32_t i = 0; i < n; i++)
		assert_true(
			add(r, base + 1 + 2 * (i % 2 == 0 ? i / 2 : n - 1 - i / 2), data, 1, 0));
	reass_check(r, rcv_nxt);
	assert_int_equal(r->len, n);
	assert_false(add(r, base + 1 + 2 * n, data, 1, 0)); /* T22: it would be the furthest */
	for (uint32_t i = 0; i < n; i++)
		assert_true(add(r, base + 2 * i, data, 1, 0)); /* joins: nothing has to go */
	assert_int_equal(reass_take(r, &rcv_nxt, input), 2 * n);
	assert_int_equal(rcv_nxt, base + 2 * n);
	assert_true(reass_is_empty(r));
	evbuffer_free(input);
	reass_free(r);
}

/* Of what comes out of order the first TSval of each range counts, joined the earlier one. */
static void what_is_taken_tells_when_it_first_came(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct evbuffer *input = evbuffer_new();
	uint32_t rcv_nxt = 1;
	uint8_t data[10] = {0};
	const struct reass_piece pieces[] = {{11, 10, UINT32_MAX, data}, {21, 10, 5, data},
		{41, 10, 7, data}, {31, 10, 9, data}, {1, 10, 99, data}};

	for (int i = 0; i < 5; i++)
		assert_true(reass_add(r, &pieces[i], 0));
	assert_int_equal(reass_take(r, &rcv_nxt, input), 50);
	assert_int_equal(r->taken_tsval, UINT32_MAX); /* before 5: the clock has wrapped */
	evbuffer_free(input);
	reass_free(r);
}

/* ATTACKS T22 */
static void at_the_limit_the_furthest_range_goes(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	uint8_t data[1] = {0};

	for (uint32_t i = 0; i < 4; i++)
		add(r, 100 + 10 * i, data, 1, 4);
	assert_true(add(r, 50, data, 1, 4)); /* one came, one went */
	assert_int_equal(r->len, 4);
	assert_int_equal(r->bytes, 4);
	assert_int_equal(r->ranges[3].seq, 120);
	assert_false(add(r, 200, data, 1, 4));
	reass_free(r);
}

/* ---- memory (ATTACKS T23) --------------------------------------------------------------- */

/* What libevent has allocated, in bytes asked for. */
static size_t buffers_hold;

/* Before each block, and as large as malloc's alignment. */
union block {
	size_t size;
	max_align_t align;
};

static void *counted_realloc(void *ptr, size_t size)
{
	union block *old = ptr == NULL ? NULL : (union block *)ptr - 1;
	size_t before = old == NULL ? 0 : old->size;
	union block *block = realloc(old, sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	buffers_hold += size;
	buffers_hold -= before;
	block->size = size;
	return block + 1;
}

static void *counted_alloc(size_t size)
{
	return counted_realloc(NULL, size);
}

static void counted_free(void *ptr)
{
	if (ptr == NULL)
		return;
	buffers_hold -= ((union block *)ptr - 1)->size;
	free((union block *)ptr - 1);
}

static void the_footprint_of_single_octets_is_true(void **state)
{
	struct test_world *w = *state;
	size_t before = buffers_hold;
	struct reass *r = reass_new(&w->world);
	uint8_t data[1] = {0};

	assert_int_equal(reass_footprint(NULL), 0);
	for (uint32_t i = 0; i < REASS_FEW_RANGES; i++)
		assert_true(add(r, 10 + 2 * i, data, 1, 0));
	size_t array = r->capacity * sizeof(r->ranges[0]);
	size_t held = buffers_hold - before + sizeof(*r) + array;
	print_message("64 octets with gaps: %zu bytes, footprint %u\n", held, reass_footprint(r));
	assert_in_range(reass_footprint(r), held, held * 5 / 4);
	reass_free(r);
	assert_int_equal(buffers_hold, before);
}

/* Adds octet after octet in the order that step tells (modulo the prime n), and takes all of
 * it in the end. */
static void run_octets(const struct evtcp_world *world, uint32_t n, uint32_t step)
{
	struct reass *r = reass_new(world);
	struct evbuffer *input = evbuffer_new();
	size_t before = buffers_hold;
	uint32_t rcv_nxt = 1;
	uint8_t data[1] = {0};

	for (uint32_t i = 1; i < n; i++) {
		add(r, 1 + (uint32_t)((uint64_t)i * step % n), data, 1, 0);
		size_t held = buffers_hold - before;
		assert_true(held <= (size_t)3 * reass_footprint(r));
	}
	add(r, 1, data, 1, 0);
	reass_take(r, &rcv_nxt, input);
	assert_true(buffers_hold - before <= (size_t)3 * (REASS_RANGE_COST * (1 + r->len) + n));
	reass_free(r);
	evbuffer_free(input);
}

static void single_octets_take_little_memory_in_whatever_order(void **state)
{
	struct test_world *w = *state;
	const uint32_t n = 8191;

	run_octets(&w->world, n, n - 1);     /* from right to left */
	run_octets(&w->world, n, n / 2 + 1); /* every other, then what is between */
	run_octets(&w->world, n, n / 60);    /* sixty ranges that grow together */
	run_octets(&w->world, n, n - n / 60);
}

/* Each octet in order brings in order the one that waits beyond it. */
static void gaps_filled_one_by_one_leave_a_dense_input(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct evbuffer *input = evbuffer_new();
	size_t before = buffers_hold;
	uint32_t rcv_nxt = 1;
	uint8_t data[1] = {0};

	while (rcv_nxt < 4096) {
		add(r, rcv_nxt + 1, data, 1, 0);
		evbuffer_add(input, data, 1);
		rcv_nxt++;
		assert_int_equal(reass_take(r, &rcv_nxt, input), 1);
	}
	assert_true(buffers_hold - before <= 3 * 4096);
	reass_free(r);
	evbuffer_free(input);
}

static void no_memory_means_not_kept(void **state)
{
	struct test_world *w = *state;

	struct reass *r;
	uint8_t data[1] = {0};

	w->out_of_memory = true;
	assert_null(reass_new(&w->world));
	w->out_of_memory = false;
	r = reass_new(&w->world);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(add(r, 10 + 2 * i, data, 1, 0));
	w->out_of_memory = true;
	assert_false(add(r, 5, data, 1, 0)); /* the array cannot grow */
	assert_int_equal(r->len, 4);
	reass_check(r, 1);
	w->out_of_memory = false;
	assert_true(add(r, 5, data, 1, 0));
	reass_free(r);
}

static void what_is_held_already_is_found_from_the_left(void **state)
{
	struct test_world *w = *state;
	struct reass *r = reass_new(&w->world);
	struct tcp_sack_block held;
	uint8_t data[10] = {0};
	uint32_t base = UINT32_MAX - 15; /* the numbers wrap between the ranges */

	assert_false(reass_find_held(r, base, base + 100, &held));
	assert_true(add(r, base, data, 10, 0));
	assert_true(add(r, base + 20, data, 10, 0));
	assert_true(reass_find_held(r, base + 2, base + 4, &held));
	assert_int_equal(held.left, base + 2);
	assert_int_equal(held.right, base + 4);
	assert_true(reass_find_held(r, base - 5, base + 25, &held));
	assert_int_equal(held.left, base);
	assert_int_equal(held.right, base + 10);
	assert_true(reass_find_held(r, base + 10, base + 25, &held));
	assert_int_equal(held.left, base + 20);
	assert_int_equal(held.right, base + 25);
	assert_false(reass_find_held(r, base + 10, base + 20, &held));
	assert_false(reass_find_held(r, base + 30, base + 40, &held));
	assert_true(reass_block_of(r, base + 29, &held));
	assert_int_equal(held.left, base + 20);
	assert_int_equal(held.right, base + 30);
	assert_false(reass_block_of(r, base + 30, &held));
	assert_false(reass_block_of(r, base + 19, &held));
	assert_false(reass_block_of(r, base - 1, &held));
	reass_free(r);
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
			sack_blocks_are_as_many_as_there_are_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(thousands_of_ranges_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_taken_tells_when_it_first_came, setup, teardown),
		cmocka_unit_test_setup_teardown(
			at_the_limit_the_furthest_range_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_footprint_of_single_octets_is_true, setup, teardown),
		cmocka_unit_test_setup_teardown(
			single_octets_take_little_memory_in_whatever_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			gaps_filled_one_by_one_leave_a_dense_input, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_held_already_is_found_from_the_left, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_means_not_kept, setup, teardown),
	};

	event_set_mem_functions(counted_alloc, counted_realloc, counted_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
