/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_TLP_H
#define TCP_TLP_H

/* Tail-loss probe (RFC 8985 7): when the end of a flight is lost, nothing comes that would
 * tell of it. Soon after an acknowledgment is overdue one segment is sent, so that the
 * answer to it tells what is missing, long before the RTO. */

#include <stdbool.h>
#include <stdint.h>

struct tcb;
struct recovery_ack;

struct tlp {
	uint32_t end;           /* TLP.end_seq, when open */
	bool open;              /* a probe is not answered yet */
	bool is_retransmission; /* TLP.is_retrans */
	bool sampled;           /* the RTT was measured since the last probe */
	bool due;               /* output is to send one */
};

/* tlp_interval: after what time without an acknowledgment a probe is due (PTO); 0 when none
 * is allowed now. */
uint64_t tlp_interval(const struct tcb *tcb);

/* tlp_sent: the probe left; snd_nxt is what it is after that. */
void tlp_sent(struct tcb *tcb, bool is_retransmission);

/* tlp_on_ack: an acknowledgment. Returns true if the probe has repaired a loss, to which
 * congestion control has to react. */
bool tlp_on_ack(struct tcb *tcb, const struct recovery_ack *ack);

#endif
