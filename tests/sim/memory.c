/* SPDX-License-Identifier: BSD-3-Clause */

/* A counting allocator over malloc. Each block carries its size and its owner in
 * front.
 *
 * In: requests. Out: blocks, sums of what is held, and NULL where the shortage
 * says so.
 *
 * It finds no overflow: that is the address sanitizer's work, which sees each
 * block with this header in front of it. */

#include "memory.h"

#include <assert.h>
#include <event2/event.h>
#include <stdalign.h>
#include <stdlib.h>

struct block {
	alignas(16) struct memory *owner;
	size_t size;
};

static bool memory_refuses(struct memory *memory)
{
	struct shortage *shortage = memory->shortage;

	if (!shortage)
		return false;
	shortage->requests++;
	if (shortage->fail_from == 0 || shortage->requests < shortage->fail_from)
		return false;
	if (shortage->requests > shortage->fail_from && !shortage->lasting)
		return false;
	shortage->failures++;
	return true;
}

static void *memory_take(struct memory *memory, struct block *block, size_t size)
{
	block->owner = memory;
	block->size = size;
	memory->blocks++;
	memory->bytes += size;
	if (memory->bytes > memory->peak_bytes)
		memory->peak_bytes = memory->bytes;
	return block + 1;
}

/* Takes a block out of the sums; its bytes stay. */
static struct block *memory_leave(struct memory *memory, void *ptr)
{
	struct block *block = (struct block *)ptr - 1;

	assert(block->owner == memory && "a block goes back to where it came from");
	memory->blocks--;
	memory->bytes -= block->size;
	return block;
}

void *memory_alloc(void *arg, size_t size)
{
	struct block *block = memory_refuses(arg) ? NULL : malloc(sizeof(*block) + size);

	return block ? memory_take(arg, block, size) : NULL;
}

void *memory_realloc(void *arg, void *ptr, size_t size)
{
	struct block *old, *block;
	size_t old_size;

	if (!ptr)
		return memory_alloc(arg, size);
	if (memory_refuses(arg))
		return NULL;
	old = memory_leave(arg, ptr);
	old_size = old->size;
	block = realloc(old, sizeof(*block) + size);
	if (!block) {
		memory_take(arg, old, old_size);
		return NULL;
	}
	return memory_take(arg, block, size);
}

void memory_free(void *arg, void *ptr)
{
	if (ptr)
		free(memory_leave(arg, ptr));
}

/* libevent's allocator has no argument to find its memory by. */
static struct memory *libevent_memory;

static void *memory_libevent_alloc(size_t size)
{
	return memory_alloc(libevent_memory, size);
}

static void *memory_libevent_realloc(void *ptr, size_t size)
{
	return memory_realloc(libevent_memory, ptr, size);
}

static void memory_libevent_free(void *ptr)
{
	memory_free(libevent_memory, ptr);
}

void memory_adopt_libevent(struct memory *memory)
{
	static bool adopted;

	assert((!libevent_memory || libevent_memory->blocks == 0) && "libevent holds nothing");
	if (!adopted)
		event_set_mem_functions(
			memory_libevent_alloc, memory_libevent_realloc, memory_libevent_free);
	adopted = true;
	libevent_memory = memory;
}
