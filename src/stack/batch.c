/* SPDX-License-Identifier: BSD-3-Clause */

/* Packets on their way in: the one place where "IP says that this is TCP, so TCP
 * gets it" is written.
 *
 *   packet ─► one piece ─► ip ─┬─► TCP: header, checksum ─► tcp_input
 *                          ▲   ├─► ICMP ─► an echo's answer, or an error for tcp
 *                          │   ├─► anything else is refused
 *                          └───┴── a fragment, once the whole is there
 *
 * In a group (group.h) what is nobody's here is passed on before anything is said about it.
 *
 * In: packets. Out: changed state, answers that wait for the flush, what became of
 * the packet: counted once, told as one event, written into the packet.
 *
 * It sends nothing (but answers for which there is no room to wait) and calls
 * nobody back. */

#include "stack/batch.h"
#include "ip/icmp.h"
#include "stack/group.h"
#include "stack/output.h"
#include "stack/paths.h"
#include "stack/reassemble.h"
#include "stack/stack.h"
#include "tcp/demux.h"
#include "util/memory.h"
#include "wire/checksum.h"

#include <assert.h>

/* An IP packet is no longer than its length field can say; what a link adds behind
 * it is padding. */
enum { BATCH_LINEAR_MAX = 65535 };

/* One packet on its way through the layers. */
struct arrival {
	const uint8_t *bytes;
	size_t len;
	struct ip_view view;
	struct segment seg;
	uint16_t segment_len; /* of struct evtcp_packet */
	bool checksum_left;
	bool is_segment; /* seg.h and seg.tuple were read */
	uint8_t *whole;  /* bytes, if they are a datagram that came in fragments: owned */
};

/* ---- the batch and its moment ---------------------------------------- */

uint64_t batch_begin(struct evtcp_stack *stack)
{
	struct batch *batch = &stack->batch;

	if (!batch->open) {
		batch->open = true;
		batch->now_us = stack->world.now_us(stack->world.arg);
	}
	return batch->now_us;
}

uint64_t batch_now(const struct evtcp_stack *stack)
{
	return stack->batch.open ? stack->batch.now_us : stack->world.now_us(stack->world.arg);
}

void batch_end(struct evtcp_stack *stack)
{
	stack->batch.open = false;
	expect_end(stack);
}

void batch_free(struct evtcp_stack *stack)
{
	replies_free(stack);
	memory_free(&stack->world, stack->batch.linear);
	stack->batch.linear = NULL;
}

/* ---- the layers -------------------------------------------------------- */

/* The packet as one piece. false without memory to make it one. */
static bool batch_linearise(
	struct evtcp_stack *stack, const struct evtcp_packet *packet, struct arrival *in)
{
	struct batch *batch = &stack->batch;

	if (packet->iovcnt == 1) {
		in->bytes = packet->iov[0].iov_base;
		in->len = packet->iov[0].iov_len;
		return true;
	}
	if (!batch->linear)
		batch->linear = memory_alloc(&stack->world, BATCH_LINEAR_MAX);
	if (!batch->linear)
		return false;
	in->bytes = batch->linear;
	in->len = 0;
	for (int i = 0; i < packet->iovcnt; i++) {
		size_t room = BATCH_LINEAR_MAX - in->len, len = packet->iov[i].iov_len;

		len = len < room ? len : room;
		if (len > 0)
			memcpy(batch->linear + in->len, packet->iov[i].iov_base, len);
		in->len += len;
	}
	return true;
}

/* RFC 9293 3.1, MUST-3. */
static bool batch_checksum_holds(const struct ip_view *view)
{
	struct checksum sum;

	checksum_init(&sum);
	checksum_add_pseudo_header(
		&sum, &view->src, &view->dst, IP_PROTOCOL_TCP, (uint32_t)view->payload_len);
	checksum_add(&sum, view->payload, view->payload_len);
	return checksum_finish(&sum) == 0;
}

static struct evtcp_reason batch_tcp(struct evtcp_stack *stack, struct arrival *in)
{
	const struct ip_view *view = &in->view;
	struct segment *seg = &in->seg;
	struct segment_out reply;
	struct evtcp_reason reason;
	size_t header_len;
	enum evtcp_cause cause;

