/* SPDX-License-Identifier: BSD-3-Clause */
/* The phases of loss recovery, the same for all peers: how one is entered and left, the RTO
 * (RFC 6298 5.4 to 5.7), undo. How a loss is seen, and how the window comes down in fast
 * recovery, is in sack_recovery.c and newreno.c. It sends nothing: it marks records, and
 * output asks for them. */

#include "tcp/recovery.h"
#include "tcp/newreno.h"
#include "tcp/sack_recovery.h"
#include "tcp/tcb.h"
#include "tcp/timers.h"
#include "util/number.h"

enum {
	RECOVERY_TIMESTAMPS = 12 /* octets of the option, with its two NOPs (RFC 7323 A) */
};

void recovery_init(struct tcb *tcb)
{
	tcb->recovery = (struct recovery){.recover = tcb->iss}; /* RFC 6582 3.2 step 1 */
	undo_free(tcb);
	tcb->tlp = (struct tlp){0};
	rack_init(&tcb->rack, tcb->iss);
}

uint32_t recovery_flight(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una;
}

uint32_t recovery_segment(const struct tcb *tcb)
{
	/* MUST-16: timestamps take room in each. */
	return tcb->snd_mss - (tcb->ts_ok ? RECOVERY_TIMESTAMPS : 0u);
}

bool recovery_is_by_prr(const struct tcb *tcb)
{
	return tcb->sack_ok && tcb->recovery.phase == RECOVERY_FAST;
}

/* RFC 5681 3.2 step 1 */
uint32_t recovery_limited_transmit(const struct tcb *tcb)
{
	uint32_t dupacks = tcb->recovery.dupacks;

	if (tcb->sack_ok || tcb->recovery.phase != RECOVERY_OPEN)
		return 0;
	return (dupacks < 2 ? dupacks : 2) * tcb->snd_mss;
}

void recovery_trace_window(
	struct tcb *tcb, enum evtcp_cause cause, uint32_t cwnd_before, uint64_t now)
{
	if (!cc_has_model(&tcb->cc))
		tcb_trace_window(tcb, cause, cwnd_before, now);
}

void recovery_will_send(struct tcb *tcb, enum evtcp_cause cause)
{
	tcb->loss_reason = reason_of(cause);
	tcb_mark_output(tcb);
}

void recovery_grow_window(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	if (cc_has_model(&tcb->cc)) /* it hears of everything in the end: recovery_tell_model */
		return;
	if (ack->ece) /* RFC 3168 6.1.2 rule 3: it is no reason to send more */
		return;
	struct cc_ack cc_ack = {.now = now,
		.acked = ack->growth,
		.mss = tcb->snd_mss,
		.rtt_us = (uint32_t)ack->rtt_us,
		.min_rtt_us = rtt_min(&tcb->rtt),
		.srtt_us = tcb->rtt.srtt_us,
		.snd_una = tcb->snd_una,
		.snd_nxt = tcb->snd_nxt,
		.limited = tcb->cwnd_limited};

	bool unbounded = tcb->cc.ssthresh == UINT32_MAX;
	uint32_t before = tcb->cc.cwnd;
	tcb->cc.ops->on_ack(&tcb->cc, &cc_ack);
	if (unbounded && tcb->cc.ssthresh != UINT32_MAX)
		tcb_trace_window(tcb, EVTCP_CAUSE_CC_HYSTART, before, now);
}

void recovery_trace_lost(
	const struct tcb *tcb, enum evtcp_cause cause, uint32_t bytes, uint64_t now)
{
	struct tracer *trace = tcb->tcp->trace;

	if (!tracer_wants(trace, EVTCP_EVENT_LOST) || bytes == 0)
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_LOST,
		.reason = {.cause = cause},
		.tuple = tcb->tuple,
		.u.lost = {.bytes = bytes}};
	records_lost_range(&tcb->records, &event.u.lost.seq, &event.u.lost.end);
	tracer_emit(trace, &event);
}

/* How long the first segment is, as it was sent: FIN is on the last one, and takes no room there.
 */
static uint32_t recovery_first_len(const struct tcb *tcb)
{
	uint32_t segment = recovery_segment(tcb);
	bool is_last = tcb->fin_sent && recovery_flight(tcb) == segment + 1;

	return segment + is_last;
}

void recovery_mark_first(struct tcb *tcb, enum evtcp_cause cause, uint64_t now)
{
	uint32_t in_flight = tcb->records.in_flight;

	records_mark_first_lost(
		&tcb->records, recovery_first_len(tcb), tcb_limit_records(tcb), tcb->tcp->world);
	recovery_trace_lost(tcb, cause, in_flight - tcb->records.in_flight, now);
	recovery_will_send(tcb, cause);
}

/* ---- phases ----------------------------------------------------------------------------- */

