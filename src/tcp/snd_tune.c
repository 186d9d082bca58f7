/* SPDX-License-Identifier: BSD-3-Clause */
/* How large the send buffer is.
 *
 * In: the congestion window, the stack's memory. Out: tcb.snd_buf.
 *
 * One congestion window of bytes is in flight and cannot be given up; a second one has to lie
 * ready, or the window that the ACKs of a round trip open has nothing to carry. Where a model
 * of the path governs the window (cc.h) it may double while losses are repaired: then a third
 * one waits behind what cannot be given up yet. The window grows only where it was used up, and
 * by what arrived: who does not read makes us hold the first size and no more. */

#include "tcp/snd_tune.h"

void snd_tune_on_ack(struct tcb *tcb)
{
	uint64_t wanted = (cc_has_model(&tcb->cc) ? UINT64_C(3) : UINT64_C(2)) * tcb->cc.cwnd;
	uint32_t most = tcb->tcp->config.limits.send_buffer_max;

	if (wanted > most)
		wanted = most;
	if (wanted > tcb->snd_buf && !tcp_memory_is_short(tcb->tcp))
		tcb->snd_buf = (uint32_t)wanted;
}

uint32_t snd_tune_buffer(const struct tcb *tcb)
{
	return tcp_memory_is_short(tcb->tcp) ? tcb->tcp->config.limits.send_buffer : tcb->snd_buf;
}
