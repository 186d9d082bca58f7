/* SPDX-License-Identifier: BSD-3-Clause */
/* /sink: the body of the request, of any length, is thrown away as it arrives, and the
 * reply says how long it was. */
#include "evtcpd/pages_each.h"
#include "http/reply.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>

struct sink_state {
	uint64_t taken; /* bytes so far */
};

_Static_assert(sizeof(struct sink_state) <= HTTP_EXCHANGE_STATE, "the state fits");

static void sink_body(struct http_exchange *exchange, struct evbuffer *data)
{
	struct sink_state *state = http_exchange_state(exchange);
	size_t len = evbuffer_get_length(data);

	state->taken += len;
	evbuffer_drain(data, len);
}

static void sink_end(struct http_exchange *exchange)
{
	const struct sink_state *state = http_exchange_state(exchange);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 " bytes\n", state->taken);
	http_reply_text(exchange, 200, text);
}

static const struct http_exchange_ops sink_ops = {
	.body = sink_body,
	.body_end = sink_end,
	.body_most = UINT64_MAX,
};

void pages_sink(struct http_exchange *exchange, const struct pages_call *call)
{
	(void)call;
	http_exchange_take(exchange, &sink_ops);
}
