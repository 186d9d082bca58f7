/* SPDX-License-Identifier: BSD-3-Clause */
/* ECN (RFC 3168, RFC 9768; RFC 9293 3.8.2, SHLD-8) of one connection, both as the one who sends
 * data and as the one who receives it. In: the flags of SYNs, marks and flags of data, ECE of
 * acknowledgments, and what loss recovery did to the window; out: flags and marks of what leaves,
 * and a word to congestion control, which knows how much an ECE weighs (ABE, RFC 8511). */

#include "tcp/ecn.h"
#include "tcp/accecn.h"
#include "tcp/tcb.h"
#include "util/number.h"

/* ---- negotiation: RFC 3168 6.1.1 ------------------------------------------------------- */

static bool ecn_is_accurate(const struct tcp *tcp)
{
	return tcp->config.options.accurate_ecn && tcp->config.options.ecn != EVTCP_ECN_OFF;
}

struct ecn_handshake ecn_hear_syn(const struct tcp *tcp, const struct segment *seg)
{
	unsigned classic = seg->h.flags & (TCP_ECE | TCP_CWR), bits = seg->h.flags & TCP_ACE;
	struct ecn_handshake handshake = {.mode = ECN_NONE, .heard = seg->ecn & 3};

	/* RFC 9768 3.1.1 rule 2, 3.1.3 rule 1: whatever is neither of the two that were before. */
	if (ecn_is_accurate(tcp) && bits != 0 && bits != (TCP_ECE | TCP_CWR))
		handshake.mode = ECN_ACCURATE;
	else if (classic == (TCP_ECE | TCP_CWR) && tcp->config.options.ecn != EVTCP_ECN_OFF)
		/* RFC 3168 6.1.1 rules 2 and 6, RFC 9768 3.1.2 rules 3 and 4 */
		handshake.mode = ECN_CLASSIC;
	return handshake;
}

bool ecn_hear_syn_again(
	struct ecn_handshake *handshake, const struct tcp *tcp, const struct segment *seg)
{
	struct ecn_handshake again = ecn_hear_syn(tcp, seg);

	if (handshake->mode == ECN_NONE) /* RFC 9768 3.1.5 rule 10 */
		return true;
	handshake->heard = again.heard; /* RFC 9768 3.1.5 rule 7 */
	/* RFC 3168 6.1.1 rule 4: who has got a SYN that does not ask should not set ECT; RFC 9768
	 * 3.1.5 rule 14: or must not. What the first one has led to stays (RFC 9768 3.1.5 rule 1).
	 */
	if (again.mode == ECN_NONE)
		handshake->no_ect = 1;
	return again.mode == ECN_NONE || again.mode == handshake->mode; /* RFC 9768 3.1.5 rule 5 */
}

/* RFC 9768 5.1. The cookie's word is before that of the flags, of which CWR may be data's. */
struct ecn_handshake ecn_recall(const struct tcp *tcp, const struct segment *seg, bool classic)
{
	bool flagged = (seg->h.flags & (TCP_AE | TCP_CWR)) != 0;
	bool accurate = !classic && flagged && ecn_is_accurate(tcp);

	return (struct ecn_handshake){.mode = accurate  ? ECN_ACCURATE
					      : classic ? ECN_CLASSIC
							: ECN_NONE};
}

/* RFC 9768 3.1.1 rule 3, 3.1.3 rule 4, 3.1.5 rules 4, 8, 9 and 11. */
unsigned ecn_syn_ack_flags(struct ecn_handshake *handshake, unsigned sent)
{
	/* RFC 9768 3.2.3.2.2 rule 2: something on the path may drop what agrees; 3.1.5 rule 14. */
	if (handshake->mode == ECN_ACCURATE && sent >= 2)
		handshake->no_ect = 1;
	else if (handshake->mode == ECN_ACCURATE)
		return accecn_encode(handshake->heard);
	return handshake->mode == ECN_CLASSIC && !handshake->no_ect ? TCP_ECE : 0;
}

/* RFC 9768 3.2.3.2.1 rule 3. */
void ecn_put_first(const struct ecn_handshake *handshake, struct tcp_header *h, size_t room)
{
	if (handshake->mode == ECN_ACCURATE)
		accecn_put_first(h, room);
}

unsigned ecn_entry_flags(const struct ecn_handshake *handshake)
{
	return handshake->mode == ECN_ACCURATE ? accecn_first_ace() : 0;
}

void ecn_start(struct tcb *tcb, const struct ecn_handshake *handshake, unsigned sent)
{
	struct ecn *ecn = &tcb->ecn;

	ecn->handshake = *handshake;
	ecn->syn_acks = number_min(sent, ECN_SYN_ACKS) & 3;
	ecn->echoes = handshake->mode == ECN_CLASSIC;
	/* RFC 9768 3.1.5 rules 12, 13 and 18; RFC 3168 6.1.2: who does not heed marks asks for
	 * none. */
	ecn->sends = handshake->mode != ECN_NONE && !handshake->no_ect && !cc_has_model(&tcb->cc);
	if (handshake->mode != ECN_ACCURATE)
		return;
	accecn_start(tcb);
	/* The one with the option was lost, maybe for it: nobody would see whether those of data
	 * are (RFC 9768 3.2.3.2.2). */
	tcb->accecn.silent = sent > 1;
}

