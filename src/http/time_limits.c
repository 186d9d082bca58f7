/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of time limits that end a connection, unfolded into strings. Input: the
 * X-macro of the header; output: its names. Who reaches one is decided and counted in
 * http/timeouts.c. */
#include "http/time_limits.h"

#include <assert.h>

const char *http_time_limits_name(enum http_time_limit limit)
{
#define TIME_LIMIT_NAME(name, text) text,
	static const char *const names[HTTP_N_TIME_LIMITS] = {HTTP_TIME_LIMITS(TIME_LIMIT_NAME)};
#undef TIME_LIMIT_NAME

	assert((unsigned)limit < HTTP_N_TIME_LIMITS && "a time limit comes from the table");
	return names[limit];
}
