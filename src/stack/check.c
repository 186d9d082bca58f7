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
	bool attached = conn->output != NULL;

	assert((conn->input_cb != NULL) == attached && "watched while an application holds it");
	assert((attached || !list_node_is_in(&conn->in_touched)) && "only its owner touches it");
	assert((!attached || conn->tcb.owned) && "an orphan has no output buffer");
	assert((!attached || !conn->tcb.listener) && "announced before it has an owner");
	assert((!conn->finished || conn->tcb.error != 0) && "the error that was told is kept");
}

static uint32_t check_len(const struct list *list)
{
	uint32_t len = 0;

	for (const struct list_node *node = list->head.next; node != &list->head; node = node->next)
		len++;
	return len;
}

void evtcp_stack_check(struct evtcp_stack *stack)
{
	struct list_node *head = &stack->tcp.connections.head;
	uint32_t touched, marked = 0;

	tcp_check(&stack->tcp);
	reassembly_check(&stack->reassembly);
	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct evtcp_conn *conn = conn_of(container_of(node, struct tcb, in_connections));

		conn_check(conn);
		marked += list_node_is_in(&conn->in_touched);
	}
	touched = check_len(&stack->touched) + check_len(&stack->starved);
	assert(touched == marked && "whoever is touched is a connection");
	assert((stack->flushing || !stack->hearing) && "callbacks run inside a flush");
	assert(stack->batch.replies.len <= REPLIES_MAX);
	assert((!flush_pending(stack) ||
		       evtcp_stack_next_deadline(stack) <= stack->world.now_us(stack->world.arg)) &&
		"what waits for a flush is due now");
}
