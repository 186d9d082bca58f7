/* SPDX-License-Identifier: BSD-3-Clause */
/* /echo: the body of the request comes back as it arrives, moved from one buffer to
 * the other. Of any length: while the client does not take what is there, no more of
 * its body is read. The reply begins with the first byte, so that a request that is
 * refused before can still be told so. */
#include "evtcpd/pages_each.h"
#include "http/reply.h"

#include <event2/buffer.h>

struct echo_state {
	uint64_t length; /* of the body, HTTP_REPLY_UNKNOWN if chunked */
};

_Static_assert(sizeof(struct echo_state) <= HTTP_EXCHANGE_STATE, "the state fits");

static void echo_begin(struct http_exchange *exchange)
{
	const struct echo_state *state = http_exchange_state(exchange);

	if (!http_reply_has_begun(exchange))
		http_reply_begin(exchange, &(struct http_reply){.status = 200,
						   .type = "application/octet-stream",
						   .length = state->length});
}

static void echo_body(struct http_exchange *exchange, struct evbuffer *data)
{
	echo_begin(exchange);
	http_reply_write(exchange, data);
}

static void echo_end(struct http_exchange *exchange)
{
	echo_begin(exchange);
	http_reply_end(exchange);
}

static const struct http_exchange_ops echo_ops = {
	.body = echo_body,
	.body_end = echo_end,
	.body_most = UINT64_MAX,
};

void pages_echo(struct http_exchange *exchange, const struct pages_call *call)
{
	struct echo_state *state = http_exchange_state(exchange);

	state->length = call->request->chunked ? HTTP_REPLY_UNKNOWN : call->request->length;
	http_exchange_take(exchange, &echo_ops);
}
