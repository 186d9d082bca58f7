/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

/* The tracer: what a stack owns so that each of its acts is counted by cause
 * and, if anyone listens, told as an event.
 *
 * Counting is one addition and always on. Telling costs one predicted branch
 * while nobody listens, so that a caller fills an event only when it is wanted:
 *
 *	tracer_count(t, EVTCP_CAUSE_PAWS);
 *	if (tracer_wants(t, EVTCP_EVENT_DROPPED)) {
 *		struct evtcp_event e = {.at_us = now, ...};
 *		tracer_emit(t, &e);
 *	}
 */

#include <evtcp/causes.h>
#include <evtcp/trace.h>
#include <stdbool.h>

struct tracer {
	struct evtcp_sink sink;            /* who listens; meaningless while kinds is 0 */
	unsigned kinds;                    /* bit k: an event of kind k is wanted */
	uint64_t counters[EVTCP_N_CAUSES]; /* how often each cause happened; never reset */
};

/* tracer_init: counters at 0, nobody listens. A tracer owns nothing, so there is
 * no tracer_free. */
void tracer_init(struct tracer *tracer);

/* tracer_set_sink: events of the kinds that sink names go to it from the next
 * one on. sink is copied, NULL is nobody; what its arg points to must live until
 * the sink is replaced. Calls nothing. */
void tracer_set_sink(struct tracer *tracer, const struct evtcp_sink *sink);

/* tracer_emit: hands event, which stays the caller's, to the sink. Only legal
 * when tracer_wants said so for its kind. The sink runs before this returns; it
 * must not call into the stack. */
void tracer_emit(struct tracer *tracer, const struct evtcp_event *event);

/* tracer_count: cause happened once more. */
static inline void tracer_count(struct tracer *tracer, enum evtcp_cause cause)
{
	tracer->counters[cause]++;
}

/* tracer_add: n times more. */
static inline void tracer_add(struct tracer *tracer, enum evtcp_cause cause, uint32_t n)
{
	tracer->counters[cause] += n;
}

/* tracer_wants: does anyone listen to events of this kind? Expected: no. */
static inline bool tracer_wants(const struct tracer *tracer, enum evtcp_event_kind kind)
{
	return __builtin_expect((tracer->kinds & (1u << kind)) != 0, 0);
}

/* tracer_wants_any: of several kinds, (1u << EVTCP_EVENT_...) | ...: does anyone listen to one? */
static inline bool tracer_wants_any(const struct tracer *tracer, unsigned kinds)
{
	return __builtin_expect((tracer->kinds & kinds) != 0, 0);
}

#endif
