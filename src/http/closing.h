/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_CLOSING_H
#define HTTP_CLOSING_H

/* How connections end. Each call only changes the state: the connection is destroyed
 * when the call into it returns. Internal to the room. */

#include "http/state.h"

/* http_closing_begin: nothing is answered any more: our end follows the output, and
 * what still comes is read and dropped for a while, so that the client can see the
 * last answer: a stream that is freed with unread input is reset, and a reset may
 * overtake what it has not read yet (RFC 9112 9.6). */
void http_closing_begin(struct http_connection *conn);

/* http_closing_drop: drops input; ends the connection when it was too much, or when
 * the client has ended too and has everything, our end excepted. 1: something was done. */
int http_closing_drop(struct http_connection *conn);

/* http_closing_refuse: answers the request at hand with the refusal and closes. If
 * its reply has begun already it can not be answered again: an unfinished one is
 * aborted, behind a finished one the connection is closed. */
void http_closing_refuse(struct http_connection *conn, enum http_refusal refusal);

/* http_closing_abort: the connection is reset. */
void http_closing_abort(struct http_connection *conn);

#endif
