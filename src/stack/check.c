/* SPDX-License-Identifier: BSD-3-Clause */

/* The invariants of the runtime, asserted over everything a stack holds. For tests,
 * fuzzing and simulation: it walks every connection.
 *
 * In: a stack at rest between two calls. Out: nothing, or an assertion that says in
 * words what is wrong.
 *
 * What TCP promises of its blocks and tables is asserted by tcp_check. */

#include "stack/conn.h"
#include "stack/flush.h"
#include "stack/stack.h"

#include <assert.h>
#include <event2/buffer.h>

void conn_check(const struct evtcp_conn *conn)
{
	const struct tcb *tcb = conn->ref.tcb;

	assert((!tcb || !conn->ref.rest) && "awake or at rest");
	assert((tcb || !conn->output) && "who is at rest has no buffers");
	assert((tcb || !conn->input_told) && "who is at rest has no buffers");
	assert((conn->output || !conn->output_told) &&
		"nobody tells of a buffer that is not there");
	assert((tcb || !conn->held) && "nothing is waiting for one at rest");
	assert((!conn->ref.rest || !list_node_is_in(&conn->in_touched)) &&
		"who is touched does not rest");
	assert((!tcb || tcb->ref == &conn->ref) && "block and object know each other");
	assert((!tcb || tcb->owned) && "an orphan has no object");
	assert((!tcb || !tcb->listener) && "announced before it has an owner");
	assert((!conn->finished || evtcp_conn_get_error(conn) != 0) &&
		"the error that was told is kept");
}

static uint32_t check_len(const struct list *list)
{
	uint32_t len = 0;

	for (const struct list_node *node = list->head.next; node != &list->head; node = node->next)
		len++;
	return len;
}

static int check_at_rest(const struct tcb *tcb, void *arg)
{
	(void)arg;
	conn_check(conn_of(tcb));
	return 0;
}

void evtcp_stack_check(struct evtcp_stack *stack)
{
	struct list_node *head = &stack->tcp.connections.head;
	uint32_t touched, marked = 0;

	tcp_check(&stack->tcp);
	reassembly_check(&stack->reassembly);
	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct evtcp_conn *conn = conn_of(container_of(node, struct tcb, in_connections));

		if (!conn)
			continue;
		conn_check(conn);
		marked += list_node_is_in(&conn->in_touched);
	}
	rest_foreach(&stack->tcp, check_at_rest, NULL);
	touched = check_len(&stack->touched) + check_len(&stack->starved);
	assert(touched == marked && "whoever is touched is a connection");
	assert((stack->flushing || !stack->hearing) && "callbacks run inside a flush");
	assert(stack->batch.replies.len <= REPLIES_MAX);
	assert((!flush_pending(stack) ||
		       evtcp_stack_next_deadline(stack) <= stack->world.now_us(stack->world.arg)) &&
		"what waits for a flush is due now");
}
