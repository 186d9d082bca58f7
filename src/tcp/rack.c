/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK: loss seen by time. In: what an acknowledgment says was delivered; out: records
 * marked lost, and the moment when more will be. It does not send, and it does not touch
 * the window: recovery.c does what follows.
 *
 *   sent    A  B  C  D        D is delivered: rack.xmit_us is when D was sent
 *   held    A        D        B and C are lost when each is older than
 *                             rack.rtt_us + reordering window */

#include "tcp/rack.h"
#include "tcp/recovery.h"
#include "tcp/tcb.h"

enum {
	RACK_DUPTHRESH = 3,
	RACK_PERSIST = 16 /* recoveries that a widened window lasts */
};

void rack_init(struct rack *rack, uint32_t iss)
{
	*rack = (struct rack){.fack = iss, .reo_wnd_mult = 1};
}

/* RFC 8985 6.2 step 4, 4 rule 3: the window widens once in each round trip with a
 * D-SACK. RFC 8985 calls it reordering only where what came late was not sent again. But what was
 * sent again too soon is no other case, and the one in which not to believe it costs most. */
static void rack_widen(struct tcb *tcb, bool in_vain)
{
	struct rack *rack = &tcb->rack;

	if (rack->in_round && seq_geq(tcb->snd_una, rack->round_end))
		rack->in_round = false;
	if (rack->in_round || !in_vain)
		return;
	rack->in_round = true;
	rack->reordering_seen = true;
	rack->round_end = tcb->snd_nxt;
	if (rack->reo_wnd_mult < UINT8_MAX)
		rack->reo_wnd_mult++;
	rack->reo_wnd_persist = RACK_PERSIST;
}

void rack_on_ack(
	struct tcb *tcb, const struct records_delivered *delivered, bool in_vain, uint64_t now)
{
	struct rack *rack = &tcb->rack;

	if (delivered->has_newest) { /* RFC 8985 6.2 step 2 */
		rack->rtt_us = (uint32_t)(now - delivered->newest_sent_us);
		if (delivered->newest_sent_us > rack->xmit_us ||
			(delivered->newest_sent_us == rack->xmit_us &&
				seq_gt(delivered->newest_end, rack->end))) {
			rack->xmit_us = delivered->newest_sent_us;
			rack->end = delivered->newest_end;
		}
	}
	if (delivered->reordered) /* RFC 8985 6.2 step 3 */
		rack->reordering_seen = true;
	rack->fack = seq_max(rack->fack, seq_max(tcb->snd_una, delivered->highest));
	rack_widen(tcb, in_vain);
}

void rack_on_recovered(struct rack *rack)
{
	if (rack->reo_wnd_persist > 0 && --rack->reo_wnd_persist == 0)
		rack->reo_wnd_mult = 1;
}

/* RFC 8985 6.2 step 4, 3.3.2 rules 1 to 3. */
uint32_t rack_reordering_window(const struct tcb *tcb)
{
	const struct rack *rack = &tcb->rack;

	if (!rack->reordering_seen) {
		/* DupThresh segments are SACKed: IsLost of RFC 6675 4 rule 1, 5 (1), (2). */
		if (tcb->recovery.phase != RECOVERY_OPEN ||
			tcb->recovery.dupacks >= RACK_DUPTHRESH ||
			tcb->records.sacked > (RACK_DUPTHRESH - 1) * (uint32_t)tcb->snd_mss)
			return 0;
	}
	uint64_t window = (uint64_t)rack->reo_wnd_mult * rtt_min(&tcb->rtt) / 4;
	return window < tcb->rtt.srtt_us ? (uint32_t)window : tcb->rtt.srtt_us;
}

uint32_t rack_detect_loss(struct tcb *tcb, uint64_t now, uint64_t *remaining_us)
{
	const struct rack *rack = &tcb->rack;
	struct records_deadline deadline = {.xmit_us = rack->xmit_us,
		.end = rack->end,
		.wait_us = (uint64_t)rack->rtt_us + rack_reordering_window(tcb)};

	*remaining_us = 0;
	if (rack->xmit_us == 0)
		return 0;
	return records_mark_overdue(&tcb->records, &deadline, now, remaining_us);
}

void rack_detect_loss_on_rto(struct tcb *tcb, uint64_t now)
{
	const struct rack *rack = &tcb->rack;
	struct records_deadline deadline = {.xmit_us = UINT64_MAX,
		.wait_us = (uint64_t)rack->rtt_us + rack_reordering_window(tcb)};
	uint64_t remaining_us;

	records_mark_overdue(&tcb->records, &deadline, now, &remaining_us);
}