	cause = tcp_header_parse(&seg->h, view->payload, view->payload_len, &header_len);
	if (cause != EVTCP_CAUSE_NONE)
		return reason_of(cause);
	seg->tuple.local = (struct evtcp_endpoint){view->dst, seg->h.dst_port};
	seg->tuple.remote = (struct evtcp_endpoint){view->src, seg->h.src_port};
	seg->payload = view->payload + header_len;
	seg->payload_len = (uint32_t)(view->payload_len - header_len);
	seg->segment_len = in->segment_len != 0 ? in->segment_len : seg->payload_len;
	seg->ecn = view->tos & 3;
	seg->cut = seg->had_syn = seg->reuses = false;
	in->is_segment = true;

	if (!in->checksum_left && !batch_checksum_holds(view))
		return reason_of(EVTCP_CAUSE_TCP_CHECKSUM);
	seg->hash = expect_hash(stack, in->bytes, &seg->tuple);
	reason = tcp_input(&stack->tcp, seg, stack->batch.now_us, &reply);
	if (reply.h.flags != 0)
		replies_push_segment(stack, &reply);
	return reason;
}

static bool batch_knows(const struct evtcp_stack *stack, const struct evtcp_tuple *tuple)
{
	uint64_t hash = demux_hash(&stack->tcp, tuple);

	return demux_find_hashed(&stack->tcp, tuple, hash) || rest_find(&stack->tcp, tuple, hash);
}

static struct evtcp_reason batch_icmp_error(
	struct evtcp_stack *stack, const struct ip_icmp_error *told)
{
	struct tcp_icmp_error error = {
		.tuple = told->tuple,
		.seq = told->seq,
		.hard = told->class_ == IP_ICMP_HARD,
		.error = told->error,
	};

	if (stack->tcp.has_siblings && !batch_knows(stack, &told->tuple))
		return reason_of(EVTCP_CAUSE_PASSED_ON);
	if (told->class_ == IP_ICMP_FRAGMENTATION_NEEDED)
		return reason_of(paths_told(stack, told, stack->batch.now_us));
	return tcp_icmp_error(&stack->tcp, &error, stack->batch.now_us);
}

/* What is not TCP: ICMP, a protocol that nobody speaks here, or (refused is not NONE) a
 * packet that IP refused and whose source is to be told. */
static struct evtcp_reason batch_icmp(
	struct evtcp_stack *stack, const struct ip_view *view, enum evtcp_cause refused)
{
	uint64_t now = stack->batch.now_us;
	struct ip_reply reply = {.capacity = stack->mtu};
	struct ip_icmp_error error;
	enum evtcp_cause cause = refused;

	reply.buffer = replies_room(stack, reply.capacity);
	if (!reply.buffer)
		return reason_of(EVTCP_CAUSE_NO_MEMORY);
	if (refused != EVTCP_CAUSE_NONE)
		ip_icmp_complain(&stack->ip, view, now, &reply);
	else if (ip_icmp_is_for(view))
		cause = ip_icmp_input(&stack->ip, view, now, &reply, &error);
	else
		cause = ip_icmp_refuse(&stack->ip, view, now, &reply);
	if (reply.len > 0)
		replies_push(stack, reply.len, reply.cause);
	else if (reply.cause != EVTCP_CAUSE_NONE)
		tracer_count(&stack->trace, reply.cause); /* no answer: the rate limit */
	if (cause == EVTCP_CAUSE_ICMP_ERROR)
		return batch_icmp_error(stack, &error);
	return reason_of(cause);
}

/* in is a fragment: NONE with the whole datagram in its place, or what became of it. */
static enum evtcp_cause batch_fragment(struct evtcp_stack *stack, struct arrival *in)
{
	enum evtcp_cause cause =
		reassemble_input(stack, &in->view, stack->batch.now_us, &in->whole, &in->len);

	if (cause != EVTCP_CAUSE_NONE)
		return cause;
	in->bytes = in->whole;
	in->segment_len = 0;
	in->checksum_left = false;
	cause = ip_input(&stack->ip, in->bytes, in->len, &in->view);
	/* A fragment of fragments: nobody honest sends that. */
	return cause == EVTCP_CAUSE_IP_FRAGMENT ? EVTCP_CAUSE_IP_FRAGMENT_MALFORMED : cause;
}

