/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery for a peer without SACK. In: duplicate and partial ACKs; out: the next
 * segment marked lost, one in each round trip, and the window. "recover" is the highest
 * number sent when recovery or a timeout began. Until it is acknowledged, an ACK that
 * advances is partial: the next segment is lost, too; and duplicate ACKs do not begin a new
 * recovery. */

#include "tcp/newreno.h"
#include "tcp/tcb.h"

enum { NEWRENO_DUPACKS = 3 };

/* Each segment that is out can bring one duplicate ACK; those that leave from here on are
 * behind what was sent again, whose ACK ends the duplicates. A receiver that sends more of
 * them inflates nothing (RFC 5681 3.2 rule 1; ATTACKS T19). */
static void newreno_limit_inflation(struct tcb *tcb)
{
	tcb->recovery.inflate_to = tcb->cc.ssthresh + recovery_flight(tcb);
}

static void newreno_enter(struct tcb *tcb, uint64_t now)
{
	uint32_t before = tcb->cc.cwnd;

	recovery_enter_fast(tcb, now); /* RFC 5681 3.2 steps 2, 3; step 5 is output's */
	tcb->cc.cwnd = tcb->cc.ssthresh + NEWRENO_DUPACKS * tcb->snd_mss;
	newreno_limit_inflation(tcb);
	recovery_mark_first(tcb, EVTCP_CAUSE_FAST_RETRANSMIT, now);
	recovery_trace_window(tcb, EVTCP_CAUSE_CC_RECOVERY_ENTERED, before, now);
}

void newreno_on_dupack(struct tcb *tcb, uint64_t now)
{
	struct recovery *recovery = &tcb->recovery;

	tcb_mark_output(tcb);
	if (recovery->phase == RECOVERY_FAST) {
		if (tcb->cc.cwnd < recovery->inflate_to) /* RFC 5681 3.2 step 4: one more */
			cc_grow(&tcb->cc, tcb->snd_mss); /* has left the network */
		return;
	}
	/* RFC 6582 3.2 step 2: only if what recovery or the last timeout covered is
	 * acknowledged. */
	if (recovery->dupacks == NEWRENO_DUPACKS && seq_gt(tcb->snd_una, recovery->recover))
		newreno_enter(tcb, now);
}

/* RFC 6582 3.2 step 3, RFC 5681 3.2 step 6: full acknowledgment, option 1: no burst. */
static void newreno_leave(struct tcb *tcb, uint64_t now)
{
	uint32_t flight = recovery_flight(tcb), mss = tcb->snd_mss;
	uint32_t deflated = (flight > mss ? flight : mss) + mss;
	uint32_t before = tcb->cc.cwnd;

	tcb->cc.cwnd = deflated < tcb->cc.ssthresh ? deflated : tcb->cc.ssthresh;
	recovery_leave(tcb, before, now);
}

/* RFC 6582 3.2 rule 1, partial acknowledgment: deflate by what was acknowledged, and give
 * back one segment if that was at least one. */
static void newreno_deflate(struct tcb *tcb, uint32_t acked)
{
	struct cc *cc = &tcb->cc;

	cc->cwnd = cc->cwnd > acked ? cc->cwnd - acked : 0;
	if (acked >= tcb->snd_mss)
		cc_grow(cc, tcb->snd_mss);
	if (cc->cwnd < tcb->snd_mss)
		cc->cwnd = tcb->snd_mss;
	newreno_limit_inflation(tcb);
}

bool newreno_on_ack(struct tcb *tcb, uint32_t acked, uint64_t now)
{
	bool first = !tcb->recovery.partial_seen;

	if (seq_gt(tcb->snd_una, tcb->recovery.recover)) {
		newreno_leave(tcb, now);
		return true;
	}
	tcb->recovery.partial_seen = true;
	newreno_deflate(tcb, acked);
	recovery_mark_first(tcb, EVTCP_CAUSE_PARTIAL_ACK, now);
	return first; /* RFC 6582 3.2 rule 2: the timer restarts at the first partial ACK */
}
