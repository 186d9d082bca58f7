/* SPDX-License-Identifier: BSD-3-Clause */

/* The connection object: what the application does to a connection.
 *
 *   application ──► output ──(settle)──► send queue ──► tcp
 *   application ◄── input  ◄──────────────────────────  tcp
 *
 * In: calls of the application, changes of the two evbuffers, news of the block.
 * Out: user calls on TCP (tcp/user.h), callbacks.
 *
 * A call never calls back: it changes state and, where the peer should hear of it,
 * puts the connection on the stack's touched list. The flush settles what is there
 * and delivers the news (conn_news.c). */

#include "stack/conn.h"
#include "stack/batch.h"
#include "stack/stack.h"
#include "tcp/user.h"
#include "util/memory.h"
#include "wire/address.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>

/* A hundred thousand idle connections are as many of these: a member more is a decision. */
_Static_assert(sizeof(void *) > 8 || sizeof(struct evtcp_conn) <= 96, "an object is small");

struct tcb *conn_wake(struct evtcp_conn *conn)
{
	timers_wake(conn->stack); /* that it may rest again, or the one that is idle for longest */
	return rest_wake(&conn->stack->tcp, conn->ref.rest, batch_now(conn->stack));
}

void conn_touch(struct evtcp_conn *conn)
{
	if (list_last(&conn->stack->touched) == &conn->in_touched)
		return;
	list_remove(&conn->in_touched);
	list_push(&conn->stack->touched, &conn->in_touched);
	timers_wake(conn->stack);
}

/* ---- from its beginning to its end ------------------------------------------ */

