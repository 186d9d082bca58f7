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
	struct evtcp_stack *stack = conn_stack(conn);

	if (conn->eventcb)
		conn->eventcb(conn, what, conn->arg);
	return stack->hearing == conn;
}

static bool conn_tell_accepted(struct evtcp_conn *conn, uint64_t now)
{
	struct evtcp_stack *stack = conn_stack(conn);
	struct evtcp_listener *listener =
		container_of(listen_announce(&conn->tcb), struct evtcp_listener, tcp);

	if (conn_attach(conn) < 0) {
		stack->hearing = NULL;
		user_abort(&conn->tcb, EVTCP_CAUSE_RST_NO_MEMORY, now);
		user_release(&conn->tcb, NULL, now);
		return false;
	}
	listener_announce(listener, conn);
	return stack->hearing == conn;
}

static bool conn_tell_connected(struct evtcp_conn *conn)
{
	conn_touch(conn); /* output that waited for this */
	return conn_tell_event(conn, BEV_EVENT_CONNECTED);
}

static bool conn_tell_readable(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn_stack(conn);

	if (!(conn->enabled & EV_READ)) {
		conn->held |= TCB_NEWS_READABLE;
		return true;
	}
	conn->tcb.news &= (uint8_t)~TCB_NEWS_READABLE; /* an accept callback may enable it */
	/* The application may have read it already, without being told. */
	if (conn->readcb && (evbuffer_get_length(conn->tcb.input) > 0 || conn->tcb.urgent))
		conn->readcb(conn, conn->arg);
	return stack->hearing == conn;
}

static bool conn_tell_writable(struct evtcp_conn *conn, uint64_t now)
{
	struct evtcp_stack *stack = conn_stack(conn);

	if (!conn_move_output(conn, now))
		return true; /* another one took the room meanwhile */
	conn->write_wanted = 0;
	if (conn->writecb)
		conn->writecb(conn, conn->arg);
	return stack->hearing == conn;
}

/* RFC 9293 3.9.1.8, MUST-47: asynchronous reports, which can be left off (here: they are
 * off until somebody asks). An ACK may have settled it in the same batch. */
static bool conn_tell_advisory(struct evtcp_conn *conn)
{
	struct evtcp_stack *stack = conn_stack(conn);

	if (conn->advisorycb && conn->tcb.soft_error)
		conn->advisorycb(conn, conn->tcb.soft_cause, conn->tcb.soft_error, conn->arg);
	return stack->hearing == conn;
}

static bool conn_tell_eof(struct evtcp_conn *conn)
{
	/* A callback before this one has enabled reading: the last bytes first. */
	if (conn->tcb.news & TCB_NEWS_READABLE) {
		tcb_mark_news(&conn->tcb, TCB_NEWS_EOF);
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
	int error = conn->tcb.error;
	bool by_peer = error == ECONNRESET || error == ECONNREFUSED;

	/* The same, and the error last. */
	if (conn->tcb.news & (TCB_NEWS_READABLE | TCB_NEWS_EOF)) {
		tcb_mark_news(&conn->tcb, TCB_NEWS_ERROR);
		return true;
	}
	conn->finished = 1;
	errno = error; /* where EVUTIL_SOCKET_ERROR looks for it */
	return conn_tell_event(
		conn, (by_peer ? BEV_EVENT_READING : BEV_EVENT_WRITING) | BEV_EVENT_ERROR);
}

void conn_deliver(struct evtcp_conn *conn, uint64_t now)
{
	struct evtcp_stack *stack = conn_stack(conn);
	unsigned news = conn->tcb.news;

	conn->tcb.news = 0;
	if (news & TCB_NEWS_DEAD) {
		tcb_free(&conn->tcb);
		return;
	}
	stack->hearing = conn;
	if (news & TCB_NEWS_ACCEPTED && !conn_tell_accepted(conn, now))
		return;
	if (!conn->output || conn->finished) {
		stack->hearing = NULL; /* nobody holds it, or all was said */
		return;
	}
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
