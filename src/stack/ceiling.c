/* SPDX-License-Identifier: BSD-3-Clause */

/* How much memory a stack can come to hold, whatever its peers do.
 *
 * In: limits. Out: bytes. Nothing is measured: it is the sum of what each limit allows at once,
 * which no real load reaches. */

#include "stack/conn.h"
#include "tcp/tcp.h"

#include <evtcp/stack.h>

enum {
	/* One of libevent's: itself, a callback, a last piece that is filled in part. A connection
	 * has three of them, and a node in a table and a queue. */
	CEILING_BUFFER = 192 + 48 + 1088,
	CEILING_CONNECTION =
		sizeof(struct evtcp_conn) + sizeof(struct tcb) + 3 * CEILING_BUFFER + 64,
	CEILING_HALF_OPEN = sizeof(struct half_open) + 48,
	CEILING_TIME_WAIT = sizeof(struct time_wait_entry) + 16,
	CEILING_PATH = 128,
	/* Memory may be three times of what limits.out_of_order_bytes counts (limits.h); once it is
	 * in buffer_bytes. */
	CEILING_OUT_OF_ORDER = 2,
};

/* a + n * each, or UINT64_MAX: where that is more, or n is no limit, or a was that already. */
static uint64_t ceiling_add(uint64_t a, uint64_t n, uint64_t each)
{
	uint64_t product;

	if (n == 0 || a == UINT64_MAX || __builtin_mul_overflow(n, each, &product) ||
		__builtin_add_overflow(a, product, &a))
		return UINT64_MAX;
	return a;
}

/* A record is of a segment, and as large as the smallest of those can be; but where an application
 * writes single bytes and has each sent at once. */
static uint64_t ceiling_of_records(const struct evtcp_limits *limits)
{
	uint64_t each = limits->mss_floor != 0 ? limits->mss_floor : 1;
	uint64_t of_bytes = limits->buffer_bytes / each + limits->connections;
	uint64_t n = (uint64_t)limits->connections * limits->records; /* of 32 bits each */

	if (limits->records == 0 || of_bytes < n)
		n = of_bytes;
	return ceiling_add(0, n + (n == 0), sizeof(struct record));
}

uint64_t evtcp_stack_ceiling(const struct evtcp_limits *limits)
{
	uint64_t sum = ceiling_of_records(limits);

	sum = ceiling_add(sum, limits->connections, CEILING_CONNECTION);
	sum = ceiling_add(sum, limits->half_open, CEILING_HALF_OPEN);
	sum = ceiling_add(sum, limits->time_wait, CEILING_TIME_WAIT);
	sum = ceiling_add(sum, limits->buffer_bytes, 1);
	sum = ceiling_add(sum, limits->out_of_order_bytes, CEILING_OUT_OF_ORDER);
	sum = ceiling_add(sum, limits->fragment_bytes, 1);
	return ceiling_add(sum, limits->path_mtus, CEILING_PATH);
}
