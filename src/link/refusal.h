/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_REFUSAL_H
#define LINK_REFUSAL_H

#include <errno.h>
#include <evtcp/causes.h>

/* refusal_cause: what the errno that a link refuses a packet with stands for (struct
 * evtcp_link_ops). */
static inline enum evtcp_cause refusal_cause(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
		return EVTCP_CAUSE_LINK_QUEUE_FULL;
	case EIO:
	case ENETDOWN:
		return EVTCP_CAUSE_LINK_DOWN;
	default:
		return EVTCP_CAUSE_LINK_ERROR;
	}
}

#endif
