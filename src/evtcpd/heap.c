/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of one size side by side, and a list of free ones for each size.
 *
 *      arena   [ slab | slab | slab | ... ]      64 KiB each, one behind the other
 *      slab    [ block | block | block | ... ]   of one class
 *      heap_arena.class[slab]                    which
 *
 *      a thread    first ─► block ─► block ...   up to HEAP_BATCH: what is taken and given back
 *                  full  ─► HEAP_BATCH blocks    so that the border between two batches is no place
 *                                                where each request goes to the process
 *      the process batches[class] ─► batch ─► batch ...
 *
 * Blocks may be given back in another thread than they were taken in, and some always are: packets
 * and answers that workers pass on to each other. So a thread keeps no more free ones than two
 * batches of a class, and what is beyond that is anybody's.
 *
 * In: requests for memory, from libevent and from everything that has the daemon's world. Out:
 * blocks of the arena; of malloc, where they are large, and where there is no arena.
 *
 * A block has no header, so that to free one is to look at none of it: among very many
 * connections what is not looked at need not come from memory. For the same reason a block that is
 * larger than a line of the cache begins with one, and chunks that are full become huge pages:
 * a page that the processor does not know costs more than a line.
 *
 * It does not count for any limit: a block that is kept belongs to nobody. */

#include "evtcpd/heap.h"

#include <event2/event.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef HEAP_KEEPS /* tests say so */
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_KEEPS 0
#else
#define HEAP_KEEPS 1
#endif

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* Addresses, which cost nothing. */
#define HEAP_ARENA ((size_t)(sizeof(void *) > 4 ? 32ULL << 30 : 256ULL << 20))

enum {
	HEAP_LINE = 64, /* of the cache; below that, blocks are pieces of one */
	HEAP_STEP = 16,
	HEAP_PIECES = HEAP_LINE / HEAP_STEP - 1, /* classes of those */
	/* One more, of a line and a half: on two lines wherever such a block begins, and the object
	 * of an idle connection is one. */
	HEAP_HALF = HEAP_PIECES + HEAP_BLOCK / HEAP_LINE + 1,
	HEAP_CLASSES,
	/* From so many lines on their number is odd: such a block is mostly the first lines of a
	 * buffer, and at a power of two they would all want the same places in the cache. */
	HEAP_ODD = 8,
	HEAP_BATCH = 64, /* blocks that pass between a thread and the process at once */
	HEAP_SLAB = 64 << 10,
	HEAP_CHUNK = 2 << 20,       /* slabs are asked of the kernel so many at once: a huge page */
	HEAP_PAGES_KEPT = 32 << 20, /* by the C library */
	HEAP_MAPPED = 4 << 20,      /* blocks up to this are no mappings of their own */
};

/* What one request in HEAP_BATCH comes to, or fewer: kept apart from what each does. */
#define HEAP_RARE __attribute__((cold, noinline))

/* What a block holds while nobody uses it. */
struct heap_free {
	struct heap_free *next;
	struct heap_free *next_batch; /* of the process, in the first block of a batch */
};

_Static_assert(sizeof(struct heap_free) <= HEAP_STEP, "the smallest block holds it");

/* Blocks of one class: those that were freed, and the rest of a slab, which was never used. */
struct heap_blocks {
	struct heap_free *first; /* n of them, at most HEAP_BATCH */
	unsigned n;
	struct heap_free *full; /* HEAP_BATCH more, or NULL */
	char *next, *end;
};

static _Thread_local struct heap_blocks heap_mine[HEAP_CLASSES];

/* The process's. Under the lock, but for what no longer changes: where it begins, which the first
 * request decides, before there are other threads; and the classes of slabs that were given out. */
static struct {
	pthread_mutex_t lock;
	char *begin, *next; /* of the next slab; begin: NULL without an arena */
	char *usable;       /* what the kernel has given ends here */
	bool is_asked_for;
	/* Free blocks of each class that no thread keeps. Whether there are any is looked at
	 * without the lock. */
	_Atomic(struct heap_free *) batches[HEAP_CLASSES];
	uint8_t class[HEAP_ARENA / HEAP_SLAB]; /* of each slab */
} heap_arena = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- classes --------------------------------------------------------------------- */

