/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

/* Passive open: listeners, and the small entries for connections whose handshake
 * is not complete (RFC 9293 3.10.7.2 and SYN-RECEIVED of 3.10.7.4). An entry
 * becomes a connection block when the third segment comes. When the table is full
 * the SYN is answered with a cookie and nothing is kept (cookies.h). */

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
	struct list_node in_listeners;
};

/* One half-open connection. */
struct half_open {
	struct hash_node by_tuple;
	struct deadline_node deadline; /* next SYN-ACK, or giving up */
	struct list_node in_output;
	struct tcp_listener *listener;
	struct evtcp_tuple tuple;
	uint32_t iss, irs;
	uint32_t ts_recent;
	uint16_t mss;                  /* theirs, as announced (536 without, MUST-15) */
	uint16_t snd_wnd;              /* of the SYN: never scaled */
	uint8_t wscale;                /* theirs */
	uint8_t options;               /* TCP_OPT_* agreed upon */
	uint8_t sent;                  /* SYN-ACKs so far */
	uint8_t again;                 /* a SYN-ACK is due: enum evtcp_cause - base, see listen.c */
};

struct half_open_table {
	struct hash_table by_tuple;
	struct deadline_queue deadlines;
	struct list output;
	uint32_t len;
};

/* listen_add: starts listening. 0, or -1 with errno EADDRINUSE. */
int listen_add(struct tcp *tcp, struct tcp_listener *listener);

/* listen_remove: stops; its half-open entries go away and its connections that
 * were not announced are aborted. */
void listen_remove(struct tcp *tcp, struct tcp_listener *listener, uint64_t now);

/* listen_find: the listener for this local endpoint; the exact address wins over
 * any. NULL if there is none. */
struct tcp_listener *listen_find(struct tcp *tcp, const struct evtcp_endpoint *local);

/* listen_find_half_open: the entry of this tuple, or NULL. */
struct half_open *listen_find_half_open(struct tcp *tcp, const struct evtcp_tuple *tuple);

/* listen_input: a segment for a listener, no entry exists (state LISTEN). */
struct evtcp_reason listen_input(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct segment_out *reply);

/* half_open_input: a segment for an entry (state SYN-RECEIVED). When the handshake
 * completes, *accepted is the new block, on which the segment still has to be
 * processed from the fifth step on; else NULL. */
struct evtcp_reason half_open_input(struct tcp *tcp, struct half_open *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply,
	struct tcb **accepted);

/* half_open_output: the next SYN-ACK that is due; false if none. */
bool half_open_output(struct tcp *tcp, uint64_t now, struct segment_out *out);

/* half_open_run_timers: resends and gives up; returns how many were run. */
unsigned half_open_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

void half_open_init(struct tcp *tcp);
void half_open_free_all(struct tcp *tcp);

#endif
