/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP of one stack: who a segment is for, and the four calls that drive it. */

#include "tcp/tcp.h"
#include "tcp/demux.h"
#include "tcp/input.h"
#include "tcp/output.h"
#include "tcp/reply.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "wire/address.h"
#include <errno.h>
#include <string.h>

void tcp_init(struct tcp *tcp, const struct tcp_config *config, const struct evtcp_world *world,
	struct tracer *trace)
{
	memset(tcp, 0, sizeof(*tcp));
	tcp->config = *config;
	tcp->world = world;
	tcp->trace = trace;
	hash_table_init(&tcp->by_tuple, world);
	keyed_hash_init(&tcp->hash_key, world);
	isn_init(&tcp->isn, world);
	cookies_init(&tcp->cookies, world);
	list_init(&tcp->listeners);
	list_init(&tcp->connections);
	list_init(&tcp->output);
	list_init(&tcp->news);
	list_init(&tcp->starved);
	deadline_queue_init(&tcp->deadlines, world);
	half_open_init(tcp);
	time_wait_init(tcp);
	rest_init(tcp);
}

void tcp_free(struct tcp *tcp)
{
	struct list_node *node;

	rest_free_all(tcp);
	while ((node = list_first(&tcp->connections)) != NULL)
		tcb_free(container_of(node, struct tcb, in_connections));
	half_open_free_all(tcp);
	time_wait_free_all(tcp);
	spare_buffers_free(&tcp->spare);
	hash_table_free(&tcp->by_tuple);
	deadline_queue_free(&tcp->deadlines);
}

/* What the keys are for that are made of a shared secret; Fast Open's are of a time, too. */
enum { TCP_KEY_ISN = 1, TCP_KEY_COOKIE, TCP_KEY_FAST_OPEN };

void tcp_share_secret(struct tcp *tcp, const struct keyed_hash *secret)
{
	struct keyed_hash fast_open;

	keyed_hash_derive(&tcp->isn.key, secret, TCP_KEY_ISN);
	keyed_hash_derive(&tcp->cookies.key, secret, TCP_KEY_COOKIE);
	keyed_hash_derive(&fast_open, secret, TCP_KEY_FAST_OPEN);
	fast_open_share_secret(&tcp->fast_open, &fast_open);
}

/* ---- input ------------------------------------------------------------------------------ */

/* State CLOSED: RFC 9293 3.10.7.1. */
static struct evtcp_reason tcp_input_closed(
	struct tcp *tcp, const struct segment *seg, struct segment_out *reply)
{
	reply_rst(tcp, seg, EVTCP_CAUSE_RST_NO_CONNECTION, reply);
	return reason_of(EVTCP_CAUSE_NO_CONNECTION);
}

/* A half-open entry: when the segment completes the handshake it becomes a block. */
static struct evtcp_reason tcp_input_half_open(struct tcp *tcp, struct half_open *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	struct evtcp_reason reason = half_open_input(tcp, entry, seg, now, reply);

	if (reason.cause != EVTCP_CAUSE_NONE)
		return reason;
	struct tcb *tcb = half_open_accept(tcp, entry, now, &reason);
	return tcb == NULL ? reason : input_from_ack(tcb, seg, now);
}

static struct evtcp_reason tcp_input_listen(
	struct tcp *tcp, const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	struct tcp_listener *listener = listen_find(tcp, &seg->tuple.local);

	if (listener == NULL)
		return tcp_input_closed(tcp, seg, reply);
	struct evtcp_reason reason = listen_input(tcp, listener, seg, now, reply);
	if (reason.cause != EVTCP_CAUSE_NONE)
		return reason;
	/* A cookie came back: there is an entry now. */
	return tcp_input_half_open(
		tcp, half_open_find(tcp, &seg->tuple, seg->hash), seg, now, reply);
}

/* A segment of no entry of ours may be of a sibling's, unless it is a SYN, which opens a
 * connection with whoever gets it, or brings a cookie back that we gave. The key of cookies is
 * shared, but only who has sent some lately believes any (cookies.h): so the others ask round
 * until it reaches that one. */
