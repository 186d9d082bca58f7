/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

/* The smaller and the larger of two sizes. Sequence numbers have their own (wire/seq.h). */

#include <stdint.h>

static inline uint32_t number_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t number_max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

#endif
