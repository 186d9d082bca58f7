/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

/* An HTTP/1.1 server on streams. It parses requests, strictly, calls a handler for
 * each, keeps connections within their limits of time and size, and closes them in
 * order. It belongs to one thread; a process may have any number.
 *
 * Driven by libevent: give an event_base. Driven by hand: pass NULL and call
 * http_server_run_timers when http_server_next_deadline has come. */

#include "http/exchange.h"
#include "http/limits.h"
#include "http/log.h"
#include "http/refusals.h"
#include "http/stream.h"
#include "http/time_limits.h"

#include <evtcp/fault.h>

struct event_base;
struct http_server;

/* Says what is to be wrong, on purpose, about the reply to a request that has come on stream:
 * fills *reply, all zero for nothing. */
typedef void (*http_fault_cb)(struct evtcp_fault_reply *reply, const struct http_request *request,
	const struct http_stream *stream, void *arg);

struct http_server_config {
	const struct evtcp_world *world; /* clock and memory; must outlive the server */
	struct event_base *base;         /* for its timer; NULL: driven by hand */
	struct http_limits limits;
	http_handler handler;
	void *handler_arg;
	http_log_cb log; /* NULL for none: then nothing is kept for it either */
	void *log_arg;
	http_fault_cb fault; /* NULL: nothing ever is */
	void *fault_arg;
};

/* http_server_new: config is copied. NULL with errno ENOMEM. */
struct http_server *http_server_new(const struct http_server_config *config);

/* http_server_free: aborts all connections. Not from inside a callback of this
 * server. NULL is fine. */
void http_server_free(struct http_server *server);

/* http_server_accept: serves what comes on stream, which belongs to the server from
 * here on, whatever happens: without memory it is aborted and counted. While
 * draining it is closed at once. now_us is as with a stream's events. */
void http_server_accept(struct http_server *server, struct http_stream *stream, uint64_t now_us);

/* http_server_drain: no further requests: idle connections are closed, requests
 * under way are finished and answered with "Connection: close". After the limit
 * `drain` the rest is aborted. cb, if any, is called once, from the loop or from
 * http_server_run_timers, when no connection is left. */
void http_server_drain(struct http_server *server, void (*cb)(void *arg), void *arg);

/* http_server_next_deadline: the moment, by world->now_us, at which
 * http_server_run_timers has something to do; UINT64_MAX if never. It may be early,
 * never late. */
uint64_t http_server_next_deadline(const struct http_server *server);

/* http_server_run_timers: runs what is due, at most 256 connections in one call. */
void http_server_run_timers(struct http_server *server);

#define HTTP_STATUS_CLASSES 6

struct http_server_counters {
	uint64_t connections; /* now */
	uint64_t accepted;
	uint64_t requests;  /* heads that were handed to the handler */
	uint64_t replies;   /* replies that were completed */
	uint64_t aborted;   /* connections reset by us: the client took nothing, sent too
			     * much after our end, or stayed when there were too many; or
			     * a reply could not be completed */
	uint64_t lost;      /* connections reset or timed out below */
	uint64_t made_room; /* idle connections closed, as there were too many */
	uint64_t statuses[HTTP_STATUS_CLASSES]; /* responses begun; [4] is those of 4xx */
	uint64_t refused[HTTP_N_REFUSALS];
	uint64_t timed_out[HTTP_N_TIME_LIMITS]; /* connections that reached a limit of time */
};

/* http_server_ceiling: how many bytes a server with these limits holds at most, beside what its
 * streams do; UINT64_MAX where connections are not limited. */
uint64_t http_server_ceiling(const struct http_limits *limits);

/* http_server_get_counters: what has happened since the start. */
const struct http_server_counters *http_server_get_counters(const struct http_server *server);

#endif
