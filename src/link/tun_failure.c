/* SPDX-License-Identifier: BSD-3-Clause */

/* The first failure of a set-up, kept with its message.
 *
 * In: an error and a printf format. Out: the caller's text buffer.
 *
 * The messages stand where the failures are found, not here. */

#include "link/tun_failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int tun_fail(struct tun_failure *failure, enum evtcp_tun_error error, const char *format, ...)
{
	va_list args;

	if (failure->error != EVTCP_TUN_OK)
		return -1;
	failure->error = error;
	failure->saved_errno = errno;
	va_start(args, format);
	vsnprintf(failure->text, failure->size, format, args);
	va_end(args);
	return -1;
}
