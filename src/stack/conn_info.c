/* SPDX-License-Identifier: BSD-3-Clause */

/* What a connection tells of itself, at any time and without changing anything.
 *
 * In: the block and the object behind it. Out: values. Blocks that no application
 * holds (not announced yet, orphans) have no output buffer. */

#include "stack/conn.h"
#include "stack/stack.h"
#include "tcp/user.h"

#include <errno.h>
#include <event2/buffer.h>

void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info)
{
	user_info(&conn->tcb, info);
	info->error = evtcp_conn_get_error(conn);
	info->eof = conn->tcb.fin_received;
	info->readable = info->unread_bytes > 0 || info->eof || info->error != 0;
	info->writable = conn_room(conn) > 0;
	if (conn->output)
		info->unsent_bytes += (uint32_t)evbuffer_get_length(conn->output);
}

enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn)
{
	return conn->tcb.state;
}

int evtcp_conn_get_error(const struct evtcp_conn *conn)
{
	if (conn->tcb.error)
		return conn->tcb.error;
	return conn->broken_pipe ? EPIPE : 0;
}

struct evtcp_stack *evtcp_conn_get_stack(const struct evtcp_conn *conn)
{
	return conn_stack(conn);
}

/* RFC 9293 3.8.5, MUST-33. The first byte of input has the number that as many
 * bytes as input holds lead from to RCV.NXT, not counting their FIN. */
uint32_t evtcp_conn_urgent_bytes(const struct evtcp_conn *conn)
{
	const struct tcb *tcb = &conn->tcb;
	uint32_t unread = (uint32_t)evbuffer_get_length(tcb->input);
	uint32_t first = tcb->rcv_nxt - tcb->fin_received - unread;

	if (!tcb->urgent || !seq_lt(first, tcb->rcv_up))
		return 0;
	return tcb->rcv_up - first;
}

int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg)
{
	struct list_node *head = &stack->tcp.connections.head;
	int result = 0;

	for (struct list_node *node = head->next; node != head && result == 0; node = node->next)
		result = fn(conn_of(container_of(node, struct tcb, in_connections)), arg);
	return result;
}
