/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_CONN_H
#define STACK_CONN_H

/* The connection object, see <evtcp/conn.h>. It is the connection block with what
 * the application needs behind it: TCP allocates both as one (tcp_config.tcb_size),
 * so a pointer to one is a pointer to the other. */

#include "tcp/tcb.h"
#include "util/list.h"
#include <evtcp/conn.h>

struct evtcp_conn {
	struct tcb tcb;                     /* first */
	struct evbuffer *output;            /* NULL unless an application holds it */
	struct evbuffer_cb_entry *input_cb; /* that tells of what it takes from input */
	evtcp_conn_data_cb readcb, writecb;
	evtcp_conn_event_cb eventcb;
	evtcp_conn_advisory_cb advisorycb; /* NULL: nobody asked */
	void *arg;
	struct list_node in_touched; /* of the stack's touched, or starved */
	uint8_t enabled;             /* EV_READ, EV_WRITE */
	uint8_t held;                /* TCB_NEWS_* that wait for EV_READ */
	unsigned drained : 1;        /* the application has taken from input */
	unsigned write_wanted : 1;   /* writecb is due when there is room */
	unsigned shutdown : 1;       /* the application will send no more */
	unsigned broken_pipe : 1;    /* it added to output all the same */
	unsigned finished : 1;       /* the error was told: nothing comes any more */
};

/* conn_of: the object of a block. */
static inline struct evtcp_conn *conn_of(struct tcb *tcb)
{
	return (struct evtcp_conn *)(void *)tcb;
}

/* conn_attach: gives a block what an application needs behind it. 0, or -1 without
 * memory. */
int conn_attach(struct evtcp_conn *conn);

/* conn_touch: puts conn on the stack's touched list: the next flush settles it. */
void conn_touch(struct evtcp_conn *conn);

/* conn_settle: carries out what the application did to the buffers since the last
 * flush: the window opens, output moves into the send queue. Takes conn off the
 * stack's touched list. Calls nothing back. */
void conn_settle(struct evtcp_conn *conn, uint64_t now);

/* conn_move_output: moves output into the send queue, as much as there is room for.
 * Returns whether the application should hear now that it may write. If not, and it
 * waits for memory that other connections hold, conn goes to the end of the stack's
 * starved list. */
bool conn_move_output(struct evtcp_conn *conn, uint64_t now);

/* conn_wake_starved: settles the connection that has waited longest for the memory of
 * others, if there is room now; one, so that the next is woken only if this one has
 * left room. False if there is none to be woken. */
bool conn_wake_starved(struct evtcp_stack *stack, uint64_t now);

/* conn_starved_may_go: conn_wake_starved would find one. */
bool conn_starved_may_go(const struct evtcp_stack *stack);

/* conn_is_open: the handshake is complete and the connection has not ended. */
bool conn_is_open(const struct evtcp_conn *conn);

/* conn_deliver (conn_news.c): runs the callbacks for the news of this block and clears
 * it. The block may be freed when it returns. */
void conn_deliver(struct evtcp_conn *conn, uint64_t now);

/* conn_detach: takes away what lies behind the block (output, callbacks, its place
 * in lists), so that TCP may free it at any time. Returns the output buffer, which is
 * the caller's; NULL if there is none. */
struct evbuffer *conn_detach(struct evtcp_conn *conn);

/* conn_room: bytes that evtcp_conn_send would take now; 0 when it would not. */
uint32_t conn_room(const struct evtcp_conn *conn);

/* conn_stack: the stack of a connection. */
struct evtcp_stack *conn_stack(const struct evtcp_conn *conn);

/* conn_check: asserts the invariants of the object; tcb_check those of its block. */
void conn_check(const struct evtcp_conn *conn);

#endif
