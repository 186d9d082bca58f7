/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_FATE_H
#define TRACE_FATE_H

/* What links on its way did to a packet, for those that do it. */

#include <evtcp/link.h>

/* fate_add: this was done to packet, by this rule of a fault script or by none (0). What another
 * link did before is kept beside it. Does nothing where nothing was done. */
static inline void fate_add(struct evtcp_packet *packet, enum evtcp_cause fate, unsigned rule)
{
	if (fate == EVTCP_CAUSE_NONE && rule == 0)
		return;
	packet->earlier_fate = packet->fate;
	packet->earlier_fate_rule = packet->fate_rule;
	packet->fate = fate;
	packet->fate_rule = rule;
}

#endif
