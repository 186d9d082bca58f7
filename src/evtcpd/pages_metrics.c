/* SPDX-License-Identifier: BSD-3-Clause */
/* /metrics: what the stacks have counted, for Prometheus and its kin, as OpenMetrics text
 * (metrics.h). All workers are asked. Should one of them not answer in time there is no page: with
 * its counts missing in sums, it would seem that the daemon was started anew. */
#include "evtcpd/metrics.h"
#include "evtcpd/pages_each.h"
#include "evtcpd/pages_gather.h"
#include "http/reply.h"

#include <event2/buffer.h>
#include <time.h>

static uint64_t pages_metrics_cpu_us(void)
{
	struct timespec time = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static int pages_metrics_is_whole(const struct gather_missing *missing)
{
	for (unsigned i = 0; i < missing->n; i++) {
		if (missing->is[i])
			return 0;
	}
	return 1;
}

static void pages_metrics_send(struct http_exchange *exchange, struct evbuffer *text,
	const struct pages_report *report, unsigned workers)
{
	struct http_reply reply = {.status = 200, .type = METRICS_TYPE};

	if (metrics_write(text, report, workers, pages_metrics_cpu_us()) < 0) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
		return;
	}
	reply.length = evbuffer_get_length(text);
	http_reply_begin(exchange, &reply);
	http_reply_write(exchange, text);
}

static void pages_metrics_reply(struct http_exchange *exchange, struct pages_report *report,
	const struct gather_missing *missing)
{
	struct evbuffer *text;

	if (!pages_metrics_is_whole(missing)) {
		http_reply_text(exchange, 503,
			"503 Service Unavailable: a worker did not answer in time\n");
		return;
	}
	text = evbuffer_new();
	if (text == NULL) {
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
		return;
	}
	pages_metrics_send(exchange, text, report, missing->n);
	evbuffer_free(text);
}

void pages_metrics(struct http_exchange *exchange, const struct pages_call *call)
{
	pages_gather(exchange, call->host, 0, pages_metrics_reply);
}
