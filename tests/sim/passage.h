/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_PASSAGE_H
#define SIM_PASSAGE_H

/* What passes between the hosts, and those who look at it on its way: the witness,
 * the record, the rule of silence. */

#include "world.h"

/* passage_transmit: a host's transmit (host.h); arg is the world. */
int passage_transmit(void *arg, struct host *host, const struct evtcp_packet *packet);

/* passage_deliver: gives host one batch of the packets that have arrived. True if
 * there were any. */
bool passage_deliver(struct world *world, unsigned host);

/* passage_discard: what has arrived at host and was not given to it is lost. */
void passage_discard(struct world *world, unsigned host);

/* passage_losses: packets that have not come through whole so far. */
uint64_t passage_losses(const struct world *world);

#endif
