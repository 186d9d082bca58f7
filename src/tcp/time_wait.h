/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

/* TIME-WAIT as a table of small entries (RFC 9293 3.6.1, MUST-13). All last equally
 * long, so that they expire in the order in which they came: a FIFO and no heap.
 * An entry that a late FIN restarts is killed and added anew at the end; what is dead
 * leaves the FIFO when its turn comes. With its hash slot an entry costs at most 64
 * bytes, also for IPv6. */

#include "tcp/segment.h"
#include "util/keyed_hash.h"

struct tcp;
struct tcb;

/* Entries stand in chunks and are named by 32-bit indices, 0 for none. */
struct time_wait_entry {
	struct evtcp_addr remote, local;
	uint16_t remote_port, local_port;
	uint32_t rcv_nxt, snd_nxt;
	uint32_t ts_recent;       /* when ts_ok */
	uint32_t expires_ms : 31; /* milliseconds, modulo 2^31: 24 days */
	uint32_t ts_ok : 1;
	uint32_t next_in_bucket;
	uint32_t next_in_fifo; /* also the free list */
};

struct time_wait_table {
	struct time_wait_entry **chunks;
	uint32_t n_chunks, capacity; /* of entries */
	uint32_t *buckets;
	uint32_t n_buckets; /* a power of two */
	uint32_t fifo_head, fifo_tail, free_head;
	uint32_t len;             /* live entries */
	uint32_t n_fifo;          /* entries in the FIFO: live ones, and reused ones whose turn
				     has not come */
	uint64_t head_expires_us; /* of the oldest */
};

void time_wait_init(struct tcp *tcp);
void time_wait_free_all(struct tcp *tcp);

/* time_wait_add: an entry for a connection that enters TIME-WAIT. When the table
 * is full the oldest is recycled; without memory the connection is just gone
 * (counted). */
void time_wait_add(struct tcp *tcp, const struct tcb *tcb, uint64_t now);

/* time_wait_find: the entry's index, 0 if there is none. */
uint32_t time_wait_find(const struct tcp *tcp, const struct evtcp_tuple *tuple);

/* time_wait_input: a segment for an entry. If it is a SYN that may reuse the tuple (RFC
 * 6191, RFC 9293 MAY-2) the cause is TIME_WAIT_REUSED, the entry is gone, and
 * seg->iss_above is filled in: the listener handles the SYN then. */
struct evtcp_reason time_wait_input(struct tcp *tcp, uint32_t index, struct segment *seg,
	uint64_t now, struct segment_out *reply);

/* time_wait_refuse: a SYN that would reuse the tuple, but for which nobody listens: the
 * ACK that any unacceptable segment gets (RFC 9293 3.10.7.4). */
struct evtcp_reason time_wait_refuse(struct tcp *tcp, uint32_t index, const struct segment *seg,
	uint64_t now, struct segment_out *reply);

/* time_wait_deadline: when the oldest may expire; UINT64_MAX when empty. May be early,
 * never late. time_wait_run_timers: expires at most budget entries (0: all that are
 * due); returns how many were looked at. */
uint64_t time_wait_deadline(const struct tcp *tcp);
unsigned time_wait_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

#endif
