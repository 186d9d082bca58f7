/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_ACCEPT_H
#define TCP_ACCEPT_H

/* From what is known of a handshake to a connection block in SYN-RECEIVED. That happens when
 * the third segment comes (half_open.c), or with a SYN whose Fast Open cookie is valid
 * (fast_open.c). */

#include "tcp/half_open.h"

/* accept_block: a block for entry, which may stand in no table, with its SYN-ACK still to be
 * sent; reachable, and instead of a TIME-WAIT whose tuple it reuses. NULL (limits.accept_queue,
 * limits.connections, memory; *reason says). */
struct tcb *accept_block(
	struct tcp *tcp, const struct half_open *entry, uint64_t now, struct evtcp_reason *reason);

/* accept_syn_ack_was_sent: the SYN-ACK of this block has left already, at sent_at_us; 0: there
 * is no telling when, and so no RTT to be had of it. */
void accept_syn_ack_was_sent(struct tcb *tcb, uint64_t sent_at_us, uint64_t now);

#endif
