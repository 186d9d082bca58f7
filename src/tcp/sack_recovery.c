/* SPDX-License-Identifier: BSD-3-Clause */
/* Fast recovery with SACK. In: what an acknowledgment told, or that the reordering timer
 * fired; out: the phase, the window, the reordering timer. What is lost is marked in the
 * records, from where output takes it. */

#include "tcp/sack_recovery.h"
#include "tcp/tcb.h"
#include "tcp/timers.h"

/* RFC 9937 6.2 rules 3 and 5, on each acknowledgment during fast recovery. Not where a model has
 * the say. */
static void sack_recovery_prr(struct tcb *tcb, const struct recovery_ack *ack, bool newly_lost)
{
	struct prr_ack prr = {.delivered = ack->delivered.bytes,
		.in_flight = tcb->records.in_flight,
		.ssthresh = tcb->cc.ssthresh,
		.mss = recovery_segment(tcb),
		.safe = ack->acked > 0 && !newly_lost};

	tcb_mark_output(tcb);
	if (cc_has_model(&tcb->cc))
		return;
	tcb->cc.cwnd = prr_on_ack(&tcb->prr, &prr);
	if (tcb->cc.cwnd < tcb->snd_mss)
		tcb->cc.cwnd = tcb->snd_mss;
}

/* RFC 9937 6.1: RecoverFS is what was out, less what the peer had told of before this
 * acknowledgment. */
static void sack_recovery_enter(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	uint32_t before = tcb->cc.cwnd;

	recovery_enter_fast(tcb, now);
	prr_enter(&tcb->prr, recovery_flight(tcb) - tcb->records.sacked + ack->delivered.bytes);
	sack_recovery_prr(tcb, ack, true);
	recovery_trace_window(tcb, EVTCP_CAUSE_CC_RECOVERY_ENTERED, before, now);
}

/* Looks for losses. Returns how many bytes are newly lost; fast recovery has begun then, if
 * that was not so yet. */
static uint32_t sack_recovery_detect(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	uint64_t remaining_us;

	if (tcb->records.len == 0) { /* nothing is out that could be lost */
		timers_stop(tcb, TCB_TIMER_REORDERING);
		return 0;
	}
	uint32_t lost = rack_detect_loss(tcb, now, &remaining_us);
	if (remaining_us > 0)
		timers_set(tcb, TCB_TIMER_REORDERING, now + remaining_us);
	else
		timers_stop(tcb, TCB_TIMER_REORDERING);
	if (lost == 0)
		return 0;
	recovery_trace_lost(tcb, EVTCP_CAUSE_RACK, lost, now);
	recovery_will_send(tcb, EVTCP_CAUSE_RACK);
	if (tcb->recovery.phase == RECOVERY_OPEN)
		sack_recovery_enter(tcb, ack, now);
	return lost;
}

/* RFC 8985 7.4.2 rule 1: a probe repaired the only loss there was, so nothing else will tell
 * congestion control of it. */
static void sack_recovery_tlp_repaired(
	struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	uint32_t before = tcb->cc.cwnd;

	if (tcb->recovery.phase != RECOVERY_OPEN || cc_has_model(&tcb->cc))
		return;
	/* What was out when the loss was mended, not what is left of it. */
	recovery_reduce(tcb, recovery_flight(tcb) + ack->acked);
	tcb->cc.cwnd = tcb->cc.ssthresh;
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_TLP, before, now);
}

static void sack_recovery_leave(struct tcb *tcb, uint64_t now)
{
	uint32_t before = tcb->cc.cwnd;

	if (tcb->recovery.phase == RECOVERY_FAST && !cc_has_model(&tcb->cc))
		tcb->cc.cwnd = tcb->cc.ssthresh; /* RFC 9937 6.4 */
	recovery_leave(tcb, before, now);
}

/* RFC 2018 8, rule 1: a peer may drop what it has SACKed. That shows when SND.UNA reaches it: had
 * the peer kept it, it would have acknowledged it. What follows may be gone, too, or not: that is
 * seen when its turn comes. */
static void sack_recovery_look_for_reneging(struct tcb *tcb)
{
	if (!records_is_reneged(&tcb->records))
		return;
	records_forget_sacked(&tcb->records);
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_SACK_RENEGED);
}

uint32_t sack_recovery_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	struct recovery *recovery = &tcb->recovery;
	bool was_fast = recovery->phase == RECOVERY_FAST;

	if (ack->acked == 0 && ack->delivered.bytes > 0)
		recovery_count_dupack(tcb); /* RFC 6675 2, RFC 3042 2 rule 5: it tells of
					       something new */
	/* What timestamps prove to have been sent in vain is as good as a D-SACK. */
	bool in_vain = undo_is_reported(tcb, &ack->sack) || undo_is_echoed(tcb, ack);
	rack_on_ack(tcb, &ack->delivered, in_vain, now);
	if (tlp_on_ack(tcb, ack))
		sack_recovery_tlp_repaired(tcb, ack, now);
	/* RFC 6675 5 (A), 5.1 rule 1: no other one begins before that. */
	if (recovery->phase != RECOVERY_OPEN && seq_gt(tcb->snd_una, recovery->recover))
		sack_recovery_leave(tcb, now);
	sack_recovery_look_for_reneging(tcb);
	bool entered = recovery->phase == RECOVERY_OPEN;
	uint32_t lost = sack_recovery_detect(tcb, ack, now);
	entered = entered && recovery->phase == RECOVERY_FAST;
	if (recovery->phase == RECOVERY_FAST && !entered)
		sack_recovery_prr(tcb, ack, lost > 0);
	else if (!was_fast && !entered && (ack->acked > 0 || ack->delivered.bytes > 0))
		recovery_grow_window(tcb, ack, now);
	return lost;
}

void sack_recovery_on_timer(struct tcb *tcb, uint64_t now)
{
	static const struct recovery_ack nothing;
	bool was_fast = tcb->recovery.phase == RECOVERY_FAST;

	if (sack_recovery_detect(tcb, &nothing, now) > 0 && was_fast)
		sack_recovery_prr(tcb, &nothing, true);
}