struct evtcp_conn *conn_new(struct evtcp_stack *stack, struct tcb *tcb)
{
	struct evtcp_conn *conn = memory_zalloc(&stack->world, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->stack = stack;
	conn->ref.tcb = tcb;
	conn->enabled = EV_WRITE;
	if (!tcb->may_rest && !conn_open_buffers(conn)) {
		conn_drop(conn);
		return NULL;
	}
	tcb->ref = &conn->ref;
	return conn;
}

void conn_drop(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn->stack;
	struct tcb *tcb = conn->ref.tcb;

	if (stack->hearing == conn)
		stack->hearing = NULL;
	list_remove(&conn->in_touched);
	conn_close_buffers(conn);
	if (tcb)
		tcb->ref = NULL;
	memory_free(&stack->world, conn);
}

void conn_rest(struct evtcp_conn *conn, uint64_t now)
{
	/* Who is not touched has been looked at, and has no empty buffers. */
	if (!conn->output && !conn->held && !conn->write_wanted &&
		!list_node_is_in(&conn->in_touched))
		(void)rest_put(conn->ref.tcb, now);
}

/* ---- settling ------------------------------------------------------------ */

void conn_fail(struct evtcp_conn *conn, uint64_t now)
{
	struct tcb *tcb = conn->ref.tcb;

	user_abort(tcb, EVTCP_CAUSE_RST_NO_MEMORY, now);
	tcb->error = ENOMEM;
	tcb_mark_news(tcb, TCB_NEWS_ERROR);
}

/* Of one that is awake. */
bool conn_is_open(const struct evtcp_conn *conn)
{
	const struct tcb *tcb = conn->ref.tcb;

	return tcb->error == 0 && tcb->state != EVTCP_SYN_SENT && tcb->state != EVTCP_CLOSED;
}

/* Moves output, which holds len bytes, into the send queue, as much as there is room for. */
static void conn_take_output(struct evtcp_conn *conn, size_t len, uint64_t now)
{
	if (conn->shutdown)
		evbuffer_drain(conn->output, len);
	else if (!conn_is_open(conn) || !(conn->enabled & EV_WRITE))
		return;
	else if (!conn_hand_over_output(conn, len) && user_send(conn->ref.tcb, conn->output) < 0)
		conn_fail(conn, now);
}

/* Who waits for room gets it by an ACK of its own, unless there is nothing to be
 * acknowledged: then other connections fill the limit of all buffers. */
static bool conn_waits_for_others(const struct evtcp_conn *conn)
{
	bool waits = conn->write_wanted || conn_pending(conn) > 0;

	return waits && conn_is_open(conn) && !conn->shutdown && (conn->enabled & EV_WRITE) &&
	       sendq_len(&conn->ref.tcb->sendq) == 0;
}

bool conn_move_output(struct evtcp_conn *conn, uint64_t now)
{
	size_t len = conn_pending(conn);

	if (len > 0) { /* whoever has added to it wants to hear that it is gone */
		conn->broken_pipe |= conn->shutdown;
		conn->write_wanted = 1;
		conn_take_output(conn, len, now);
	}
	if (!conn->write_wanted || !conn_is_open(conn) || !(conn->enabled & EV_WRITE))
		return false;
	if (user_room(conn->ref.tcb) > 0)
		return conn_pending(conn) == 0;
	if (conn_waits_for_others(conn) && !list_node_is_in(&conn->in_touched))
		list_push(&conn->stack->starved, &conn->in_touched);
	return false;
}

void conn_settle(struct evtcp_conn *conn, uint64_t now)
{
	struct tcb *tcb = conn->ref.tcb; /* who is touched does not rest */

	list_remove(&conn->in_touched);
	user_input_changed(tcb, now);
	if (conn_move_output(conn, now))
		tcb_mark_news(tcb, TCB_NEWS_WRITABLE);
	conn_give_back(conn);
}

/* The room that they wait for is common to all: the first stands for the others. One that
 * has ended since waits for nothing, and must not stand in front of those that do. */
bool conn_starved_may_go(const struct evtcp_stack *stack)
{
	struct list_node *node = list_first(&stack->starved);
	const struct evtcp_conn *conn;

	if (!node)
		return false;
	conn = container_of(node, struct evtcp_conn, in_touched);
	return !conn_waits_for_others(conn) || user_room(conn->ref.tcb) > 0;
}

bool conn_wake_starved(struct evtcp_stack *stack, uint64_t now)
{
	if (!conn_starved_may_go(stack))
		return false;
	conn_settle(container_of(list_first(&stack->starved), struct evtcp_conn, in_touched), now);
	return true;
}

/* ---- the application's calls ------------------------------------------ */

/* The local end of a connection to tuple->remote, as far as the application names
 * it (RFC 9293 3.9.1.1, MUST-43), else as IP would (MUST-44); a port of 0 is left for
 * later. 0, or -1 with errno. */
static int conn_choose_local(struct evtcp_stack *stack, struct evtcp_tuple *tuple,
	const struct sockaddr *local, socklen_t len)
{
	const struct evtcp_addr *ours = ip_source_for(&stack->ip, &tuple->remote.addr);

	if (local && evtcp_endpoint_from_sockaddr(&tuple->local, local, len) < 0)
		return -1;
	if (local &&
		evtcp_addr_is_ipv4(&tuple->local.addr) != evtcp_addr_is_ipv4(&tuple->remote.addr)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (ours && (!local || address_is_any(&tuple->local.addr)))
		tuple->local.addr = *ours;
	if (ip_find_address(&stack->ip, &tuple->local.addr) < 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	return 0;
}

/* 0, or -1 with errno when nobody can be reached at remote. */
static int conn_check_remote(const struct evtcp_stack *stack, const struct evtcp_endpoint *remote)
{
	if (remote->port == 0 || address_is_any(&remote->addr))
		errno = EINVAL;
	/* RFC 9293 3.9.2.3, MUST-46: no open to a broadcast or multicast address. */
	else if (!stack->link || !ip_can_be_peer(&stack->ip, &remote->addr))
		errno = ENETUNREACH;
	else
		return 0;
	return -1;
}

struct evtcp_conn *evtcp_conn_connect(struct evtcp_stack *stack, const struct sockaddr *local,
	socklen_t local_len, const struct sockaddr *remote, socklen_t remote_len)
{
	struct evtcp_tuple tuple = {0};
	uint64_t now = batch_now(stack);
	struct evtcp_conn *conn;
	struct tcb *tcb;

	if (evtcp_endpoint_from_sockaddr(&tuple.remote, remote, remote_len) < 0 ||
		conn_check_remote(stack, &tuple.remote) < 0 ||
		conn_choose_local(stack, &tuple, local, local_len) < 0)
		return NULL;
	if (tuple.local.port == 0 && user_choose_port(&stack->tcp, &tuple) < 0)
		return NULL;
	tcb = user_open(&stack->tcp, &tuple, now);
	if (!tcb)
		return NULL;
	conn = conn_new(stack, tcb);
	if (!conn) {
		user_release(tcb, NULL, now); /* in SYN-SENT: it is just gone */
		errno = ENOMEM;
		return NULL;
	}
	timers_wake(stack);
	return conn;
}

/* Without memory to wake it the peer learns of the end when it sends something. */
static void conn_forget(struct evtcp_conn *conn)
{
	if (conn->ref.rest)
		rest_forget(&conn->stack->tcp, conn->ref.rest);
	conn_drop(conn);
}

void evtcp_conn_free(struct evtcp_conn *conn)
{
	struct evbuffer *rest;
	struct tcb *tcb;
	struct evtcp_stack *stack;

	if (!conn)
		return;
	stack = conn->stack;
	tcb = conn_tcb(conn);
	if (!tcb) {
		conn_forget(conn);
		return;
	}
	rest = conn->shutdown ? NULL : conn_take_away_output(conn);
	conn_drop(conn);
	user_release(tcb, rest, batch_now(stack));
	if (rest)
		evbuffer_free(rest);
	timers_wake(stack);
}

void evtcp_conn_abort(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn->stack;
	uint64_t now = batch_now(stack);
	struct tcb *tcb = conn_tcb(conn);

	if (!tcb) {
		conn_forget(conn);
		return;
	}
	conn_drop(conn);
	user_abort(tcb, EVTCP_CAUSE_RST_ABORT, now);
	user_release(tcb, NULL, now);
	timers_wake(stack);
}

/* It had to be woken, and there was no memory for that. */
static void conn_lose(struct evtcp_conn *conn)
{
	rest_forget(&conn->stack->tcp, conn->ref.rest);
	list_push(&conn->stack->lost, &conn->in_touched);
}

void evtcp_conn_shutdown(struct evtcp_conn *conn)
{
	struct tcb *tcb;

	if (conn->shutdown)
		return;
	tcb = conn_tcb(conn);
	if (tcb)
		user_shutdown(tcb, conn->output, batch_now(conn->stack));
	else
		conn_lose(conn);
	conn->shutdown = 1;
	timers_wake(conn->stack);
}

void evtcp_conn_set_cb(struct evtcp_conn *conn, evtcp_conn_data_cb readcb,
	evtcp_conn_data_cb writecb, evtcp_conn_event_cb eventcb, void *arg)
{
	conn->readcb = readcb;
	conn->writecb = writecb;
	conn->eventcb = eventcb;
	conn->arg = arg;
}

void evtcp_conn_set_advisory_cb(struct evtcp_conn *conn, evtcp_conn_advisory_cb cb)
{
	conn->advisorycb = cb;
}

void evtcp_conn_enable(struct evtcp_conn *conn, short events)
{
	unsigned on = (unsigned)events & ~conn->enabled & (EV_READ | EV_WRITE);
	struct tcb *tcb = conn->ref.tcb; /* at rest there is nothing to be announced */
	unsigned news = 0;

	conn->enabled |= (uint8_t)on;
	if (on & EV_READ) {
		news = conn->held;
		conn->held = 0;
		if (tcb && tcb_input_len(tcb) > 0)
			news |= TCB_NEWS_READABLE;
	}
	if (news && tcb)
		tcb_mark_news(tcb, news);
	if (on && tcb)
		conn_touch(conn);
}

void evtcp_conn_disable(struct evtcp_conn *conn, short events)
{
	conn->enabled &= (uint8_t)~events;
}

ssize_t evtcp_conn_recv(struct evtcp_conn *conn, void *buf, size_t len)
{
	const struct tcb *tcb = conn->ref.tcb; /* nothing has come to one at rest */
	bool waits = tcb && tcb_input_len(tcb) > 0;
	struct evbuffer *input = waits ? evtcp_conn_get_input(conn) : NULL;
	int n = input ? evbuffer_remove(input, buf, len) : 0;

	if (n > 0 || len == 0)
		return n;
	if (tcb && tcb->fin_received)
		return 0;
	errno = evtcp_conn_get_error(conn);
	if (errno == 0 || errno == EPIPE)
		errno = EAGAIN;
	return -1;
}

uint32_t conn_room(const struct evtcp_conn *conn)
{
	uint32_t room = user_room(conn->ref.tcb);
	size_t waiting = conn_pending(conn);

	if (!conn_is_open(conn) || conn->shutdown || !(conn->enabled & EV_WRITE))
		return 0;
	return waiting < room ? room - (uint32_t)waiting : 0;
}

/* Only bounds what output holds: the bytes move on in the flush, many small
 * pieces as one. */
ssize_t evtcp_conn_send(struct evtcp_conn *conn, const void *buf, size_t len)
{
	struct evbuffer *output = evtcp_conn_get_output(conn);
	struct tcb *tcb = conn->ref.tcb;
	uint32_t room = tcb ? conn_room(conn) : 0;

	if (!output || !tcb)
		goto no_memory;
	if (tcb->error)
		errno = tcb->error;
	else if (conn->shutdown)
		errno = EPIPE;
	else if (tcb->state == EVTCP_SYN_SENT)
		errno = ENOTCONN;
	else if (len == 0)
		return 0;
	else if (room == 0)
		errno = EAGAIN;
	else if (evbuffer_add(output, buf, len < room ? len : room) == 0)
		return (ssize_t)(len < room ? len : room);
	else
		goto no_memory;
	conn->write_wanted = 1;
	conn_touch(conn);
	return -1;
no_memory: /* There is room: a writecb would come at once, to fail again, for ever. */
	errno = ENOMEM;
	return -1;
}

/* ---- options -------------------------------------------------------------- */

void evtcp_conn_set_nodelay(struct evtcp_conn *conn, int on)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		user_set_nodelay(tcb, on != 0);
	timers_wake(conn->stack);
}

void evtcp_conn_set_cork(struct evtcp_conn *conn, int on)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		user_set_cork(tcb, on != 0);
	timers_wake(conn->stack);
}

void evtcp_conn_set_keepalive(
	struct evtcp_conn *conn, uint64_t idle_us, uint64_t interval_us, unsigned probes)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		user_set_keepalive(tcb, idle_us, interval_us, probes, batch_now(conn->stack));
	timers_wake(conn->stack);
}

