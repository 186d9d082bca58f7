/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail-loss probe. In: that the timer fired, that a probe left, and acknowledgments; out:
 * when the next is due and whether a probe has silently repaired a loss. The timer is the
 * retransmission timer under another name (timers.c), the segment is built by output.c. */

#include "tcp/tlp.h"
#include "tcp/recovery.h"
#include "tcp/tcb.h"

enum {
	/* TLP.max_ack_delay: as long as a usual receiver holds back an acknowledgment of a
	 * single segment. */
	TLP_MAX_ACK_DELAY_US = 200000,
	/* Timers of both ends are not finer than this; on short paths 2 * SRTT is less. */
	TLP_GRAIN_US = 2000
};

uint64_t tlp_interval(const struct tcb *tcb)
{
	const struct tlp *tlp = &tcb->tlp;
	uint32_t octets = recovery_flight(tcb) - tcb->fin_sent;

	if (tcb->records.len == 0) /* nothing is out */
		return 0;
	/* One at a time, and only after the RTT was measured since the last (RFC 8985 7.3 rules 1
	 * and 2). */
	if (tlp->due || tlp->open || !tlp->sampled || tcb->rtt.srtt_us == 0)
		return 0;
	/* For peers with SACK alone (RFC 8985 4 rule 1). Where segments are SACKed or lost, RACK is
	 * at work (7.2 rule 1); a closed window has the persist timer. */
	if (!tcb->sack_ok || tcb->recovery.phase != RECOVERY_OPEN || tcb->records.sacked > 0 ||
		tcb->records.n_lost > 0 || tcb->snd_wnd == 0)
		return 0;
	uint64_t interval = 2 * (uint64_t)tcb->rtt.srtt_us; /* RFC 8985 7.2 rules 2 and 4 */
	return interval + (octets <= tcb->snd_mss ? TLP_MAX_ACK_DELAY_US : TLP_GRAIN_US);
}

void tlp_sent(struct tcb *tcb, bool is_retransmission)
{
	tcb->tlp = (struct tlp){
		.end = tcb->snd_nxt, .open = true, .is_retransmission = is_retransmission};
}

bool tlp_on_ack(struct tcb *tcb, const struct recovery_ack *ack)
{
	struct tlp *tlp = &tcb->tlp;
	bool duplicate = ack->sack.dsack && ack->sack.dsack_end == tlp->end;
	bool plain_dupack = ack->dupack && !ack->sack.blocks;

	if (!tlp->open || seq_lt(tcb->snd_una, tlp->end))
		return false;
	if (!tlp->is_retransmission || duplicate || plain_dupack) {
		tlp->open = false; /* new data arrived, or both copies did (RFC 8985 7.4.2 cases 1
				    * and 2) */
		return false;
	}
	if (tcb->snd_una == tlp->end)
		return false; /* the answer to the first copy: there may be one more */
	tlp->open = false;
	return true; /* one of the two copies was lost */
}
