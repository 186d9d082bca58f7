/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 9293 3.10.7.4, fifth: the ACK field. What is acknowledged leaves the
 * records and the send queue; the RTT is measured, the window updated, recovery and
 * congestion control are told, and the states that wait for the ACK of our FIN move. */

#include "tcp/input.h"
#include "tcp/recovery.h"
#include "tcp/reply.h"
#include "tcp/rtt_histogram.h"
#include "tcp/snd_tune.h"
#include "tcp/state.h"
#include "tcp/timers.h"

/* ---- round-trip time ------------------------------------------------------------------- */

/* RFC 7323 4.1, RFC 6298 3 rule 2: the echoed timestamp, where the records cannot tell (Karn). */
static uint64_t input_rtt_from_timestamp(
	const struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;
	uint32_t ticks = isn_tsval(tcb->ts_offset, now) - options->tsecr;

	if (!tcb->ts_ok || (options->present & TCP_OPT_TIMESTAMPS) == 0 || options->tsecr == 0)
		return 0;
	/* An echo from the future, or older than the connection, is nonsense (T26). */
	if (ticks > (now - tcb->opened_at_us) / 1000 + 1)
		return 0;
	return ticks == 0 ? 1 : (uint64_t)ticks * 1000;
}

/* Measures the round-trip time where this segment allows it, so at each that acknowledges what was
 * sent once (RFC 6298 3 rule 3); ack->rtt_us is what it was. */
static void input_sample_rtt(
	struct tcb *tcb, const struct segment *seg, struct recovery_ack *ack, uint64_t now)
{
	const struct records_delivered *delivered = &ack->delivered;
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);

	if (!delivered->retransmitted && delivered->rtt_sent_us != 0) {
		uint64_t sent_us = delivered->rtt_sent_us;
		ack->rtt_us = now > sent_us ? now - sent_us : 1;
		ack->rtt_is_exact = true;
		rtt_note_min(&tcb->rtt, ack->rtt_us, now);
	} else if (ack->acked > 0) {
		ack->rtt_us = input_rtt_from_timestamp(tcb, seg, now);
	}
	if (ack->rtt_us != 0) {
		rtt_sample(&tcb->rtt, ack->rtt_us, &bounds);
		rtt_histogram_add(&tcb->tcp->rtts, ack->rtt_us);
		tcb->tlp.sampled = true;
	} else if (ack->acked > 0 && !tcb->persist) {
		/* the interval of probes tells nothing of the path */
		rtt_keep_backoff(&tcb->rtt, tcb->backoff, &bounds);
	}
}

/* ---- the window ------------------------------------------------------------------------- */

/* Probing ends, what waits may go: first the octet of the probes, which a closed window
 * had no room for (if it was taken, this segment acknowledges it as well). */
static void input_window_opened(struct tcb *tcb, uint64_t now)
{
	tcb->persist = 0;
	tcb->backoff = 0;
	tcb->unacked_since_us = now; /* nothing was overdue while there was no room */
	timers_stop(tcb, TCB_TIMER_RETRANSMIT);
	records_mark_all_lost(&tcb->records);
	tcb->loss_reason = reason_of(EVTCP_CAUSE_DATA);
	tcb_mark_output(tcb);
}

/* SND.WND from the segment, if it is newer than what we know. */
static void input_update_window(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_header *h = &seg->h;
	bool syn = (h->flags & TCP_SYN) != 0 || seg->had_syn;
	uint8_t scale = syn || !tcb->ws_ok ? 0 : tcb->snd_wscale; /* RFC 7323 2.2 rule 4 */
	uint32_t wnd = (uint32_t)h->window << scale;              /* RFC 7323 2.3 rule 3; REC-1 */

	/* RFC 9293 asks for a newer SEG.SEQ, or the same with a newer SEG.ACK. A segment that
	 * was sent again has an old SEG.SEQ; where its ACK is new it is newer all the same,
	 * and its window must be taken: the old one, counted from the new SND.UNA, would
	 * reach beyond what was offered. */
	if (!seq_lt(tcb->snd_una, h->ack) && !seq_lt(tcb->snd_wl1, h->seq) &&
		!(tcb->snd_wl1 == h->seq && seq_leq(tcb->snd_wl2, h->ack)))
		return;
	if (wnd > tcb->snd_wnd)
		tcb_mark_output(tcb);
	if (tcb->persist && wnd > 0 && tcb->snd_wnd == 0)
		input_window_opened(tcb, now);
	tcb->snd_wnd = wnd;
	tcb->snd_wl1 = seq_max(tcb->snd_wl1, h->seq);
	tcb->snd_wl2 = h->ack;
	if (wnd > tcb->max_snd_wnd)
		tcb->max_snd_wnd = wnd;
}

