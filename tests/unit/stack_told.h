/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_TOLD_H
#define STACK_TOLD_H

/* What a stack says of itself, kept for a test. */

#include <evtcp/evtcp.h>
#include <string.h>

struct told {
	unsigned n[EVTCP_N_EVENT_KINDS];
	struct evtcp_event last[EVTCP_N_EVENT_KINDS];
	struct evtcp_event sack[EVTCP_N_EVENT_KINDS]; /* the last with SACK blocks */
	enum evtcp_event_kind order[256];             /* the kinds, as they came */
	unsigned len;
};

static inline void tell(void *arg, const struct evtcp_event *event)
{
	struct told *told = arg;

	told->n[event->kind]++;
	told->last[event->kind] = *event;
	if (event->kind <= EVTCP_EVENT_DROPPED && event->u.segment.n_sack != 0)
		told->sack[event->kind] = *event;
	if (told->len < sizeof(told->order) / sizeof(told->order[0]))
		told->order[told->len++] = event->kind;
}

static inline void listen_to(struct told *told, struct evtcp_stack *stack, unsigned kinds)
{
	struct evtcp_sink sink = {.event = tell, .kinds = kinds, .arg = told};

	memset(told, 0, sizeof(*told));
	evtcp_stack_set_sink(stack, &sink);
}

#endif
