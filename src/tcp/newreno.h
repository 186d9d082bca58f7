/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_NEWRENO_H
#define TCP_NEWRENO_H

/* Fast retransmit and NewReno's fast recovery (RFC 5681 3.2, RFC 6582), for peers that do
 * not send SACK: duplicate ACKs are all there is to go by. The window of congestion
 * avoidance that bears the same name is in cc_newreno.c. */

#include "tcp/recovery.h"

/* newreno_on_dupack: one more duplicate ACK (RFC 5681 2's definition). */
void newreno_on_dupack(struct tcb *tcb, uint64_t now);

/* newreno_on_ack: snd_una has advanced by acked within fast recovery, up to its end or
 * not. Returns whether the retransmission timer is to be restarted. */
bool newreno_on_ack(struct tcb *tcb, uint32_t acked, uint64_t now);

#endif
