/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_LISTENER_H
#define EVTCP_LISTENER_H

#include <evtcp/conn.h>
#include <evtcp/stack.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_listener;

/* A connection was established (with Fast Open: begun, see below); it belongs to the callee from here on, who frees
 * it with evtcp_conn_free. Set its callbacks, then enable EV_READ (EV_WRITE is on).
 * peer is its remote address. Runs inside a flush. */
typedef void (*evtcp_listener_cb)(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg);

/* evtcp_listener_new: accepts connections to address and its port. INADDR_ANY is every
 * IPv4 address of the stack, in6addr_any every IPv6 one and no IPv4 one (as IPV6_V6ONLY
 * has it): who serves both listens twice. NULL with errno EADDRINUSE,
 * EAFNOSUPPORT, EADDRNOTAVAIL (not an address of the stack), EINVAL (port 0) or
 * ENOMEM. A listener that is never freed goes with its stack. */
struct evtcp_listener *evtcp_listener_new(struct evtcp_stack *stack, evtcp_listener_cb cb,
	void *arg, const struct sockaddr *address, socklen_t len);

/* evtcp_listener_free: stops listening; connections handed to its callback live on,
 * one that waits for it is reset, handshakes under way are refused when they
 * complete. Always legal, also in its callback. NULL is fine. */
void evtcp_listener_free(struct evtcp_listener *listener);

/* evtcp_listener_set_fast_open: TCP Fast Open (RFC 7413 2), off at first. While it is on, a client
 * that asks is given a cookie, and who brings one may send its first data with the SYN: the
 * callback then runs, and the data can be read, before the handshake is complete (the state is
 * EVTCP_SYN_RECEIVED, syn_data of <evtcp/info.h> is set), and what is written leaves at once. A
 * client saves a round trip with each connection but its first.
 *
 * The price: TCP cannot tell such a SYN that comes twice from two connections, if the first has
 * ended by then (RFC 7413 2.1, 6.1). An application must not turn this on unless it may be told
 * the same thing twice: a GET of HTTP may, a payment may not. And whoever can spoof an address
 * for which a cookie was given can make it work, and send up to an initial window (ten segments)
 * to that address; limits.fast_open_pending bounds how often at a time. Beyond it, and while half-open
 * connections are at their limit, clients get their handshake first. */
void evtcp_listener_set_fast_open(struct evtcp_listener *listener, int on);

/* evtcp_listener_let_rest: what this listener accepts from here on is as after evtcp_conn_let_rest,
 * from the beginning, and then has no buffers before its first byte has come. */
void evtcp_listener_let_rest(struct evtcp_listener *listener, int on);

/* evtcp_listener_get_stack: the stack it was made on. */
struct evtcp_stack *evtcp_listener_get_stack(const struct evtcp_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
