/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_LISTENER_H
#define STACK_LISTENER_H

/* The listener object, see <evtcp/listener.h>. */

#include "tcp/listen.h"
#include "util/list.h"
#include <evtcp/listener.h>

struct evtcp_listener {
	struct tcp_listener tcp;
	struct evtcp_stack *stack;
	struct list_node in_listeners; /* of the stack */
	evtcp_listener_cb cb;
	void *arg;
	bool lets_rest; /* evtcp_listener_let_rest */
};

/* listener_announce: hands conn, which its handshake just completed, to its
 * listener's callback. conn belongs to the application afterwards, and may be freed
 * already. */
void listener_announce(struct evtcp_listener *listener, struct evtcp_conn *conn);

#endif