void recovery_count_dupack(struct tcb *tcb)
{
	struct recovery *recovery = &tcb->recovery;

	if (recovery->dupacks == 0)
		/* RFC 5681 3.1: what is outstanding. What came before it in its batch has not
		 * made that less: nothing was sent since. */
		recovery->flight = number_max(recovery_flight(tcb), recovery->flight_before);
	if (recovery->dupacks < UINT8_MAX)
		recovery->dupacks++;
}

/* The flight that congestion is seen in. RFC 5681 3.2 step 2: what limited transmit has sent
 * since the first duplicate does not count; nor does what the peer has SACKed long ago, which
 * in a long recovery is much: cwnd bounds what is in the network. */
static uint32_t recovery_congested_flight(const struct tcb *tcb)
{
	/* In slow start half of cwnd is full enough to count as that (output.c). */
	bool full = tcb->cwnd_limited && tcb->cc.cwnd >= tcb->cc.ssthresh;
	if (full && tcb->cc.ops->reduces_cwnd)
		return tcb->cc.cwnd;
	uint32_t flight = tcb->recovery.dupacks > 0 ? tcb->recovery.flight : recovery_flight(tcb);

	return tcb->sack_ok && tcb->cc.cwnd < flight ? tcb->cc.cwnd : flight;
}

void recovery_reduce(struct tcb *tcb, uint32_t flight)
{
	if (!ecn_has_reduced(tcb))
		tcb->cc.ops->on_congestion(&tcb->cc, flight, tcb->snd_mss, CC_LOSS);
	ecn_note_loss(tcb);
}

void recovery_enter_fast(struct tcb *tcb, uint64_t now)
{
	/* What is lost up to "recover" belongs to this one: RFC 5681 4.3 rule 2, RFC 6675 5 (4.1).
	 */
	if (tcb->recovery.phase == RECOVERY_OPEN)
		undo_begin(tcb, now);
	tcb->recovery.phase = RECOVERY_FAST;
	tcb->recovery.recover = tcb->snd_nxt - 1;
	tcb->recovery.partial_seen = false;
	tcb->tlp = (struct tlp){.sampled = tcb->tlp.sampled}; /* RFC 8985 7.1 */
	recovery_reduce(tcb, recovery_congested_flight(tcb));
	/* What is sent again has a round trip of its own before it: the timer starts anew
	 * with it, as in other stacks. RFC 6298 5 does not speak of this case. */
	timers_stop(tcb, TCB_TIMER_RETRANSMIT);
}

void recovery_leave(struct tcb *tcb, uint32_t cwnd_before, uint64_t now)
{
	bool fast = tcb->recovery.phase == RECOVERY_FAST;

	tcb->recovery.phase = RECOVERY_OPEN;
	tcb->recovery.frto = FRTO_OFF;
	rack_on_recovered(&tcb->rack);
	if (fast)
		recovery_trace_window(tcb, EVTCP_CAUSE_CC_RECOVERY_LEFT, cwnd_before, now);
}

/* It was no loss: as if the phase had not been. What a fast recovery took for lost had only
 * changed places with others. */
static void recovery_undo(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	if (tcb->recovery.phase == RECOVERY_TIMEOUT && ack->rtt_us != 0) {
		struct rtt_bounds bounds = tcb_rtt_bounds(tcb);
		rtt_timeout_was_spurious(&tcb->rtt, ack->rtt_us, &bounds);
	}
	tcb->recovery.phase = RECOVERY_OPEN;
	tcb->recovery.frto = FRTO_OFF;
	undo_apply(tcb, now);
}

/* ---- without SACK --------------------------------------------------------------------------- */

/* Returns whether the retransmission timer is to be restarted. */
static bool recovery_on_ack_without_sack(
	struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	struct recovery *recovery = &tcb->recovery;

	if (ack->acked == 0) {
		if (ack->dupack) {
			recovery_count_dupack(tcb);
			newreno_on_dupack(tcb, now);
		}
		return false;
	}
	if (recovery->phase == RECOVERY_FAST)
		return newreno_on_ack(tcb, ack->acked, now);
	if (recovery->phase == RECOVERY_TIMEOUT && seq_gt(tcb->snd_una, recovery->recover))
		recovery_leave(tcb, tcb->cc.cwnd, now);
	recovery_grow_window(tcb, ack, now);
	return true;
}

/* ---- with a model of the path ------------------------------------------------------------- */

