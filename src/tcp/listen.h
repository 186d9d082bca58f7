/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

/* Passive open: listeners, and what they do with a first segment (RFC 9293
 * 3.10.7.2). A SYN makes a half-open entry (half_open.h); when their table is full it
 * is answered with a cookie and nothing is kept (cookies.h). */

#include "tcp/segment.h"
#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/list.h"

struct tcp;
struct tcb;

/* One listener; lives inside the runtime's listener object. */
struct tcp_listener {
	struct evtcp_endpoint local; /* any address: 0.0.0.0 mapped, or :: */
	bool any_address;
	bool fast_open; /* takes data of SYNs (RFC 7413 4.2 rule 1: FastOpenEnabled) */
	struct list_node in_listeners;
};

/* listen_add: starts listening. 0, or -1 with errno EADDRINUSE. */
int listen_add(struct tcp *tcp, struct tcp_listener *listener);

/* listen_remove: stops; its half-open entries go away and its connections that
 * were not announced are aborted. */
void listen_remove(struct tcp *tcp, struct tcp_listener *listener, uint64_t now);

/* listen_announce: the application is about to hear of an accepted block
 * (TCB_NEWS_ACCEPTED): takes it out of the accept queue and returns its listener. */
struct tcp_listener *listen_announce(struct tcb *tcb);

/* listen_find: the listener for this local endpoint; the exact address wins over
 * any. NULL if there is none. */
struct tcp_listener *listen_find(struct tcp *tcp, const struct evtcp_endpoint *local);

/* listen_input: a segment for a listener, no entry exists (state LISTEN). Cause NONE: it
 * returned a cookie, and an entry was made of that: process the segment on it. */
struct evtcp_reason listen_input(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct segment_out *reply);

#endif
