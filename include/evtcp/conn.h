/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_CONN_H
#define EVTCP_CONN_H

/* A TCP connection, shaped like a bufferevent: two evbuffers, three callbacks,
 * enable and disable, the event bits of <event2/bufferevent.h>.
 *
 *   BEV_EVENT_CONNECTED                    an active open succeeded
 *   BEV_EVENT_READING | BEV_EVENT_EOF      the peer sent FIN; comes after the last
 *                                          byte was announced
 *   BEV_EVENT_READING | BEV_EVENT_ERROR    reset by the peer: ECONNRESET (or
 *                                          ECONNREFUSED before it was open)
 *   BEV_EVENT_WRITING | BEV_EVENT_ERROR    ETIMEDOUT, EHOSTUNREACH, ENOMEM
 *
 * After an event with BEV_EVENT_ERROR or after both directions have ended, the
 * connection is dead but still the application's, until evtcp_conn_free. No callback
 * follows an error. What had arrived before it was announced first where EV_READ was on;
 * where it was off the error comes alone, as from a bufferevent, which announces nothing
 * that nobody wants to read (but would not see a reset before it is written to). The bytes
 * are in the input either way, and enabling EV_READ then announces nothing any more.
 *
 * Callbacks are deferred: they run inside a flush of the stack, never inside a
 * call of the application. Every call is legal in every callback, also the freeing
 * of this or another connection or listener, and none calls back. One flush may run
 * several callbacks of a connection, in this order: connected (or accepted),
 * readcb, writecb, advisory, EOF, error. */

#include <evtcp/causes.h>
#include <evtcp/stack.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;
struct evtcp_conn;

typedef void (*evtcp_conn_data_cb)(struct evtcp_conn *conn, void *arg);
typedef void (*evtcp_conn_event_cb)(struct evtcp_conn *conn, short what, void *arg);
typedef void (*evtcp_conn_advisory_cb)(
	struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg);

/* evtcp_conn_connect: active open from local (NULL or its family's "any": the address of
 * the stack whose subnet remote is in, else the first of that family; NULL or port 0: a random port
 * from 49152 on) to remote. The result comes as an event. The connection belongs to the caller.
 * NULL with errno EINVAL (no remote address or port), EAFNOSUPPORT (also two families), EADDRINUSE,
 * EADDRNOTAVAIL (local is not the stack's, or no port is free), ENETUNREACH (no link, broadcast or
 * multicast: RFC 9293 MUST-46; the stack itself), ENOBUFS (connection limit) or ENOMEM. */
struct evtcp_conn *evtcp_conn_connect(struct evtcp_stack *stack, const struct sockaddr *local,
	socklen_t local_len, const struct sockaddr *remote, socklen_t remote_len);

/* evtcp_conn_free: the application is done with conn: no callback comes any more
 * and the pointer is dead. What is in the output buffer (at most 1 GiB) is still
 * sent, EV_WRITE or not, followed by FIN, unless input was left unread: then the
 * peer gets RST (RFC 9293 SHLD-3). All of that may take limits.orphan_seconds and no longer, or
 * the peer gets RST as well: who has more to send than its peer takes in that time calls
 * evtcp_conn_shutdown, and this when evtcp_conn_get_waiting says that nothing has to be
 * acknowledged any more. An active open that has not succeeded yet is given
 * up. No more is read: what comes from now on is answered by RST (RFC 9293 MAY-1). NULL is
 * fine. */
void evtcp_conn_free(struct evtcp_conn *conn);

/* evtcp_conn_abort: RST to the peer, all data dropped, and freed. */
void evtcp_conn_abort(struct evtcp_conn *conn);

/* evtcp_conn_shutdown: half close: FIN after all that is in the output buffer
 * now (at most 1 GiB), EV_WRITE or not; before the connection is open, once it is.
 * Reading goes on. Adding to the output afterwards is an error that is ignored (the
 * bytes are dropped in the next flush and evtcp_conn_get_error says EPIPE). */
void evtcp_conn_shutdown(struct evtcp_conn *conn);

/* evtcp_conn_set_cb: readcb when new input has arrived; writecb after something was
 * added to the output buffer (or evtcp_conn_send took less than it was given), when
 * all of it has been taken over and there is room again; eventcb as above, with
 * errno set in case of an error. Any may be NULL. */
void evtcp_conn_set_cb(struct evtcp_conn *conn, evtcp_conn_data_cb readcb,
	evtcp_conn_data_cb writecb, evtcp_conn_event_cb eventcb, void *arg);

