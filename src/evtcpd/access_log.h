/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_ACCESS_LOG_H
#define EVTCPD_ACCESS_LOG_H

/* The access log: one line for each request, in Combined Log Format:
 *
 *   10.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 13 "-" "curl/7.88"
 *
 * What the client sent stands between quotes; in it, '"' and '\' get a '\' before
 * them, and every byte that is not printable ASCII is written as \xHH: a line is always
 * one line. */

#include "http/log.h"

struct access_log;
struct event_base;
struct output_turn;

/* access_log_new: writes to fd, which stays the caller's. Lines are collected and
 * written soon, by a timer on base; without base only by access_log_flush and when many
 * have come together. Never waits: if whoever reads does not keep up, lines are dropped
 * and counted in a line of their own (evtcpd/output.h). NULL with errno ENOMEM. */
struct access_log *access_log_new(int fd, struct event_base *base, const struct evtcp_world *world);

/* access_log_share: other access logs, of other threads, write to fd as well: output_share. */
void access_log_share(struct access_log *log, struct output_turn *turn);

/* access_log_free: writes what whoever reads still takes, and frees the log; before
 * base is freed. NULL is fine. */
void access_log_free(struct access_log *log);

/* access_log_write: a request is over: the callback to give to an HTTP server, with the
 * log as its argument. */
void access_log_write(const struct http_log_entry *entry, void *log);

/* access_log_flush: writes what was collected, as far as fd takes it now. */
void access_log_flush(struct access_log *log);

#endif
