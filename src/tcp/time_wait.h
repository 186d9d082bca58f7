/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

/* TIME-WAIT as a table of small entries (RFC 9293 3.6.1, MUST-13). With its hash slot an
 * entry costs at most 64 bytes, also for IPv6.
 *
 * All last equally long, so that they expire in the order in which they came: a FIFO and
 * no heap. An entry leaves it at its head only. One that a late FIN restarts is taken in
 * anew at the end, and its old place stays, dead, until its turn comes; so it is with one
 * whose tuple is used again. Dead places count against limits.time_wait, since they take
 * memory; at the limit the head goes, dead or alive. Lest one peer fill the table with
 * them, an entry is not restarted again within a second.
 *
 * What comes for an entry is answered with an ACK, each late FIN and all text, as a block
 * would do; anything else once in limits.challenge_ms at most (ATTACKS T10).
 *
 * A SYN may use the tuple again (RFC 6191). The entry stays until that handshake is
 * complete: so a SYN that is refused, for which there is no memory, or that turns out to
 * be an old duplicate leaves TIME-WAIT as it was (RFC 9293 3.6.1, MAY-2 (2)). It is the
 * same where a SYN cookie answers: the entry lets the ACK that brings it back pass. */

#include "tcp/segment.h"
#include "util/keyed_hash.h"

struct tcp;
struct tcb;

/* Entries stand in chunks and are named by indices of 24 bits, 0 for none. More than that,
 * a gigabyte, there are not, whatever the limit. */
enum { TIME_WAIT_INDEX_BITS = 24, TIME_WAIT_MOST = (1 << TIME_WAIT_INDEX_BITS) - 1 };

struct time_wait_entry {
	struct evtcp_addr remote, local;
	uint16_t remote_port, local_port;
	uint32_t rcv_nxt, snd_nxt;
	uint32_t ts_recent;       /* when ts_ok */
	uint32_t expires_ms : 31; /* milliseconds, modulo 2^31: 24 days */
	uint32_t ts_ok : 1;
	uint32_t next_in_bucket : 24;
	uint32_t kind : 3;          /* some bits of the hash, see buckets */
	uint32_t next_in_fifo : 24; /* also the free list */
	uint32_t answered : 8;      /* when what is answered now and then was; 0: never */
};

struct time_wait_table {
	struct time_wait_entry **chunks;
	uint32_t n_chunks, capacity; /* of entries */
	/* In each the index of its first entry, and above that which of the eight kinds are in
	 * it: who looks for what is not there, as each SYN does, mostly looks at no entry,
	 * which nobody has looked at for long and is in no cache. */
	uint32_t *buckets;
	uint32_t n_buckets; /* a power of two */
	uint32_t fifo_head, fifo_tail, free_head;
	uint32_t len;             /* live entries */
	uint32_t n_fifo;          /* entries in the FIFO: live ones, and dead ones whose turn
				     has not come */
	uint64_t head_expires_us; /* of the oldest */
};

void time_wait_init(struct tcp *tcp);
void time_wait_free_all(struct tcp *tcp);

/* time_wait_add: an entry for a connection that enters TIME-WAIT. When the table
 * is full the oldest is recycled; without memory the connection is just gone
 * (counted). */
void time_wait_add(struct tcp *tcp, const struct tcb *tcb, uint64_t now);

/* time_wait_find: the index of the entry of this tuple, whose hash is that of demux_hash, 0 if
 * there is none. */
uint32_t time_wait_find(const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash);

/* time_wait_input: a segment for an entry. If it is a SYN that may reuse the tuple (RFC
 * 6191, RFC 9293 MAY-2), or returns the cookie that answered one, the cause is
 * TIME_WAIT_REUSED, and seg->iss_above is filled in: the listener decides then. */
struct evtcp_reason time_wait_input(struct tcp *tcp, uint32_t index, struct segment *seg,
	uint64_t now, struct segment_out *reply);

/* time_wait_refuse: a segment that would reuse the tuple, but nobody listens for it: the
 * ACK that any unacceptable one gets (RFC 9293 3.10.7.4). */
struct evtcp_reason time_wait_refuse(struct tcp *tcp, uint32_t index, const struct segment *seg,
	uint64_t now, struct segment_out *reply);

/* time_wait_reused: tuple has a new connection: its entry, if there is one, goes. */
void time_wait_reused(
	struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash, uint64_t now);

/* time_wait_deadline: when the oldest may expire; UINT64_MAX when empty. May be early,
 * never late. time_wait_run_timers: expires at most budget entries (0: all that are
 * due); returns how many were looked at. */
uint64_t time_wait_deadline(const struct tcp *tcp);
unsigned time_wait_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

#endif