/* evtcp_conn_set_advisory_cb: asks to be told of trouble that does not end the connection
 * (RFC 9293 3.9.1.8, MUST-47; SHLD-9, SHLD-25); cb gets the arg of evtcp_conn_set_cb.
 * NULL, as it is at first, asks for nothing (SHLD-20): no other callback has any of this. cause
 * and error (an errno value) are
 *
 *   EVTCP_CAUSE_ICMP_ERROR   ICMP says that a segment in flight did not arrive, or was
 *                            not understood: EHOSTUNREACH, ENETUNREACH, EPROTO, ...
 *   EVTCP_CAUSE_R1_REACHED   a segment was sent again three times without an answer:
 *                            ETIMEDOUT, or what ICMP has said before
 *
 * TCP goes on trying; error is what the connection would end with if that is in vain. The
 * same is told once, until the peer has acknowledged something: then all is forgotten,
 * in silence. evtcp_conn_get_info has it, too. */
void evtcp_conn_set_advisory_cb(struct evtcp_conn *conn, evtcp_conn_advisory_cb cb);

/* evtcp_conn_enable, evtcp_conn_disable: EV_READ and EV_WRITE. While EV_READ is
 * off no readcb and no EOF comes; input is still taken up to the receive buffer
 * and the window closes by itself. While EV_WRITE is off nothing new is taken
 * from the output buffer and no writecb comes. A new connection has EV_WRITE only.
 * Enabling EV_READ, when it was off and input waits, announces it. */
void evtcp_conn_enable(struct evtcp_conn *conn, short events);
void evtcp_conn_disable(struct evtcp_conn *conn, short events);

/* evtcp_conn_get_input: in-order bytes received; drain them to open the window.
 * evtcp_conn_get_output: add to it to send; bytes leave it, without a copy, when
 * the connection is open and the send buffer has room, at the earliest in the next
 * flush. How large that is says <evtcp/limits.h>: it grows with the congestion window, so
 * an application need not keep more in the output than it would have to make anyway. Both belong to
 * the connection, and are there as long as it is, unless it may rest (below). The cleanup function of a reference that was added runs when its last byte is
 * acknowledged, that is, inside evtcp_stack_input: it must not call into the stack. */
struct evbuffer *evtcp_conn_get_input(struct evtcp_conn *conn);
struct evbuffer *evtcp_conn_get_output(struct evtcp_conn *conn);

/* evtcp_conn_recv, evtcp_conn_send: for callers who know sockets: as recv(2) and
 * send(2) on a non-blocking one. recv: bytes, 0 at the end of the stream, -1 with
 * errno EAGAIN or the connection's error. send: bytes taken (as many as the send
 * buffer has room for), -1 with errno EAGAIN, EPIPE (after evtcp_conn_shutdown),
 * ENOTCONN (not open yet), ENOMEM (nothing was taken, and no writecb comes of it: try
 * again later) or the connection's error. */
ssize_t evtcp_conn_recv(struct evtcp_conn *conn, void *buf, size_t len);
ssize_t evtcp_conn_send(struct evtcp_conn *conn, const void *buf, size_t len);

/* evtcp_conn_get_info, evtcp_conn_get_state: see <evtcp/info.h> and enum
 * evtcp_state. */
void evtcp_conn_get_info(const struct evtcp_conn *conn, struct evtcp_conn_info *info);
enum evtcp_state evtcp_conn_get_state(const struct evtcp_conn *conn);

/* evtcp_conn_get_waiting: bytes that came and were not read (as SIOCINQ of sockets), and bytes that
 * the connection was given and its peer has to acknowledge (as SIOCOUTQ; FIN counts as one, as
 * soon as it was sent): none when it is over. Else what evtcp_conn_get_info tells, for who asks
 * often. */
void evtcp_conn_get_waiting(const struct evtcp_conn *conn, uint64_t *in, uint64_t *out);

/* evtcp_conn_get_error: the errno value that ended the connection; 0 if none. */
int evtcp_conn_get_error(const struct evtcp_conn *conn);

/* evtcp_conn_get_stack: the stack it belongs to. */
struct evtcp_stack *evtcp_conn_get_stack(const struct evtcp_conn *conn);

/* Options of a connection. */

/* Nagle's algorithm off (RFC 9293 MUST-17). */
void evtcp_conn_set_nodelay(struct evtcp_conn *conn, int on);

/* evtcp_conn_set_cork: while on, only full segments leave, whatever Nagle's algorithm
 * says: for a head and a body that are written one after the other. What is held back
 * leaves when it is switched off (as Nagle allows), with the FIN, or when nothing has been
 * in flight for an RTO: who forgets to switch it off is slow, not stuck. */