/* Of the blocks for so many bytes, a multiple of HEAP_STEP. */
#define HEAP_OF_LINES(lines) (HEAP_PIECES - 1 + ((lines) < HEAP_ODD ? (lines) : (lines) | 1))
#define HEAP_IS_HALF(bytes) ((bytes) > HEAP_LINE && (bytes) <= HEAP_LINE + HEAP_LINE / 2)
#define HEAP_OF_BYTES(bytes) \
	(HEAP_IS_HALF(bytes) ? HEAP_HALF : HEAP_OF_LINES(((bytes) + HEAP_LINE - 1) / HEAP_LINE))

/* Of those for so many steps; reckoned when it is compiled, for all that there are. */
#define HEAP_CLASS(steps) \
	((steps) > HEAP_PIECES ? HEAP_OF_BYTES((steps)*HEAP_STEP) : (steps) > 1 ? (steps)-1 : 0)
#define HEAP_4(steps) \
	HEAP_CLASS(steps), HEAP_CLASS((steps) + 1), HEAP_CLASS((steps) + 2), HEAP_CLASS((steps) + 3)
#define HEAP_16(steps) HEAP_4(steps), HEAP_4((steps) + 4), HEAP_4((steps) + 8), HEAP_4((steps) + 12)
#define HEAP_64(steps) \
	HEAP_16(steps), HEAP_16((steps) + 16), HEAP_16((steps) + 32), HEAP_16((steps) + 48)

static const uint8_t heap_classes[] = {HEAP_64(0), HEAP_64(64), HEAP_CLASS(128)};

_Static_assert(sizeof(heap_classes) == HEAP_BLOCK / HEAP_STEP + 1, "each number of steps has one");

/* Of the blocks for size, which is at most HEAP_BLOCK. */
static unsigned heap_class_for(size_t size)
{
	return heap_classes[(size + HEAP_STEP - 1) / HEAP_STEP];
}

/* What a block of it holds. */
static size_t heap_room(unsigned class)
{
	if (class < HEAP_PIECES)
		return (class + 1) * (size_t)HEAP_STEP;
	if (class == HEAP_HALF)
		return HEAP_LINE + HEAP_LINE / 2;
	return (class - HEAP_PIECES + 1) * (size_t)HEAP_LINE;
}

/* ---- the arena ------------------------------------------------------------------- */

static bool heap_has(const void *ptr)
{
	return heap_arena.begin != NULL &&
	       (uintptr_t)ptr - (uintptr_t)heap_arena.begin < HEAP_ARENA;
}

static unsigned heap_class_of(const void *ptr)
{
	return heap_arena.class[((uintptr_t)ptr - (uintptr_t)heap_arena.begin) / HEAP_SLAB];
}

