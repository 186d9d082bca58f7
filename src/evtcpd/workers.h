/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_WORKERS_H
#define EVTCPD_WORKERS_H

/* All workers: --workers N of them, each a thread but for the first, whose thread is the main one.
 * With one there is no thread, no lock and no group: what is said of the others here is said of
 * nobody.
 *
 *      main thread                          thread of worker i
 *      open everything, drop privileges
 *      workers_start        ───────────►    its loop runs
 *      its own loop runs    ◄── posts ──►
 *      workers_end          ───────────►    its loop is left
 *      close everything                     over
 *
 * Threads are made when all privileges are gone: a thread has what its maker has, so that none ever
 * has any. They block all signals, which are the main thread's, but for SIGSYS, which tells of what
 * one itself has done (sandbox.h). */

#include "evtcpd/worker.h"

struct workers;

/* workers_new: as many as options ask for, which can log. world, whose memory functions any thread
 * may call, and options must outlive them. NULL with errno ENOMEM. */
struct workers *workers_new(const struct options *options, const struct evtcp_world *world);

/* workers_free: the last lines of all logs, and all is freed. NULL is fine. */
void workers_free(struct workers *workers);

/* workers_first: that of the main thread: its log is the daemon's, its watchers are to be
 * opened, its loop takes signals. */
struct worker *workers_first(struct workers *workers);

/* workers_count, workers_at: all of them, by number from 0; but for the first they belong to their
 * threads once these run. workers_group: the group of their stacks; NULL with one. */
unsigned workers_count(const struct workers *workers);
struct worker *workers_at(struct workers *workers, unsigned i);
struct evtcp_group *workers_group(const struct workers *workers);

/* workers_get_host: what the pages of the first know (pages.h). */
const struct pages_host *workers_get_host(const struct workers *workers);

/* workers_open_loops: of all; access_fd as in worker_open_loop. workers_open_servers: of all, the
 * first with tun and script (owned from here on, NULL: no script), the others with further
 * queues of it. 0, or -1 with *failure. */
int workers_open_loops(struct workers *workers, int access_fd, struct program_failure *failure);
int workers_open_servers(struct workers *workers, struct evtcp_tun *tun,
	struct evtcp_fault_script *script, struct program_failure *failure);

/* workers_set_root: their servers, which are still to be opened, answer with the files below root,
 * which must outlive them. */
void workers_set_root(struct workers *workers, const struct root *root);

/* workers_start: the others serve from here on, the first once its loop runs. Their threads have
 * done by then what every thread does at its beginning. 0, or -1 with *failure. */
int workers_start(struct workers *workers, struct program_failure *failure);

/* workers_drain: all stop listening and finish what is under way (server_drain).
 * workers_watch: they tell from here on whether they are quiet; draining does that, too. */
void workers_drain(struct workers *workers);
void workers_watch(struct workers *workers);

/* workers_are_quiet: all have said since that nothing is left of theirs but TIME-WAIT. Asked now
 * and then by who waits for it. */
int workers_are_quiet(struct workers *workers);

/* workers_get_link_error: what the link has failed with, an errno value; 0 while it works.
 * workers_get_loop_error: the same of a loop. When one fails, the first worker's loop is
 * left. */
int workers_get_link_error(const struct workers *workers);
int workers_get_loop_error(const struct workers *workers);

/* workers_close: ends the threads, then closes all. Returns how many connections there were to
 * abort. */
unsigned workers_close(struct workers *workers);

#endif
