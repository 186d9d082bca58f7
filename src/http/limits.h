/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

/* Bounds on what a client can make the server hold or wait for, in one table:
 *
 *   X(field, "name", UNIT, initial, least, most, "text")
 *
 * field     the member of struct http_limits
 * name      what a person calls it
 * UNIT      BYTES, COUNT, SECONDS (held in microseconds) or RATE (bytes/second)
 * initial   the default, in the unit
 * least     the smallest value that can be set; where it is 0, 0 means no limit
 * most      the largest
 * text      what is bounded, for a person
 *
 * Lines, block and fields are read out of the connection's receive buffer: a
 * header block must fit in it, which is why there is a `most`. */

#include <stdint.h>

// clang-format off
#define HTTP_LIMITS(X) \
	X(line, "http_line", BYTES, 8192, 64, 32768, "request line or header line") \
	X(block, "http_block", BYTES, 32768, 128, 49152, "request line and header together") \
	X(fields, "http_fields", COUNT, 100, 1, 1000, "header fields of a request") \
	X(body, "http_body", BYTES, 1048576, 0, UINT64_MAX, "request body, where a page does not stream it") \
	X(chunk_extension, "http_chunk_extension", BYTES, 256, 1, 4096, "extension of one chunk") \
	X(chunk_extensions, "http_chunk_extensions", BYTES, 16384, 0, UINT32_MAX, "chunk extensions of a request") \
	X(trailers, "http_trailers", BYTES, 8192, 2, 32768, "trailer fields of a request") \
	X(header_time_us, "http_header_time", SECONDS, 10, 0, 86400, "time for the whole header of a request to arrive") \
	X(body_idle_us, "http_body_idle", SECONDS, 30, 0, 86400, "wait for the next byte of a request body") \
	X(keepalive_us, "http_keepalive", SECONDS, 15, 0, 86400, "wait for the next request on a connection") \
	X(send_idle_us, "http_send_idle", SECONDS, 60, 0, 86400, "wait for a client that takes nothing of a response") \
	X(rate, "http_rate", RATE, 500, 0, UINT32_MAX, "slowest transfer, averaged over http_rate_time") \
	X(rate_time_us, "http_rate_time", SECONDS, 60, 1, 86400, "time over which http_rate is averaged") \
	X(linger_us, "http_linger_time", SECONDS, 2, 1, 60, "time to read on after a response that closes") \
	X(linger_bytes, "http_linger_bytes", BYTES, 65536, 1, UINT32_MAX, "how much to read on after a response that closes") \
	X(connections, "http_connections", COUNT, 14336, 0, UINT32_MAX, "connections; beyond that the one idle longest is closed") \
	X(requests, "http_requests", COUNT, 0, 0, UINT32_MAX, "requests on a connection") \
	X(pipelined, "http_pipelined", COUNT, 16, 1, 1024, "responses waiting on a connection") \
	X(output, "http_output", BYTES, 65536, 4096, 16777216, "response bytes waiting on a connection") \
	X(drain_us, "http_drain", SECONDS, 10, 0, 86400, "time to finish open connections when stopping")
// clang-format on

struct http_limits {
#define HTTP_LIMIT_FIELD(field, name, unit, initial, least, most, text) uint64_t field;
	HTTP_LIMITS(HTTP_LIMIT_FIELD)
#undef HTTP_LIMIT_FIELD
};

/* One row of the table, for help texts. Values are in the unit named. */
struct http_limit {
	const char *name; /* as http_limits_set takes it */
	const char *unit; /* "bytes", "", "s", "bytes/s" */
	const char *text;
	uint64_t initial, least, most;
};

/* http_limits_init: the defaults of the table. */
void http_limits_init(struct http_limits *limits);

/* http_limits_set: sets the limit of this name to value, a decimal number (seconds
 * may have a fraction of up to six digits). 0, or -1 with errno ENOENT (no such
 * name), EINVAL (not a number) or ERANGE (outside what the table allows); then
 * nothing was changed. */
int http_limits_set(struct http_limits *limits, const char *name, const char *value);

/* http_limits_row: row i of the table, from 0; 0, or -1 behind the last. */
int http_limits_row(unsigned i, struct http_limit *row);

#endif