/* A SYN-ACK of a block: of Fast Open, or both sides have opened at once, after as
 * many SYNs as may be; the same again (RFC 3168 6.1.1 rule 9). */
static unsigned ecn_next_syn_ack(struct tcb *tcb)
{
	struct ecn *ecn = &tcb->ecn;
	unsigned flags = ecn_syn_ack_flags(&ecn->handshake, ecn->syn_acks);

	ecn->sends = ecn->sends && !ecn->handshake.no_ect;
	if (ecn->syn_acks > 0) /* as in ecn_start */
		tcb->accecn.silent = 1;
	if (ecn->syn_acks < ECN_SYN_ACKS)
		ecn->syn_acks++;
	return flags;
}

/* RFC 9768 3.1.1 rule 1, 3.1.3 rule 2, 3.1.5 rules 3 and 11. */
unsigned ecn_syn_flags(struct tcb *tcb, bool again)
{
	bool requests = tcb->tcp->config.options.ecn == EVTCP_ECN_REQUEST;
	bool accurate = ecn_is_accurate(tcb->tcp);
	struct ecn *ecn = &tcb->ecn;

	if (tcb->state != EVTCP_SYN_SENT)
		return ecn_next_syn_ack(tcb);
	/* RFC 3168 6.1.1.1: once; RFC 9768 3.1.4.1 rules 1, 2 and 3: twice, for most are lost by
	 * chance. */
	bool asks = requests && (accurate ? tcb->backoff < 2 : !again);
	if (ecn->asked && !asks)
		tracer_count(tcb->tcp->trace, EVTCP_CAUSE_ECN_FALLBACK);
	ecn->asked = asks;
	/* The peer may have taken the one that asked: then it will send ECT, and has to hear
	 * of CE (RFC 3168 6.1.1 rule 5). */
	ecn->echoes = requests;
	return !asks ? 0 : accurate ? TCP_ACE : TCP_CWR | TCP_ECE;
}

/* RFC 9768 3.1.1 rule 4, 3.1.2 rules 1 and 2, 3.1.3 rule 3; RFC 3168 6.1.1 rules 1 and 7, 6.1.1.2.
 */
static enum ecn_mode ecn_mode_of_syn_ack(const struct tcb *tcb, unsigned flags)
{
	bool accurate = ecn_is_accurate(tcb->tcp);
	unsigned bits = flags & (accurate ? TCP_ACE : TCP_ECE | TCP_CWR);

	if (bits == TCP_ECE)
		return ECN_CLASSIC;
	return accurate && bits != 0 && bits != TCP_ACE ? ECN_ACCURATE : ECN_NONE;
}

void ecn_on_syn(struct tcb *tcb, const struct segment *seg)
{
	bool syn_ack = (seg->h.flags & TCP_ACK) != 0, asked = tcb->ecn.asked;
	struct ecn_handshake handshake = ecn_hear_syn(tcb->tcp, seg);

	if (!tcb->ecn.echoes) /* no SYN of ours has ever asked */
		return;
	if (syn_ack) /* else RFC 9768 3.1.2 rule 5 */
		handshake.mode = ecn_mode_of_syn_ack(tcb, seg->h.flags) & 3;
	/* Who has sent a SYN that does not ask must not set ECT (RFC 3168 6.1.1 rule 3); but who
	 * opens knows by an accurate SYN-ACK what the other side believes (RFC 9768 3.1.5 rule 13).
	 */
	handshake.no_ect = !asked && (handshake.mode != ECN_ACCURATE || !syn_ack);
	ecn_start(tcb, &handshake, 0);
	if (syn_ack && handshake.mode == ECN_ACCURATE)
		accecn_on_syn_ack(tcb, seg);
}

bool ecn_on_syn_again(struct tcb *tcb, const struct segment *seg)
{
	bool same = ecn_hear_syn_again(&tcb->ecn.handshake, tcb->tcp, seg);

	tcb->ecn.sends = tcb->ecn.sends && !tcb->ecn.handshake.no_ect;
	return same;
}

void ecn_on_syn_ack_again(struct tcb *tcb, const struct segment *seg)
{
	bool same = (seg->h.flags & TCP_ACK) != 0 && seg->h.seq == tcb->irs &&
		    seg->h.ack == tcb->iss + 1;

	/* RFC 9768 3.2.2.1 rule 3, of one that agrees, unless no ACK leaves, for there was one just
	 * now; RFC 9768 3.1.5 rules 2 and 7: otherwise it means nothing. */
	if (tcb->ecn.handshake.mode != ECN_ACCURATE || tcb->passive || !same ||
		tcb->ack != TCB_ACK_NOW || ecn_mode_of_syn_ack(tcb, seg->h.flags) != ECN_ACCURATE)
		return;
	tcb->ecn.handshake.heard = seg->ecn & 3;
	accecn_on_syn_ack_again(tcb, seg);
}

