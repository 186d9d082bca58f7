/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_REASON_H
#define TRACE_REASON_H

/* Reasons, for those who give them. */

#include <evtcp/link.h>
#include <stdbool.h>

/* reason_of: the reason of this cause, without a number or a span. */
static inline struct evtcp_reason reason_of(enum evtcp_cause cause)
{
	return (struct evtcp_reason){.cause = cause};
}

/* reason_is_a_links: a link has the packet, on its way in; what becomes of it is not known yet. */
static inline bool reason_is_a_links(const struct evtcp_reason *reason)
{
	return reason->cause == EVTCP_CAUSE_FAULT_TAKEN ||
	       reason->cause == EVTCP_CAUSE_IMPAIR_TAKEN;
}

#endif