/* Addresses that nothing is behind yet. Who may not have so many does without. */
static void heap_open_arena(void)
{
	void *found = mmap(NULL, HEAP_ARENA + HEAP_CHUNK, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	heap_arena.is_asked_for = true;
	if (found == MAP_FAILED)
		return;
	heap_arena.begin = (char *)found + HEAP_CHUNK - (uintptr_t)found % HEAP_CHUNK;
	heap_arena.next = heap_arena.usable = heap_arena.begin;
}

/* A chunk whose slabs are all given out becomes a huge page: at once, where the kernel knows how
 * to, or when it comes round to it. Not before, so that nobody holds what it does not use. */
static void heap_make_huge(char *chunk)
{
	if (madvise(chunk, HEAP_CHUNK, MADV_HUGEPAGE) == 0)
		(void)madvise(chunk, HEAP_CHUNK, MADV_COLLAPSE);
}

/* Memory behind the next addresses; false without any. */
static bool heap_grow_arena(void)
{
	size_t size = (size_t)(heap_arena.usable - heap_arena.begin);

	if (size == HEAP_ARENA ||
		mprotect(heap_arena.usable, HEAP_CHUNK, PROT_READ | PROT_WRITE) == -1)
		return false;
	if (size > 0)
		heap_make_huge(heap_arena.usable - HEAP_CHUNK);
	heap_arena.usable += HEAP_CHUNK;
	return true;
}

/* A slab for blocks of this class; NULL: there is none to be had. */
static char *heap_slab(unsigned class)
{
	char *slab = NULL;

	pthread_mutex_lock(&heap_arena.lock);
	if (!heap_arena.is_asked_for)
		heap_open_arena();
	if (heap_arena.begin != NULL &&
		(heap_arena.next < heap_arena.usable || heap_grow_arena())) {
		slab = heap_arena.next;
		heap_arena.next += HEAP_SLAB;
		heap_arena.class[(slab - heap_arena.begin) / HEAP_SLAB] = (uint8_t) class;
	}
	pthread_mutex_unlock(&heap_arena.lock);
	return slab;
}

/* ---- batches ----------------------------------------------------------------------- */

/* The thread has a batch, and another one: that goes to the process. */
static void heap_put_aside(struct heap_blocks *blocks, unsigned class)
{
	struct heap_free *batch = blocks->full;

	blocks->full = blocks->first;
	blocks->first = NULL;
	blocks->n = 0;
	if (batch == NULL)
		return;
	pthread_mutex_lock(&heap_arena.lock);
	batch->next_batch = heap_arena.batches[class];
	heap_arena.batches[class] = batch;
	pthread_mutex_unlock(&heap_arena.lock);
}

static struct heap_free *heap_fetch_batch(unsigned class)
{
	struct heap_free *batch;

	if (atomic_load_explicit(&heap_arena.batches[class], memory_order_relaxed) == NULL)
		return NULL;
	pthread_mutex_lock(&heap_arena.lock);
	batch = heap_arena.batches[class];
	if (batch != NULL)
		heap_arena.batches[class] = batch->next_batch;
	pthread_mutex_unlock(&heap_arena.lock);
	return batch;
}

/* The thread has no more blocks at hand: those that it has put aside, or the process has. */
static bool heap_take_batch(struct heap_blocks *blocks, unsigned class)
{
	struct heap_free *batch = blocks->full;

	blocks->full = NULL;
	if (batch == NULL)
		batch = heap_fetch_batch(class);
	blocks->first = batch;
	blocks->n = batch != NULL ? HEAP_BATCH : 0;
	return batch != NULL;
}

/* ---- malloc and free ------------------------------------------------------------- */

/* A block that nobody has had before. */
static void *heap_new_block(unsigned class)
{
	struct heap_blocks *blocks = &heap_mine[class];
	size_t room = heap_room(class);
	char *block;

	if ((size_t)(blocks->end - blocks->next) < room) {
		blocks->next = heap_slab(class);
		blocks->end = blocks->next != NULL ? blocks->next + HEAP_SLAB : NULL;
	}
	block = blocks->next;
	if (block == NULL)
		return malloc(room);
	blocks->next += room;
	return block;
}

/* The thread has no block of this class at hand. */
HEAP_RARE static void *heap_alloc_more(unsigned class)
{
	struct heap_blocks *blocks = &heap_mine[class];
	struct heap_free *block;

	if (!heap_take_batch(blocks, class))
		return heap_new_block(class);
	block = blocks->first;
	blocks->first = block->next;
	blocks->n--;
	return block;
}

static void *heap_alloc(size_t size)
{
	struct heap_blocks *blocks;
	struct heap_free *block;
	unsigned class;

	if (!HEAP_KEEPS || size > HEAP_BLOCK)
		return malloc(size);
	class = heap_class_for(size);
	blocks = &heap_mine[class];
	block = blocks->first;
	if (block == NULL)
		return heap_alloc_more(class);
	blocks->first = block->next;
	blocks->n--;
	return block;
}

/* Puts a free block before those that the thread has. */
static void heap_keep(struct heap_blocks *blocks, struct heap_free *block)
{
	block->next = blocks->first;
	blocks->first = block;
	blocks->n++;
}

/* The thread has a batch of this class already. */
HEAP_RARE static void heap_free_beyond(struct heap_free *block, unsigned class)
{
	struct heap_blocks *blocks = &heap_mine[class];

	heap_put_aside(blocks, class);
	heap_keep(blocks, block);
}

static void heap_free(void *ptr)
{
	struct heap_blocks *blocks;
	unsigned class;

	if (!heap_has(ptr)) {
		free(ptr);
		return;
	}
	class = heap_class_of(ptr);
	blocks = &heap_mine[class];
	if (blocks->n == HEAP_BATCH)
		heap_free_beyond(ptr, class);
	else
		heap_keep(blocks, ptr);
}

/* A block that grows is mostly a table, and a large one the C library's: it may know how to do
 * that in place. */
static void *heap_realloc(void *ptr, size_t size)
{
	size_t room;
	void *moved;

	if (!heap_has(ptr))
		return realloc(ptr, size);
	room = heap_room(heap_class_of(ptr));
	if (size <= room)
		return ptr;
	moved = heap_alloc(size);
	if (moved == NULL)
		return NULL;
	memcpy(moved, ptr, room);
	heap_free(ptr);
	return moved;
}

/* ---- for libevent, for a world ----------------------------------------------------- */

/* What is freed is mostly wanted again at once, for the next segments, and what is larger than our
 * blocks goes to the C library. Its defaults give it back to the kernel, which clears each page
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
