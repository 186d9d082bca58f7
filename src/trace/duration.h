/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_DURATION_H
#define TRACE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* duration_format: a span of us microseconds as a person says it: "350 us",
 * "4.2 ms", "213 ms", "1.6 s", "40 s": three digits or a few more, no trailing
 * zeros, rounded down, whatever the locale. Always terminated, cut if it does
 * not fit (DURATION_TEXT suffices). Returns text. */
#define DURATION_TEXT 32
char *duration_format(uint64_t us, char *text, size_t size);

#endif
