/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_TRACE_FILE_H
#define EVTCPD_TRACE_FILE_H

/* The file of --trace: lines of JSON from each worker, written soon and without waiting for whoever
 * reads them. A write that fails ends the trace, for all workers, and nothing else. */

#include "evtcpd/output.h"
#include <evtcp/qlog.h>
#include <stdatomic.h>

struct trace_file;
struct event_base;

/* What the workers that write to one file have in common. */
struct trace_shared {
	struct output_turn turn;
	struct evtcp_qlog_config config; /* of the first */
	_Atomic int error;               /* errno that has ended the trace, 0 while it goes on */
	_Atomic int is_told;             /* somebody has fetched that by trace_file_ended */
};

/* trace_file_open: opens path for writing, empties it, and fills shared. The descriptor, or -1 with
 * errno. */
int trace_file_open(const char *path, struct trace_shared *shared);

/* trace_file_new: the part of the worker with this index, whose loop is base: a trace that writes
 * to fd, which stays the caller's, as does shared. That of worker 0, which comes first, begins the
 * file. NULL with errno ENOMEM. */
struct trace_file *trace_file_new(
	struct trace_shared *shared, int fd, unsigned index, struct event_base *base);

/* trace_file_free: writes what whoever reads still takes, before base is freed. NULL is fine. */
void trace_file_free(struct trace_file *file);

/* trace_file_flush: writes what waits, as far as that goes without waiting. */
void trace_file_flush(struct trace_file *file);

/* trace_file_ended: the errno that has ended the trace, to who asks first of all workers; 0 to all
 * others, and while it goes on. */
int trace_file_ended(struct trace_file *file);

/* trace_file_observer, trace_file_sink: for the worker's links and its stack. */
void trace_file_observer(struct trace_file *file, struct evtcp_observer *observer);
void trace_file_sink(struct trace_file *file, struct evtcp_sink *sink);

#endif
