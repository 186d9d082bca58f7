/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of free blocks, one for each size. In: requests for memory, from libevent and from
 * everything that has the daemon's world. Out: blocks of malloc.
 *
 * A block has no header: how large it is, malloc_usable_size says. Class k is for blocks with
 * room for 16 k + 24 bytes: with the C library of GNU that is what a block of malloc has. Where
 * there is no such function, nothing is kept.
 *
 * It does not count for any limit: a block that is kept belongs to nobody. */

#include "evtcpd/heap.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#ifdef HEAP_KEEPS /* tests say so */
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define HEAP_KEEPS 0
#else
#define HEAP_KEEPS 1
#endif

enum {
	HEAP_STEP = 16,
	HEAP_FIRST = 24, /* what class 0 holds */
	HEAP_CLASSES = (HEAP_BLOCK - HEAP_FIRST) / HEAP_STEP + 1,
	HEAP_PAGES_KEPT = 32 << 20, /* by the C library */
	HEAP_MAPPED = 4 << 20,      /* blocks up to this are no mappings of their own */
};

/* What a block holds while nobody uses it. */
struct heap_free {
	struct heap_free *next;
};

static _Thread_local struct {
	struct heap_free *first[HEAP_CLASSES];
	size_t kept; /* bytes in all */
} heap;

/* The class whose blocks are large enough; HEAP_CLASSES and more: there is none. */
static size_t heap_class_for(size_t size)
{
	return size <= HEAP_FIRST ? 0 : (size - HEAP_FIRST + HEAP_STEP - 1) / HEAP_STEP;
}

static size_t heap_room(size_t class)
{
	return class * HEAP_STEP + HEAP_FIRST;
}

/* ---- malloc and free ------------------------------------------------------------- */

static void *heap_alloc(size_t size)
{
	size_t class = heap_class_for(size);
	struct heap_free *block;

	if (!HEAP_KEEPS || class >= HEAP_CLASSES)
		return malloc(size);
	block = heap.first[class];
	if (block == NULL)
		return malloc(heap_room(class));
	heap.first[class] = block->next;
	heap.kept -= heap_room(class);
	return block;
}

static void heap_free(void *ptr)
{
	struct heap_free *block = ptr;
	size_t room, class;

	if (ptr == NULL)
		return;
	room = HEAP_KEEPS ? malloc_usable_size(ptr) : 0;
	class = (room - HEAP_FIRST) / HEAP_STEP;
	if (room < HEAP_FIRST || class >= HEAP_CLASSES || heap.kept + room > HEAP_KEPT) {
		free(ptr);
		return;
	}
	block->next = heap.first[class];
	heap.first[class] = block;
	heap.kept += heap_room(class);
}

/* A block that grows is mostly a table: the C library may know how to do that in place. */
static void *heap_realloc(void *ptr, size_t size)
{
	return realloc(ptr, size);
}

/* ---- for libevent, for a world ----------------------------------------------------- */

/* What is freed is mostly wanted again at once, for the next segments, and what is larger than our
 * lists hold goes to the C library. Its defaults give it back to the kernel, which clears each page
 * anew: an upload had a third of the speed. */
static void heap_keep_pages(void)
{
#ifdef M_TRIM_THRESHOLD /* of glibc */
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_PAGES_KEPT);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_MAPPED);
#endif
}

void heap_begin(void)
{
	heap_keep_pages();
	event_set_mem_functions(heap_alloc, heap_realloc, heap_free);
}

void heap_end(void)
{
	for (size_t class = 0; class < HEAP_CLASSES; class ++) {
		while (heap.first[class] != NULL) {
			struct heap_free *block = heap.first[class];

			heap.first[class] = block->next;
			free(block);
		}
	}
	heap.kept = 0;
}

static void *heap_world_alloc(void *arg, size_t size)
{
	(void)arg;
	return heap_alloc(size);
}

static void *heap_world_realloc(void *arg, void *ptr, size_t size)
{
	(void)arg;
	return heap_realloc(ptr, size);
}

static void heap_world_free(void *arg, void *ptr)
{
	(void)arg;
	heap_free(ptr);
}

void heap_world(struct evtcp_world *world)
{
	*world = *evtcp_world_system();
	world->alloc = heap_world_alloc;
	world->realloc = heap_world_realloc;
	world->free = heap_world_free;
}
