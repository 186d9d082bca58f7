/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_MEMORY_H
#define UTIL_MEMORY_H

/* The world's allocator with the argument filled in. */

#include <evtcp/types.h>
#include <string.h>

static inline void *memory_alloc(const struct evtcp_world *world, size_t size)
{
	return world->alloc(world->arg, size);
}

/* memory_zalloc: zeroed, like calloc(1, size). */
static inline void *memory_zalloc(const struct evtcp_world *world, size_t size)
{
	void *ptr = world->alloc(world->arg, size);
	if (ptr != NULL)
		memset(ptr, 0, size);
	return ptr;
}

static inline void *memory_realloc(const struct evtcp_world *world, void *ptr, size_t size)
{
	return world->realloc(world->arg, ptr, size);
}

static inline void memory_free(const struct evtcp_world *world, void *ptr)
{
	world->free(world->arg, ptr);
}

#endif
