/* SPDX-License-Identifier: BSD-3-Clause */

/* The flush ends a batch: applications hear the news, then everything that is due
 * is sent.
 *
 *   settle ─► news ─► callbacks ─┐        settle: what the application did to
 *      ▲                         │        buffers, done before each sending, so
 *      └──── until no news ◄─────┘        that an answer carries the ACK of its
 *      │                                  request
 *   replies, tcp_output ─► link
 *
 * In: the lists of TCP and of the stack. Out: callbacks, packets. All segments of a batch
 * are processed before any ACK leaves (RFC 9293 3.10.7.4, MUST-59), so that one says what
 * many would (MUST-58).
 *
 * It is the only place where callbacks of the application run. */

#include "stack/flush.h"
#include "stack/conn.h"
#include "stack/output.h"
#include "stack/stack.h"
#include "tcp/rcv_window.h"

/* Deliveries in one flush. An application that makes news in each callback (a
 * writer of single bytes) shares the loop with others: the rest comes in the next
 * turn. */
enum { FLUSH_DELIVERIES = 1024 };

/* Payload after which a flush sends no more; what crosses the mark, up to OUTPUT_BURST_MAX, leaves
 * as a whole. The peers of a device are often on this machine, and a write takes their TCP's time
 * as well: a window of megabytes at once would keep all others waiting for milliseconds. The rest
 * comes in the next turn, behind the packets that have come meanwhile, and behind the connections
 * that wait.
 *
 * Where nobody cuts up for us each segment is a write, and brings half an ACK or a whole one. If
 * more of them came of a flush than a link reads before the next (64 packets, if nobody has said
 * otherwise), a window of ACKs would come to stand in the device, and everybody behind it. At an
 * MTU of 1,500 a flush is two bursts of 45 segments, for which there are 45 ACKs as a rule; where
 * segments are smaller there are more. */
enum { FLUSH_BYTES = 1024 * 1024, FLUSH_CUT_BYTES = 64 * 1024 };

bool flush_pending(const struct evtcp_stack *stack)
{
	bool failure_untold = stack->failure.error && !stack->failure.told && stack->failure.cb;

	return !list_is_empty(&stack->touched) || !list_is_empty(&stack->lost) ||
	       !list_is_empty(&stack->tcp.news) || !list_is_empty(&stack->tcp.output) ||
	       !list_is_empty(&stack->tcp.half_open.output) || stack->batch.replies.len > 0 ||
	       conn_starved_may_go(stack) || rcv_window_starved_may_go(&stack->tcp) ||
	       rest_is_due(&stack->tcp) || failure_untold;
}

static void flush_settle(struct evtcp_stack *stack, uint64_t now)
{
	struct list_node *node;

	while ((node = list_first(&stack->touched)))
		conn_settle(container_of(node, struct evtcp_conn, in_touched), now);
}

/* Those that had to be woken and could not be: their number is bounded by that of connections. */
static void flush_lost(struct evtcp_stack *stack)
{
	struct list_node *node;

	while ((node = list_pop(&stack->lost)))
		conn_deliver_lost(container_of(node, struct evtcp_conn, in_touched));
}

/* Callbacks run until there is no news. Returns what is left of budget. */
static unsigned flush_news(struct evtcp_stack *stack, uint64_t now, unsigned budget)
{
	/* Who waits for memory goes before who comes now. */
	bool woken = conn_wake_starved(stack, now);
	struct tcb *tcb;

	flush_settle(stack, now);
	while (budget > 0 && ((tcb = tcp_next_news(&stack->tcp)) || woken)) {
		if (tcb)
			conn_deliver(stack, tcb, now);
		woken = conn_wake_starved(stack, now);
		flush_settle(stack, now);
		budget--;
	}
	flush_lost(stack);
	return budget;
}

/* Idle connections beyond those that stay awake. */
static void flush_rest(struct evtcp_stack *stack, uint64_t now)
{
	struct tcb *tcb;

	while ((tcb = rest_next(&stack->tcp, now)))
		conn_rest(conn_of(tcb), now);
}

static void flush_failure(struct evtcp_stack *stack)
{
	struct stack_failure *failure = &stack->failure;

	if (!failure->error || failure->told || !failure->cb)
		return;
	failure->told = true;
	failure->cb(stack, failure->error, failure->arg);
}

static const struct evtcp_offload *flush_offload(const struct evtcp_stack *stack)
{
	static const struct evtcp_offload none;

	return stack->link ? evtcp_link_get_offload(stack->link) : &none;
}

/* How much payload leaves at once, as one packet that the link cuts up, or that we do where it
 * takes packets as they are on a wire (output.c); it may have changed. 0: each segment by itself,
 * for the link completes checksums and cuts nothing. */
static uint32_t flush_burst_len(const struct evtcp_stack *stack)
{
	const struct evtcp_offload *offload = flush_offload(stack);
	uint32_t most = offload->checksum ? offload->segments_len : OUTPUT_BURST_MAX;

	return most <= OUTPUT_HEADERS_MAX ? 0 : most - OUTPUT_HEADERS_MAX;
}

/* Sends until there is nothing more, or *bytes of payload have left; takes them from *bytes. */
static unsigned flush_send_some(struct evtcp_stack *stack, uint64_t *bytes)
{
	struct segment_out out;
	unsigned n = 0;

	stack->tcp.burst_len = flush_burst_len(stack);
	replies_send(stack);
	for (; *bytes > 0 && tcp_output(&stack->tcp, stack->batch.now_us, &out); n++) {
		output_segment(stack, &out);
		*bytes -= out.payload_len < *bytes ? out.payload_len : *bytes;
	}
	if (*bytes == 0 && n > 0)
		tcp_output_yield(&stack->tcp); /* else who is first has not had its turn */
	return n;
}

unsigned flush_send(struct evtcp_stack *stack)
{
	uint64_t all = UINT64_MAX;

	return flush_send_some(stack, &all);
}

void evtcp_stack_flush(struct evtcp_stack *stack)
{
	unsigned budget = FLUSH_DELIVERIES;
	uint64_t bytes, now;

	if (stack->flushing)
		return;
	bytes = flush_offload(stack)->segments_len == 0 ? FLUSH_CUT_BYTES : FLUSH_BYTES;
	now = batch_begin(stack);
	stack->flushing = true;
	flush_failure(stack);
	budget = flush_news(stack, now, budget);
	rcv_window_wake_starved(&stack->tcp); /* callbacks may have released memory */
	flush_send_some(stack, &bytes);
	/* What was sent may be news: an aborted block is gone now. */
	while (budget > 0 && !list_is_empty(&stack->tcp.news)) {
		budget = flush_news(stack, now, budget);
		flush_send_some(stack, &bytes);
	}
	flush_rest(stack, now);
	if (stack->link)
		evtcp_link_flush(stack->link);
	stack->flushing = false;
	batch_end(stack);
	timers_arm(stack, now);
}
