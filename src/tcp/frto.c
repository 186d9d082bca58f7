/* SPDX-License-Identifier: BSD-3-Clause */
/* F-RTO (RFC 5682 2.1, with what SACK tells: 3.1). After an RTO the first ACK that advances
 * is answered with new data instead of what seems lost. If the next one tells that something
 * has arrived which was not sent again, the originals are still coming; if not, what seems
 * lost goes. In: acknowledgments; out: a verdict, and in between recovery.frto, which output
 * obeys. Step 1 is recovery.c's. */

#include "tcp/frto.h"
#include "tcp/tcb.h"

/* Whether a full segment of new data could leave now: without, there is nothing to learn from
 * (RFC 5682 2.1 rule 1). */
static bool frto_has_new_data(const struct tcb *tcb)
{
	uint32_t segment = recovery_segment(tcb), flight = recovery_flight(tcb);

	return tcb_end_of_data(tcb) - tcb->snd_nxt >= segment && !tcb->fin_sent &&
	       tcb->snd_wnd >= flight + segment && tcb->cc.cwnd >= tcb->records.in_flight + segment;
}

/* The first ACK that advances. RFC 5682 2.1 step 2a: one of everything proves nothing, for the
 * rest may have arrived long ago; nor does one of a part of what went again, whose receiver
 * knows what it does. */
static enum frto frto_first(const struct tcb *tcb, const struct recovery_ack *ack)
{
	bool all = seq_gt(tcb->snd_una, tcb->recovery.recover);
	bool whole = seq_geq(tcb->snd_una, undo_again_end(tcb));

	/* RFC 5682 3.1 step 2: with SACK, duplicates before it only mark what has arrived. */
	if (ack->acked == 0)
		return tcb->sack_ok ? FRTO_FIRST : FRTO_OFF;
	return !all && whole && frto_has_new_data(tcb) ? FRTO_SECOND : FRTO_OFF;
}

/* The one after it. RFC 5682 2.1 steps 3a and 3b: whether it advances; with SACK, RFC 5682 3.1
 * steps 3a and 3b: whether it tells of an original. What is beyond the highest number of then has
 * been sent in step 2b: who tells of that has perhaps held the rest since before the RTO. */
static bool frto_second(const struct tcb *tcb, const struct recovery_ack *ack)
{
	bool beyond = seq_gt(ack->delivered.highest, tcb->recovery.recover + 1);

	return ack->delivered.original && !(tcb->sack_ok && beyond);
}

bool frto_on_ack(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct recovery *recovery = &tcb->recovery;

	switch (recovery->frto) {
	case FRTO_FIRST: /* RFC 5682 2.1 step 2b */
		recovery->frto = frto_first(tcb, ack);
		return false;
	case FRTO_SECOND:
		recovery->frto = FRTO_OFF;
		tcb_mark_output(tcb);
		return undo_is_possible(tcb) && frto_second(tcb, ack);
	default:
		return false;
	}
}
