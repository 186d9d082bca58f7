/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_EXCHANGE_LIFE_H
#define HTTP_EXCHANGE_LIFE_H

/* The life of an exchange, as the connection leads it. Internal: for handlers there
 * is http/exchange.h. */

#include "http/connection.h"
#include "http/state.h"

/* http_exchange_new: an exchange of conn, of which nothing is known yet. NULL without
 * memory. */
struct http_exchange *http_exchange_new(struct http_connection *conn);

/* http_exchange_parse: reads the head, into the server's request, too. */
enum http_refusal http_exchange_parse(struct http_exchange *x, struct http_text head);

/* http_exchange_handle: calls the handler. The head is still in the input. */
void http_exchange_handle(struct http_exchange *x);

/* http_exchange_is_too_long: 1 when the body to come is known to exceed its limit. */
int http_exchange_is_too_long(const struct http_exchange *x);

/* http_exchange_free: over: logs it, tells the handler, frees it. */
void http_exchange_free(struct http_exchange *x);

#endif
