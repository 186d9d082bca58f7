/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RECOVERY_H
#define TCP_RECOVERY_H

/* Loss recovery: decides from acknowledgments and timeouts what is lost, and tells
 * congestion control. Fast retransmit and NewReno's fast recovery (RFC 5681 3.2, RFC
 * 6582), RTO (RFC 6298 5.4 to 5.7). */

#include "tcp/tcb.h"

/* recovery_on_dupack: one more duplicate ACK (RFC 5681 2's definition). */
void recovery_on_dupack(struct tcb *tcb, uint64_t now);

/* recovery_on_ack: snd_una has advanced by acked. Called after the records were
 * updated. Returns whether the retransmission timer is to be restarted. */
bool recovery_on_ack(struct tcb *tcb, uint32_t acked, uint64_t now);

/* recovery_on_rto: the retransmission timer fired after delay_us. */
void recovery_on_rto(struct tcb *tcb, uint64_t delay_us, uint64_t now);

#endif