static struct evtcp_reason batch_packet(
	struct evtcp_stack *stack, const struct evtcp_packet *packet, struct arrival *in)
{
	enum evtcp_cause cause;

	if (!batch_linearise(stack, packet, in))
		return reason_of(EVTCP_CAUSE_NO_MEMORY);
	cause = ip_input(&stack->ip, in->bytes, in->len, &in->view);
	if (cause == EVTCP_CAUSE_IP_FRAGMENT)
		cause = batch_fragment(stack, in);
	if (cause != EVTCP_CAUSE_NONE && !in->view.problem.due)
		return reason_of(cause);
	if (cause == EVTCP_CAUSE_NONE && in->view.protocol == IP_PROTOCOL_TCP)
		return batch_tcp(stack, in);
	return batch_icmp(stack, &in->view, cause);
}

/* ---- what became of it ----------------------------------------------- */

static void batch_tell(
	struct evtcp_stack *stack, const struct arrival *in, const struct evtcp_reason *reason)
{
	bool dropped = evtcp_cause_class(reason->cause) == EVTCP_CLASS_DROPPED;
	enum evtcp_event_kind kind = dropped ? EVTCP_EVENT_DROPPED : EVTCP_EVENT_RECEIVED;
	struct evtcp_event event;

	if (in->is_segment)
		tcp_trace_timers(&stack->tcp, &in->seg.tuple, stack->batch.now_us);
	if (!tracer_wants(&stack->trace, kind))
		return;
	if (!in->is_segment && !dropped)
		return; /* RECEIVED is said of segments */
	event = (struct evtcp_event){.at_us = stack->batch.now_us, .kind = kind, .reason = *reason};
	if (in->is_segment) {
		event.tuple = in->seg.tuple;
		event.u.segment.payload_len = in->seg.payload_len;
		output_describe_header(&in->seg.h, &event);
	}
	tracer_emit(&stack->trace, &event);
}

static void batch_open_arrival(
	struct evtcp_stack *stack, struct evtcp_packet *packet, struct arrival *in)
{
	in->is_segment = false;
	in->whole = NULL;
	in->segment_len = packet->segment_len;
	in->checksum_left = packet->checksum_left;
	packet->at_us = batch_begin(stack);
	expect_come(stack);
	packet->reason = batch_packet(stack, packet, in);
}

/* Counted and told. */
static void batch_close_arrival(
	struct evtcp_stack *stack, const struct evtcp_packet *packet, struct arrival *in)
{
	assert(evtcp_cause_class(packet->reason.cause) == EVTCP_CLASS_RECEIVED ||
		evtcp_cause_class(packet->reason.cause) == EVTCP_CLASS_DROPPED);
	tracer_add(
		&stack->trace, packet->reason.cause, in->is_segment ? segment_count(&in->seg) : 1);
	if (stack->trace.kinds != 0) /* else nobody listens */
		batch_tell(stack, in, &packet->reason);
	reassembly_release(&stack->reassembly, in->whole);
}

void batch_link_input(struct evtcp_stack *stack, struct evtcp_packet *packet)
{
	struct arrival in;

	batch_open_arrival(stack, packet, &in);
	if (packet->reason.cause == EVTCP_CAUSE_PASSED_ON) {
		struct iovec iov = {(void *)(uintptr_t)in.bytes, in.len};
		struct evtcp_packet whole = {.iov = &iov,
			.iovcnt = 1,
			.len = in.len,
			.segment_len = in.segment_len,
			.checksum_left = in.checksum_left};

		packet->reason.cause = group_pass(stack, &whole);
	}
	batch_close_arrival(stack, packet, &in);
}

bool batch_offer(struct evtcp_stack *stack, struct evtcp_packet *packet)
{
	struct arrival in;

	batch_open_arrival(stack, packet, &in);
	if (packet->reason.cause == EVTCP_CAUSE_PASSED_ON)
		return false;
	batch_close_arrival(stack, packet, &in);
	return true;
}

void evtcp_stack_input(struct evtcp_stack *stack, struct evtcp_packet *packet)
{
	batch_link_input(stack, packet);
	timers_wake(stack);
}
