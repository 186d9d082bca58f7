/* SPDX-License-Identifier: BSD-3-Clause */

/* Virtual time, repeatable randomness, counted memory.
 *
 * Input: what the test sets in struct world. Output: the functions of an
 * evtcp_world. Nothing here asks the system for anything but memory. */

#include "world.h"

#include <malloc.h>
#include <stdlib.h>

/* Noon of 1 January 2024: for the timestamps of captures. */
#define WALL_ORIGIN_US UINT64_C(1704110400000000)

static uint64_t world_now_us(void *arg)
{
	const struct world *world = arg;

	return world->now_us;
}

static uint64_t world_wall_us(void *arg)
{
	const struct world *world = arg;

	return WALL_ORIGIN_US + world->now_us;
}

/* splitmix64: any sequence will do, as long as it is always the same. */
static void world_random(void *arg, void *buf, size_t len)
{
	struct world *world = arg;
	uint8_t *out = buf;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = world->random_state += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		out[i] = (uint8_t)(z >> 56);
	}
}

static void *world_realloc(void *arg, void *ptr, size_t size)
{
	struct world *world = arg;
	size_t before = malloc_usable_size(ptr);
	void *memory = world->out_of_memory ? NULL : realloc(ptr, size);

	if (memory && !ptr)
		world->live++;
	if (memory)
		world->bytes += malloc_usable_size(memory) - before;
	return memory;
}

static void *world_alloc(void *arg, size_t size)
{
	return world_realloc(arg, NULL, size);
}

static void world_free(void *arg, void *ptr)
{
	struct world *world = arg;

	if (ptr)
		world->live--;
	world->bytes -= malloc_usable_size(ptr);
	free(ptr);
}

void world_init(struct world *world, uint64_t now_us)
{
	*world = (struct world){.now_us = now_us};
	world->ops = (struct evtcp_world){.now_us = world_now_us,
		.wall_us = world_wall_us,
		.random = world_random,
		.alloc = world_alloc,
		.realloc = world_realloc,
		.free = world_free,
		.arg = world};
}
