/* SPDX-License-Identifier: BSD-3-Clause */

/* The first failure of a run, as one sentence.
 *
 * In: sentences, from whoever sees something wrong. Out: the first of them.
 *
 * It stops nothing: the run looks at it after each step and ends by itself, so
 * that the capture is closed and memory given back. */

#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>

void verdict_fail(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	if (verdict->failed)
		return;
	verdict->failed = true;
	va_start(arguments, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
	va_end(arguments);
}