void evtcp_conn_set_cork(struct evtcp_conn *conn, int on);

/* evtcp_conn_set_keepalive: probes on an idle connection, off by default (RFC
 * 9293 MUST-24, -25, -27): the first after idle_us, then every interval_us; after
 * `probes` unanswered ones the connection ends with ETIMEDOUT. idle_us 0 is off. */
void evtcp_conn_set_keepalive(
	struct evtcp_conn *conn, uint64_t idle_us, uint64_t interval_us, unsigned probes);

/* evtcp_conn_set_user_timeout: R2 as a time (RFC 9293 3.8.3, MUST-21): how long sent
 * data may stay unacknowledged before the connection ends with ETIMEDOUT; 0 is
 * the stack's limit. It holds at once, for what is in flight already, too: what has
 * waited longer than timeout_us ends the connection in the next turn. While the peer's
 * window is closed it says how long probes may stay unanswered, and is looked at when
 * the next one is due. Where user timeouts are advertised (below) the peer is told. */
void evtcp_conn_set_user_timeout(struct evtcp_conn *conn, uint64_t timeout_us);

/* evtcp_conn_advertise_user_timeout: the user timeout option (RFC 5482). The peer is told, with
 * the next segment, that sent data may stay unacknowledged for timeout_us (whole seconds, above
 * nine hours whole minutes, at most 22 days), and what it tells is heard: unless
 * evtcp_conn_set_user_timeout has set one, ours is the longer of both from then on, within
 * limits.user_timeout_min and user_timeout_max and above the RTO. A peer that does not know the
 * option ignores it. 0 is off, the default; what connections start with is in the stack's
 * configuration. evtcp_conn_get_info tells what the peer has told, and what it led to. */
void evtcp_conn_advertise_user_timeout(struct evtcp_conn *conn, uint64_t timeout_us);

/* evtcp_conn_let_rest: while nothing is going on, an established connection may be put to rest: it
 * keeps a quarter of its memory, and has no buffers. That happens to those that have been idle for
 * longest, where more are than limits.awake. It wakes by itself: by a segment, by a
 * keepalive probe, by whatever the application calls; its peer cannot tell. The price is that the
 * buffers of evtcp_conn_get_input and evtcp_conn_get_output are then good until the callback that
 * asked for them returns, or outside of one until the next flush, at the latest when the
 * application returns to the loop, and no longer: it asks for them anew, each time, and what it
 * has put on them (evbuffer_add_cb) ends with them. They are another connection's next: it sets
 * nothing else there (evbuffer_freeze, evbuffer_defer_callbacks, evbuffer_enable_locking). Empty
 * ones are given back then, so that a busy connection has fewer of them, too. Any call that needs
 * memory, for waking or for a buffer, and gets none does nothing (those two return NULL;
 * evtcp_conn_send says ENOMEM), but for those that end the connection: after evtcp_conn_shutdown an
 * error event with ENOMEM follows, and after evtcp_conn_let_rest where it is to be off;
 * evtcp_conn_free and evtcp_conn_abort end it all the same, and the peer learns of it by a RST when
 * it sends something. Off by default. */
void evtcp_conn_let_rest(struct evtcp_conn *conn, int on);

/* DSCP (0 to 63, RFC 9293 MUST-48) and TTL (1 to 255, MUST-49) of what it sends from now on
 * (SHLD-21). */
void evtcp_conn_set_dscp(struct evtcp_conn *conn, unsigned dscp);
void evtcp_conn_set_ttl(struct evtcp_conn *conn, unsigned ttl);

/* evtcp_conn_urgent_bytes: how many bytes from the start of the input are before
 * the end of urgent data (RFC 9293 MUST-32, -33); 0 if none. The data itself is
 * in line, and may not all have arrived. When an urgent pointer arrives or advances,
 * readcb runs. */
uint32_t evtcp_conn_urgent_bytes(const struct evtcp_conn *conn);

/* evtcp_stack_find_conn: what the connection of this tuple tells of itself, as evtcp_conn_get_info,
 * found by hash. 0, or -1 with errno ENOENT; a handshake under way and TIME-WAIT are none. */
int evtcp_stack_find_conn(struct evtcp_stack *stack, const struct evtcp_tuple *tuple,
	struct evtcp_conn_info *info);

/* evtcp_stack_foreach_conn: calls fn for each connection that the stack holds
 * (orphans too, conn is then still readable by evtcp_conn_get_info); stops when
 * it returns other than 0 and returns that. fn must not make or free any. */
int evtcp_stack_foreach_conn(
	struct evtcp_stack *stack, int (*fn)(const struct evtcp_conn *conn, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif
