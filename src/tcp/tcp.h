/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TCP_H
#define TCP_TCP_H

/* The TCP of one stack: its connections, listeners, the entries of those that are half-open, in
 * TIME-WAIT or at rest, and the four calls by which it is driven:
 *
 *   tcp_input       a segment came                  (changes state, nothing else)
 *   tcp_run_timers  deadlines have come             (changes state, nothing else)
 *   tcp_next_news   what should applications hear?  (asked until NULL)
 *   tcp_output      what is there to send?          (asked until false)
 *
 * The application's own acts are in user.h. Nothing here reads a clock, sends or
 * calls back; now is the time of the batch in microseconds. */

#include "tcp/cookies.h"
#include "tcp/fast_open.h"
#include "tcp/half_open.h"
#include "tcp/isn.h"
#include "tcp/listen.h"
#include "tcp/rest.h"
#include "tcp/segment.h"
#include "tcp/spare_buffers.h"
#include "tcp/time_wait.h"
#include "trace/reason.h"
#include "trace/trace.h"
#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/list.h"
#include "wire/address.h"
#include <evtcp/info.h>
#include <evtcp/limits.h>

struct tcb;
struct cc_ops;

struct tcp_config {
	struct evtcp_limits limits;
	struct evtcp_tcp_options options;
	uint64_t msl_us, rto_min_us, rto_max_us, rto_initial_us, delayed_ack_us;
	uint32_t user_timeout_s; /* that a connection advertises at first (user_timeout.h) */
	uint8_t ttl;
	uint16_t mtu;            /* of the link, bytes; see tcp_mss */
	const struct cc_ops *cc; /* cc_find(name) */
	/* The largest packet that gets to remote, at most mtu; NULL: every path carries what the
	 * link does. Who answers calls path_changed when an answer has become another. */
	uint16_t (*path_mtu)(void *arg, const struct evtcp_addr *remote);
	void *path_arg;
};

struct tcp {
	struct tcp_config config;
	const struct evtcp_world *world;
	struct tracer *trace;

	struct hash_table by_tuple; /* connections that segments can reach */
	struct keyed_hash hash_key; /* of that table and of the three below */
	struct list listeners;
	struct half_open_table half_open;
	struct time_wait_table time_wait;
	struct rest_table rest;
	struct isn isn;
	struct cookies cookies;
	struct fast_open fast_open;

	struct list connections;         /* every block, reachable or not, none at rest */
	struct list output;              /* blocks that may have something to send */
	struct list news;                /* blocks whose application should hear something */
	struct list starved;             /* blocks whose window is closed for want of memory */
	struct deadline_queue deadlines; /* of blocks */
	uint32_t n_connections;          /* those at rest, too */
	uint32_t n_orphans, n_unannounced;
	uint64_t send_bytes, receive_bytes; /* sums over blocks */
	uint64_t out_of_order_bytes;        /* and of their reass_footprint */
	struct evtcp_rtt_histogram rtts;    /* rtt_histogram.h */
	uint32_t path_changes;              /* how often a path has changed (path.h) */
	uint32_t burst_len; /* most payload that is cut into segments further down; 0: none is */
	bool draining;
	/* There are other stacks with our addresses: what is nobody's here may be somebody's
	 * there (tcp_input). */
	bool has_siblings;
	struct spare_buffers spare; /* of blocks, and of those who hold them */
};

/* tcp_mss: what we announce to remote, and what our link carries to it: the MTU less the
 * fixed headers of IP and TCP, options not counted (RFC 9293 3.7.1, MUST-67; RFC 8200 8.3);
 * what becomes of the path changes nothing (RFC 1191 6.4 rule 6). */
static inline uint16_t tcp_mss(const struct tcp *tcp, const struct evtcp_addr *remote)
{
	return (uint16_t)(tcp->config.mtu - (address_is_ipv4(remote) ? 40 : 60));
}

/* tcp_header_room: the longest TCP header that a packet to remote has room for, options included:
 * less than TCP_HEADER_MAX where the MTU is next to the smallest. */
static inline uint16_t tcp_header_room(const struct tcp *tcp, const struct evtcp_addr *remote)
{
	uint16_t room = (uint16_t)(tcp_mss(tcp, remote) + TCP_HEADER_MIN);

	return room < TCP_HEADER_MAX ? room : TCP_HEADER_MAX;
}

