/* SPDX-License-Identifier: BSD-3-Clause */
/* An exchange that waits for all workers. In: an exchange and its worker's host. Out: a reply from
 * the exchange's timer, which is due when all have answered, or when it has waited enough. */
#include "evtcpd/pages_gather.h"

#include "evtcpd/pages.h"
#include "http/reply.h"

typedef void (*pages_gather_reply)(struct http_exchange *exchange, struct pages_report *report,
	const struct gather_missing *missing);

struct pages_gather_state {
	struct gather *gather;
	pages_gather_reply reply;
};

_Static_assert(sizeof(struct pages_gather_state) <= HTTP_EXCHANGE_STATE, "the state fits");

static void pages_gather_answer(
	struct http_exchange *exchange, struct gather *gather, pages_gather_reply reply)
{
	struct gather_missing missing = gather_get_missing(gather);

	reply(exchange, gather_sum(gather), &missing);
}

/* From the reply on, the state is no longer there. */
static void pages_gather_on_timer(struct http_exchange *exchange, uint64_t now_us)
{
	const struct pages_gather_state *state = http_exchange_state(exchange);

	(void)now_us;
	pages_gather_answer(exchange, state->gather, state->reply);
}

static void pages_gather_on_gone(struct http_exchange *exchange)
{
	const struct pages_gather_state *state = http_exchange_state(exchange);

	gather_end(state->gather);
}

static const struct http_exchange_ops pages_gather_ops = {
	.timer = pages_gather_on_timer, .gone = pages_gather_on_gone};

static void pages_gather_on_over(void *arg)
{
	struct http_exchange *exchange = arg;

	http_exchange_set_timer(exchange, http_exchange_now(exchange));
}

void pages_gather(struct http_exchange *exchange, const struct pages_host *host, unsigned most,
	pages_gather_reply reply)
{
	struct gather *gather =
		gather_begin(host, PAGES_REPORT_ARRAY, most, pages_gather_on_over, exchange);
	struct pages_gather_state *state;

	if (gather == NULL) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
		return;
	}
	if (host->group == NULL) {
		pages_gather_answer(exchange, gather, reply);
		gather_end(gather);
		return;
	}
	state = http_exchange_state(exchange);
	*state = (struct pages_gather_state){gather, reply};
	http_exchange_take(exchange, &pages_gather_ops);
	http_exchange_set_timer(
		exchange, http_exchange_now(exchange) + (gather_waits(gather) ? GATHER_US : 0));
}