void evtcp_conn_set_user_timeout(struct evtcp_conn *conn, uint64_t timeout_us)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		user_set_user_timeout(tcb, timeout_us, batch_now(conn->stack));
	timers_wake(conn->stack);
}

void evtcp_conn_advertise_user_timeout(struct evtcp_conn *conn, uint64_t timeout_us)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		user_timeout_advertise(tcb, timeout_us, batch_now(conn->stack));
	timers_wake(conn->stack);
}

void evtcp_conn_let_rest(struct evtcp_conn *conn, int on)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb) {
		user_let_rest(tcb, on != 0);
		conn_touch(conn);
		if (!on && !conn_open_buffers(conn))
			conn_fail(conn, batch_now(conn->stack));
	}
	timers_wake(conn->stack);
}

void evtcp_conn_set_dscp(struct evtcp_conn *conn, unsigned dscp)
{
	struct tcb *tcb = conn_tcb(conn);

	if (tcb)
		tcb->dscp = dscp & 63;
}

void evtcp_conn_set_ttl(struct evtcp_conn *conn, unsigned ttl)
{
	struct tcb *tcb = ttl >= 1 && ttl <= 255 ? conn_tcb(conn) : NULL;

	if (tcb)
		tcb->ttl = (uint8_t)ttl;
}
