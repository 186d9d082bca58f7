/* SPDX-License-Identifier: BSD-3-Clause */
/* Undo of a spurious recovery. In: what was sent again, and acknowledgments; out: the window
 * of before. An episode is a fast recovery, or what follows an RTO; a timeout in a fast
 * recovery belongs to the same one. It may turn out spurious after it has ended, when the
 * reports of duplicates arrive: then it can be undone until the next one begins.
 *
 * When in doubt an episode is not undone: that costs speed, the other error costs others
 * theirs. */

#include "tcp/undo.h"
#include "tcp/tcb.h"
#include "util/memory.h"
#include "util/number.h"

/* RFC 4015 3.1 (0), RFC 3522 3.2 rule 1: once for an episode. */
void undo_begin(struct tcb *tcb, uint64_t now)
{
	if (tcb->undo == NULL)
		tcb->undo = memory_alloc(tcb->tcp->world, sizeof(*tcb->undo));
	if (tcb->undo != NULL)
		*tcb->undo = (struct undo){.prior = tcb->cc,
			.began_us = now,
			.again_end = tcb->snd_una,
			.possible = true};
}

void undo_free(struct tcb *tcb)
{
	memory_free(tcb->tcp->world, tcb->undo);
	tcb->undo = NULL;
}

void undo_forbid(struct tcb *tcb)
{
	if (tcb->undo != NULL)
		tcb->undo->possible = false;
}

bool undo_is_possible(const struct tcb *tcb)
{
	return tcb->undo != NULL && tcb->undo->possible;
}

uint64_t undo_began_us(const struct tcb *tcb)
{
	return tcb->undo != NULL ? tcb->undo->began_us : 0;
}

uint32_t undo_again_end(const struct tcb *tcb)
{
	return tcb->undo != NULL ? tcb->undo->again_end : tcb->snd_una;
}

void undo_on_sent_again(struct tcb *tcb, uint32_t seq, uint32_t end)
{
	struct undo *undo = tcb->undo;

	if (!undo_is_possible(tcb))
		return;
	if (undo->bytes_again == 0)
		undo->again_begin = seq;
	undo->bytes_again += end - seq;
	undo->acked = false;
	undo->again_begin = seq_min(undo->again_begin, seq);
	undo->again_end = seq_max(undo->again_end, end);
}

/* The ACK of what a timeout has sent again echoes an older timestamp also where that was the
 * second copy of something whose ACKs were all lost (RFC 3522 3.2 (5), 3.3). That is no
 * spurious timeout: their path is congested. It is so if the peer says that it was the second
 * copy; or if everything is acknowledged at once, by a peer of which it is not known that it
 * would say so. */
static bool undo_may_be_of_lost_acks(const struct tcb *tcb, const struct recovery_ack *ack)
{
	return ack->sack.dsack || (tcb->stats.duplicates == 0 && tcb->snd_una == tcb->snd_nxt);
}

bool undo_is_echoed(const struct tcb *tcb, const struct recovery_ack *ack)
{
	const struct undo *undo = tcb->undo;

	return undo != NULL && !undo->acked && undo->bytes_again > 0 && ack->delivered.spurious > 0;
}

void undo_on_acked(struct tcb *tcb)
{
	if (tcb->undo != NULL && seq_geq(tcb->snd_una, tcb->undo->again_end))
		tcb->undo->acked = true;
}

/* RFC 3522 3.2 (4), each octet by itself: all that was sent again has arrived before. After a
 * timeout the first segment's fate is that of all (RFC 3522 3.2 (6)). */
static bool undo_is_all_echoed(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct undo *undo = tcb->undo;

	if (!undo_is_echoed(tcb, ack))
		return false;
	undo->bytes_spurious += ack->delivered.spurious;
	if (tcb->recovery.phase == RECOVERY_TIMEOUT)
		return !undo_may_be_of_lost_acks(tcb, ack);
	return undo->bytes_spurious >= undo->bytes_again;
}

bool undo_is_reported(const struct tcb *tcb, const struct sack_news *sack)
{
	const struct undo *undo = tcb->undo;

	return undo != NULL && sack->dsack && undo->bytes_again > 0 &&
	       seq_geq(sack->dsack_seq, undo->again_begin) &&
	       seq_leq(sack->dsack_end, undo->again_end);
}

/* RFC 3708 3 (A.2), (B.1), (B.2): each octet sent again was reported as a duplicate. Reports of
 * what was sent again before this episode may still be on their way: they prove nothing. Nor does
 * the same twice in a row: ACKs may be doubled, too. */
static bool undo_is_all_duplicate(struct tcb *tcb, const struct sack_news *sack)
{
	struct undo *undo = tcb->undo;

	if (!undo_is_reported(tcb, sack) ||
		(sack->dsack_seq == undo->reported_begin && sack->dsack_end == undo->reported_end))
		return false;
	undo->reported_begin = sack->dsack_seq;
	undo->reported_end = sack->dsack_end;
	undo->bytes_duplicate += sack->dsack_end - sack->dsack_seq;
	return undo->bytes_duplicate >= undo->bytes_again;
}

/* RFC 3708 3 (A.1): the report is of the first segment, by the ACK that moves beyond it, and
 * nothing is SACKed: a whole window of ACKs was lost. */
static bool undo_is_of_lost_acks(const struct tcb *tcb, const struct recovery_ack *ack)
{
	return ack->sack.dsack && ack->acked > 0 && tcb->records.sacked == 0 &&
	       ack->sack.dsack_seq == tcb->snd_una - ack->acked;
}

bool undo_is_due(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct undo *undo = tcb->undo;

	if (!undo_is_possible(tcb) || undo->bytes_again == 0)
		return false;
	/* RFC 4015 3.4: an ECE says that there was congestion, lost or not. */
	if (ack->ece || undo_is_of_lost_acks(tcb, ack)) {
		undo->possible = false;
		return false;
	}
	return undo_is_all_duplicate(tcb, &ack->sack) || undo_is_all_echoed(tcb, ack);
}

static void undo_restore(struct cc *cc, const struct cc *prior)
{
	uint32_t cwnd = cc->cwnd, ssthresh = cc->ssthresh;

	if (cc->ops->undo != NULL) {
		cc->ops->undo(cc, prior);
		return;
	}
	*cc = *prior; /* with what the algorithm remembers: RFC 9438 4.9.1, 4.9.2 */
	cc->cwnd = number_max(cc->cwnd, cwnd);
	cc->ssthresh = number_max(cc->ssthresh, ssthresh);
}

void undo_apply(struct tcb *tcb, uint64_t now)
{
	uint32_t before = tcb->cc.cwnd;

	undo_restore(&tcb->cc, &tcb->undo->prior); /* nothing is lost: RFC 4015 3.1 (8) */
	tcb->undo->possible = false;
	tcb->losses.undone++;
	ecn_note_undo(tcb);
	records_clear_lost(&tcb->records);
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_UNDO, before, now);
	tcb_mark_output(tcb);
}
