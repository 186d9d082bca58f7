/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_TIME_LIMITS_H
#define HTTP_TIME_LIMITS_H

/* The time limits that end a connection, each counted. They are named after the limit
 * (http/limits.h) that was reached.
 *
 *   X(NAME, "name") */

// clang-format off
#define HTTP_TIME_LIMITS(X) \
	X(HEADER_TIME, "header_time") \
	X(BODY_IDLE, "body_idle") \
	X(KEEPALIVE, "keepalive") \
	X(SEND_IDLE, "send_idle") \
	X(RATE, "rate") \
	X(LINGER_TIME, "linger_time") \
	X(DRAIN, "drain")
// clang-format on

#define HTTP_TIME_LIMIT_ENUMERATOR(name, text) HTTP_TIME_LIMIT_##name,
enum http_time_limit { HTTP_TIME_LIMITS(HTTP_TIME_LIMIT_ENUMERATOR) HTTP_N_TIME_LIMITS };
#undef HTTP_TIME_LIMIT_ENUMERATOR

/* http_time_limits_name: the table's name. Static storage. A value outside the table
 * is the caller's bug and asserts. */
const char *http_time_limits_name(enum http_time_limit limit);

#endif
