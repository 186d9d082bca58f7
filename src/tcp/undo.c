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

void undo_begin(struct tcb *tcb)
{
	tcb->undo = (struct undo){
		.prior = tcb->cc, .end = tcb->snd_nxt, .again_end = tcb->snd_una, .possible = true};
}

void undo_on_sent_again(struct tcb *tcb, uint32_t seq, uint32_t end, uint32_t tsval)
{
	struct undo *undo = &tcb->undo;

	if (!undo->possible)
		return;
	if (undo->bytes_again == 0)
		undo->first_tsval = tsval;
	undo->bytes_again += end - seq;
	undo->again_end = seq_max(undo->again_end, end);
}

/* RFC 3522 3.2: what this ACK acknowledges had been sent before anything was sent again. */
static bool undo_is_echo_of_original(const struct tcb *tcb, const struct recovery_ack *ack)
{
	return ack->has_tsecr && ack->acked > 0 && tcb->undo.bytes_again > 0 &&
	       seq_lt(ack->tsecr, tcb->undo.first_tsval);
}

/* RFC 3708 3: each octet sent again was reported as a duplicate. */
static bool undo_is_all_duplicate(struct undo *undo, const struct sack_news *sack)
{
	if (!sack->dsack || seq_gt(sack->dsack_end, undo->again_end))
		return false;
	undo->bytes_duplicate += sack->dsack_end - sack->dsack_seq;
	return undo->bytes_duplicate >= undo->bytes_again;
}

bool undo_is_due(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct undo *undo = &tcb->undo;

	if (!undo->possible || undo->bytes_again == 0)
		return false;
	if (undo_is_all_duplicate(undo, &ack->sack))
		return true;
	if (!undo_is_echo_of_original(tcb, ack))
		return false;
	/* After a timeout the first segment's fate is that of all; in a fast recovery each
	 * loss was seen by itself, and all have to be disproved. */
	return tcb->recovery.phase == RECOVERY_TIMEOUT || seq_geq(tcb->snd_una, undo->again_end);
}

static uint32_t undo_max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void undo_apply(struct tcb *tcb, uint64_t now)
{
	struct cc since = tcb->cc;

	tcb->cc = tcb->undo.prior; /* with what the algorithm remembers: RFC 9438 4.9 */
	tcb->cc.cwnd = undo_max(tcb->cc.cwnd, since.cwnd);
	tcb->cc.ssthresh = undo_max(tcb->cc.ssthresh, since.ssthresh);
	tcb->undo.possible = false;
	records_clear_lost(&tcb->records);
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_UNDO, now);
	tcb_mark_output(tcb);
}
