/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_QLOG_H
#define EVTCP_QLOG_H

/* A trace for programs: each event as one line of JSON, in the vocabulary of qlog
 * (draft-ietf-quic-qlog-main-schema, and the QUIC events beside it) where that has words for TCP,
 * with the cause beside it. What the lines hold is in qlog.schema.json, which is installed. */

#include <evtcp/link.h>
#include <evtcp/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_qlog;

struct evtcp_qlog_config {
	/* Where the trace is taken: "client", "server" or "unknown". */
	const char *vantage_point;
	/* Stands in each line: which of several stacks that are traced together. */
	unsigned worker;
	/* Not 0: each record begins with a record separator, as in JSON text sequences (RFC 7464);
	 * else they are lines. */
	int separators;
	/* The moment that times count from, monotonic; the same for all that are traced together.
	 * wall_us is when that was, in microseconds since 1970. */
	uint64_t began_us, wall_us;
};

/* evtcp_qlog_new: a trace that hands each finished line (of len bytes, without newline, valid during
 * the call, not terminated) to write. Nothing is allocated later. Copies config. world (copied) gives
 * the memory. NULL with errno ENOMEM. */
struct evtcp_qlog *evtcp_qlog_new(const struct evtcp_world *world,
	const struct evtcp_qlog_config *config,
	void (*write)(void *arg, const char *line, size_t len), void *arg);

/* evtcp_qlog_free: no tap, link or stack may use it any more. NULL is fine. */
void evtcp_qlog_free(struct evtcp_qlog *qlog);

/* evtcp_qlog_header: writes the first line of a file, which says what the others are. */
void evtcp_qlog_header(struct evtcp_qlog *qlog);

/* evtcp_qlog_observer, evtcp_qlog_sink: its two inputs: what links have taken away comes from
 * taps and fault links, everything else from the stack. Either may be left unused. */
void evtcp_qlog_observer(struct evtcp_qlog *qlog, struct evtcp_observer *observer);
void evtcp_qlog_sink(struct evtcp_qlog *qlog, struct evtcp_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
