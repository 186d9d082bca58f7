/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SACK_RECOVERY_H
#define TCP_SACK_RECOVERY_H

/* Fast recovery for peers that send SACK: RACK says what is lost (rack.h), PRR how fast the
 * window comes down (prr.h). */

#include "tcp/recovery.h"

/* sack_recovery_on_ack: an acknowledgment, whatever it tells. Returns how many bytes are lost
 * by it. */
uint32_t sack_recovery_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now);

/* sack_recovery_on_timer: RACK has waited long enough for what may only be late. */
void sack_recovery_on_timer(struct tcb *tcb, uint64_t now);

#endif
