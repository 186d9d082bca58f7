/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_STACK_H
#define EVTCP_STACK_H

/* A stack: addresses, listeners and connections over one link. It belongs to
 * one thread; a process may have any number of stacks, which share nothing. Several can be
 * one host, for more threads: <evtcp/group.h>.
 *
 * Driven by libevent: give evtcp_stack_new an event_base, attach a link, and run
 * the base. Driven by hand: pass NULL, feed packets with evtcp_stack_input, end
 * each batch with evtcp_stack_flush (or let a link do both: evtcp_tun_read), and call
 * evtcp_stack_run_timers when evtcp_stack_next_deadline has come. A batch begins with its first packet, timer
 * or flush, which reads the clock, and everything in it happens at that moment.
 *
 * Application callbacks run only inside a flush: never from within a call that
 * the application makes on a connection or listener. */

#include <evtcp/info.h>
#include <evtcp/limits.h>
#include <evtcp/link.h>
#include <evtcp/trace.h>
#include <evtcp/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct evtcp_stack;

struct evtcp_stack_config {
	const struct evtcp_world *world; /* copied; NULL is evtcp_world_system() */
	struct evtcp_limits limits;
	struct evtcp_tcp_options tcp_options;
	const char *cc;        /* congestion control by name: "cubic", or another (evtcp_cc_name) */
	uint64_t msl_us;       /* maximum segment lifetime; TIME-WAIT is twice that */
	uint64_t rto_min_us;   /* bounds of the RTO, and */
	uint64_t rto_max_us;   /* of the persist interval; */
	uint64_t rto_initial_us; /* before the first sample: 1 s, RFC 6298 2.1 */
	uint64_t delayed_ack_us; /* 40 ms; below 500 ms, RFC 9293 MUST-40 */
	/* What connections tell their peers of their user timeout at first, RFC 5482: see
	 * evtcp_conn_advertise_user_timeout; 0, the default: nothing. */
	uint64_t advertised_user_timeout_us;
	uint8_t ttl;           /* of what we send; 64 */
};

/* evtcp_stack_config_init: the defaults named in the comments above; MSL 30 s,
 * RTO 200 ms to 120 s, all options on, ECN where the peer asks for it. */
void evtcp_stack_config_init(struct evtcp_stack_config *config);

/* evtcp_cc_name: the name of each congestion control that there is, from index 0, which is
 * the default, on; NULL behind the last. Static storage. */
const char *evtcp_cc_name(unsigned index);

/* evtcp_stack_set_cc: the congestion control of connections that begin from now on, by name; those
 * that there are keep theirs. 0, or -1 with errno EINVAL (there is none of that name).
 * evtcp_stack_get_cc: which that is. Static storage. */
int evtcp_stack_set_cc(struct evtcp_stack *stack, const char *name);
const char *evtcp_stack_get_cc(const struct evtcp_stack *stack);

/* evtcp_stack_new: a stack without addresses or link. base may be NULL (driven
 * by hand) and must outlive the stack. config is copied; NULL means the
 * defaults. NULL with errno ENOMEM or EINVAL (a value outside its range, a
 * congestion control of unknown name). */
struct evtcp_stack *evtcp_stack_new(struct event_base *base,
	const struct evtcp_stack_config *config);

/* evtcp_stack_free: ends everything: connections are aborted (one RST each, no
 * callback) and freed, listeners freed, the link freed; what the application holds
 * of them is gone. Not from inside a callback of this stack. NULL is fine. */
void evtcp_stack_free(struct evtcp_stack *stack);

/* evtcp_stack_attach: makes link, owned by the stack from here on, the way out
 * and in. Once per stack. 0, or -1 with errno EEXIST, or EMSGSIZE: its MTU is below the
 * 1,280 bytes that IPv6 needs (RFC 8200 5), and the stack has an IPv6 address. */
int evtcp_stack_attach(struct evtcp_stack *stack, struct evtcp_link *link);

/* evtcp_stack_add_address: the stack answers for this address, AF_INET or AF_INET6 (the
 * port is ignored). prefix_len tells the subnet's broadcast address, to
 * which nothing is answered. 0, or -1 with errno EAFNOSUPPORT, EINVAL (not a
 * unicast address, prefix_len out of range), EMSGSIZE (IPv6, and the link's MTU is below
 * 1,280 bytes), EEXIST or ENOSPC (more than 16). */
int evtcp_stack_add_address(struct evtcp_stack *stack, const struct sockaddr *address,
	socklen_t len, unsigned prefix_len);

