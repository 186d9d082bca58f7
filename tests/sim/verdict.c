/* SPDX-License-Identifier: BSD-3-Clause */

/* The first failure of a run, as one sentence.
 *
 * In: sentences, from whoever sees something wrong. Out: the first of them.
 *
 * It stops nothing: the run looks at it after each step and ends by itself, so
 * that the capture is closed and memory given back. */

#include "verdict.h"

#include <stdio.h>

static void verdict_note(
	struct verdict *verdict, const char *kind, const char *format, va_list arguments)
{
	if (verdict->failed)
		return;
	verdict->failed = true;
	snprintf(verdict->kind, sizeof(verdict->kind), "%s", kind);
	vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
}

void verdict_fail(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	verdict_note(verdict, format, format, arguments);
	va_end(arguments);
}

void verdict_fail_as(struct verdict *verdict, const char *kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	verdict_note(verdict, kind, format, arguments);
	va_end(arguments);
}