static bool tcp_is_stray(const struct tcp *tcp, const struct segment *seg, uint64_t now)
{
	unsigned flags = seg->h.flags & (TCP_SYN | TCP_RST | TCP_ACK);
	uint16_t mss;

	if (!tcp->has_siblings || flags == TCP_SYN)
		return false;
	return flags != TCP_ACK || !cookies_check(&tcp->cookies, &seg->tuple, seg->h.seq - 1,
					   seg->h.ack - 1, &mss, now);
}

static struct evtcp_reason tcp_input_time_wait(struct tcp *tcp, uint32_t index,
	const struct segment *original, uint64_t now, struct segment_out *reply)
{
	struct segment seg = *original;
	struct evtcp_reason reason = time_wait_input(tcp, index, &seg, now, reply);

	if (reason.cause != EVTCP_CAUSE_TIME_WAIT_REUSED)
		return reason;
	if (listen_find(tcp, &seg.tuple.local) == NULL || tcp->draining)
		return time_wait_refuse(tcp, index, &seg, now, reply);
	return tcp_input_listen(tcp, &seg, now, reply);
}

static struct evtcp_reason tcp_input_rest(struct tcp *tcp, struct rest *at_rest,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	struct tcb *tcb = rest_wake(tcp, at_rest, now);

	if (tcb == NULL)
		return reason_of(EVTCP_CAUSE_NO_MEMORY);
	return input_segment(tcb, seg, now, reply);
}

struct evtcp_reason tcp_input(
	struct tcp *tcp, const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	struct half_open *entry;
	struct rest *at_rest;
	uint32_t index;

	reply->h.flags = 0;
	if (seg->h.src_port == 0 || seg->h.dst_port == 0) /* ATTACKS P11 */
		return reason_of(EVTCP_CAUSE_TCP_PORT_ZERO);
	/* RFC 9293 3.9.1.1: a listener takes only what belongs to nobody else (MUST-41), and
	 * may stand beside connections in any state (MUST-42). */
	struct tcb *tcb = demux_find_hashed(tcp, &seg->tuple, seg->hash);
	if (tcb != NULL)
		return input_segment(tcb, seg, now, reply);
	if ((at_rest = rest_find(tcp, &seg->tuple, seg->hash)) != NULL)
		return tcp_input_rest(tcp, at_rest, seg, now, reply);
	if ((entry = half_open_find(tcp, &seg->tuple, seg->hash)) != NULL)
		return tcp_input_half_open(tcp, entry, seg, now, reply);
	if ((index = time_wait_find(tcp, &seg->tuple, seg->hash)) != 0)
		return tcp_input_time_wait(tcp, index, seg, now, reply);
	if (tcp_is_stray(tcp, seg, now))
		return reason_of(EVTCP_CAUSE_PASSED_ON);
	return tcp_input_listen(tcp, seg, now, reply);
}

void tcp_trace_timers(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now)
{
	struct tcb *tcb = demux_find(tcp, tuple);

	if (tcb != NULL)
		timers_trace(tcb, now);
}

/* ---- output, news, timers ------------------------------------------------------------------ */

bool tcp_output(struct tcp *tcp, uint64_t now, struct segment_out *out)
{
	struct list_node *node;

	if (half_open_output(tcp, now, out))
		return true;
	while ((node = list_first(&tcp->output)) != NULL) {
		struct tcb *tcb = container_of(node, struct tcb, in_output);
		if (output_next(tcb, now, out)) {
			tcb_bury(tcb);
			return true;
		}
		list_remove(node);
		tcb_bury(tcb);
		timers_start_delayed_ack(tcb, now);
		timers_trace(tcb, now);
		rest_consider(tcb, now);
	}
	return false;
}

void tcp_output_yield(struct tcp *tcp)
{
	struct list_node *node = list_pop(&tcp->output);

	if (node != NULL)
		list_push(&tcp->output, node);
}

