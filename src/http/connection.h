/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

/* A connection: requests one after the other on a stream. Internal to the room. */

#include "http/state.h"

/* http_connection_new: begins to serve stream, which belongs to the connection from
 * here on. 0, or -1 without memory: then stream is still the caller's. now_us is as with a
 * stream's events. */
int http_connection_new(struct http_server *server, struct http_stream *stream, uint64_t now_us);

/* http_connection_on_deadline: its deadline has come: does what is due. May destroy
 * it. http_connection_glance: the same where that is nothing, without waking it (`wake` of
 * stream.h); false if there is more to do. */
void http_connection_on_deadline(struct http_connection *conn);
int http_connection_glance(struct http_connection *conn);

/* http_connection_abort: destroys it at once. Only from outside of it. */
void http_connection_abort(struct http_connection *conn);

/* http_connection_wake: its buffers are there from here on, until it returns to the loop. 0, or -1
 * without memory: then it is over. */
int http_connection_wake(struct http_connection *conn);

/* http_connection_output: where answers go, for whoever writes one, in a call of the connection or
 * outside of any: what was there in the last one is another's by then. NULL without memory: then
 * it is over. */
struct evbuffer *http_connection_output(struct http_connection *conn);

/* http_connection_touch: something about it has changed: if nobody is at work on it,
 * the server's timer shall look at it. Never calls back. */
void http_connection_touch(struct http_connection *conn);

/* http_connection_set_phase: enters a phase at the moment of the event at hand. */
void http_connection_set_phase(struct http_connection *conn, enum http_phase phase);

#endif
