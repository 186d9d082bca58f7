/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_USER_H
#define TCP_USER_H

/* The user calls of RFC 9293 3.9.1, as acts on a block. They change state and mark
 * the block; what they cause leaves at the next output. */

#include "tcp/tcb.h"
#include <evtcp/info.h>
#include <sys/types.h>

/* user_open: active OPEN. tuple is complete (addresses and ports chosen) and not
 * in use; see user_choose_port. The block is owned. NULL with errno ENOBUFS
 * (connection limit), ENOMEM or EADDRINUSE. */
struct tcb *user_open(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now);

/* user_choose_port: a random free local port from 49152 on for the tuple's other
 * three parts (RFC 6056 algorithm 1), stored in tuple->local.port. 0, or -1 with
 * errno EADDRNOTAVAIL. */
int user_choose_port(struct tcp *tcp, struct evtcp_tuple *tuple);

/* user_room: how many bytes user_send would take now; 0 when closing. */
uint32_t user_room(const struct tcb *tcb);

/* user_send: moves bytes from the front of data, as many as there is room and memory
 * for, into the send queue; whole chains are not copied. Returns bytes moved, or -1
 * when not even one could be moved for want of memory. Nothing is lost. */
ssize_t user_send(struct tcb *tcb, struct evbuffer *data);

/* user_take_over: where nothing is in the send queue, and there is room for all of the len bytes
 * that data holds, of which there are some, data becomes that queue, as it is, and is not the
 * caller's any more. False where it does not: then nothing has happened. */
bool user_take_over(struct tcb *tcb, struct evbuffer *data, size_t len);

/* user_shutdown: CLOSE of the sending half: FIN follows what is queued and rest (may be
 * NULL), which is what the application had still to send: it moves into the send
 * queue whole, up to 1 GiB; if it cannot, the connection ends with ENOMEM. Before the
 * connection is open FIN waits for that. Nothing if it was called before. */
void user_shutdown(struct tcb *tcb, struct evbuffer *rest, uint64_t now);

/* user_release: the application lets go: CLOSE, with rest as in user_shutdown; in
 * SYN-SENT the block ends. With unread input, or data that
 * comes later, the peer gets RST (SHLD-3); else FIN follows what is queued and the
 * block lives on as an orphan for a limited time. When it is over TCB_NEWS_DEAD says
 * so, in tcp_next_news, and the block is then to be freed with tcb_free; not before. */
void user_release(struct tcb *tcb, struct evbuffer *rest, uint64_t now);

/* user_abort: ABORT: RST, everything dropped; state CLOSED. Still owned. */
void user_abort(struct tcb *tcb, enum evtcp_cause cause, uint64_t now);

/* user_input_changed: the application may have drained input: the window may
 * open. */
void user_input_changed(struct tcb *tcb, uint64_t now);

/* user_set_keepalive: see evtcp_conn_set_keepalive. */
void user_set_keepalive(
	struct tcb *tcb, uint64_t idle_us, uint64_t interval_us, unsigned probes, uint64_t now);

/* user_set_user_timeout: see evtcp_conn_set_user_timeout. */
void user_set_user_timeout(struct tcb *tcb, uint64_t timeout_us, uint64_t now);

/* user_set_nodelay: sends what Nagle held back, when on. */
void user_set_nodelay(struct tcb *tcb, bool on);

/* user_set_cork: see evtcp_conn_set_cork. */
void user_set_cork(struct tcb *tcb, bool on);

/* user_unacked: what waits for the peer to acknowledge it, sent or not, see
 * evtcp_conn_get_waiting. */
uint64_t user_unacked(const struct tcb *tcb);

/* user_let_rest: see evtcp_conn_let_rest. */
void user_let_rest(struct tcb *tcb, bool on);

/* user_info: everything the block can tell. unsent_bytes counts the send queue
 * only. */
void user_info(const struct tcb *tcb, struct evtcp_conn_info *info);

#endif