struct tcb *tcp_next_news(struct tcp *tcp)
{
	struct list_node *node = list_pop(&tcp->news);
	return node == NULL ? NULL : container_of(node, struct tcb, in_news);
}

static uint64_t tcp_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t tcp_next_deadline(const struct tcp *tcp)
{
	uint64_t blocks = deadline_queue_earliest(&tcp->deadlines);
	uint64_t half_open = deadline_queue_earliest(&tcp->half_open.deadlines);
	uint64_t rest = deadline_queue_earliest(&tcp->rest.deadlines);

	return tcp_earlier(
		tcp_earlier(blocks, half_open), tcp_earlier(rest, time_wait_deadline(tcp)));
}

static unsigned tcp_run_block_timers(struct tcp *tcp, uint64_t now, unsigned budget)
{
	unsigned run = 0;

	while (budget == 0 || run < budget) {
		struct deadline_node *node = deadline_queue_first_due(&tcp->deadlines, now);
		if (node == NULL)
			break;
		timers_run(container_of(node, struct tcb, deadline), now);
		run++;
	}
	return run;
}

unsigned tcp_run_timers(struct tcp *tcp, uint64_t now, unsigned budget)
{
	/* Each kind has the budget for itself: none can starve another (ATTACKS E09). Who wakes
	 * runs its keepalive at once, as a block. */
	unsigned run = rest_run_timers(tcp, now, budget);

	run += tcp_run_block_timers(tcp, now, budget);
	run += half_open_run_timers(tcp, now, budget);
	return run + time_wait_run_timers(tcp, now, budget);
}

/* ---- ICMP ------------------------------------------------------------------------------ */

struct evtcp_reason tcp_icmp_error(
	struct tcp *tcp, const struct tcp_icmp_error *error, uint64_t now)
{
	struct tcb *tcb = demux_find(tcp, &error->tuple); /* MUST-54 */

	/* RFC 5927 4.1: only about something that is in flight. */
	if (tcb == NULL || !seq_between(error->seq, tcb->snd_una, tcb->snd_nxt))
		return reason_of(EVTCP_CAUSE_ICMP_QUOTE);
	/* RFC 5927 5.2: a hard error ends only what is not synchronized yet (SHLD-26). */
	if (error->hard && tcb->state == EVTCP_SYN_SENT)
		state_fail(tcb, error->error, EVTCP_CAUSE_UNREACHABLE, now);
	else
		tcb_note_soft_error(tcb, error->error, EVTCP_CAUSE_ICMP_ERROR); /* MUST-56 */
	return reason_of(EVTCP_CAUSE_ICMP_ERROR);
}

void tcp_usage(const struct tcp *tcp, struct evtcp_stack_usage *usage)
{
	const struct time_wait_table *tw = &tcp->time_wait;

	memset(usage, 0, sizeof(*usage));
	usage->connections = tcp->n_connections;
	usage->resting = tcp->rest.by_tuple.len;
	usage->orphans = tcp->n_orphans;
	usage->half_open = tcp->half_open.len;
	usage->fast_open = tcp->fast_open.pending;
	usage->time_wait = tw->len;
	usage->send_bytes = tcp->send_bytes;
	usage->receive_bytes = tcp->receive_bytes;
	usage->out_of_order_bytes = tcp->out_of_order_bytes;
	usage->memory_bytes = (tcp->n_connections - usage->resting) * (uint64_t)sizeof(struct tcb) +
			      tcp->rest.bytes +
			      tcp->half_open.len * (uint64_t)sizeof(struct half_open) +
			      tw->capacity * (uint64_t)sizeof(struct time_wait_entry) +
			      tw->n_buckets * (uint64_t)sizeof(uint32_t) +
			      (tcp->by_tuple.n_buckets + (uint64_t)tcp->rest.by_tuple.n_buckets +
				      (uint64_t)tcp->half_open.by_tuple.n_buckets) *
				      sizeof(struct hash_node *);
}