/* ---- receiving data: RFC 3168 6.1.3 ---------------------------------------------------- */

void ecn_on_segment(struct tcb *tcb, const struct segment *seg)
{
	if (tcb->ecn.handshake.mode == ECN_ACCURATE)
		accecn_on_segment(tcb, seg);
}

void ecn_on_data(struct tcb *tcb, const struct segment *seg)
{
	struct ecn *ecn = &tcb->ecn;

	if (!ecn->echoes)
		return;
	if ((seg->h.flags & TCP_CWR) != 0)
		ecn->echo = 0; /* until CE, of this packet as well: RFC 3168 6.1.3 rule 2 */
	if (seg->ecn != ECN_CE)
		return;
	tracer_add(tcb->tcp->trace, EVTCP_CAUSE_ECN_CE, segment_count(seg));
	ecn->ce_received += segment_count(seg);
	if (!ecn->echo) /* its sender hears of it without delay */
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_CE);
	ecn->echo = 1;
}

/* ---- sending data: RFC 3168 6.1.2 -------------------------------------------------------- */

static void ecn_note_reduction(struct tcb *tcb, bool by_echo)
{
	struct ecn *ecn = &tcb->ecn;

	bool accurate = ecn->handshake.mode == ECN_ACCURATE;

	if (!ecn->sends && !accurate)
		return;
	ecn->reduced = 1;
	ecn->cwr_due = !accurate; /* RFC 9768 3.1.5 rule 16 */
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
		ecn->reduced = ecn->cwr_due = 0;
}

static void ecn_reduce(struct tcb *tcb, uint32_t flight, uint64_t now)
{
	struct cc *cc = &tcb->cc;
	uint32_t before = cc->cwnd;

	cc->ops->on_congestion(cc, flight, tcb->snd_mss, CC_ECN);
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
	undo_forbid(tcb); /* whatever was before: this is real */
	tcb->ecn.reductions++;
	ecn_note_reduction(tcb, true);
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_ECN, before, now);
}

bool ecn_is_told(struct tcb *tcb, const struct segment *seg, const struct recovery_ack *ack)
{
	bool syn = (seg->h.flags & TCP_SYN) != 0 || seg->had_syn;

	/* In a SYN-ACK the flags mean something else (RFC 9768 3.2.2 rule 2), and an old ACK is no
	 * news. Marks are obeyed whether we send ECT or not (RFC 9768 3.1.5 rule 15). */
	if (tcb->ecn.handshake.mode == ECN_ACCURATE) {
		bool told = syn ? accecn_syn_was_marked(tcb) : accecn_on_ack(tcb, seg, ack);
		return told && !cc_has_model(&tcb->cc);
	}
	return tcb->ecn.sends && (seg->h.flags & TCP_ECE) != 0 && !syn &&
	       seq_geq(seg->h.ack, tcb->snd_una);
}

void ecn_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	struct ecn *ecn = &tcb->ecn;

	/* Beyond reduced_at the data said CWR: an ECE from there tells of something new. */
	if (ecn->reduced && seq_gt(tcb->snd_una, ecn->reduced_at))
		ecn->reduced = 0;
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
	if (tcb->accecn.ect_sent < UINT8_MAX)
		tcb->accecn.ect_sent++;
	if (ecn->cwr_due) /* RFC 3168 6.1.2 rules 5 and 6 */
		out->h.flags |= TCP_CWR;
	ecn->cwr_due = 0;
}

/* ---- what segments say ---------------------------------------------------------------------- */

void ecn_put(const struct tcb *tcb, struct tcp_header *h)
{
	if (tcb->state == EVTCP_SYN_SENT) /* RFC 9768 3.2.3.2.1 rule 1 */
		return;
	if (tcb->ecn.handshake.mode == ECN_ACCURATE)
		accecn_put(tcb, h);
	else if (tcb->ecn.echo && (h->flags & TCP_RST) == 0) /* RFC 3168 6.1.3 rule 1 */
		h->flags |= TCP_ECE;
}

bool ecn_fits(const struct tcb *tcb, const struct tcp_header *h, size_t octets)
{
	return tcb->ecn.handshake.mode == ECN_ACCURATE && accecn_fits(tcb, h, octets);
}

void ecn_finish_ack(const struct tcb *tcb, struct tcp_header *h)
{
	if (tcb->ecn.handshake.mode == ECN_ACCURATE)
		accecn_finish_ack(tcb, h);
}

void ecn_sent(struct tcb *tcb, const struct tcp_header *h)
{
	if (tcb->ecn.handshake.mode == ECN_ACCURATE)
		accecn_sent(tcb, h);
}

bool ecn_wants_ack_first(const struct tcb *tcb)
{
	return tcb->ack == TCB_ACK_NOW && tcb->accecn.answers;
}
