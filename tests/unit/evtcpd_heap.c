/* SPDX-License-Identifier: BSD-3-Clause */

/* The daemon's memory: which requests reach the C library's allocator, where blocks begin, and what
 * happens without memory. */

#include "evtcpd/heap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/buffer.h>

enum { LINE = 64 };

void *__real_malloc(size_t size);
void __real_free(void *ptr);
void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
int __real_mprotect(void *at, size_t len, int prot);
void *__wrap_malloc(size_t size);
void __wrap_free(void *ptr);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_mprotect(void *at, size_t len, int prot);

static unsigned mallocs, frees;
static unsigned chunks; /* of pages that were asked for */
static bool no_addresses, no_pages;
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

void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return no_addresses ? MAP_FAILED : __real_mmap64(at, len, prot, flags, fd, offset);
}

int __wrap_mprotect(void *at, size_t len, int prot)
{
	chunks++;
	return no_pages ? -1 : __real_mprotect(at, len, prot);
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
	no_addresses = no_pages = false;
	mallocs = frees = chunks = 0;
	return 0;
}

/* The first test: later ones have their addresses already. */
static void without_addresses_it_is_malloc(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_int_not_equal(child, -1);
	if (child == 0) {
		no_addresses = true;
		for (unsigned round = 0; round < 3; round++)
			give(take(100));
		_exit(mallocs == 3 && frees == 3 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void what_is_freed_is_taken_again_by_who_asks_for_as_much(void **state)
{
	static const size_t kept[] = {1, 25, 41, 100, 1272, 1273, HEAP_BLOCK};
	static const size_t others[] = {HEAP_BLOCK + 1, 5000};
	enum { KEPT = sizeof(kept) / sizeof(kept[0]), OTHERS = sizeof(others) / sizeof(others[0]) };

	(void)state;
	for (size_t i = 0; i < KEPT; i++) {
		void *block = take(kept[i]);

		give(block);
		assert_ptr_equal(take(kept[i]), block);
		give(block);
	}
	assert_int_equal(mallocs + frees, 0);
	for (size_t i = 0; i < OTHERS; i++)
		give(take(others[i]));
	assert_int_equal(mallocs, OTHERS);
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
}

static void a_block_touches_no_more_lines_than_it_must(void **state)
{
	(void)state;
	for (size_t size = 1; size <= HEAP_BLOCK; size++) {
		for (unsigned i = 0; i < 3; i++) {
			uintptr_t block = (uintptr_t)take(size), last = block + size - 1;

			if (size > 48)
				assert_int_equal(last / LINE - block / LINE, (size - 1) / LINE);
			if (size > 48 && (size <= 64 || size > 96))
				assert_int_equal(block % LINE, 0);
			assert_int_equal(block % 16, 0);
		}
	}
}

/* What stands in their first lines has as many places in the cache as there are. */
static void large_blocks_are_not_a_power_of_two_apart(void **state)
{
	char *first = take(1024), *second = take(1024);

	(void)state;
	assert_int_equal((second - first) % (2 * LINE), LINE);
}

static void without_pages_blocks_are_of_malloc_until_there_are_some(void **state)
{
	enum { N = 2 * 1024 };
	static void *blocks[N];
	unsigned without;

	(void)state;
	no_pages = true;
	for (size_t i = 0; i < N; i++)
		blocks[i] = take(HEAP_BLOCK);
	without = mallocs;
	assert_in_range(without, 1, N);
	for (size_t i = 0; i < N; i++)
		give(blocks[i]);
	assert_int_equal(frees, without);
	no_pages = false;
	for (size_t i = 0; i < N; i++)
		blocks[i] = take(HEAP_BLOCK);
	assert_int_equal(mallocs, without);
	for (size_t i = 0; i < N; i++)
		give(blocks[i]);
}

static void nothing_is_freed_and_blocks_grow(void **state)
{
	char *block = take(24), *grown;

	(void)state;
	give(NULL);
	strcpy(block, "a text");
	assert_ptr_equal(world.realloc(NULL, block, 30), block);
	grown = world.realloc(NULL, block, 80);
	assert_string_equal(grown, "a text");
	assert_ptr_equal(take(24), block);
	grown = world.realloc(NULL, grown, 4000);
	assert_string_equal(grown, "a text");
	assert_int_equal(mallocs, 1);
	give(grown);
	grown = world.realloc(NULL, NULL, 100);
	strcpy(grown, "another");
	give(grown);
}

static void *take_in_a_thread(void *arg)
{
	(void)arg;
	return take(500);
}

static void what_a_thread_has_taken_another_may_give_back(void **state)
{
	pthread_t thread;
	void *block;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, take_in_a_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, &block), 0);
	give(block);
	assert_ptr_equal(take(500), block);
}

enum { PASSING = 100, PASSING_ROUNDS = 300, PASSING_SIZE = 1000 };

/* Blocks on their way from a thread that only takes to one that only gives back. */
struct passing {
	pthread_barrier_t turn;
	void *blocks[PASSING];
};

static void *take_to_pass_on(void *arg)
{
	struct passing *passing = arg;

	for (unsigned round = 0; round < PASSING_ROUNDS; round++) {
		for (unsigned i = 0; i < PASSING; i++)
			passing->blocks[i] = take(PASSING_SIZE);
		pthread_barrier_wait(&passing->turn);
		pthread_barrier_wait(&passing->turn);
	}
	return NULL;
}

/* Thirty megabytes pass, a hundred kilobytes at a time. */
static void what_one_thread_takes_and_another_gives_back_stays_little(void **state)
{
	static struct passing passing;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_barrier_init(&passing.turn, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, take_to_pass_on, &passing), 0);
	for (unsigned round = 0; round < PASSING_ROUNDS; round++) {
		pthread_barrier_wait(&passing.turn);
		for (unsigned i = 0; i < PASSING; i++)
			give(passing.blocks[i]);
		pthread_barrier_wait(&passing.turn);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&passing.turn);
	assert_in_range(chunks, 0, 1);
	assert_int_equal(mallocs, 0);
}

static void a_buffer_that_is_filled_and_drained_never_reaches_malloc(void **state)
{
	char text[500] = "";

	(void)state;
	heap_begin();
	for (unsigned round = 0; round < 1000; round++) {
		struct evbuffer *buffer = evbuffer_new();

		assert_int_equal(evbuffer_add(buffer, text, sizeof(text)), 0);
		assert_int_equal(evbuffer_drain(buffer, sizeof(text)), 0);
		evbuffer_free(buffer);
	}
	assert_int_equal(mallocs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_addresses_it_is_malloc, start),
		cmocka_unit_test_setup(what_is_freed_is_taken_again_by_who_asks_for_as_much, start),
		cmocka_unit_test_setup(a_block_is_never_given_twice_nor_too_small, start),
		cmocka_unit_test_setup(a_block_touches_no_more_lines_than_it_must, start),
		cmocka_unit_test_setup(large_blocks_are_not_a_power_of_two_apart, start),
		cmocka_unit_test_setup(
			without_pages_blocks_are_of_malloc_until_there_are_some, start),
		cmocka_unit_test_setup(nothing_is_freed_and_blocks_grow, start),
		cmocka_unit_test_setup(what_a_thread_has_taken_another_may_give_back, start),
		cmocka_unit_test_setup(
			what_one_thread_takes_and_another_gives_back_stays_little, start),
		cmocka_unit_test_setup(
			a_buffer_that_is_filled_and_drained_never_reaches_malloc, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
