/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

/* Memory for a world that is otherwise made up: the system's, which a sanitizer watches. */

#include <stdlib.h>

static inline void *fuzz_alloc(void *arg, size_t size)
{
	(void)arg;
	return malloc(size);
}

static inline void *fuzz_realloc(void *arg, void *ptr, size_t size)
{
	(void)arg;
	return realloc(ptr, size);
}

static inline void fuzz_free(void *arg, void *ptr)
{
	(void)arg;
	free(ptr);
}

#endif
