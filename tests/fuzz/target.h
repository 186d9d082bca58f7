/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

/* What a fuzz target is: one function with libFuzzer's name, and inputs to start
 * from. libFuzzer or AFL++ bring their own main; else driver.c is it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* LLVMFuzzerTestOneInput: tries one input of size bytes; aborts if something is wrong
 * with what the code under test made of it. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

/* require: what must hold, in any build; the fuzzer takes an abort for a find. */
static inline void require(bool condition)
{
	if (!condition)
		abort();
}

struct fuzz_seed {
	const uint8_t *bytes;
	size_t len;
};

/* The target's inputs to start from; the last has no bytes. */
extern const struct fuzz_seed fuzz_seeds[];

#endif
