/* SPDX-License-Identifier: BSD-3-Clause */
/* /drip?bytes=N&seconds=S: N bytes of the pattern, evenly over S seconds: byte k of N,
 * counted from 1, is due at k S / N, but no two pieces follow within TICK_US. A client
 * that takes them more slowly gets them more slowly. */
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_numbers.h"
#include "evtcpd/pages_pattern.h"
#include "http/reply.h"

#define TICK_US 10000u
#define DRIP_NUMBER 32 /* characters of a number in the query */

struct drip_state {
	uint64_t sent, total;
	uint64_t start_us, span_us;
};

_Static_assert(sizeof(struct drip_state) <= HTTP_EXCHANGE_STATE, "the state fits");

/* total * elapsed / span without overflow: both times are below 2^32, total is at most
 * 2^40. */
static uint64_t drip_due(const struct drip_state *state, uint64_t now_us)
{
	uint64_t elapsed = now_us - state->start_us;

	if (elapsed >= state->span_us)
		return state->total;
	return state->total / state->span_us * elapsed +
	       state->total % state->span_us * elapsed / state->span_us;
}

/* When the byte after the sent ones is due. */
static uint64_t drip_next(const struct drip_state *state, uint64_t now_us)
{
	uint64_t at = now_us;

	if (state->total < state->span_us)
		at = state->start_us +
		     ((state->sent + 1) * state->span_us + state->total - 1) / state->total;
	return at > now_us + TICK_US ? at : now_us + TICK_US;
}

static void drip_room(struct http_exchange *exchange, struct evbuffer *to, size_t room)
{
	struct drip_state *state = http_exchange_state(exchange);
	uint64_t now = http_exchange_now(exchange);
	uint64_t due = drip_due(state, now) - state->sent;
	size_t n = due < room ? (size_t)due : room;

	if (pages_pattern_add(to, state->sent, n) < 0)
		http_reply_abort(exchange);
	state->sent += n;
	if (state->sent < state->total)
		http_exchange_set_timer(exchange, drip_next(state, now));
}

static const struct http_exchange_ops drip_ops = {.room = drip_room};

static int drip_read_query(const struct http_request *request, struct drip_state *state)
{
	char bytes[DRIP_NUMBER], seconds[DRIP_NUMBER];

	if (http_request_query(request, "bytes", bytes, sizeof(bytes)) != 1 ||
		http_request_query(request, "seconds", seconds, sizeof(seconds)) != 1)
		return -1;
	if (pages_numbers_whole(bytes, PAGES_MOST_BYTES, &state->total) < 0)
		return -1;
	return pages_numbers_seconds(seconds, PAGES_MOST_US, &state->span_us);
}

void pages_drip(struct http_exchange *exchange, const struct pages_call *call)
{
	struct drip_state *state = http_exchange_state(exchange);

	if (drip_read_query(call->request, state) < 0) {
		http_reply_text(exchange, 400,
			"400 Bad Request: /drip?bytes=N&seconds=S: N is a number from 0 to "
			"1099511627776, S one from 0 to 3600 with at most six decimals\n");
		return;
	}
	state->start_us = http_exchange_now(exchange);
	http_exchange_take(exchange, &drip_ops);
	http_reply_begin(exchange,
		&(struct http_reply){
			.status = 200, .type = "application/octet-stream", .length = state->total});
}
