/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

/* A world that a test owns: random bytes that it chooses, memory that fails when it
 * says so and that it can count. Tests of leaves pass the time as a value. */

#include <evtcp/types.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct test_world {
	struct evtcp_world world;
	uint64_t seed;      /* of the random bytes */
	bool all_zero;      /* the random bytes are zeros instead */
	bool out_of_memory; /* alloc and realloc fail */
	int blocks;         /* allocated and not yet freed */
};

/* test_random: the next of a stream of 64-bit numbers (splitmix64), for tests that
 * need many and the same each time. */
static inline uint64_t test_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t test_world_time(void *arg)
{
	(void)arg;
	return 1;
}

static inline void test_world_random(void *arg, void *buf, size_t len)
{
	struct test_world *w = arg;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = w->all_zero ? 0 : (uint8_t)test_random(&w->seed);
}

static inline void *test_world_realloc(void *arg, void *ptr, size_t size)
{
	struct test_world *w = arg;

	if (w->out_of_memory)
		return NULL;
	w->blocks += ptr == NULL;
	return realloc(ptr, size);
}

static inline void *test_world_alloc(void *arg, size_t size)
{
	return test_world_realloc(arg, NULL, size);
}

static inline void test_world_free(void *arg, void *ptr)
{
	struct test_world *w = arg;

	w->blocks -= ptr != NULL;
	free(ptr);
}

/* test_world_init: memory enough, random bytes of seed 1. */
static inline void test_world_init(struct test_world *w)
{
	*w = (struct test_world){.seed = 1};
	w->world = (struct evtcp_world){.now_us = test_world_time,
		.wall_us = test_world_time,
		.random = test_world_random,
		.alloc = test_world_alloc,
		.realloc = test_world_realloc,
		.free = test_world_free,
		.arg = w};
}

/* test_exact_copy: the first len bytes of data in a heap block of exactly that size,
 * so that a sanitizer sees every read beyond it. The caller frees it. */
static inline uint8_t *test_exact_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = calloc(len, 1);

	if (len == 0)
		return copy; /* NULL, or a block of no byte */
	if (!copy)
		abort();
	memcpy(copy, data, len);
	return copy;
}

/* test_checksum: RFC 1071 in its plainest form, to compare with. */
static inline uint16_t test_checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

#endif
