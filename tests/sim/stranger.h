/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_STRANGER_H
#define SIM_STRANGER_H

/* Someone with an address of his own, who is no end of any connection. */

#include "world.h"

/* stranger_calls: sends host a packet from an address that no connection has: any flags,
 * to any port. Host may answer with one packet of at most three times its length, and
 * with none where the address is nobody's (ATTACKS E12, P11). */
void stranger_calls(struct world *world, unsigned host);

/* stranger_gets: whether this packet of host, with its bytes in one piece, is for the
 * stranger, who keeps it; if nobody has called it is a SYN-ACK that is sent again. */
bool stranger_gets(struct world *world, const uint8_t *bytes, size_t len, enum evtcp_cause cause);

#endif
