/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery for a peer whose SACK blocks we do not use: NewReno.
 *
 * "recover" is the highest number sent when recovery or a timeout began. Until it is
 * acknowledged, an ACK that advances is partial: the next segment is lost, too; and
 * duplicate ACKs do not begin a new recovery. What is lost is marked in the records;
 * output sends it. */

#include "tcp/recovery.h"
#include "tcp/timers.h"

enum {
	RECOVERY_DUPACKS = 3,
	RECOVERY_TIMESTAMPS = 12 /* octets of the option, with its two NOPs (RFC 7323 A) */
};

static uint32_t recovery_flight(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una;
}

/* How much one segment carries: timestamps take room in each (MUST-16). */
static uint32_t recovery_segment(const struct tcb *tcb)
{
	return tcb->snd_mss - (tcb->ts_ok ? RECOVERY_TIMESTAMPS : 0u);
}

/* The first segment in flight is lost, because of cause. */
static void recovery_mark_first(struct tcb *tcb, enum evtcp_cause cause)
{
	records_mark_first_lost(
		&tcb->records, recovery_segment(tcb), tcb_limit_records(tcb), tcb->tcp->world);
	tcb->loss_reason = reason_of(cause);
	tcb_mark_output(tcb);
}

static void recovery_enter(struct tcb *tcb, uint64_t now)
{
	tcb->recover = tcb->snd_nxt - 1;
	tcb->partial_seen = 0;
	tcb->cc.ops->on_loss(&tcb->cc, recovery_flight(tcb), tcb->snd_mss);
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_RECOVERY_ENTERED, now);
	/* What is sent again has a round trip of its own before it: the timer starts anew
	 * with it, as in other stacks. RFC 6298 5 does not speak of this case. */
	timers_stop(tcb, TCB_TIMER_RETRANSMIT);
	recovery_mark_first(tcb, EVTCP_CAUSE_FAST_RETRANSMIT);
}

void recovery_on_dupack(struct tcb *tcb, uint64_t now)
{
	if (tcb->dupacks < UINT8_MAX)
		tcb->dupacks++;
	if (tcb->cc.in_recovery) {
		tcb->cc.ops->on_dupack(&tcb->cc, tcb->snd_mss); /* RFC 6582 3.2 step 3 */
		tcb_mark_output(tcb);
		return;
	}
	/* RFC 6582 3.2 step 2: only if what recovery or the last timeout covered is
	 * acknowledged. */
	if (tcb->dupacks == RECOVERY_DUPACKS && seq_gt(tcb->snd_una, tcb->recover))
		recovery_enter(tcb, now);
}

static bool recovery_on_ack_in_recovery(struct tcb *tcb, uint32_t acked, uint64_t now)
{
	struct cc *cc = &tcb->cc;

	if (seq_gt(tcb->snd_una, tcb->recover)) { /* full acknowledgment */
		cc->ops->on_recovered(cc, recovery_flight(tcb), tcb->snd_mss);
		tcb_trace_window(tcb, EVTCP_CAUSE_CC_RECOVERY_LEFT, now);
		return true;
	}
	bool first = !tcb->partial_seen;
	tcb->partial_seen = 1;
	cc->ops->on_partial_ack(cc, acked, recovery_flight(tcb), tcb->snd_mss);
	recovery_mark_first(tcb, EVTCP_CAUSE_PARTIAL_ACK);
	return first; /* RFC 6582 3.2: the timer restarts at the first partial ACK */
}

bool recovery_on_ack(struct tcb *tcb, uint32_t acked, uint64_t now)
{
	struct cc *cc = &tcb->cc;

	tcb->dupacks = 0;
	if (cc->in_recovery)
		return recovery_on_ack_in_recovery(tcb, acked, now);
	/* It follows SND.UNA: left behind, it would seem to be ahead after 2^31 bytes. */
	if (seq_gt(tcb->snd_una, tcb->recover))
		tcb->recover = tcb->snd_una - 1;
	cc->ops->on_ack(cc, acked, tcb->snd_mss, tcb->cwnd_limited);
	return true;
}

void recovery_on_rto(struct tcb *tcb, uint64_t delay_us, uint64_t now)
{
	bool again = tcb->backoff > 0;

	if (tcb->backoff < UINT8_MAX)
		tcb->backoff++; /* RFC 6298 5.5 */
	tcb->loss_reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_RTO,
		.count = tcb->backoff,
		.delay_us = delay_us > UINT32_MAX ? UINT32_MAX : (uint32_t)delay_us};
	tcb->recover = tcb->snd_nxt - 1; /* RFC 6582 3.2 step 4 */
	tcb->dupacks = 0;
	records_mark_all_lost(&tcb->records); /* RFC 6298 5.4 */
	tcb->cc.ops->on_rto(&tcb->cc, recovery_flight(tcb), tcb->snd_mss, again);
	tcb->cwnd_limited = 1; /* one segment goes, and that is the window */
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_RTO, now);
}
