/* SPDX-License-Identifier: BSD-3-Clause */
/* /_/: the live page, and what it is told. The page is a file that is a part of the program; what
 * it is told is live/reader.c's. */
#include "evtcpd/live/page.h"
#include "evtcpd/live/reader.h"
#include "evtcpd/pages_each.h"
#include "http/reply.h"

#include <event2/util.h>
#include <stdio.h>

#define LIVE_FIELDS 768
#define LIVE_REMOTE 64 /* characters of an address with its port in the query */

void pages_live(struct http_exchange *exchange, const struct pages_call *call)
{
	char fields[LIVE_FIELDS];
	struct http_reply reply = {
		.status = 200, .type = "text/html; charset=utf-8", .fields = fields};

	if (call->rest[0] != '\0') {
		http_reply_text(exchange, 404,
			"404 Not Found: below /_/ there are the live page, its /_/events and, as "
			"/_/bytes/N, the other pages\n");
		return;
	}
	snprintf(fields, sizeof(fields),
		"Cache-Control: no-cache\r\n"
		"Content-Security-Policy: %s\r\n"
		"Referrer-Policy: no-referrer\r\n"
		"X-Content-Type-Options: nosniff\r\n",
		live_page_policy);
	http_reply_whole(exchange, &reply, live_page, live_page_len);
}

/* 1: the query names a remote end. 0: it does not. -1: it is none. */
static int live_read_query(const struct http_request *request, struct evtcp_endpoint *remote)
{
	char text[LIVE_REMOTE];
	struct sockaddr_storage address;
	int len = sizeof(address), found;

	found = http_request_query(request, "conn", text, sizeof(text));
	if (found <= 0)
		return found;
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &len) < 0 ||
		evtcp_endpoint_from_sockaddr(remote, (struct sockaddr *)&address, (socklen_t)len) <
			0)
		return -1;
	return remote->port != 0 ? 1 : -1;
}

void pages_live_events(struct http_exchange *exchange, const struct pages_call *call)
{
	struct evtcp_endpoint remote;
	int found = live_read_query(call->request, &remote);

	if (found < 0)
		http_reply_text(exchange, 400,
			"400 Bad Request: /_/events?conn=ADDRESS:PORT: where a connection comes "
			"from, such as 10.0.0.1:40312 or [fd00:e7::1]:40312\n");
	else
		reader_begin(exchange, call->host, found == 1 ? &remote : NULL);
}
