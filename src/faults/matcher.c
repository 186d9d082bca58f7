/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments against rules.
 *
 * A rule names "the n-th segment of a kind" of a connection. The n-th is counted
 * among those that carry something new: sequence numbers beyond all that passed
 * before in that direction. Once the n-th has passed, the rule knows it by the first
 * of its new sequence numbers, and whatever carries that number later is the same
 * segment sent again, however it was cut:
 *
 *     out data nth 2: drop 2
 *
 *     1:1001      the first
 *     1001:2001   the second: the rule now means number 1001    dropped
 *     2001:3001
 *     1001:2461   carries 1001: the second, sent again          dropped
 *     1001:2461   and again: the rule is used up                passes
 *
 * Segments that occupy no sequence numbers (a pure ACK, RST) are never "the same":
 * each counts as new, and a rule takes the n-th and those after it.
 *
 * Input: views of segments. Output: the rule that applies. It takes nothing away
 * itself, reads no clock and does not know whether the stack accepts what passes. */

#include "faults/matcher.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/seq.h"

/* One direction of a connection. */
struct matcher_flow {
	bool known;   /* a segment has passed: isn and end mean something */
	bool fin;     /* a FIN has passed */
	uint32_t isn; /* where the first segment began */
	uint32_t end; /* all sequence numbers before it have passed */
};

/* How far a rule has come on a connection. */
struct matcher_progress {
	uint32_t seen;   /* new segments of the kind, counted up to nth */
	uint32_t hits;   /* how often it has applied */
	uint32_t number; /* a sequence number of the nth segment, if named */
	bool named;      /* the nth has passed and occupies sequence numbers */
};

struct matcher_conn {
	struct hash_node hashed;
	struct list_node recent;
	struct evtcp_tuple tuple;
	struct matcher_flow in, out;
	bool reset;                         /* an RST has passed */
	struct matcher_progress progress[]; /* one for each rule */
};

/* The sequence numbers that make a segment one of a kind: [first, end). */
struct matcher_range {
	uint32_t first, end;
};

void matcher_init(struct matcher *matcher, const struct evtcp_fault_script *script)
{
	matcher->script = script;
	keyed_hash_init(&matcher->hash, &script->world);
	hash_table_init(&matcher->table, &script->world);
	list_init(&matcher->recent);
}

static void matcher_forget(struct matcher *matcher, struct matcher_conn *conn)
{
	hash_table_remove(&matcher->table, &conn->hashed);
	list_remove(&conn->recent);
	memory_free(&matcher->script->world, conn);
}

static struct matcher_conn *matcher_oldest(struct matcher *matcher)
{
	struct list_node *node = list_first(&matcher->recent);

	return node ? container_of(node, struct matcher_conn, recent) : NULL;
}

void matcher_free(struct matcher *matcher)
{
	struct matcher_conn *conn;

	while ((conn = matcher_oldest(matcher)) != NULL)
		matcher_forget(matcher, conn);
	hash_table_free(&matcher->table);
}

/* ---- connections ----------------------------------------------------- */

static size_t matcher_progress_size(const struct matcher *matcher)
{
	return matcher->script->n_rules * sizeof(struct matcher_progress);
}

static struct matcher_conn *matcher_find(
	struct matcher *matcher, const struct evtcp_tuple *tuple, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&matcher->table, hash);

	for (; node; node = hash_table_next(node)) {
		struct matcher_conn *conn = container_of(node, struct matcher_conn, hashed);

		if (endpoint_equal(&conn->tuple.local, &tuple->local) &&
			endpoint_equal(&conn->tuple.remote, &tuple->remote))
			return conn;
	}
	return NULL;
}

static struct matcher_conn *matcher_add(
	struct matcher *matcher, const struct evtcp_tuple *tuple, uint64_t hash)
{
	const struct evtcp_world *world = &matcher->script->world;
	struct matcher_conn *conn;

	if (matcher->table.len == MATCHER_MAX_CONNECTIONS)
		matcher_forget(matcher, matcher_oldest(matcher));
	conn = memory_zalloc(world, sizeof(*conn) + matcher_progress_size(matcher));
	if (!conn)
		return NULL;
	conn->tuple = *tuple;
	if (hash_table_insert(&matcher->table, &conn->hashed, hash) < 0) {
		memory_free(world, conn);
		return NULL;
	}
	list_push(&matcher->recent, &conn->recent);
	return conn;
}

/* A SYN with another number opens a new connection between the same ends, if the
 * one before it has ended or never began. Else it is a stray: it belongs to the
 * connection that it disturbs. */
