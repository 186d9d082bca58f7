/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_REASON_H
#define TRACE_REASON_H

/* Reasons, for those who give them. */

#include <evtcp/link.h>

/* reason_of: the reason of this cause, without a number or a span. */
static inline struct evtcp_reason reason_of(enum evtcp_cause cause)
{
	return (struct evtcp_reason){.cause = cause};
}

#endif
