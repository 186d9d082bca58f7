/* SPDX-License-Identifier: BSD-3-Clause */
/* A failure of the daemon as a value: made where the reason is known, printed once,
 * by main, which alone decides the exit status. */

#include "evtcpd/failure.h"

#include <stdarg.h>
#include <stdio.h>

int failure_set(struct failure *failure, enum exit_status status, const char *format, ...)
{
	va_list arguments;

	failure->status = status;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
	return -1;
}
