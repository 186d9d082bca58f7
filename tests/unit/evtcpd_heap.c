/* SPDX-License-Identifier: BSD-3-Clause */

/* The daemon's memory: which requests reach the C library's allocator, and how much is kept. */

#include "evtcpd/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>

void *__real_malloc(size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void __wrap_free(void *ptr);

static unsigned mallocs, frees;
static struct evtcp_world world;

void *__wrap_malloc(size_t size)
{
	mallocs++;
	return __real_malloc(size);
}

void __wrap_free(void *ptr)
{
	frees++;
	__real_free(ptr);
}

static void *take(size_t size)
{
	return memset(world.alloc(NULL, size), 0x5a, size);
}

static void give(void *ptr)
{
	world.free(NULL, ptr);
}

static int start(void **state)
{
	(void)state;
	heap_world(&world);
	heap_end();
	mallocs = frees = 0;
	return 0;
}

static void what_is_freed_is_taken_again_by_who_asks_for_as_much(void **state)
{
	static const size_t kept[] = {1, 25, 41, 100, 1272, 1273, 2040}, others[] = {2100, 5000};
	enum { KEPT = sizeof(kept) / sizeof(kept[0]), OTHERS = sizeof(others) / sizeof(others[0]) };

	(void)state;
	for (unsigned round = 0; round < 10; round++) {
		for (size_t i = 0; i < KEPT; i++)
			give(take(kept[i]));
	}
	assert_int_equal(mallocs, KEPT);
	assert_int_equal(frees, 0);
	for (size_t i = 0; i < OTHERS; i++)
		give(take(others[i]));
	assert_int_equal(mallocs, KEPT + OTHERS);
	assert_int_equal(frees, OTHERS);
}

static void a_block_is_never_given_twice_nor_too_small(void **state)
{
	unsigned char *blocks[64];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < 64; i++) {
			blocks[i] = take(i * 37 % 2300 + 1);
			memset(blocks[i], (int)i, i * 37 % 2300 + 1);
		}
		for (size_t i = 0; i < 64; i++) {
			for (size_t k = 0; k < i * 37 % 2300 + 1; k++)
				assert_int_equal(blocks[i][k], i);
			give(blocks[i]);
		}
	}
	assert_true(mallocs < 64 + 2 * 16);
}

static void no_more_is_kept_than_it_says(void **state)
{
	enum { N = HEAP_KEPT / 1024 + 100 };
	static void *blocks[N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		blocks[i] = take(1024);
	for (size_t i = 0; i < N; i++)
		give(blocks[i]);
	assert_in_range(frees, 100, 300);
	heap_end();
	assert_int_equal(frees, N);
}

static void nothing_is_freed_and_blocks_grow(void **state)
{
	char *block = take(24);

	(void)state;
	give(NULL);
	strcpy(block, "a text");
	block = world.realloc(NULL, block, 4000);
	assert_string_equal(block, "a text");
	give(block);
	assert_int_equal(frees, 1);
}

static void a_buffer_that_is_filled_and_drained_reaches_malloc_once(void **state)
{
	char text[500] = "";
	struct evbuffer *buffer;
	unsigned before;

	(void)state;
	heap_begin();
	for (unsigned round = 0; round < 1000; round++) {
		if (round == 1)
			before = mallocs;
		buffer = evbuffer_new();
		assert_int_equal(evbuffer_add(buffer, text, sizeof(text)), 0);
		assert_int_equal(evbuffer_drain(buffer, sizeof(text)), 0);
		evbuffer_free(buffer);
	}
	assert_int_equal(mallocs, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_freed_is_taken_again_by_who_asks_for_as_much, start),
		cmocka_unit_test_setup(a_block_is_never_given_twice_nor_too_small, start),
		cmocka_unit_test_setup(no_more_is_kept_than_it_says, start),
		cmocka_unit_test_setup(nothing_is_freed_and_blocks_grow, start),
		cmocka_unit_test_setup(
			a_buffer_that_is_filled_and_drained_reaches_malloc_once, start),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	heap_end();
	return failed;
}