/* ---- new data acknowledged ---------------------------------------------------------------- */

static void input_drop_acked(struct tcb *tcb, uint32_t ack)
{
	uint32_t upto = seq_min(ack, tcb_end_of_data(tcb)); /* not SYN, not FIN */

	if (seq_leq(upto, tcb->sendq.seq))
		return;
	tcb->tcp->send_bytes -= upto - tcb->sendq.seq;
	tcb->stats.bytes_acked += upto - tcb->sendq.seq;
	sendq_drop(&tcb->sendq, upto, &tcb->tcp->spare);
	if (!tcb->fin_queued)
		tcb_mark_news(tcb, TCB_NEWS_WRITABLE);
}

/* The latest moment at which what this segment echoes can have been sent: the echo is of a
 * millisecond (RFC 3522 3.2, RFC 8985 6.2 step 2). UINT64_MAX without timestamps. */
static uint64_t input_echoed_us(const struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;

	if (!tcb->ts_ok || (options->present & TCP_OPT_TIMESTAMPS) == 0)
		return UINT64_MAX;
	uint32_t ticks = isn_tsval(tcb->ts_offset, now) - options->tsecr;
	return ticks <= now / 1000 ? (now / 1000 - ticks) * 1000 + 999 : UINT64_MAX;
}

/* SND.UNA moves up to SEG.ACK, the records hear of that and of the SACK blocks. */
static void input_deliver(
	struct tcb *tcb, const struct segment *seg, struct recovery_ack *ack, uint64_t now)
{
	uint64_t echoed_us = input_echoed_us(tcb, seg, now);
	uint64_t quickest_us = now - rtt_min(&tcb->rtt);

	ack->delivered.echoed_us = echoed_us;
	ack->delivered.plausible_us = echoed_us < quickest_us ? echoed_us : quickest_us;
	ack->delivered.again_since_us = undo_began_us(tcb);
	ack->delivered.fack_before = tcb->rack.fack;
	ack->delivered.original_before = tcb->recovery.recover + 1;
	ack->delivered.highest = tcb->snd_una;
	if (seq_gt(seg->h.ack, tcb->snd_una)) {
		ack->acked = seg->h.ack - tcb->snd_una;
		records_ack(&tcb->records, seg->h.ack, &ack->delivered);
		tcb->snd_una = seg->h.ack;
		input_drop_acked(tcb, seg->h.ack);
	}
	sack_apply(tcb, seg, &ack->delivered, &ack->sack);
	ack->growth = tcb->rack.reordering_seen ? ack->delivered.bytes : ack->acked;
	ack->ece = ecn_is_told(tcb, seg, ack);
	tcb->stats.bytes_delivered += ack->delivered.bytes;
	tcb->stats.duplicates += ack->sack.dsack;
}

/* Whether there is nothing that this segment could say of our data: none is out, nor does a
 * recovery or a probe still wait for its end. Marks are told by any segment (ecn.h). So it is with
 * all that a peer sends who only sends. */
static bool input_has_nothing_to_tell(const struct tcb *tcb, const struct segment *seg)
{
	return seg->h.ack == tcb->snd_una && tcb->records.len == 0 &&
	       (seg->h.options.present & TCP_OPT_SACK) == 0 && !tcb->tlp.open &&
	       tcb->recovery.phase == RECOVERY_OPEN && tcb->recovery.frto == FRTO_OFF &&
	       !ecn_may_be_told(&tcb->ecn);
}