/* tcp_default_mss: what a peer takes that announces no MSS (RFC 9293 3.7.1, MUST-15). */
static inline uint16_t tcp_default_mss(const struct evtcp_addr *remote)
{
	return address_is_ipv4(remote) ? 536 : 1220;
}

/* tcp_held_bytes: what all buffers of all connections hold; limits.buffer_bytes bounds it. */
static inline uint64_t tcp_held_bytes(const struct tcp *tcp)
{
	return tcp->send_bytes + tcp->receive_bytes + tcp->out_of_order_bytes;
}

/* Share of that limit from which windows and buffers stop growing. */
enum { TCP_PRESSURE_PERCENT = 75 };

/* tcp_memory_is_short: the buffers of all connections near their limit. */
static inline bool tcp_memory_is_short(const struct tcp *tcp)
{
	uint64_t limit = tcp->config.limits.buffer_bytes;
	return limit != 0 && tcp_held_bytes(tcp) >= limit / 100 * TCP_PRESSURE_PERCENT;
}

/* tcp_init: an empty TCP. config is copied; world and trace must outlive it. */
void tcp_init(struct tcp *tcp, const struct tcp_config *config, const struct evtcp_world *world,
	struct tracer *trace);

/* tcp_free: frees every block, entry and table; nothing is sent. Listeners must
 * have been removed. The owner has released what it keeps behind its blocks. */
void tcp_free(struct tcp *tcp);

/* tcp_share_secret: what a stack tells its peers of is computed with keys made of secret from here
 * on, ISNs, timestamp offsets, cookies: so stacks that have the same secret and the same clock
 * speak with one voice. Before the first segment. */
void tcp_share_secret(struct tcp *tcp, const struct keyed_hash *secret);

/* tcp_trace_timers: after a segment of this tuple: tells of the timers that it has set and stopped, if
 * anybody wants that. */
void tcp_trace_timers(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now);

/* tcp_input: RFC 9293 3.10.7. Returns what became of the segment. If it must be
 * answered and no connection block will do so (RST, TIME-WAIT's ACK, a SYN
 * cookie), *reply is that answer; else reply->h.flags is 0. With has_siblings a segment that is
 * of no entry here and opens nothing changes nothing: the cause is PASSED_ON, and the others are
 * to be asked. */
struct evtcp_reason tcp_input(
	struct tcp *tcp, const struct segment *seg, uint64_t now, struct segment_out *reply);

/* tcp_output: the next segment to send, of any connection or half-open entry;
 * false when there is none. Asking changes state as if it had been sent: a link
 * that refuses it has lost it. */
bool tcp_output(struct tcp *tcp, uint64_t now, struct segment_out *out);

/* tcp_output_yield: who was sending, and may have more, gives way to those who wait behind it. */
void tcp_output_yield(struct tcp *tcp);

/* tcp_next_news: takes the next block with news out of the list; its news bits
 * (tcb.h) are the caller's to clear. NULL when there is none. */
struct tcb *tcp_next_news(struct tcp *tcp);

/* tcp_next_deadline: when tcp_run_timers should be called; UINT64_MAX for never.
 * May be early, never late. */
uint64_t tcp_next_deadline(const struct tcp *tcp);

/* tcp_run_timers: runs at most budget deadlines that are due (0: all). Returns
 * how many were run; what is still due shows in tcp_next_deadline. */
unsigned tcp_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

/* An ICMP error about a segment that we may have sent, as IP understood it. */
struct tcp_icmp_error {
	struct evtcp_tuple tuple;
	uint32_t seq; /* of the quoted segment */
	bool hard;    /* codes 2 to 4 of destination unreachable (RFC 1122 3.2.2.1) */
	int error;    /* errno for the application: ECONNREFUSED, EHOSTUNREACH, ... */
};

/* tcp_icmp_error: RFC 9293 3.9.2.2 with RFC 5927 4, 5.2: ignored unless the quoted
 * sequence number is in flight; ends a connection in SYN-SENT when it is hard,
 * is a note for the application otherwise (MUST-47, SHLD-25). Returns a RECEIVED or
 * DROPPED cause. */
struct evtcp_reason tcp_icmp_error(
	struct tcp *tcp, const struct tcp_icmp_error *error, uint64_t now);

/* tcp_usage: what TCP holds, for evtcp_stack_get_usage. */
void tcp_usage(const struct tcp *tcp, struct evtcp_stack_usage *usage);

/* tcp_check: asserts the invariants of everything (tcb_check for each block, sums,
 * tables); for tests. */
void tcp_check(const struct tcp *tcp);

#endif
