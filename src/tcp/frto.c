/* SPDX-License-Identifier: BSD-3-Clause */
/* F-RTO (RFC 5682 2.1, with what SACK tells: 3.1). After an RTO the first ACK that advances
 * is answered with new data instead of what seems lost. If the next one tells that something
 * has arrived which was not sent again, the originals are still coming; if not, what seems
 * lost goes. In: acknowledgments; out: a verdict, and in between recovery.frto, which output
 * obeys. */

#include "tcp/frto.h"
#include "tcp/tcb.h"

/* Whether a full segment of new data could leave now. */
static bool frto_has_new_data(const struct tcb *tcb)
{
	uint32_t segment = recovery_segment(tcb), flight = recovery_flight(tcb);

	return tcb_end_of_data(tcb) - tcb->snd_nxt >= segment && !tcb->fin_sent &&
	       tcb->snd_wnd >= flight + segment && tcb->cc.cwnd >= tcb->records.in_flight + segment;
}

bool frto_on_ack(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct recovery *recovery = &tcb->recovery;
	bool all = seq_gt(tcb->snd_una, recovery->recover);

	switch (recovery->frto) {
	case FRTO_FIRST: /* RFC 5682 2.1 step 2 */
		recovery->frto =
			ack->acked > 0 && !all && frto_has_new_data(tcb) ? FRTO_SECOND : FRTO_OFF;
		return false;
	case FRTO_SECOND: /* step 3 */
		recovery->frto = FRTO_OFF;
		tcb_mark_output(tcb);
		return ack->delivered.original;
	default:
		return false;
	}
}
