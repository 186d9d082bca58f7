/* SPDX-License-Identifier: BSD-3-Clause */

/* What a ladder keeps of a connection: sequence numbers that begin at 0, the scale of windows.
 *
 * Input: segments, in the order in which they pass. Output: relative numbers.
 *
 * It follows no state machine: what a state is, events say. */

#include "trace/ladder_conn.h"

#include "wire/seq.h"

void ladder_conn_begin(struct ladder_conn *conn, unsigned tag, bool local_left)
{
	*conn = (struct ladder_conn){.tuple = conn->tuple, .tag = tag, .local_left = local_left};
}

bool ladder_conn_opens_left(const struct evtcp_tuple *tuple, const struct ladder_segment *segment)
{
	uint16_t opening = segment->flags & (TCP_SYN | TCP_ACK);

	if (opening == TCP_SYN)
		return segment->outbound;
	if (opening == (TCP_SYN | TCP_ACK))
		return !segment->outbound;
	return tuple->local.port > tuple->remote.port;
}

bool ladder_conn_is_reborn(const struct ladder_conn *conn, const struct ladder_segment *segment)
{
	const struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;

	return conn->over && (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && flow->known;
}

static bool ladder_flow_agrees(const struct ladder_flow *asks, const struct ladder_flow *answers)
{
	bool all = answers->opened == TCP_ACE_MAX;

	return asks->opened == TCP_ACE_MAX && answers->opened > 1 && !all;
}

bool ladder_conn_is_accurate(const struct ladder_conn *conn)
{
	return ladder_flow_agrees(&conn->in, &conn->out) ||
	       ladder_flow_agrees(&conn->out, &conn->in);
}

uint32_t ladder_conn_window(const struct ladder_conn *conn, const struct ladder_segment *segment)
{
	const struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	bool scaled = (segment->flags & TCP_SYN) == 0 && conn->in.scaled && conn->out.scaled;

	return (uint32_t)segment->window << (scaled ? flow->wscale : 0);
}

int64_t ladder_flow_relative(const struct ladder_flow *flow, uint32_t seq)
{
	return flow->known ? flow->relative + seq_diff(flow->top, seq) : (int64_t)seq;
}

/* The flow is known from here on: seq is number relative in it. */
static void ladder_flow_begin(struct ladder_flow *flow, uint32_t seq, int64_t relative)
{
	if (flow->known)
		return;
	flow->known = true;
	flow->top = seq;
	flow->relative = relative;
}

/* Moves the reference forward, so that no distance from it reaches 2^31. */
static void ladder_flow_advance(struct ladder_flow *flow, uint32_t seq)
{
	if (!seq_gt(seq, flow->top))
		return;
	flow->relative += seq_diff(flow->top, seq);
	flow->top = seq;
}

static void ladder_flow_note(struct ladder_flow *flow, const struct ladder_segment *segment)
{
	uint16_t flags = segment->flags;

	if (flags & TCP_RST)
		return; /* its number may be anything */
	ladder_flow_begin(flow, segment->seq, flags & TCP_SYN ? 0 : 1);
	ladder_flow_advance(flow, segment->seq + segment->payload_len);
	flow->fin |= (flags & TCP_FIN) != 0;
	/* What the first has led to is changed by no other (RFC 9768 3.1.5 rule 1), and one that is
	 * sent often enough has none of the three. */
	if ((flags & TCP_SYN) && flow->opened == 0)
		flow->opened = flags >> TCP_ACE_SHIFT & TCP_ACE_MAX;
	flow->opens |= (flags & TCP_SYN) != 0;
	if ((flags & TCP_SYN) && segment->options) {
		flow->scaled = (segment->options->present & TCP_OPT_WSCALE) != 0;
		flow->wscale = segment->options->wscale < TCP_MAX_WSCALE ? segment->options->wscale
									 : TCP_MAX_WSCALE;
	}
}

void ladder_conn_note(struct ladder_conn *conn, const struct ladder_segment *segment)
{
	struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	struct ladder_flow *other = segment->outbound ? &conn->in : &conn->out;

	ladder_flow_note(flow, segment);
	if ((segment->flags & (TCP_ACK | TCP_RST)) == TCP_ACK)
		ladder_flow_begin(other, segment->ack, 1);
	if ((segment->flags & TCP_RST) || (flow->fin && other->fin))
		conn->over = true;
}
