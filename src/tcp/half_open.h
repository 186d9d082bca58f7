/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_HALF_OPEN_H
#define TCP_HALF_OPEN_H

/* Connections whose passive handshake is not complete, as small entries (SYN-RECEIVED
 * of RFC 9293 3.10.7.4). An entry becomes a connection block when the third segment
 * comes. */

#include "tcp/ecn.h"
#include "tcp/isn.h"
#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/list.h"

struct tcp;
struct tcb;
struct tcp_listener;

/* One half-open connection. */
struct half_open {
	struct hash_node by_tuple;
	struct deadline_node deadline; /* next SYN-ACK, or giving up */
	struct list_node in_output;
	struct tcp_listener *listener;
	struct evtcp_tuple tuple;
	uint32_t iss, irs;
	uint32_t ts_recent;
	uint32_t ts_offset;       /* of ours */
	uint16_t mss;             /* theirs, if options has TCP_OPT_MSS */
	uint16_t snd_wnd;         /* of the SYN: never scaled */
	uint8_t wscale;           /* theirs */
	uint8_t options;          /* TCP_OPT_* agreed upon; Fast Open: the SYN-ACK has a cookie */
	uint8_t sent;             /* SYN-ACKs so far */
	struct ecn_handshake ecn; /* of one octet */
	uint32_t challenge_at_ms; /* no answer to what has no text before then; 0: none was given */
	struct evtcp_reason due;  /* why a SYN-ACK is due; cause NONE: none is */
};

/* Strangers make them: a member more is a decision. */
_Static_assert(sizeof(void *) > 8 || sizeof(struct half_open) <= 128, "an entry is small");

struct half_open_table {
	struct hash_table by_tuple;
	struct deadline_queue deadlines;
	struct list output;
	uint32_t len;
};

/* half_open_add: an entry for the SYN seg, with a SYN-ACK due; start is chosen by the
 * caller. NULL without memory. */
struct half_open *half_open_add(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, struct isn_start start, uint64_t now);

/* half_open_hear: fills in what the SYN seg says and what we agree to of that; start is ours.
 * half_open_trace: counts and tells that entry changes to state `to` because of cause. For an
 * entry that stands in no table, too (accept.h). */
void half_open_hear(const struct tcp *tcp, struct half_open *entry, const struct segment *seg,
	struct isn_start start);
void half_open_trace(struct tcp *tcp, const struct half_open *entry, enum evtcp_state to,
	enum evtcp_cause cause, uint64_t now);

/* half_open_from_cookie: an entry as it would have been, rebuilt from the third
 * segment of a handshake whose SYN was answered with a cookie; NULL if seg carries no
 * valid one (*reason says) or without memory. */
struct half_open *half_open_from_cookie(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct evtcp_reason *reason);

/* half_open_remove_of: all entries of a listener that goes away. */
void half_open_remove_of(struct tcp *tcp, const struct tcp_listener *listener);

/* half_open_find: the entry of this tuple, whose hash is that of demux_hash, or NULL. */
struct half_open *half_open_find(
	const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash);

/* half_open_input: a segment for an entry. Cause NONE: it completes the handshake, or that
 * of an earlier SYN-ACK with a cookie; the caller goes on with half_open_accept. Any other:
 * it is dealt with. */
struct evtcp_reason half_open_input(struct tcp *tcp, struct half_open *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply);

/* half_open_accept: makes a block in state SYN-RECEIVED of an entry, which goes away;
 * seg, its third segment, is then to be processed from the fifth step of RFC 9293
 * 3.10.7.4 on. NULL (limit, accept queue, memory; *reason says) leaves the entry, unless
 * a cookie made it: it goes, and the peer's next segment brings the cookie again. */
struct tcb *half_open_accept(
	struct tcp *tcp, struct half_open *entry, uint64_t now, struct evtcp_reason *reason);

/* half_open_output: the next SYN-ACK that is due; false if none. */
bool half_open_output(struct tcp *tcp, uint64_t now, struct segment_out *out);

/* half_open_run_timers: resends and gives up; returns how many were run. */
unsigned half_open_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

void half_open_init(struct tcp *tcp);
void half_open_free_all(struct tcp *tcp);

#endif