/* evtcp_stack_set_sink: who receives events (copied), NULL for nobody. */
void evtcp_stack_set_sink(struct evtcp_stack *stack, const struct evtcp_sink *sink);

/* evtcp_stack_set_failed_cb: cb runs once, inside a flush, when the link has failed
 * for good, also if it did so before; error is an errno value. The stack lives on:
 * what it sends is refused by the link. */
void evtcp_stack_set_failed_cb(struct evtcp_stack *stack,
	void (*cb)(struct evtcp_stack *stack, int error, void *arg), void *arg);

/* For servers of very many connections, of which nothing is in a cache when a segment comes: before
 * it looks at the first segment of a batch, the stack asks memory for what it has of all connections
 * that the batch is for, and for what the application has, if that says what it is.
 *
 * evtcp_stack_set_fetch_cb: cb tells what the callbacks of a connection with this arg will look at:
 * a piece of memory that is there, or nothing (NULL, or no octets). It is asked with step 0 for each
 * of them, when nothing of them may be near, then again with step 1, when what it has named in step
 * 0 is. It changes nothing and calls nobody. All connections of the stack are asked about whose arg
 * is not NULL, whoever has accepted or opened them. A cb of NULL: arg is taken for the address of
 * something small. */
typedef struct iovec (*evtcp_fetch_cb)(void *arg, unsigned step);
void evtcp_stack_set_fetch_cb(struct evtcp_stack *stack, evtcp_fetch_cb cb);

/* evtcp_stack_drain: no new connections from here on (SYNs are dropped and
 * counted); the ones that exist go on. */
void evtcp_stack_drain(struct evtcp_stack *stack);

/* ---- driving a stack by hand ----------------------------------------- */

/* evtcp_stack_input: one IP packet came. Changes state only: nothing is sent and
 * no callback runs before evtcp_stack_flush (answers without a connection are sent
 * earlier when more than 64 wait). Fills packet->at_us and ->reason. With a base the
 * flush comes by itself in the same turn of the loop. */
void evtcp_stack_input(struct evtcp_stack *stack, struct evtcp_packet *packet);

/* evtcp_stack_flush: ends the batch: callbacks run, then everything that is due
 * is sent over the link. Also after calls on connections, when there is no
 * base. Calls from inside a callback of the stack do nothing. It runs at most 1,024
 * rounds of callbacks, and sends no more once a megabyte of payload has left, or 64 KB
 * where the link does not cut packets into segments; the rest is due at once
 * (evtcp_stack_next_deadline). */
void evtcp_stack_flush(struct evtcp_stack *stack);

/* evtcp_stack_next_deadline: the moment, by world->now_us, at which
 * evtcp_stack_run_timers has something to do; UINT64_MAX if nothing is due ever.
 * It may be early (a timer that moved later since), never late; the present if
 * something waits for a flush. */
uint64_t evtcp_stack_next_deadline(struct evtcp_stack *stack);

/* evtcp_stack_run_timers: runs what is due by now, limits.batch_timers deadlines at
 * most, and flushes. What is still due is due at once. */
void evtcp_stack_run_timers(struct evtcp_stack *stack);

/* ---- looking at a stack ---------------------------------------------- */

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage);

/* evtcp_stack_get_counter: how often cause has happened since the start. */
uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause);

/* evtcp_stack_get_rtts: the round trips of all its connections since the start. */
void evtcp_stack_get_rtts(const struct evtcp_stack *stack, struct evtcp_rtt_histogram *rtts);

/* evtcp_stack_get_world: the stack's world, for the clock above all. */
const struct evtcp_world *evtcp_stack_get_world(const struct evtcp_stack *stack);

/* evtcp_stack_get_now: the moment by the world's clock; from the first packet of a batch to the end
 * of its flush, and so in each callback, that of the batch, for which no clock is read. */
uint64_t evtcp_stack_get_now(const struct evtcp_stack *stack);

/* evtcp_stack_get_base: what it was made with; NULL if driven by hand. */
struct event_base *evtcp_stack_get_base(const struct evtcp_stack *stack);

/* evtcp_stack_ceiling: how many bytes a stack with these limits holds at most, beside what
 * applications have in output buffers, what links and the inbox of a group hold (1 MiB), and what
 * the allocator needs or keeps for itself; UINT64_MAX where one of the
 * limits that it takes is 0, none. */
uint64_t evtcp_stack_ceiling(const struct evtcp_limits *limits);

/* evtcp_stack_check: asserts every invariant of the stack and of each of its
 * connections. For tests: it walks everything. */
void evtcp_stack_check(struct evtcp_stack *stack);

#ifdef __cplusplus
}
#endif

#endif
