/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

/* Memory that is counted, and that fails when told to: the allocator of a
 * simulated world, and of libevent's buffers beside it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When allocations fail; may be shared by several memories, so that one number
 * names one allocation of a whole run. */
struct shortage {
	uint64_t requests;  /* so far */
	uint64_t fail_from; /* the first that fails, counted from 1; 0: none */
	bool lasting;       /* all after it fail, too */
	uint64_t failures;  /* so far */
};

struct memory {
	uint64_t blocks, bytes; /* held now */
	uint64_t peak_bytes;
	struct shortage *shortage; /* NULL: never fails */
};

/* memory_alloc, memory_realloc, memory_free: as malloc and its kin; arg is a
 * struct memory. A block must go back to the memory that it came from (asserted). */
void *memory_alloc(void *arg, size_t size);
void *memory_realloc(void *arg, void *ptr, size_t size);
void memory_free(void *arg, void *ptr);

/* memory_adopt_libevent: libevent allocates from *memory from here on. The first
 * call must come before libevent's first allocation; a later one may name another
 * memory, or NULL, when none of libevent's blocks is held. */
void memory_adopt_libevent(struct memory *memory);

#endif
