/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_WORKER_H
#define EVTCPD_WORKER_H

/* A worker: what one thread needs to serve, all of it its own: loop, log, access log, queue of
 * the TUN, stack, HTTP server. Where there is one worker, it is the whole daemon.
 *
 * Its parts are made and freed by the main thread, while no other runs (workers.h); in between
 * they belong to the worker's thread, and whoever wants something of it posts that. */

#include "evtcpd/access_log.h"
#include "evtcpd/pages.h"
#include "evtcpd/server.h"

struct event;

struct worker {
	unsigned index;
	const struct options *options;
	struct output output; /* stderr */
	struct log log;       /* in it; the ladder as well */
	struct watchers watchers;
	struct server_parts parts; /* the loop is parts.base */
	struct server server;
	struct event *tick; /* of the watchers; NULL: they need none */
};

/* worker_init: a worker that can log, and nothing else. Cannot fail; options must outlive it. */
void worker_init(struct worker *worker, unsigned index, const struct options *options);

/* worker_open_loop: its event loop, and what writes from there: the log and, if access_fd, which
 * stays the caller's, is not -1, the access log. worker->parts.world is set. 0, or -1 with
 * *failure; worker_close frees what there is. */
int worker_open_loop(struct worker *worker, int access_fd, struct program_failure *failure);

/* worker_open_server: all that packets need; the rest of worker->parts and worker->watchers are
 * set. The same on failure. */
int worker_open_server(struct worker *worker, struct program_failure *failure);

/* What can change while it serves, in its thread, where there is a control socket. worker_show_to:
 * packets are shown to capture, NULL for none (watchers.h). worker_set_log_level: what is above it
 * is not written from here on. */
void worker_show_to(struct worker *worker, struct evtcp_capture *capture);
void worker_set_log_level(struct worker *worker, enum log_level level);

/* worker_close: frees all but the log. Returns how many connections there were to abort. */
unsigned worker_close(struct worker *worker);

/* worker_end: the last lines of the log; nothing of the worker is used any more. */
void worker_end(struct worker *worker);

#endif
