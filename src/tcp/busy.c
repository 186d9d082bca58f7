/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection's time is spent with, for a person who asks why it is slow. In: the block,
 * whenever its output has come to an end. Out: sums of time. Nothing is decided by them. */

#include "tcp/busy.h"
#include "tcp/snd_tune.h"
#include "tcp/tcb.h"

static bool busy_waits_for_window(const struct tcb *tcb)
{
	uint32_t waiting = tcb_end_of_data(tcb) - tcb->snd_nxt, sent = tcb->snd_nxt - tcb->snd_una;
	uint32_t room = tcb->snd_wnd > sent ? tcb->snd_wnd - sent : 0;

	return room < waiting && room < tcb->snd_mss;
}

static enum busy_with busy_with(const struct tcb *tcb)
{
	if (tcb->records.len == 0 && !tcb_has_unsent(tcb))
		return BUSY_IDLE;
	if (tcb->fin_sent || tcb->records.in_flight + tcb->snd_mss > tcb->cc.cwnd)
		return BUSY_SENDING;
	if (seq_lt(tcb->snd_nxt, tcb_end_of_data(tcb)))
		return busy_waits_for_window(tcb) ? BUSY_BY_WINDOW : BUSY_SENDING;
	return sendq_len(&tcb->sendq) >= snd_tune_buffer(tcb) ? BUSY_BY_BUFFER : BUSY_SENDING;
}

void busy_settle(struct tcb *tcb, uint64_t now)
{
	struct busy *busy = &tcb->busy;

	busy->spent_us[busy->with] += now - busy->since_us;
	busy->since_us = now;
	busy->with = busy_with(tcb);
}
