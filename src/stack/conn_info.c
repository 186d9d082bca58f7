/* SPDX-License-Identifier: BSD-3-Clause */

/* What a connection tells of itself, at any time and without changing anything: one at rest is not
 * woken for it.
 *
 * In: the object and its block. Out: values. */

#include "stack/conn.h"
#include "stack/stack.h"
#include "tcp/demux.h"
#include "tcp/user.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <string.h>

static void conn_info_of(
	const struct evtcp_conn *conn, const struct tcb *tcb, struct evtcp_conn_info *info)
{
	user_info(tcb, info);
	info->error = evtcp_conn_get_error(conn);
	info->eof = tcb->fin_received;
	info->readable = info->unread_bytes > 0 || info->eof || info->error != 0;
	info->unsent_bytes += (uint32_t)conn_pending(conn);
}

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	struct tcb shown;

	if (conn->ref.rest) {
		rest_show(&conn->stack->tcp, conn->ref.rest, &shown);
		conn_info_of(conn, &shown, info);
		info->resting = 1;
		info->writable = info->writable && (conn->enabled & EV_WRITE);
	} else if (conn->ref.tcb) {
		conn_info_of(conn, conn->ref.tcb, info);
		info->writable = conn_room(conn) > 0;
	} else {
		memset(info, 0, sizeof(*info));
		info->error = evtcp_conn_get_error(conn);
		info->readable = 1;
	}
}

/* One at rest has nothing that waits. */
void evtcp_conn_get_waiting(const struct evtcp_conn *conn, uint64_t *in, uint64_t *out)
{
	const struct tcb *tcb = conn->ref.tcb;

	*in = tcb ? tcb_input_len(tcb) : 0;
	*out = conn_pending(conn);
	if (tcb)
		*out += user_unacked(tcb);
}

enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn)
{
	if (conn->ref.rest)
		return EVTCP_ESTABLISHED;
	return conn->ref.tcb ? conn->ref.tcb->state : EVTCP_CLOSED;
}

int evtcp_conn_get_error(const struct evtcp_conn *conn)
{
	if (!conn->ref.tcb && !conn->ref.rest)
		return ENOMEM;
	if (conn->ref.tcb && conn->ref.tcb->error)
		return conn->ref.tcb->error;
	return conn->broken_pipe || (conn->shutdown && conn_pending(conn) > 0) ? EPIPE : 0;
}

struct evtcp_stack *evtcp_conn_get_stack(const struct evtcp_conn *conn)
{
	return conn->stack;
}

/* RFC 9293 3.8.5, MUST-33. The first byte of input has the number that as many
 * bytes as input holds lead from to RCV.NXT, not counting their FIN. */
uint32_t evtcp_conn_urgent_bytes(const struct evtcp_conn *conn)
{
	const struct tcb *tcb = conn->ref.tcb;
	uint32_t unread, first;

	if (!tcb || !tcb->urgent)
		return 0;
	unread = (uint32_t)tcb_input_len(tcb);
	first = tcb->rcv_nxt - tcb->fin_received - unread;
	return seq_lt(first, tcb->rcv_up) ? tcb->rcv_up - first : 0;
}

struct conn_each {
	struct evtcp_stack *stack;
	int (*fn)(const struct evtcp_conn *conn, void *arg);
	void *arg;
};

/* Those that nobody holds have no object: there is one for the time of the call, of a connection
 * on which nobody will write. */
static int conn_show(const struct conn_each *each, struct tcb *tcb)
{
	struct evtcp_conn shown = {.ref.tcb = tcb, .stack = each->stack, .shutdown = 1};

	return each->fn(tcb->ref ? conn_of(tcb) : &shown, each->arg);
}

static int conn_show_at_rest(const struct tcb *tcb, void *arg)
{
	const struct conn_each *each = arg;

	return each->fn(conn_of(tcb), each->arg);
}

int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg)
{
	struct conn_each each = {.stack = stack, .fn = fn, .arg = arg};
	struct list_node *head = &stack->tcp.connections.head;
	int result = 0;

	for (struct list_node *node = head->next; node != head && result == 0; node = node->next)
		result = conn_show(&each, container_of(node, struct tcb, in_connections));
	return result != 0 ? result : rest_foreach(&stack->tcp, conn_show_at_rest, &each);
}

static int conn_tell(const struct evtcp_conn *conn, void *arg)
{
	evtcp_conn_get_info(conn, arg);
	return 0;
}

int evtcp_stack_find_conn(
	struct evtcp_stack *stack, const struct evtcp_tuple *tuple, struct evtcp_conn_info *info)
{
	struct conn_each each = {.stack = stack, .fn = conn_tell, .arg = info};
	uint64_t hash = demux_hash(&stack->tcp, tuple);
	struct tcb *tcb = demux_find_hashed(&stack->tcp, tuple, hash), shown;
	const struct rest *rest;

	if (tcb)
		return conn_show(&each, tcb);
	rest = rest_find(&stack->tcp, tuple, hash);
	if (!rest) {
		errno = ENOENT;
		return -1;
	}
	rest_show(&stack->tcp, rest, &shown);
	return conn_show_at_rest(&shown, &each);
}
