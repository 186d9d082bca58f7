/* SPDX-License-Identifier: BSD-3-Clause */

/* Connections followed from beside the wire.
 *
 * In: views of segments, with their direction. Out: for each connection the numbers that have
 * passed, the state that the server must be in, and room for what rules note.
 *
 * The state is told by what reaches the other side: a SYN that was lost opens nothing. Nobody
 * here knows whether the stack accepts what passes; a segment that it drops may mislead, as it
 * would mislead anybody with a capture. */

#include "faults/follow.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/seq.h"

void follow_init(struct follow *follow, const struct evtcp_world *world)
{
	*follow = (struct follow){.world = *world};
	keyed_hash_init(&follow->hash, &follow->world);
	hash_table_init(&follow->table, &follow->world);
	list_init(&follow->recent);
	deadline_queue_init(&follow->looks, &follow->world);
}

static void follow_forget_request(struct follow *follow, struct follow_conn *conn)
{
	memory_free(&follow->world, conn->path);
	memory_free(&follow->world, conn->tag);
	conn->path = conn->tag = NULL;
}

static void follow_forget(struct follow *follow, struct follow_conn *conn)
{
	hash_table_remove(&follow->table, &conn->hashed);
	list_remove(&conn->recent);
	deadline_queue_remove(&follow->looks, &conn->look);
	follow_forget_request(follow, conn);
	memory_free(&follow->world, conn->progress);
	memory_free(&follow->world, conn);
}

static struct follow_conn *follow_oldest(struct follow *follow)
{
	struct list_node *node = list_first(&follow->recent);

	return node ? container_of(node, struct follow_conn, recent) : NULL;
}

void follow_forget_all(struct follow *follow)
{
	struct follow_conn *conn;

	while ((conn = follow_oldest(follow)) != NULL)
		follow_forget(follow, conn);
}

void follow_free(struct follow *follow)
{
	follow_forget_all(follow);
	hash_table_free(&follow->table);
	deadline_queue_free(&follow->looks);
}

/* ---- connections ----------------------------------------------------- */

static struct follow_conn *follow_find_hashed(
	struct follow *follow, const struct evtcp_tuple *tuple, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&follow->table, hash);

	for (; node; node = hash_table_next(node)) {
		struct follow_conn *conn = container_of(node, struct follow_conn, hashed);

		if (endpoint_equal(&conn->tuple.local, &tuple->local) &&
			endpoint_equal(&conn->tuple.remote, &tuple->remote))
			return conn;
	}
	return NULL;
}

struct follow_conn *follow_find(struct follow *follow, const struct evtcp_tuple *tuple)
{
	return follow_find_hashed(follow, tuple, keyed_hash_tuple(&follow->hash, tuple, 0));
}

/* Between these ends a connection begins. */
static void follow_begin(struct follow *follow, struct follow_conn *conn, uint64_t now)
{
	follow_forget_request(follow, conn);
	deadline_queue_remove(&follow->looks, &conn->look);
	conn->in = conn->out = (struct follow_flow){0};
	conn->effects = (struct follow_effects){0};
	conn->state = EVTCP_LISTEN;
	conn->reset = false;
	conn->born_us = now;
	conn->number = ++follow->n;
	if (conn->n_progress > 0)
		memset(conn->progress, 0, conn->n_progress * sizeof(*conn->progress));
}

static struct follow_conn *follow_add(
	struct follow *follow, const struct evtcp_tuple *tuple, uint64_t hash, uint64_t now)
{
	struct follow_conn *conn;

	if (follow->table.len == FOLLOW_MAX_CONNECTIONS)
		follow_forget(follow, follow_oldest(follow));
	conn = memory_zalloc(&follow->world, sizeof(*conn));
	if (!conn)
		return NULL;
	conn->tuple = *tuple;
	if (hash_table_insert(&follow->table, &conn->hashed, hash) < 0) {
		memory_free(&follow->world, conn);
		return NULL;
	}
	list_push(&follow->recent, &conn->recent);
	follow_begin(follow, conn, now);
	return conn;
}

/* A SYN with another number opens a new connection between the same ends, if the
 * one before it has ended or never began. Else it is a stray: it belongs to the
 * connection that it disturbs. */