/* What this segment says of our data: acknowledged, SACKed, or once more the same. */
static void input_tell_recovery(
	struct tcb *tcb, const struct segment *seg, bool dupack, uint64_t now)
{
	struct recovery_ack ack = {.dupack = dupack, .in_flight_before = tcb->records.in_flight};
	struct tcb_metrics before = {tcb->cc.cwnd, tcb->cc.ssthresh};

	input_deliver(tcb, seg, &ack, now);
	input_sample_rtt(tcb, seg, &ack, now);
	ack.rate = rate_on_ack(&tcb->rate, &ack.delivered, rtt_min(&tcb->rtt), now);
	if (ack.acked > 0) {
		tcb->backoff = 0;
		tcb->r1_reached = 0;
		tcb->soft_error = 0;
		tcb->unacked_since_us = now;
	}
	if (ack.acked > 0 || ack.delivered.bytes > 0) /* there is room for more in the network */
		tcb_mark_output(tcb);
	bool restart = recovery_on_ack(tcb, &ack, now);
	if (ack.acked > 0)
		snd_tune_on_ack(tcb);
	if (ack.acked > 0 && tcb->records.len == 0) {
		timers_stop(tcb, TCB_TIMER_RETRANSMIT); /* RFC 6298 5.2 */
		timers_stop(tcb, TCB_TIMER_REORDERING);
	} else if (restart) {
		timers_rearm_retransmit(tcb, now); /* RFC 6298 5.3 */
	} else if (ack.rtt_us != 0) {
		/* What was SACKed has been measured. Before, the RTO may have been one that had
		 * backed off for want of a sample: it shall not guard what is sent now. */
		timers_hasten_retransmit(tcb, now);
	}
	if (ack.acked > 0 || ack.sack.blocks)
		timers_rearm_probe(tcb, now); /* RFC 8985 7.2 rule 1 */
	tcb_trace_metrics(tcb, &before, ack.rtt_us, now);
}

/* The window begins with the first ACK, and a handshake says nothing of how fast a path is. With
 * Fast Open data may be out already: then both go on, and what was lost while only the SYN-ACK
 * was sent again goes now. */
static void input_first_window(struct tcb *tcb, bool sent_again)
{
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);

	if (sent_again)
		rtt_syn_was_lost(&tcb->rtt, &bounds);
	if (tcb->fast_open) {
		if (tcb->records.n_lost > 0)
			recovery_will_send(tcb, EVTCP_CAUSE_FAST_OPEN_AGAIN);
		return;
	}
	tcb->cc.ops->init(&tcb->cc, tcb->snd_mss); /* RFC 5681 3.1 rule 2: no larger by this ACK */
	rate_init(&tcb->rate);
	/* RFC 5681 3.1 rule 3; a mark on the SYN or SYN-ACK tells the same (RFC 9768 3.2.2.2). */
	if (sent_again || tcb->ecn.reductions > 0)
		tcb->cc.cwnd = tcb->snd_mss;
}

void input_acked_syn(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	bool sent_again = tcb->backoff > 0;

	input_tell_recovery(tcb, seg, false, now);
	input_first_window(tcb, sent_again);
	tcb->recovery.dupacks = 0;
	if (tcb->keepalive_idle_us != 0)
		timers_start_keepalive(tcb, now);
	state_set(tcb, EVTCP_ESTABLISHED,
		tcb->by_cookie ? EVTCP_CAUSE_OPENED_COOKIE
		: tcb->passive ? EVTCP_CAUSE_OPENED_PASSIVE
			       : EVTCP_CAUSE_SYN_ACKED,
		now);
	/* CLOSE was called before: the FIN follows what is queued (RFC 9293 3.10.4). */
	if (tcb->fin_queued)
		state_set(tcb, EVTCP_FIN_WAIT_1, EVTCP_CAUSE_CLOSED_BY_USER, now);
}

