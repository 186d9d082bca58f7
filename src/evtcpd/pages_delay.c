/* SPDX-License-Identifier: BSD-3-Clause */
/* /delay/SECONDS: says so after that time. */
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_numbers.h"
#include "http/reply.h"

#include <stdio.h>

#define US_PER_SECOND 1000000u

struct delay_state {
	uint64_t us;
};

_Static_assert(sizeof(struct delay_state) <= HTTP_EXCHANGE_STATE, "the state fits");

static void delay_over(struct http_exchange *exchange, uint64_t now_us)
{
	const struct delay_state *state = http_exchange_state(exchange);
	char text[64];

	(void)now_us;
	snprintf(text, sizeof(text), "waited %u.%06u s\n", (unsigned)(state->us / US_PER_SECOND),
		(unsigned)(state->us % US_PER_SECOND));
	http_reply_text(exchange, 200, text);
}

static const struct http_exchange_ops delay_ops = {.timer = delay_over};

void pages_delay(struct http_exchange *exchange, const struct pages_call *call)
{
	struct delay_state *state = http_exchange_state(exchange);

	if (pages_numbers_seconds(call->rest, PAGES_MOST_US, &state->us) < 0) {
		http_reply_text(exchange, 400,
			"400 Bad Request: /delay/SECONDS: a number from 0 to 3600, with at most "
			"six decimals\n");
		return;
	}
	http_exchange_take(exchange, &delay_ops);
	http_exchange_set_timer(exchange, http_exchange_now(exchange) + state->us);
}