static bool matcher_is_reborn(
	const struct matcher_conn *conn, const struct packet_view *view, bool outbound)
{
	const struct matcher_flow *flow = outbound ? &conn->out : &conn->in;
	bool ended = conn->reset || (conn->in.fin && conn->out.fin);

	if ((view->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	if (!flow->known || flow->isn == view->tcp.seq)
		return false;
	return ended || !conn->in.known || !conn->out.known;
}

static struct matcher_conn *matcher_get(
	struct matcher *matcher, const struct packet_view *view, bool outbound)
{
	struct matcher_conn *conn;
	struct evtcp_tuple tuple;
	uint64_t hash;

	packet_view_tuple(view, outbound, &tuple);
	hash = keyed_hash_tuple(&matcher->hash, &tuple, 0);
	conn = matcher_find(matcher, &tuple, hash);
	if (!conn)
		return matcher_add(matcher, &tuple, hash);
	list_remove(&conn->recent);
	list_push(&matcher->recent, &conn->recent);
	if (matcher_is_reborn(conn, view, outbound)) {
		conn->in = conn->out = (struct matcher_flow){0};
		conn->reset = false;
		memset(conn->progress, 0, matcher_progress_size(matcher));
	}
	return conn;
}

static void matcher_note(
	struct matcher_conn *conn, struct matcher_flow *flow, const struct packet_view *view)
{
	uint32_t end = view->tcp.seq + packet_view_seq_len(view);

	if (view->tcp.flags & TCP_RST) {
		conn->reset = true;
		return; /* its number may be anything */
	}
	if (!flow->known)
		*flow = (struct matcher_flow){.known = true, .isn = view->tcp.seq, .end = end};
	flow->end = seq_max(flow->end, end);
	flow->fin |= (view->tcp.flags & TCP_FIN) != 0;
}

/* ---- kinds ----------------------------------------------------------- */

/* Whether the segment is of that kind; range is what makes it so, empty if the
 * kind occupies no sequence numbers. */
static bool matcher_kind(
	const struct packet_view *view, enum script_kind kind, struct matcher_range *range)
{
	uint16_t flags = view->tcp.flags;
	uint32_t seq = view->tcp.seq;
	uint32_t data = seq + ((flags & TCP_SYN) != 0), fin = data + view->payload_len;

	*range = (struct matcher_range){seq, seq};
	switch (kind) {
	case SCRIPT_SEGMENT:
		range->end = seq + packet_view_seq_len(view);
		return true;
	case SCRIPT_SYN:
		range->end = seq + 1;
		return (flags & TCP_SYN) != 0;
	case SCRIPT_DATA:
		*range = (struct matcher_range){data, fin};
		return view->payload_len > 0;
	case SCRIPT_FIN:
		*range = (struct matcher_range){fin, fin + 1};
		return (flags & TCP_FIN) != 0;
	case SCRIPT_ACK:
		return (flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK &&
		       view->payload_len == 0;
	case SCRIPT_RST:
		return (flags & TCP_RST) != 0;
	}
	return false;
}

/* Counts a segment of the rule's kind; whether it is the one that nth names. */
static bool matcher_is_nth(struct matcher_progress *progress, uint32_t nth,
	const struct matcher_range *range, const struct matcher_flow *flow)
{
	bool numbered = range->first != range->end;

	if (progress->named)
		return numbered && seq_between(progress->number, range->first, range->end);
	if (numbered && flow->known && !seq_gt(range->end, flow->end))
		return false; /* nothing new: one of those before, sent again */
	if (progress->seen < nth)
		progress->seen++;
	if (progress->seen < nth)
		return false;
	if (numbered && progress->hits == 0) {
		progress->named = true;
		progress->number = flow->known ? seq_max(range->first, flow->end) : range->first;
	}
	return true;
}

static bool matcher_applies(const struct script_rule *rule, struct matcher_progress *progress,
	const struct packet_view *view, const struct matcher_flow *flow)
{
	struct matcher_range range;

	if (!matcher_kind(view, rule->where.kind, &range))
		return false;
	if (rule->where.nth != 0 && !matcher_is_nth(progress, rule->where.nth, &range, flow))
		return false;
	if (progress->hits >= rule->what.times && rule->what.times != UINT32_MAX)
		return false;
	if (progress->hits < UINT32_MAX)
		progress->hits++;
	return true;
}

const struct script_rule *matcher_match(
	struct matcher *matcher, const struct packet_view *view, bool outbound)
{
	const struct evtcp_fault_script *script = matcher->script;
	const struct script_rule *match = NULL;
	struct matcher_conn *conn;
	struct matcher_flow *flow;

	if (script->n_rules == 0)
		return NULL;
	conn = matcher_get(matcher, view, outbound);
	if (!conn)
		return NULL;
	flow = outbound ? &conn->out : &conn->in;
	for (unsigned i = 0; i < script->n_rules; i++) {
		const struct script_rule *rule = &script->rules[i];

		if (rule->where.outbound == outbound &&
			matcher_applies(rule, &conn->progress[i], view, flow) && !match)
			match = rule;
	}
	matcher_note(conn, flow, view);
	return match;
}