/* RFC 5681 2: a duplicate ACK carries no data: nor did it before what has no room was cut
 * off, such as the octet of a zero-window probe. When the second copy of a tail-loss probe's
 * segment is answered nothing need be out any more (RFC 8985 7.4.2 case 2). */
static bool input_is_dupack(const struct tcb *tcb, const struct segment *seg, uint32_t old_wnd)
{
	bool awaited = tcb->records.len > 0 || tcb->tlp.open;

	return awaited && seg->payload_len == 0 && !seg->cut &&
	       (seg->h.flags & (TCP_SYN | TCP_FIN)) == 0 && seg->h.ack == tcb->snd_una &&
	       tcb->snd_wnd == old_wnd && tcb->snd_wnd > 0;
}

/* ---- states that wait for the ACK of our FIN ------------------------------------------------ */

static void input_fin_acked(struct tcb *tcb, uint64_t now)
{
	switch (tcb->state) {
	case EVTCP_FIN_WAIT_1:
		state_set(tcb, EVTCP_FIN_WAIT_2, EVTCP_CAUSE_FIN_ACKED, now);
		break;
	case EVTCP_CLOSING:
		state_set(tcb, EVTCP_TIME_WAIT, EVTCP_CAUSE_FIN_ACKED, now);
		break;
	case EVTCP_LAST_ACK:
		state_set(tcb, EVTCP_CLOSED, EVTCP_CAUSE_FIN_ACKED, now);
		break;
	default:
		break;
	}
}

/* ---- the step -------------------------------------------------------------------------- */

/* RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT (MAY-12). In SYN-RECEIVED the
 * ACK must be of our SYN, and the answer to another is a RST. */
struct evtcp_reason input_check_ack(
	struct tcb *tcb, const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	uint32_t end = tcb->snd_nxt + 1;

	if (tcb->state == EVTCP_SYN_RECEIVED) {
		if (seq_between(seg->h.ack, tcb->snd_una + 1, end))
			return reason_of(EVTCP_CAUSE_NONE);
		reply_rst(tcb->tcp, seg, EVTCP_CAUSE_RST_BAD_ACK, reply);
		return reason_of(EVTCP_CAUSE_ACK_UNSENT);
	}
	/* As one range: half the circle away a number is neither before nor behind another. */
	if (seq_between(seg->h.ack, tcb->snd_una - tcb->max_snd_wnd, end))
		return reason_of(EVTCP_CAUSE_NONE);
	tcb_challenge(tcb, EVTCP_CAUSE_CHALLENGE_ACK, now);
	return reason_of(seq_gt(seg->h.ack, tcb->snd_nxt) ? EVTCP_CAUSE_ACK_UNSENT
							  : EVTCP_CAUSE_ACK_TOO_OLD);
}

/* SYN-RECEIVED: the connection is open. */
static void input_ack_syn_received(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	input_acked_syn(tcb, seg, now);
	if (!tcb->fast_open) /* it was announced with its SYN */
		tcb_mark_news(tcb, tcb->passive ? TCB_NEWS_ACCEPTED : TCB_NEWS_CONNECTED);
}

struct evtcp_reason input_ack(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	uint32_t old_wnd = tcb->snd_wnd;

	/* An older ACK tells of no window; its text, and its SACK blocks, may be news. */
	if (seq_leq(tcb->snd_una, seg->h.ack))
		input_update_window(tcb, seg, now);
	if (tcb->state == EVTCP_SYN_RECEIVED)
		input_ack_syn_received(tcb, seg, now);
	else if (!input_has_nothing_to_tell(tcb, seg))
		input_tell_recovery(tcb, seg, input_is_dupack(tcb, seg, old_wnd), now);
	if (tcb_fin_acked(tcb))
		input_fin_acked(tcb, now);
	/* In LAST-ACK that was all there was to wait for. */
	return reason_of(state_is_over(tcb->state) ? EVTCP_CAUSE_ACCEPTED : EVTCP_CAUSE_NONE);
}
