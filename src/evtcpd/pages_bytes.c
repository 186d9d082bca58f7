/* SPDX-License-Identifier: BSD-3-Clause */
/* /bytes/N: N bytes of the pattern, by reference, as fast as the client takes them. */
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_numbers.h"
#include "evtcpd/pages_pattern.h"
#include "http/reply.h"

struct bytes_state {
	uint64_t sent, total;
};

_Static_assert(sizeof(struct bytes_state) <= HTTP_EXCHANGE_STATE, "the state fits");

static void bytes_room(struct http_exchange *exchange, struct evbuffer *to, size_t room)
{
	struct bytes_state *state = http_exchange_state(exchange);
	uint64_t left = state->total - state->sent;
	size_t n = left < room ? (size_t)left : room;

	if (pages_pattern_add(to, state->sent, n) < 0)
		http_reply_abort(exchange);
	state->sent += n;
}

static const struct http_exchange_ops bytes_ops = {.room = bytes_room};

void pages_bytes(struct http_exchange *exchange, const struct pages_call *call)
{
	struct bytes_state *state = http_exchange_state(exchange);

	if (pages_numbers_whole(call->rest, PAGES_MOST_BYTES, &state->total) < 0) {
		http_reply_text(exchange, 400,
			"400 Bad Request: /bytes/N: N is a number from 0 to 1099511627776\n");
		return;
	}
	http_exchange_take(exchange, &bytes_ops);
	http_reply_begin(exchange,
		&(struct http_reply){
			.status = 200, .type = "application/octet-stream", .length = state->total});
}