static bool follow_is_reborn(
	const struct follow_conn *conn, const struct packet_view *view, bool outbound)
{
	const struct follow_flow *flow = outbound ? &conn->out : &conn->in;
	bool ended = conn->reset || (conn->in.fin && conn->out.fin);

	if ((view->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	if (!flow->known || flow->isn == view->tcp.seq)
		return false;
	return ended || !conn->in.known || !conn->out.known;
}

struct follow_conn *follow_get(
	struct follow *follow, const struct packet_view *view, bool outbound, uint64_t now)
{
	struct follow_conn *conn;
	struct evtcp_tuple tuple;
	uint64_t hash;

	packet_view_tuple(view, outbound, &tuple);
	hash = keyed_hash_tuple(&follow->hash, &tuple, 0);
	conn = follow_find_hashed(follow, &tuple, hash);
	if (!conn)
		return follow_add(follow, &tuple, hash, now);
	list_remove(&conn->recent);
	list_push(&follow->recent, &conn->recent);
	if (follow_is_reborn(conn, view, outbound))
		follow_begin(follow, conn, now);
	return conn;
}

/* ---- what passes ----------------------------------------------------- */

static void follow_note_options(struct follow_flow *flow, const struct packet_view *view)
{
	const struct tcp_options *options = &view->tcp.options;

	if (options->present & TCP_OPT_TIMESTAMPS) {
		flow->timestamps = true;
		flow->tsval = options->tsval;
	}
	if (view->tcp.flags & TCP_SYN && options->present & TCP_OPT_WSCALE) {
		flow->wscale_told = true;
		flow->wscale = options->wscale < TCP_MAX_WSCALE ? options->wscale : TCP_MAX_WSCALE;
	}
}

void follow_note(struct follow_conn *conn, const struct packet_view *view, bool outbound)
{
	struct follow_flow *flow = outbound ? &conn->out : &conn->in;
	uint32_t end = view->tcp.seq + packet_view_seq_len(view);

	if (view->tcp.flags & TCP_RST) {
		conn->reset = true;
		return; /* its number may be anything */
	}
	if (!flow->known) {
		flow->known = true;
		flow->isn = view->tcp.seq - ((view->tcp.flags & TCP_SYN) == 0);
		flow->end = flow->isn;
	}
	if (seq_gt(end, flow->end)) {
		flow->passed += end - flow->end;
		flow->end = end;
	}
	flow->fin |= (view->tcp.flags & TCP_FIN) != 0;
	if (view->tcp.flags & TCP_ACK) {
		flow->acks = true;
		flow->ack = view->tcp.ack;
	}
	flow->window = view->tcp.window;
	follow_note_options(flow, view);
}

/* RFC 9293 figure 5, as the server goes through it. */
static enum evtcp_state follow_on_fin_in(enum evtcp_state state)
{
	switch (state) {
	case EVTCP_SYN_RECEIVED:
	case EVTCP_ESTABLISHED:
		return EVTCP_CLOSE_WAIT;
	case EVTCP_FIN_WAIT_1:
		return EVTCP_CLOSING;
	case EVTCP_FIN_WAIT_2:
		return EVTCP_TIME_WAIT;
	default:
		return state;
	}
}

static enum evtcp_state follow_on_fin_acked(enum evtcp_state state)
{
	switch (state) {
	case EVTCP_FIN_WAIT_1:
		return EVTCP_FIN_WAIT_2;
	case EVTCP_CLOSING:
		return EVTCP_TIME_WAIT;
	case EVTCP_LAST_ACK:
		return EVTCP_CLOSED;
	default:
		return state;
	}
}

static void follow_pass_in(struct follow_conn *conn, const struct packet_view *view)
{
	uint16_t flags = view->tcp.flags;

	if (flags & TCP_SYN) {
		if (conn->state == EVTCP_LISTEN)
			conn->state = EVTCP_SYN_RECEIVED;
		return;
	}
	if (conn->state == EVTCP_SYN_RECEIVED && flags & TCP_ACK)
		conn->state = EVTCP_ESTABLISHED;
	if (conn->out.fin && flags & TCP_ACK && view->tcp.ack == conn->out.end)
		conn->state = follow_on_fin_acked(conn->state);
	if (flags & TCP_FIN)
		conn->state = follow_on_fin_in(conn->state);
}

static void follow_pass_out(struct follow_conn *conn, const struct packet_view *view)
{
	if ((view->tcp.flags & TCP_FIN) == 0)
		return;
	if (conn->state == EVTCP_ESTABLISHED || conn->state == EVTCP_SYN_RECEIVED)
		conn->state = EVTCP_FIN_WAIT_1;
	else if (conn->state == EVTCP_CLOSE_WAIT)
		conn->state = EVTCP_LAST_ACK;
}

void follow_pass(struct follow_conn *conn, const struct packet_view *view, bool outbound)
{
	/* Who goes on without having begun was there before anybody looked. */
	if (conn->state == EVTCP_LISTEN && (view->tcp.flags & TCP_SYN) == 0)
		conn->state = EVTCP_ESTABLISHED;
	if (view->tcp.flags & TCP_RST)
		conn->state = EVTCP_CLOSED;
	else if (outbound)
		follow_pass_out(conn, view);
	else
		follow_pass_in(conn, view);
}

void follow_reach(struct follow_conn *conn, const struct packet_view *view, bool outbound)
{
	struct follow_flow *flow = outbound ? &conn->out : &conn->in;
	uint32_t end = view->tcp.seq + packet_view_seq_len(view);

	if (view->tcp.flags & TCP_RST)
		return;
	if (!flow->reaches || (seq_leq(view->tcp.seq, flow->reached) && seq_gt(end, flow->reached)))
		flow->reached = end;
	flow->reaches = true;
}

/* What it acknowledges it has, also what came late. */
uint32_t follow_next(const struct follow_flow *flow, const struct follow_flow *back, uint32_t seq)
{
	uint32_t next = flow->reaches ? flow->reached : back->acks ? back->ack : seq;

	return back->acks ? seq_max(next, back->ack) : next;
}

uint64_t follow_bytes(const struct follow_flow *flow)
{
	unsigned others = 1u + flow->fin; /* SYN and FIN */

	return flow->passed > others ? flow->passed - others : 0;
}

/* ---- notes of rules -------------------------------------------------- */

struct follow_progress *follow_progress(struct follow *follow, struct follow_conn *conn, unsigned i)
{
	struct follow_progress *progress = conn->progress;
	unsigned old = conn->n_progress;

	if (i < old)
		return &progress[i];
	progress = memory_realloc(&follow->world, progress, (i + 1) * sizeof(*progress));
	if (!progress)
		return NULL;
	memset(progress + old, 0, (i + 1 - old) * sizeof(*progress));
	conn->progress = progress;
	conn->n_progress = i + 1;
	return &progress[i];
}

static void follow_end_effects(struct follow_effects *effects, unsigned number)
{
	if (effects->stall_rule == number)
		effects->stall_until_us = 0;
	if (effects->window_rule == number)
		effects->window_until_us = 0;
	if (effects->ignore_rule == number)
		effects->ignore_until_us = 0;
	if (effects->black_hole_rule == number)
		effects->black_hole_rule = 0;
	if (effects->never_close_rule == number)
		effects->never_close_rule = 0;
}

void follow_remove_rule(struct follow *follow, unsigned i, unsigned number, uint64_t now)
{
	struct list_node *head = &follow->recent.head;

	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct follow_conn *conn = container_of(node, struct follow_conn, recent);

		follow_end_effects(&conn->effects, number);
		if (conn->look.position != 0)
			follow_look_at(follow, conn, now);
		if (i >= conn->n_progress)
			continue;
		conn->n_progress--;
		memmove(&conn->progress[i], &conn->progress[i + 1],
			(conn->n_progress - i) * sizeof(*conn->progress));
	}
}

/* ---- looks --------------------------------------------------------------- */

void follow_look_at(struct follow *follow, struct follow_conn *conn, uint64_t at_us)
{
	if (deadline_queue_reserve(&follow->looks, follow->looks.len + 1) == 0)
		deadline_queue_set(&follow->looks, &conn->look, at_us);
}

uint64_t follow_next_look(const struct follow *follow)
{
	return deadline_queue_earliest(&follow->looks);
}

struct follow_conn *follow_pop_look(struct follow *follow, uint64_t now)
{
	struct deadline_node *node = deadline_queue_pop_due(&follow->looks, now);

	return node ? container_of(node, struct follow_conn, look) : NULL;
}

/* ---- requests -------------------------------------------------------------- */

static char *follow_copy(struct follow *follow, const char *text)
{
	size_t len = text ? strnlen(text, FOLLOW_TEXT_MAX) : 0;
	char *copy = text ? memory_alloc(&follow->world, len + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void follow_request(
	struct follow *follow, struct follow_conn *conn, const char *path, const char *tag)
{
	follow_forget_request(follow, conn);
	conn->path = follow_copy(follow, path);
	conn->tag = follow_copy(follow, tag);
}
