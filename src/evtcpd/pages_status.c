/* SPDX-License-Identifier: BSD-3-Clause */
/* /status/CODE: a response with the status that was asked for, and a body that names
 * it where the status has one. */
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_numbers.h"
#include "http/reply.h"
#include "http/response.h"

#include <stdio.h>

void pages_status(struct http_exchange *exchange, const struct pages_call *call)
{
	uint64_t status;
	char text[96];

	if (pages_numbers_whole(call->rest, 599, &status) < 0 || status < 200) {
		http_reply_text(exchange, 400,
			"400 Bad Request: /status/CODE: CODE is a number from 200 to 599\n");
		return;
	}
	snprintf(text, sizeof(text), "%d %s\n", (int)status, http_response_phrase((int)status));
	http_reply_text(exchange, (int)status, text);
}
