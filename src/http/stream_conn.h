/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_STREAM_CONN_H
#define HTTP_STREAM_CONN_H

/* A TCP connection of the stack as a stream. */

#include "http/stream.h"

#include <sys/uio.h>

struct evtcp_conn;

/* http_stream_conn_new: a stream over conn, which belongs to the stream from here
 * on: the stream's free and abort free it. Nagle's algorithm is turned off, since
 * a response is written whole. world allocates and must outlive the stream. NULL
 * with errno ENOMEM: conn is still the caller's. */
struct http_stream *http_stream_conn_new(struct evtcp_conn *conn, const struct evtcp_world *world);

/* http_stream_conn_fetch: for evtcp_stack_set_fetch_cb of a stack all of whose connections are such
 * streams of an HTTP server: the stream, then the server's connection. */
struct iovec http_stream_conn_fetch(void *arg, unsigned step);

#endif