/* Phase and marks are what this acknowledgment has made them. */
static void recovery_tell_model(
	struct tcb *tcb, const struct recovery_ack *ack, uint32_t lost, uint64_t now)
{
	uint8_t phase = tcb->recovery.phase;
	struct cc_delivery delivery = {.now = now,
		.rate = ack->rate,
		.delivered = tcb->rate.delivered,
		.bytes = ack->delivered.bytes,
		.lost = lost,
		.in_flight = tcb->records.in_flight,
		.in_flight_before = ack->in_flight_before,
		.rtt_us = ack->rtt_is_exact ? (uint32_t)ack->rtt_us : 0,
		.srtt_us = tcb->rtt.srtt_us,
		.mss = tcb->snd_mss,
		.phase = phase,
		.window_is_held = phase == RECOVERY_FAST && !tcb->sack_ok};
	uint32_t before = tcb->cc.cwnd;
	enum evtcp_cause cause = tcb->cc.ops->on_delivered(&tcb->cc, &delivery);

	if (cause != EVTCP_CAUSE_NONE)
		tcb_trace_window(tcb, cause, before, now);
}

/* ---- what happens ---------------------------------------------------------------------------- */

bool recovery_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now)
{
	struct recovery *recovery = &tcb->recovery;
	bool restart = ack->acked > 0;
	uint32_t lost = 0;

	if (ack->acked > 0)
		recovery->dupacks = 0;
	ecn_on_ack(tcb, ack, now);
	if (undo_is_due(tcb, ack))
		recovery_undo(tcb, ack, now);
	if (tcb->sack_ok)
		lost = sack_recovery_on_ack(tcb, ack, now);
	else
		restart = recovery_on_ack_without_sack(tcb, ack, now);
	if (frto_on_ack(tcb, ack))
		recovery_undo(tcb, ack, now);
	if (cc_has_model(&tcb->cc) && (ack->delivered.bytes > 0 || lost > 0))
		recovery_tell_model(tcb, ack, lost, now);
	undo_on_acked(tcb);
	/* It follows SND.UNA: left behind, it would seem to be ahead after 2^31 bytes. */
	if (recovery->phase == RECOVERY_OPEN && seq_gt(tcb->snd_una, recovery->recover))
		recovery->recover = tcb->snd_una - 1;
	return restart;
}

/* What an RTO marks. With SACK, RACK knows better than "everything". */
static void recovery_mark_on_rto(struct tcb *tcb, uint64_t now)
{
	if (!tcb->sack_ok) {
		records_mark_all_lost(&tcb->records); /* RFC 6298 5.4 */
		return;
	}
	/* The first goes again in any case (RFC 2018 5 rule 3); what is SACKed is not forgotten
	 * (RFC 6675 5.1 rule 2). */
	records_mark_first_lost(
		&tcb->records, recovery_first_len(tcb), tcb_limit_records(tcb), tcb->tcp->world);
	rack_detect_loss_on_rto(tcb, now);
}

void recovery_on_rto(struct tcb *tcb, uint64_t delay_us, uint64_t now)
{
	bool again = tcb->backoff > 0;
	uint32_t flight = recovery_congested_flight(tcb), in_flight = tcb->records.in_flight;
	uint32_t before = tcb->cc.cwnd;

	tcb->losses.timeouts++;
	if (tcb->backoff < UINT8_MAX)
		tcb->backoff++; /* RFC 6298 5.5 */
	tcb->loss_reason = (struct evtcp_reason){.cause = EVTCP_CAUSE_RTO,
		.count = tcb->backoff,
		.delay_us = delay_us > UINT32_MAX ? UINT32_MAX : (uint32_t)delay_us};
	if (tcb->recovery.phase == RECOVERY_OPEN)
		undo_begin(tcb, now);
	tcb->recovery = (struct recovery){.phase = RECOVERY_TIMEOUT,
		.frto = tcb_syn_is_unacked(tcb) ? FRTO_OFF : FRTO_FIRST, /* a SYN is no data */
		.recover = tcb->snd_nxt - 1}; /* RFC 6582 3.2 step 4, RFC 5682 2.1 step 1 */
	tcb->tlp = (struct tlp){.sampled = tcb->tlp.sampled};
	timers_stop(tcb, TCB_TIMER_REORDERING);
	recovery_mark_on_rto(tcb, now);
	recovery_trace_lost(tcb, EVTCP_CAUSE_RTO, in_flight - tcb->records.in_flight, now);
	tcb->cc.ops->on_rto(&tcb->cc, flight, tcb->snd_mss, again);
	ecn_note_loss(tcb);
	tcb->cwnd_limited = 1; /* one segment goes, and that is the window */
	tcb_trace_window(tcb, EVTCP_CAUSE_CC_RTO, before, now);
}

void recovery_sent(struct tcb *tcb, uint32_t seq, uint32_t end, bool again)
{
	if (again && tcb->recovery.phase != RECOVERY_OPEN)
		undo_on_sent_again(tcb, seq, end);
	if (tcb->recovery.phase == RECOVERY_FAST)
		prr_sent(&tcb->prr, end - seq);
}
