/* SPDX-License-Identifier: BSD-3-Clause */

/* What a connection's application is told, and in which order.
 *
 * In: the news bits of a block (tcp/tcb.h). Out: callbacks of the application.
 *
 * A callback may free this connection or any other: the stack's `hearing` tells
 * conn_deliver whether its own is still there. News of reading that the application does
 * not want to hear yet is held until evtcp_conn_enable. */

#include "stack/conn.h"
#include "stack/listener.h"
#include "stack/stack.h"
#include "tcp/user.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

/* Each of these tells one thing and returns whether conn is still there. */

static bool conn_tell_event(struct evtcp_conn *conn, short what)
{
	struct evtcp_stack *stack = conn->stack;

	if (conn->eventcb)
		conn->eventcb(conn, what, conn->arg);
	return stack->hearing == conn;
}

/* The object of a connection that came from a listener; NULL if it is gone after all. */
static struct evtcp_conn *conn_tell_accepted(
	struct evtcp_stack *stack, struct tcb *tcb, uint64_t now)
{
	struct evtcp_listener *listener =
		container_of(listen_announce(tcb), struct evtcp_listener, tcp);
	struct evtcp_conn *conn;

	if (listener->lets_rest)
		user_let_rest(tcb, true);
	conn = conn_new(stack, tcb);
	if (!conn) {
		user_abort(tcb, EVTCP_CAUSE_RST_NO_MEMORY, now);
		user_release(tcb, NULL, now);
		return NULL;
	}
	stack->hearing = conn;
	listener_announce(listener, conn);
	return stack->hearing;
}

static bool conn_tell_connected(struct evtcp_conn *conn)
{
	conn_touch(conn); /* output that waited for this */
	return conn_tell_event(conn, BEV_EVENT_CONNECTED);
}

static bool conn_tell_readable(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn->stack;

	if (!(conn->enabled & EV_READ)) {
		conn->held |= TCB_NEWS_READABLE;
		return true;
	}
	conn->ref.tcb->news &= (uint8_t)~TCB_NEWS_READABLE; /* an accept callback may enable it */
	/* The application may have read it already, without being told. */
	if (conn->readcb && (tcb_input_len(conn->ref.tcb) > 0 || conn->ref.tcb->urgent))
		conn->readcb(conn, conn->arg);
	return stack->hearing == conn;
}

static bool conn_tell_writable(struct evtcp_conn *conn, uint64_t now)
{
	struct evtcp_stack *stack = conn->stack;

	if (!conn_move_output(conn, now))
		return true; /* another one took the room meanwhile */
	conn->write_wanted = 0;
	if (conn->writecb)
		conn->writecb(conn, conn->arg);
	if (stack->hearing != conn)
		return false;
	/* What an ACK has emptied nobody need have asked for. */
	if (!list_node_is_in(&conn->in_touched))
		conn_give_back(conn);
	return true;
}

/* RFC 9293 3.9.1.8, MUST-47: asynchronous reports, which can be left off (here: they are
 * off until somebody asks). An ACK may have settled it in the same batch. */
static bool conn_tell_advisory(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn->stack;

	if (conn->advisorycb && conn->ref.tcb->soft_error)
		conn->advisorycb(
			conn, conn->ref.tcb->soft_cause, conn->ref.tcb->soft_error, conn->arg);
	return stack->hearing == conn;
}

static bool conn_tell_eof(struct evtcp_conn *conn)
{
	/* A callback before this one has enabled reading: the last bytes first. */
	if (conn->ref.tcb->news & TCB_NEWS_READABLE) {
		tcb_mark_news(conn->ref.tcb, TCB_NEWS_EOF);
		return true;
	}
	if (!(conn->enabled & EV_READ)) {
		conn->held |= TCB_NEWS_EOF;
		return true;
	}
	return conn_tell_event(conn, BEV_EVENT_READING | BEV_EVENT_EOF);
}

static bool conn_tell_error(struct evtcp_conn *conn)
{
	int error = conn->ref.tcb->error;
	bool by_peer = error == ECONNRESET || error == ECONNREFUSED;

	/* The same, and the error last. */
	if (conn->ref.tcb->news & (TCB_NEWS_READABLE | TCB_NEWS_EOF)) {
		tcb_mark_news(conn->ref.tcb, TCB_NEWS_ERROR);
		return true;
	}
	conn->finished = 1;
	errno = error; /* where EVUTIL_SOCKET_ERROR looks for it */
	return conn_tell_event(
		conn, (by_peer ? BEV_EVENT_READING : BEV_EVENT_WRITING) | BEV_EVENT_ERROR);
}

void conn_deliver_lost(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn->stack;

	stack->hearing = conn;
	conn->finished = 1;
	errno = ENOMEM;
	if (conn_tell_event(conn, BEV_EVENT_WRITING | BEV_EVENT_ERROR))
		list_push(&stack->gone, &conn->in_touched);
	stack->hearing = NULL;
}

void conn_deliver(struct evtcp_stack *stack, struct tcb *tcb, uint64_t now)
{
	struct evtcp_conn *conn = conn_of(tcb);
	unsigned news = tcb->news;

	tcb->news = 0;
	if (news & TCB_NEWS_DEAD) {
		tcb_free(tcb);
		return;
	}
	if (news & TCB_NEWS_ACCEPTED)
		conn = conn_tell_accepted(stack, tcb, now);
	if (!conn || conn->finished)
		return; /* nobody holds it, or all was said */
	stack->hearing = conn;
	if (news & TCB_NEWS_CONNECTED && !conn_tell_connected(conn))
		return;
	if (news & TCB_NEWS_READABLE && !conn_tell_readable(conn))
		return;
	if (news & TCB_NEWS_WRITABLE && !conn_tell_writable(conn, now))
		return;
	if (news & TCB_NEWS_ADVISORY && !conn_tell_advisory(conn))
		return;
	if (news & TCB_NEWS_EOF && !conn_tell_eof(conn))
		return;
	if (news & TCB_NEWS_ERROR && !conn_tell_error(conn))
		return;
	stack->hearing = NULL;
}
