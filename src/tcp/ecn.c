/* SPDX-License-Identifier: BSD-3-Clause */
/* ECN (RFC 3168; RFC 9293 3.8.2, SHLD-8) of one connection, both as the one who sends data and as
 * the one who receives it. In: the flags of SYNs, marks and flags of data, ECE of acknowledgments,
 * and what loss recovery did to the window; out: flags and marks of what leaves, and a word to
 * congestion control, which knows how much an ECE weighs (ABE, RFC 8511). */

#include "tcp/ecn.h"
#include "tcp/tcb.h"

/* ---- negotiation: RFC 3168 6.1.1 ------------------------------------------------------- */

void ecn_agree(struct tcb *tcb)
{
	tcb->ecn.echoes = true;
	/* RFC 3168 6.1.2: who does not heed marks asks for none. */
	tcb->ecn.sends = !cc_has_model(&tcb->cc);
}

unsigned ecn_syn_flags(struct tcb *tcb, bool again)
{
	struct ecn *ecn = &tcb->ecn;

	if (tcb->state != EVTCP_SYN_SENT) /* a SYN-ACK, both sides having opened at once; the
					     same again (RFC 3168 6.1.1 rule 9) */
		return ecn->sends ? TCP_ECE : 0;
	if (again && ecn->asked) /* RFC 3168 6.1.1.1 */
		tracer_count(tcb->tcp->trace, EVTCP_CAUSE_ECN_FALLBACK);
	ecn->asked = !again && tcb->tcp->config.options.ecn == EVTCP_ECN_REQUEST;
	/* The peer may have taken the one that asked: then it will send ECT, and has to hear
	 * of CE (RFC 3168 6.1.1 rule 5). */
	ecn->echoes = tcb->tcp->config.options.ecn == EVTCP_ECN_REQUEST;
	return ecn->asked ? TCP_ECE | TCP_CWR : 0;
}

void ecn_on_syn(struct tcb *tcb, const struct segment *seg)
{
	unsigned bits = seg->h.flags & (TCP_ECE | TCP_CWR);
	bool syn_ack = (seg->h.flags & TCP_ACK) != 0;
	/* RFC 3168 6.1.1 rules 1 and 7, 6.1.1.2 */
	bool agrees = bits == (syn_ack ? TCP_ECE : TCP_ECE | TCP_CWR);

	/* Who has sent a SYN that does not ask must not set ECT (RFC 3168 6.1.1 rule 3). */
	tcb->ecn.sends = tcb->ecn.asked && agrees;
	tcb->ecn.echoes = tcb->ecn.echoes && agrees;
}

void ecn_on_syn_again(struct tcb *tcb, const struct segment *seg)
{
	/* 6.1.1: who has got a SYN that does not ask should not set ECT. */
	tcb->ecn.sends = tcb->ecn.sends && ecn_is_asked_by(seg->h.flags);
}

/* ---- receiving data: RFC 3168 6.1.3 ---------------------------------------------------- */

void ecn_on_data(struct tcb *tcb, const struct segment *seg)
{
	struct ecn *ecn = &tcb->ecn;

	if (!ecn->echoes)
		return;
	if ((seg->h.flags & TCP_CWR) != 0)
		ecn->echo = false; /* until CE, of this packet as well: RFC 3168 6.1.3 rule 2 */
	if (seg->ecn != ECN_CE)
		return;
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_ECN_CE);
	ecn->ce_received++;
	if (!ecn->echo) /* its sender hears of it without delay */
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_CE);
	ecn->echo = true;
}

/* ---- sending data: RFC 3168 6.1.2 -------------------------------------------------------- */

static void ecn_note_reduction(struct tcb *tcb, bool by_echo)
{
	struct ecn *ecn = &tcb->ecn;

	if (!ecn->sends)
		return;
	ecn->reduced = ecn->cwr_due = true;
	ecn->by_echo = by_echo;
	ecn->reduced_at = tcb->snd_nxt;
}

bool ecn_has_reduced(const struct tcb *tcb)
{
	const struct ecn *ecn = &tcb->ecn;

	return ecn->reduced && ecn->by_echo && seq_lt(tcb->snd_una, ecn->reduced_at);
}

void ecn_note_loss(struct tcb *tcb)
{
	ecn_note_reduction(tcb, ecn_has_reduced(tcb));
}

void ecn_note_undo(struct tcb *tcb)
{
	struct ecn *ecn = &tcb->ecn;

	if (ecn->reduced && !ecn->by_echo)
		ecn->reduced = ecn->cwr_due = false;
}

static void ecn_reduce(struct tcb *tcb, uint32_t flight, uint64_t now)
{
	struct cc *cc = &tcb->cc;

	cc->ops->on_congestion(cc, flight, tcb->snd_mss, CC_ECN);
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
	tcb->undo.possible = false; /* whatever was before: this is real */
	tcb->ecn.reductions++;
	ecn_note_reduction(tcb, true);
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_ECN, now);
}

void ecn_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	struct ecn *ecn = &tcb->ecn;

	/* Beyond reduced_at the data said CWR: an ECE from there tells of something new. */
	if (ecn->reduced && seq_gt(tcb->snd_una, ecn->reduced_at))
		ecn->reduced = false;
	/* RFC 3168 6.1.2 rule 2. What it acknowledges was in flight when the mark was made. */
	if (ack->ece && !ecn->reduced && tcb->recovery.phase == RECOVERY_OPEN)
		ecn_reduce(tcb, recovery_flight(tcb) + ack->acked, now);
}

void ecn_mark_data(struct tcb *tcb, struct segment_out *out)
{
	struct ecn *ecn = &tcb->ecn;

	if (!ecn->sends || out->payload_len == 0)
		return;
	out->ecn = ECN_ECT0; /* RFC 3168 6.1.2 rule 1 */
	if (ecn->cwr_due)    /* RFC 3168 6.1.2 rules 5 and 6 */
		out->h.flags |= TCP_CWR;
	ecn->cwr_due = false;
}
