/* SPDX-License-Identifier: BSD-3-Clause */

/* The two buffers that an application has of a connection.
 *
 * Who counts on them has both from the start, and they tell us what it does to them. Who may rest
 * has them while they hold something, and else from when it asks until the next flush, which looks
 * at what it did: an idle connection then has no buffers, a busy one none that are empty, and
 * among very many that is memory which need not be there, nor be fetched.
 *
 * In: what the application asks for. Out: evbuffers; connections that the next flush settles. */

#include "stack/conn.h"
#include "stack/stack.h"
#include "tcp/user.h"

#include <event2/buffer.h>
#include <event2/buffer_compat.h>

size_t conn_pending(const struct evtcp_conn *conn)
{
	return conn->output ? evbuffer_get_length(conn->output) : 0;
}

/* ---- who counts on them -------------------------------------------------- */

/* libevent calls this from inside whatever changed the buffer, which therefore
 * stays as it is until the flush. */
static void conn_output_changed(
	struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct evtcp_conn *conn = arg;

	(void)output;
	if (info->n_added > 0) /* else the stack took it, or the application changed its mind */
		conn_touch(conn);
}

static void conn_input_changed(
	struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct evtcp_conn *conn = arg;

	(void)input;
	if (info->n_deleted > 0) /* else TCP added to it */
		conn_touch(conn);
}

/* output, made if there is none; NULL without memory. */
static struct evbuffer *conn_make_output(struct evtcp_conn *conn)
{
	if (!conn->output)
		conn->output = spare_buffers_take(&conn->stack->tcp.spare);
	return conn->output;
}

/* The buffers of one that may not rest, which tell us; NULL without memory. */
static struct evbuffer *conn_input(struct evtcp_conn *conn)
{
	struct evbuffer *input = tcb_input(conn->ref.tcb);

	if (!input || conn->input_told)
		return input;
	if (!evbuffer_add_cb(input, conn_input_changed, conn))
		return NULL;
	conn->input_told = 1;
	return input;
}

static struct evbuffer *conn_output(struct evtcp_conn *conn)
{
	if (!conn_make_output(conn) || conn->output_told)
		return conn->output;
	if (!evbuffer_add_cb(conn->output, conn_output_changed, conn))
		return NULL;
	conn->output_told = 1;
	return conn->output;
}

bool conn_open_buffers(struct evtcp_conn *conn)
{
	return conn_input(conn) && conn_output(conn);
}

/* Nobody tells of the input any more. */
static void conn_leave_input(struct evtcp_conn *conn)
{
	if (conn->input_told)
		evbuffer_remove_cb(conn->ref.tcb->input, conn_input_changed, conn);
	conn->input_told = 0;
}

struct evbuffer *conn_take_away_output(struct evtcp_conn *conn)
{
	struct evbuffer *output = conn->output;

	if (conn->output_told)
		evbuffer_remove_cb(output, conn_output_changed, conn);
	conn->output_told = 0;
	conn->output = NULL;
	return output;
}

static void conn_free_output(struct evtcp_conn *conn)
{
	struct evbuffer *output = conn_take_away_output(conn);

	if (output)
		evbuffer_free(output);
}

void conn_close_buffers(struct evtcp_conn *conn)
{
	conn_leave_input(conn);
	conn_free_output(conn);
}

/* The application has left the buffer: what it has put there to be told would tell it of what is
 * not its own any more. */
static void conn_withdraw(struct evbuffer *buffer)
{
	evbuffer_setcb(buffer, NULL, NULL);
}

bool conn_hand_over_output(struct evtcp_conn *conn, size_t len)
{
	struct tcb *tcb = conn->ref.tcb;

	if (!tcb->may_rest || conn->output_told || !user_take_over(tcb, conn->output, len))
		return false;
	conn_withdraw(conn->output);
	conn->output = NULL;
	return true;
}

void conn_give_back(struct evtcp_conn *conn)
{
	struct tcb *tcb = conn->ref.tcb;

	if (!tcb->may_rest)
		return;
	if (conn->output && conn_pending(conn) == 0) {
		conn_withdraw(conn->output);
		spare_buffers_give(&conn->stack->tcp.spare, conn->output);
		conn->output = NULL;
		conn->output_told = 0;
	}
	if (tcb->input && tcb->unread == 0) {
		conn_withdraw(tcb->input);
		tcb_drop_input(tcb);
		conn->input_told = 0;
	}
}

/* ---- who asks for them ----------------------------------------------------- */

struct evbuffer *evtcp_conn_get_input(struct evtcp_conn *conn)
{
	struct tcb *tcb = conn_tcb(conn);

	if (!tcb || !tcb->may_rest)
		return tcb ? conn_input(conn) : NULL;
	conn_touch(conn);
	return tcb_input(tcb);
}

struct evbuffer *evtcp_conn_get_output(struct evtcp_conn *conn)
{
	struct tcb *tcb = conn_tcb(conn);

	if (!tcb || !tcb->may_rest)
		return tcb ? conn_output(conn) : NULL;
	conn_touch(conn);
	return conn_make_output(conn);
}
