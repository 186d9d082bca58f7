/* SPDX-License-Identifier: BSD-3-Clause */

/* Failures as values. */

#include "program/failure.h"

#include <stdarg.h>
#include <stdio.h>

int program_fail(struct program_failure *failure, int status, const char *format, ...)
{
	va_list arguments;

	failure->status = status;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
	return -1;
}
