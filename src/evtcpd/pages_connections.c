/* SPDX-License-Identifier: BSD-3-Clause */
/* /connections: what the stacks hold and what has happened, as JSON: usage, one object for each
 * connection, the stacks' counters that are not zero, and those of the HTTP servers
 * (pages_report.h). The list stops at MOST_CONNECTIONS, so that what a slow reader makes us hold
 * stays bounded; `omitted` says how many more there are.
 *
 * Several workers are asked by pages_gather.c, and the page is their sum. It says how many there
 * are, and which did not answer in time. */
#include "evtcpd/pages.h"
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_gather.h"
#include "evtcpd/pages_report.h"
#include "http/reply.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>

#define MOST_CONNECTIONS 1000

struct page {
	struct evbuffer *json;
	int failed; /* memory ran out: the text has a gap */
};

static void connections_print(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void connections_print(struct page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	page->failed |= evbuffer_add_vprintf(page->json, format, args) < 0;
	va_end(args);
}

static void connections_add_usage(struct page *page, const struct evtcp_stack_usage *usage)
{
	connections_print(page,
		"  \"usage\": {\"connections\":%u,\"orphans\":%u,\"resting\":%u,\"half_open\":%u,"
		"\"fast_open\":%u,\"time_wait\":%u,\"send_bytes\":%" PRIu64
		",\"receive_bytes\":%" PRIu64 ",\"out_of_order_bytes\":%" PRIu64
		",\"memory_bytes\":%" PRIu64 "},\n",
		usage->connections, usage->orphans, usage->resting, usage->half_open,
		usage->fast_open, usage->time_wait, usage->send_bytes, usage->receive_bytes,
		usage->out_of_order_bytes, usage->memory_bytes);
}

static void connections_add_counters(struct page *page, const uint64_t *counters)
{
	const char *comma = "";

	connections_print(page, "  \"counters\": {");
	for (int cause = 0; cause < EVTCP_N_CAUSES; cause++) {
		uint64_t n = counters[cause];

		if (n == 0)
			continue;
		connections_print(page, "%s\"%s\":%" PRIu64, comma,
			evtcp_cause_name((enum evtcp_cause)cause), n);
		comma = ",";
	}
	connections_print(page, "},\n");
}

/* One member of an object of counters, if it is not zero. */
static void connections_add_count(
	struct page *page, const char **comma, const char *name, uint64_t n)
{
	if (n == 0)
		return;
	connections_print(page, "%s\"", *comma);
	for (; *name != '\0'; name++)
		connections_print(page, "%c", tolower((unsigned char)*name));
	connections_print(page, "\":%" PRIu64, n);
	*comma = ",";
}

/* Responses by the class of their status; why connections ended that did not end by
 * themselves; requests that were refused before a page saw them. */
static void connections_add_http(struct page *page, const struct http_server_counters *counters)
{
	const char *comma = "";

	connections_print(page,
		"  \"http\": {\"connections\":%" PRIu64 ",\"accepted\":%" PRIu64
		",\"requests\":%" PRIu64 ",\"replies\":%" PRIu64 ",\"2xx\":%" PRIu64
		",\"3xx\":%" PRIu64 ",\"4xx\":%" PRIu64 ",\"5xx\":%" PRIu64 ",\"aborted\":%" PRIu64
		",\"lost\":%" PRIu64 ",\"made_room\":%" PRIu64,
		counters->connections, counters->accepted, counters->requests, counters->replies,
		counters->statuses[2], counters->statuses[3], counters->statuses[4],
		counters->statuses[5], counters->aborted, counters->lost, counters->made_room);
	connections_print(page, ",\n    \"timed_out\": {");
	for (int i = 0; i < HTTP_N_TIME_LIMITS; i++)
		connections_add_count(page, &comma, http_time_limits_name((enum http_time_limit)i),
			counters->timed_out[i]);
	comma = "";
	connections_print(page, "},\n    \"refused\": {");
	for (int i = 0; i < HTTP_N_REFUSALS; i++)
		connections_add_count(page, &comma, http_refusals_name((enum http_refusal)i),
			counters->refused[i]);
	connections_print(page, "}}\n");
}

/* Only where there are several: a list of those that are missing in the sum. */
static void connections_add_workers(struct page *page, const struct gather_missing *missing)
{
	const char *comma = "";

	if (missing->n < 2)
		return;
	connections_print(page, "  \"workers\": %u,\n  \"missing\": [", missing->n);
	for (unsigned i = 0; i < missing->n; i++) {
		if (missing->is[i]) {
			connections_print(page, "%s%u", comma, i);
			comma = ",";
		}
	}
	connections_print(page, "],\n");
}

/* The whole page; takes the report's list. */
static void connections_build(
	struct page *page, struct pages_report *report, const struct gather_missing *missing)
{
	connections_print(page, "{\n");
	connections_add_workers(page, missing);
	connections_add_usage(page, &report->usage);
	connections_print(page, "  \"connections\": [");
	page->failed |= report->failed || evbuffer_add_buffer(page->json, report->list) < 0;
	connections_print(
		page, "%s],\n  \"omitted\": %u,\n", report->listed ? "\n  " : "", report->omitted);
	connections_add_counters(page, report->counters);
	connections_add_http(page, &report->http);
	connections_print(page, "}\n");
}

static void connections_reply(struct http_exchange *exchange, struct pages_report *report,
	const struct gather_missing *missing)
{
	struct page page = {.json = evbuffer_new()};
	struct http_reply reply = {.status = 200, .type = "application/json"};

	if (page.json != NULL)
		connections_build(&page, report, missing);
	if (page.json == NULL || page.failed) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
	} else {
		reply.length = evbuffer_get_length(page.json);
		http_reply_begin(exchange, &reply);
		http_reply_write(exchange, page.json);
	}
	if (page.json != NULL)
		evbuffer_free(page.json);
}

void pages_connections(struct http_exchange *exchange, const struct pages_call *call)
{
	pages_gather(exchange, call->host, MOST_CONNECTIONS, connections_reply);
}
