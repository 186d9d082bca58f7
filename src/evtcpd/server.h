/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_SERVER_H
#define EVTCPD_SERVER_H

/* The stack on its link, the listeners and the HTTP server on it. */

#include "evtcpd/exit_status.h"
#include "evtcpd/live/source.h"
#include "evtcpd/options.h"
#include "evtcpd/watchers.h"
#include "program/failure.h"
#include <evtcp/evtcp.h>

struct access_log;
struct event_base;
struct http_server;
struct pages_host;

struct server {
	struct evtcp_stack *stack;
	struct evtcp_impair *impair; /* the link emulator below it; NULL: none, and no --control */
	struct evtcp_faults *faults; /* what applies fault scripts; NULL: nothing does */
	struct http_server *http;
	struct source live; /* of the live page */
	struct watchers *watchers;
	struct evtcp_listener *listeners[2 * OPTIONS_PORTS]; /* of each family */
	unsigned n_listeners;
	void (*failed)(int error, void *arg); /* of struct server_parts */
	void *failed_arg;
	const struct options *options;
	const struct limits *limits;
	const struct evtcp_world *world;
	const struct log *log;
};

/* What the server is made of besides its options. */
struct server_parts {
	const struct evtcp_world *world; /* outlives the server */
	const struct limits *limits;     /* of this server, likewise */
	struct event_base *base;
	struct evtcp_tun *tun; /* owned by the server if it opens */
	int tells_state;       /* logs when the device is set down or up */
	/* Called from the loop when the link has failed for good, with an errno value. */
	void (*failed)(int error, void *arg);
	void *failed_arg;
	struct pages_host *host;           /* what its pages know; filled in when it opens */
	struct evtcp_fault_script *script; /* owned likewise; NULL: none */
	struct watchers *watchers;
	struct access_log *access_log; /* NULL: none */
};

/* server_open: everything up to the listeners; packets are answered once base's loop
 * runs. 0, or -1 with *failure, and nothing is open; parts->tun and ->script are then
 * the caller's to free where they are not NULL: they become NULL as they are taken
 * over. */
int server_open(struct server *server, const struct options *options, struct server_parts *parts,
	struct program_failure *failure);

/* server_announce: logs the addresses at which options serve. */
void server_announce(const struct options *options, const struct log *log);

/* server_set_watched: whether packets are shown to the watchers from here on. Where there is a
 * control socket, as else that does not change. */
void server_set_watched(struct server *server, int on);

/* server_renew_sink: the stack's events go to whoever wants them now; where that is nobody, the
 * stack knows it. */
void server_renew_sink(struct server *server);

/* server_drain: no new connections and requests; what is under way is finished, idle
 * connections are closed. Once. */
void server_drain(struct server *server);

/* server_count_connections: how many there are; those in TIME-WAIT do not count. */
unsigned server_count_connections(const struct server *server);

/* server_close: aborts what is left and frees everything, the device among it. Returns
 * how many connections there were to abort. */
unsigned server_close(struct server *server);

#endif
