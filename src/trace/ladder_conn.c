/* SPDX-License-Identifier: BSD-3-Clause */

/* Whom a ladder knows: a bounded number of connections, each with a tag and with
 * sequence numbers that begin at 0.
 *
 * Input: the ends and the segments of connections. Output: tags and relative
 * numbers. A list in order of use is searched from the one heard last: few
 * connections speak at any one time, and a ladder is read by a person.
 *
 * It follows no state machine: what a state is, events say. */

#include "trace/ladder_conn.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/seq.h"

void ladder_conns_init(struct ladder_conns *conns, const struct evtcp_world *world)
{
	*conns = (struct ladder_conns){.world = world};
	list_init(&conns->recent);
}

static struct ladder_conn *ladder_conns_at(struct list_node *node)
{
	return container_of(node, struct ladder_conn, node);
}

void ladder_conns_free(struct ladder_conns *conns)
{
	struct list_node *node;

	while ((node = list_pop(&conns->recent)) != NULL)
		memory_free(conns->world, ladder_conns_at(node));
	conns->len = 0;
}

struct ladder_conn *ladder_conns_find(struct ladder_conns *conns, const struct evtcp_tuple *tuple)
{
	struct list_node *node = conns->recent.head.prev;

	for (; node != &conns->recent.head; node = node->prev) {
		struct ladder_conn *conn = ladder_conns_at(node);

		if (conn->tuple.remote.port != tuple->remote.port ||
			!endpoint_equal(&conn->tuple.local, &tuple->local) ||
			!endpoint_equal(&conn->tuple.remote, &tuple->remote))
			continue;
		list_remove(node);
		list_push(&conns->recent, node);
		return conn;
	}
	return NULL;
}

struct ladder_conn *ladder_conns_add(
	struct ladder_conns *conns, const struct evtcp_tuple *tuple, bool local_left)
{
	struct ladder_conn *conn = NULL;
	struct list_node *oldest;

	if (conns->len < LADDER_MAX_CONNECTIONS)
		conn = memory_alloc(conns->world, sizeof(*conn));
	if (conn) {
		conns->len++;
	} else {
		oldest = list_pop(&conns->recent);
		if (!oldest)
			return NULL;
		conn = ladder_conns_at(oldest);
	}
	memset(conn, 0, sizeof(*conn));
	conn->tuple = *tuple;
	list_push(&conns->recent, &conn->node);
	ladder_conns_renew(conns, conn, local_left);
	return conn;
}

void ladder_conns_renew(struct ladder_conns *conns, struct ladder_conn *conn, bool local_left)
{
	conn->tag = ++conns->tags;
	conn->local_left = local_left;
	conn->drawn = conn->over = false;
	conn->in = conn->out = (struct ladder_flow){0};
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
