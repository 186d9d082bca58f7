/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

/* An exchange: one request and its reply, as a handler sees it.
 *
 * A handler is called when the head of a request is whole. It either replies at
 * once (http/reply.h), or takes the exchange to reply later, to read the body or to
 * write a long one. What it needs meanwhile, it keeps in the exchange's state:
 *
 *	static void later_timer(struct http_exchange *exchange, uint64_t now_us)
 *	{
 *		http_reply_text(exchange, 200, "later\n");
 *	}
 *	static const struct http_exchange_ops later = {.timer = later_timer};
 *
 *	static void handle(struct http_exchange *exchange,
 *		const struct http_request *request, void *arg)
 *	{
 *		http_exchange_take(exchange, &later);
 *		http_exchange_set_timer(exchange, http_exchange_now(exchange) + 1000000);
 *	}
 *
 * A body that nobody reads is dropped, up to the limit `body`; then the connection
 * is closed. An exchange is valid until it is over: its reply has ended and the
 * body of the request was read, or the connection was lost. Then `gone` is called,
 * once and last, and the pointer is dead. Ending the reply does not end the
 * exchange before the handler has returned. */

#include "http/request.h"
#include "http/stream.h"

struct evbuffer;
struct http_exchange;
struct http_server_counters;

typedef void (*http_handler)(
	struct http_exchange *exchange, const struct http_request *request, void *arg);

/* What a handler that has taken an exchange is told; any may be NULL. */
struct http_exchange_ops {
	/* Bytes of the request's body: what is left in data is dropped. While the
	 * output is full (limit `output`), no body is read. */
	void (*body)(struct http_exchange *exchange, struct evbuffer *data);
	/* All of the body was read; called at once if there is none. */
	void (*body_end)(struct http_exchange *exchange);
	/* The reply has begun and its output has room: add at most room bytes of its
	 * body to `to`, or end the reply, or both. Who adds nothing is asked again when something
	 * happens to the exchange, such as its timer. */
	void (*room)(struct http_exchange *exchange, struct evbuffer *to, size_t room);
	/* The time that was set has come, and the reply has not ended. */
	void (*timer)(struct http_exchange *exchange, uint64_t now_us);
	/* Over. */
	void (*gone)(struct http_exchange *exchange);
	/* Longest body that `body` takes; 0 is the limit `body`, UINT64_MAX any. */
	uint64_t body_most;
};

/* http_exchange_take: the handler will go on with this exchange through ops, which
 * must outlive it. Only inside the call of the handler and before the reply has
 * begun. Where ops has `body` and the client waits for it, 100 Continue is sent. */
void http_exchange_take(struct http_exchange *exchange, const struct http_exchange_ops *ops);

/* http_exchange_state: HTTP_EXCHANGE_STATE bytes for the handler, zero at first,
 * aligned for any type. */
#define HTTP_EXCHANGE_STATE 64
void *http_exchange_state(struct http_exchange *exchange);

/* http_exchange_set_timer: `timer` shall be called at this moment, once, unless the reply has
 * ended by then; 0 takes the request back. There is one timer. */
void http_exchange_set_timer(struct http_exchange *exchange, uint64_t at_us);

/* http_exchange_now: the moment of the event at hand, monotonic microseconds. */
uint64_t http_exchange_now(const struct http_exchange *exchange);

/* http_exchange_wall: seconds since 1970, as the Date of a reply to this request says them. */
uint64_t http_exchange_wall(const struct http_exchange *exchange);

/* http_exchange_get_stream: what the stream below tells: its two ends, and how much of what was
 * written waits there, or here, if it drips on purpose. */
void http_exchange_get_stream(const struct http_exchange *exchange, struct http_stream_info *info);

/* http_exchange_is_last: 1 when the server is being stopped (http_server_drain): whoever writes a
 * reply that has no end by itself should end it. Nothing tells of it: ask now and then. */
int http_exchange_is_last(const struct http_exchange *exchange);

/* http_exchange_get_counters: those of its server (http/server.h). */
const struct http_server_counters *http_exchange_get_counters(const struct http_exchange *exchange);

/* http_exchange_get_arg: the argument that the server was given for its handler. */
void *http_exchange_get_arg(const struct http_exchange *exchange);

#endif
