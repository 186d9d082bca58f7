/* SPDX-License-Identifier: BSD-3-Clause */

/* The listener object: an address and port on which handshakes are answered, and
 * the callback that gets the connections.
 *
 * In: calls of the application, completed handshakes. Out: TCP's table of listeners,
 * the accept callback.
 *
 * Half-open connections and the backlog are TCP's business (tcp/listen.h). */

#include "stack/listener.h"
#include "stack/batch.h"
#include "stack/conn.h"
#include "stack/stack.h"
#include "util/memory.h"
#include "wire/address.h"

#include <errno.h>

/* 0, or -1 with errno when this stack cannot listen there. */
static int listener_check_address(struct evtcp_stack *stack, const struct evtcp_endpoint *local)
{
	if (local->port == 0)
		errno = EINVAL;
	else if (!address_is_any(&local->addr) && ip_find_address(&stack->ip, &local->addr) < 0)
		errno = EADDRNOTAVAIL;
	else
		return 0;
	return -1;
}

struct evtcp_listener *evtcp_listener_new(struct evtcp_stack *stack, evtcp_listener_cb cb,
	void *arg, const struct sockaddr *address, socklen_t len)
{
	struct evtcp_endpoint local;
	struct evtcp_listener *listener;

	if (evtcp_endpoint_from_sockaddr(&local, address, len) < 0 ||
		listener_check_address(stack, &local) < 0)
		return NULL;
	listener = memory_zalloc(&stack->world, sizeof(*listener));
	if (!listener) {
		errno = ENOMEM;
		return NULL;
	}
	listener->tcp.local = local;
	listener->tcp.any_address = address_is_any(&local.addr);
	listener->stack = stack;
	listener->cb = cb;
	listener->arg = arg;
	if (listen_add(&stack->tcp, &listener->tcp) < 0) {
		memory_free(&stack->world, listener);
		return NULL; /* errno is listen_add's */
	}
	list_push(&stack->listeners, &listener->in_listeners);
	return listener;
}

void evtcp_listener_free(struct evtcp_listener *listener)
{
	struct evtcp_stack *stack;

	if (!listener)
		return;
	stack = listener->stack;
	listen_remove(&stack->tcp, &listener->tcp, batch_now(stack));
	list_remove(&listener->in_listeners);
	memory_free(&stack->world, listener);
	timers_wake(stack); /* refusals may have to leave */
}

void evtcp_listener_set_fast_open(struct evtcp_listener *listener, int on)
{
	listener->tcp.fast_open = on != 0;
}

void evtcp_listener_let_rest(struct evtcp_listener *listener, int on)
{
	listener->lets_rest = on != 0;
}

struct evtcp_stack *evtcp_listener_get_stack(const struct evtcp_listener *listener)
{
	return listener->stack;
}

void listener_announce(struct evtcp_listener *listener, struct evtcp_conn *conn)
{
	struct sockaddr_storage peer;
	socklen_t len = evtcp_endpoint_to_sockaddr(&conn->ref.tcb->tuple.remote, &peer);

	/* The callback may free the listener: nothing may follow it. */
	listener->cb(listener, conn, (const struct sockaddr *)&peer, (int)len, listener->arg);
}
