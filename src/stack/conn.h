/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_CONN_H
#define STACK_CONN_H

/* The connection object, see <evtcp/conn.h>: what an application holds of a connection. Behind it
 * is a block of TCP, or at rest the entry that stands for one (tcp/rest.h). Blocks without an
 * object there are, too: those that were not announced yet, and orphans. */

#include "tcp/tcb.h"
#include "util/list.h"
#include <evtcp/conn.h>

struct evtcp_conn {
	struct tcb_ref ref; /* first */
	struct evtcp_stack *stack;
	struct evbuffer *output; /* NULL: see conn_buffers.c */
	evtcp_conn_data_cb readcb, writecb;
	evtcp_conn_event_cb eventcb;
	evtcp_conn_advisory_cb advisorycb; /* NULL: nobody asked */
	void *arg;
	struct list_node in_touched; /* of the stack's touched, starved, lost, or gone */
	uint8_t enabled;             /* EV_READ, EV_WRITE */
	uint8_t held;                /* TCB_NEWS_* that wait for EV_READ */
	unsigned input_told : 1;     /* of what is taken from input we are told */
	unsigned output_told : 1;    /* of what is added to output */
	unsigned write_wanted : 1;   /* writecb is due when there is room */
	unsigned shutdown : 1;       /* the application will send no more */
	unsigned broken_pipe : 1;    /* it added to output all the same */
	unsigned finished : 1;       /* the error was told: nothing comes any more */
};

/* conn_of: the object of a block; NULL if nobody holds it. */
static inline struct evtcp_conn *conn_of(const struct tcb *tcb)
{
	return (struct evtcp_conn *)(void *)tcb->ref;
}

/* conn_new: an object for a block that has none. NULL without memory. conn_drop: the end of the
 * object: the block has none any more, and is the caller's to release. */
struct evtcp_conn *conn_new(struct evtcp_stack *stack, struct tcb *tcb);
void conn_drop(struct evtcp_conn *conn);

/* conn_tcb: the block, woken if the connection is at rest; NULL without memory for that. conn_wake:
 * the same of one that is. */
struct tcb *conn_wake(struct evtcp_conn *conn);
static inline struct tcb *conn_tcb(struct evtcp_conn *conn)
{
	return conn->ref.rest ? conn_wake(conn) : conn->ref.tcb;
}

/* conn_open_buffers (conn_buffers.c): both are there, for an application that counts on them; false
 * without memory. conn_close_buffers: conn has none any more. conn_take_away_output: it has no
 * output any more: that is the caller's, or NULL. conn_hand_over_output: where the application does
 * not count on output (evtcp_conn_let_rest), which holds len bytes, that becomes the send queue as
 * it is, if that is empty and all has room: true. conn_give_back: those that are empty are gone,
 * where the connection may rest. conn_pending: bytes in output. */
bool conn_open_buffers(struct evtcp_conn *conn);
void conn_close_buffers(struct evtcp_conn *conn);
struct evbuffer *conn_take_away_output(struct evtcp_conn *conn);
bool conn_hand_over_output(struct evtcp_conn *conn, size_t len);
void conn_give_back(struct evtcp_conn *conn);
size_t conn_pending(const struct evtcp_conn *conn);

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
 * it. The block may be freed when it returns. conn_deliver_lost: the one callback of a
 * connection that could not be woken when it had to be: an error. */
void conn_deliver(struct evtcp_stack *stack, struct tcb *tcb, uint64_t now);
void conn_deliver_lost(struct evtcp_conn *conn);

/* conn_fail: there is no memory for what the application wants to send, or for its buffers: the
 * connection ends, and its owner is told. */
void conn_fail(struct evtcp_conn *conn, uint64_t now);

/* conn_rest: puts it to rest, unless something is going on. */
void conn_rest(struct evtcp_conn *conn, uint64_t now);

/* conn_room: bytes that evtcp_conn_send would take now; 0 when it would not. */
uint32_t conn_room(const struct evtcp_conn *conn);

/* conn_check: asserts the invariants of the object; tcb_check those of its block. */
void conn_check(const struct evtcp_conn *conn);

#endif
