/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

/* Replying to a request. One reply for each exchange: whole, or begun, written piece
 * by piece and ended. What the client's version, HEAD and the status ask for is seen
 * to here: a handler replies to HEAD as it would to GET.
 *
 * A reply may be given, written and ended in any call of the exchange's handler or outside of all
 * of them, from another event of the same loop: then it leaves when that comes round.
 *
 * Nothing here fails to its caller: when memory runs out or a body comes out too
 * short, the connection is aborted, never ended as if all were well. */

#include "http/exchange.h"

/* http_reply_begin's length for a body whose end is not known yet. */
#define HTTP_REPLY_UNKNOWN UINT64_MAX

struct http_reply {
	int status;         /* 200 to 599 */
	const char *type;   /* Content-Type; NULL for none */
	uint64_t length;    /* of the body, or HTTP_REPLY_UNKNOWN; http_reply_whole fills it */
	const char *fields; /* further fields, each with CRLF, or NULL; no unchecked
			     * byte of a request belongs here */
};

/* http_reply_whole: the whole reply with a body of len bytes, which is copied; head
 * and body leave together. */
void http_reply_whole(struct http_exchange *exchange, const struct http_reply *reply,
	const void *body, size_t len);

/* http_reply_text: a whole reply of type text/plain. */
void http_reply_text(struct http_exchange *exchange, int status, const char *text);

/* http_reply_begin: the head of a reply. Its body is given by the exchange's `room`
 * or by http_reply_write. */
void http_reply_begin(struct http_exchange *exchange, const struct http_reply *reply);

/* http_reply_write: moves all of data into the output, as the next part of the body;
 * no more than the length said. Does not wait for room: `room`, or that no request
 * body is read while the output is full, bounds what a handler can write. */
void http_reply_write(struct http_exchange *exchange, struct evbuffer *data);

/* http_reply_end: the body is complete. Not needed once all of a known length was
 * written. */
void http_reply_end(struct http_exchange *exchange);

/* http_reply_abort: the reply can not be completed: the connection is aborted. */
void http_reply_abort(struct http_exchange *exchange);

/* http_reply_has_begun, http_reply_has_ended: how far it is. */
int http_reply_has_begun(const struct http_exchange *exchange);
int http_reply_has_ended(const struct http_exchange *exchange);

#endif
