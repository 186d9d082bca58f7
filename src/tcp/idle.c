/* SPDX-License-Identifier: BSD-3-Clause */
/* Idle times. In: that output begins or has come to an end, and what is in flight; out: word to
 * congestion control and to the rate. What is done about them is theirs. */

#include "tcp/idle.h"
#include "tcp/cwv.h"

/* RFC 2861 3.1: cwnd says less and less about a path that is not used for RTOs. */
static void idle_age_window(struct tcb *tcb, uint64_t now)
{
	uint64_t since_us = tcb->last_sent_us;
	uint32_t before = tcb->cc.cwnd;

	if (since_us < tcb->cwnd_aged_us) /* what is held back asks more than once */
		since_us = tcb->cwnd_aged_us;
	if (now - since_us <= tcb->rtt.rto_us)
		return;
	cwv_on_idle(&tcb->cc, now - since_us, tcb->rtt.rto_us, tcb->snd_mss);
	tcb->cwnd_aged_us = now;
	if (tcb->cc.cwnd != before)
		tcb_trace_window(tcb, EVTCP_CAUSE_CC_IDLE, before, now);
}

void idle_resume(struct tcb *tcb, uint64_t now)
{
	/* Idle is the path also while the peer's window is closed: what a probe carried then
	 * waits to be sent again, and is not in flight. */
	if (tcb->records.in_flight > 0 || tcb->recovery.phase != RECOVERY_OPEN)
		return;
	struct cc_resume resume = {
		.now = now, .srtt_us = tcb->rtt.srtt_us, .app_limited = tcb->rate.app_limited};

	if (tcb->cc.ops->on_resume != NULL)
		tcb->cc.ops->on_resume(&tcb->cc, &resume);
	if (!cc_has_model(&tcb->cc)) /* which has a memory of its own */
		idle_age_window(tcb, now);
}

/* Less than a segment waits, or the peer's window has no room for one, though the congestion
 * window has; and nothing is lost that would have to go first. Or a closed window is probed, which
 * is as slow as the timer. */
static bool idle_is_not_for_the_path(const struct tcb *tcb)
{
	uint32_t waiting = tcb->fin_sent ? 0 : tcb_end_of_data(tcb) - tcb->snd_nxt;
	uint32_t segment = recovery_segment(tcb), flight = recovery_flight(tcb);
	uint32_t window = tcb->snd_wnd > flight ? tcb->snd_wnd - flight : 0;

	if (tcb->persist)
		return true;
	return (waiting < segment || window < segment) && tcb->records.n_lost == 0 &&
	       tcb->records.in_flight + segment <= tcb->cc.cwnd;
}

void idle_settle(struct tcb *tcb)
{
	if (idle_is_not_for_the_path(tcb) || cc_holds_back(&tcb->cc))
		rate_note_app_limited(&tcb->rate, tcb->records.in_flight);
}
