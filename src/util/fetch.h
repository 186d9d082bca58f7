/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_FETCH_H
#define UTIL_FETCH_H

/* Memory asked for before it is needed. A connection among very many is in no cache: each line of
 * it that is waited for costs as much as some hundred instructions, and lines that are asked for
 * together come together.
 *
 * Asked for by loads whose values nobody waits for: the processor goes on until it has too many of
 * them. An instruction that only prefetches is one that it may ignore, and it does so just when
 * many are out: measured, half of them come to nothing. */

#include <stddef.h>
#include <stdint.h>

enum { FETCH_LINE = 64 };

/* fetch: asks for the lines of an object of len octets, at least one, which is there. */
static inline void fetch(const void *object, size_t len)
{
	const volatile char *at = (const volatile char *)object;

	/* The fewer instructions, the more lines on their way at the same time. */
#pragma GCC unroll 8
	for (size_t i = 0; i < len; i += FETCH_LINE)
		(void)at[i];
	(void)at[len - 1]; /* it may begin anywhere in a line */
}

/* fetch_hint: the same where nobody knows whether there is an object; nothing can come of it but
 * time. */
static inline void fetch_hint(const void *object, size_t len)
{
	for (size_t i = 0; i < len; i += FETCH_LINE)
		__builtin_prefetch((const void *)((uintptr_t)object + i));
}

#endif
