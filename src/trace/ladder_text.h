/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_LADDER_TEXT_H
#define TRACE_LADDER_TEXT_H

/* Text that grows at its end and is cut at its size. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ladder_text {
	char *text; /* terminated */
	size_t size;
};

#define LADDER_TEXT_OF(array) ((struct ladder_text){array, sizeof(array)})

/* ladder_add: adds to text as printf does. */
__attribute__((format(printf, 2, 3))) static inline void ladder_add(
	struct ladder_text text, const char *format, ...)
{
	size_t len = strlen(text.text);
	va_list args;

	va_start(args, format);
	vsnprintf(text.text + len, text.size - len, format, args);
	va_end(args);
}

#endif
