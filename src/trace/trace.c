/* SPDX-License-Identifier: BSD-3-Clause */

/* The tracer of a stack: one counter for each cause, one sink for events.
 *
 * Input: counts and events from ip, tcp, link and stack. Output: the counters,
 * read in place, and calls of the sink. It does not format (event.c does), does
 * not draw (ladder.c does), allocates nothing and knows no clock: an event
 * carries its own time. */

#include "trace/trace.h"

#include <assert.h>
#include <string.h>

void tracer_init(struct tracer *tracer)
{
	memset(tracer, 0, sizeof(*tracer));
}

void tracer_set_sink(struct tracer *tracer, const struct evtcp_sink *sink)
{
	if (!sink || !sink->event) {
		memset(&tracer->sink, 0, sizeof(tracer->sink));
		tracer->kinds = 0;
		return;
	}
	tracer->sink = *sink;
	tracer->kinds = sink->kinds;
}

void tracer_emit(struct tracer *tracer, const struct evtcp_event *event)
{
	assert(tracer_wants(tracer, event->kind) && "ask tracer_wants first");
	tracer->sink.event(tracer->sink.arg, event);
}
