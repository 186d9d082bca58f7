/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_PAGES_EACH_H
#define EVTCPD_PAGES_EACH_H

/* The pages, one function each, as http requests are handed to them: the path has
 * been matched and the method allowed. Each replies or takes the exchange. */

#include "http/exchange.h"

struct pages_host;

struct pages_call {
	const struct http_request *request;
	const char *rest; /* of the path, behind the page's name: "100" of /bytes/100 */
	const struct pages_host *host;
};

void pages_hello(struct http_exchange *exchange, const struct pages_call *call);
void pages_bytes(struct http_exchange *exchange, const struct pages_call *call);
void pages_echo(struct http_exchange *exchange, const struct pages_call *call);
void pages_sink(struct http_exchange *exchange, const struct pages_call *call);
void pages_delay(struct http_exchange *exchange, const struct pages_call *call);
void pages_drip(struct http_exchange *exchange, const struct pages_call *call);
void pages_status(struct http_exchange *exchange, const struct pages_call *call);
void pages_connections(struct http_exchange *exchange, const struct pages_call *call);
void pages_metrics(struct http_exchange *exchange, const struct pages_call *call);
void pages_live(struct http_exchange *exchange, const struct pages_call *call);
void pages_live_events(struct http_exchange *exchange, const struct pages_call *call);

#endif
