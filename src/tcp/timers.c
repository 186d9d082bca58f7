/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers: retransmission (RFC 6298), persist (RFC 9293 3.8.6.1), delayed ACK (3.8.6.3),
 * keepalive (RFC 9293 3.8.4, MAY-5), user timeout (3.8.3), and the time limits of what nobody owns.
 * They change state and mark the block; what they cause leaves at the next output.
 *
 * The block stands in the deadline queue with its earliest deadline. A deadline that
 * moves later stays queued for the old moment and is moved on when that comes. */

#include "tcp/timers.h"
#include "tcp/recovery.h"
#include "tcp/sack_recovery.h"
#include "tcp/state.h"
#include <errno.h>

enum {
	/* RFC 9293 SHLD-11: R2 is at least 100 s; MUST-23: at least 3 minutes for a
	 * SYN; SHLD-10: R1 is at least 3 retransmissions. */
	TIMERS_R1 = 3,
	TIMERS_R2_MIN_S = 100,
	TIMERS_R2_SYN_S = 180,
};

static const uint64_t timers_second_us = 1000000;

/* ---- setting and stopping ------------------------------------------------ */

uint64_t timers_earliest(const struct tcb *tcb)
{
	uint64_t earliest = UINT64_MAX;

	for (int i = 0; i < TCB_N_TIMERS; i++) {
		if (tcb->deadline_us[i] != 0 && tcb->deadline_us[i] < earliest)
			earliest = tcb->deadline_us[i];
	}
	return earliest;
}

void timers_set(struct tcb *tcb, enum tcb_timer timer, uint64_t at_us)
{
	tcb->deadline_us[timer] = at_us;
	/* While it stands in the queue no other deadline is before the moment it stands there for:
	 * so this one is the earliest, or changes nothing. If it does not, no other is set. */
	deadline_queue_set(&tcb->tcp->deadlines, &tcb->deadline, at_us);
}

void timers_stop(struct tcb *tcb, enum tcb_timer timer)
{
	tcb->deadline_us[timer] = 0;
}

void timers_stop_all(struct tcb *tcb)
{
	for (int i = 0; i < TCB_N_TIMERS; i++)
		tcb->deadline_us[i] = 0;
	deadline_queue_remove(&tcb->tcp->deadlines, &tcb->deadline);
}

static uint64_t timers_rto_from(const struct tcb *tcb, uint64_t now)
{
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);

	return now + rtt_backed_off(&tcb->rtt, tcb->backoff, &bounds);
}

void timers_rearm_retransmit(struct tcb *tcb, uint64_t now)
{
	timers_set(tcb, TCB_TIMER_RETRANSMIT, timers_rto_from(tcb, now));
}

void timers_hasten_retransmit(struct tcb *tcb, uint64_t now)
{
	uint64_t at = timers_rto_from(tcb, now);

	if (timers_is_set(tcb, TCB_TIMER_RETRANSMIT) && !tcb->persist &&
		at < tcb->deadline_us[TCB_TIMER_RETRANSMIT])
		timers_set(tcb, TCB_TIMER_RETRANSMIT, at);
}

void timers_rearm_probe(struct tcb *tcb, uint64_t now)
{
	uint64_t interval_us = tlp_interval(tcb);

	if (interval_us == 0)
		timers_stop(tcb, TCB_TIMER_PROBE);
	else
		timers_set(tcb, TCB_TIMER_PROBE, now + interval_us);
}

bool timers_is_persist(const struct tcb *tcb)
{
	return tcb->persist || (tcb->snd_wnd == 0 && state_is_synchronized(tcb->state));
}

/* When the application's patience with what is in flight ends; 0: nothing is, or it has set
 * no limit. A closed window is no delay of the path: see timers_probes_unanswered. */
static uint64_t timers_user_deadline(const struct tcb *tcb)
{
	if (tcb->user_timeout_us == 0 || tcb->records.len == 0 || timers_is_persist(tcb))
		return 0;
	return tcb->unacked_since_us + tcb->user_timeout_us;
}

void timers_watch_user_timeout(struct tcb *tcb, uint64_t now)
{
	uint64_t due_us = timers_user_deadline(tcb);

	if (due_us == 0)
		timers_stop(tcb, TCB_TIMER_USER);
	else if (due_us != tcb->deadline_us[TCB_TIMER_USER])
		timers_set(tcb, TCB_TIMER_USER, due_us > now ? due_us : now);
}

void timers_start_delayed_ack(struct tcb *tcb, uint64_t now)
{
	if (tcb->ack == TCB_ACK_DELAYED && !timers_is_set(tcb, TCB_TIMER_DELAYED_ACK))
		timers_set(tcb, TCB_TIMER_DELAYED_ACK, now + tcb->tcp->config.delayed_ack_us);
}

void timers_start_fin_wait_2(struct tcb *tcb, uint64_t now)
{
	uint32_t seconds = tcb->tcp->config.limits.fin_wait_2_seconds;
	if (seconds != 0)
		timers_set(tcb, TCB_TIMER_LINGER, now + seconds * timers_second_us);
}

void timers_start_orphan(struct tcb *tcb, uint64_t now)
{
	uint32_t seconds = tcb->tcp->config.limits.orphan_seconds;
	if (seconds != 0)
		timers_set(tcb, TCB_TIMER_LINGER, now + seconds * timers_second_us);
}

/* RFC 5482 4.2: where the user timeout was agreed upon with the peer, keepalive does not end
 * what that would let live. */
static uint64_t timers_keepalive_idle(const struct tcb *tcb)
{
	uint64_t idle_us = tcb->keepalive_idle_us;

	if (tcb->user_timeout.adv_s == 0 || idle_us > tcb->user_timeout_us)
		return idle_us;
	return tcb->user_timeout_us + timers_second_us;
}

void timers_start_keepalive(struct tcb *tcb, uint64_t now)
{
	if (tcb->keepalive_idle_us == 0)
		timers_stop(tcb, TCB_TIMER_KEEPALIVE);
	else
		timers_set(tcb, TCB_TIMER_KEEPALIVE, now + timers_keepalive_idle(tcb));
}

/* ---- firing ------------------------------------------------------------------ */

/* RFC 9293 3.8.3: R2, as a number of retransmissions and a time (MUST-20, MUST-22), unless
 * the application has set a time, which has a timer of its own (MUST-21). */
static bool timers_r2_reached(const struct tcb *tcb, uint64_t now)
{
	uint64_t elapsed = now - tcb->unacked_since_us;
	uint32_t retries = tcb->tcp->config.limits.retries;

	if (fast_open_is_pending(tcb)) /* like a half-open entry */
		return tcb->backoff >= tcb->tcp->config.limits.syn_ack_retries;
	if (tcb->user_timeout_us != 0)
		return false;
	/* MUST-23. Time alone does not tell: a host that slept has sent nothing meanwhile. */
	if (tcb->state == EVTCP_SYN_SENT || tcb->state == EVTCP_SYN_RECEIVED)
		return tcb->backoff >= TIMERS_R1 &&
		       elapsed >= TIMERS_R2_SYN_S * timers_second_us;
	return retries != 0 && tcb->backoff >= retries &&
	       elapsed >= TIMERS_R2_MIN_S * timers_second_us; /* SHLD-11 */
}

/* A zero window may last as long as probes are answered (RFC 9293 3.8.6.1, MUST-37), also
 * one that has shrunk on data in flight (3.8.6, SHLD-17); a peer that answers nothing is gone. */
static bool timers_probes_unanswered(const struct tcb *tcb, uint64_t now)
{
	uint32_t retries = tcb->tcp->config.limits.retries;
	uint64_t silent = now - tcb->last_received_us;

	/* Time alone does not tell: probes may be further apart than it. */
	if (tcb->user_timeout_us != 0)
		return silent >= tcb->user_timeout_us && tcb->probes_unanswered > 0;
	return retries != 0 && tcb->probes_unanswered >= retries &&
	       silent >= TIMERS_R2_MIN_S * timers_second_us;
}

/* What retransmissions in vain end with: what ICMP has said of them, if it has (MUST-47). */
static int timers_error(const struct tcb *tcb)
{
	return tcb->soft_error != 0 ? tcb->soft_error : ETIMEDOUT;
}

static void timers_give_up(struct tcb *tcb, uint64_t now)
{
	enum evtcp_cause cause = fast_open_is_pending(tcb)   ? EVTCP_CAUSE_HALF_OPEN_TIMEOUT
				 : tcb->user_timeout_us != 0 ? EVTCP_CAUSE_USER_TIMEOUT
							     : EVTCP_CAUSE_TIMED_OUT;

	state_reset(tcb, EVTCP_CAUSE_RST_TIMEOUT, timers_error(tcb), cause, now);
}

/* RFC 9293 3.8.3: R1: the application hears of it before R2 (SHLD-9, SHLD-10). */
static void timers_on_r1(struct tcb *tcb)
{
	tcb->r1_reached = 1;
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_R1_REACHED);
	tcb_note_soft_error(tcb, timers_error(tcb), EVTCP_CAUSE_R1_REACHED);
}

static void timers_on_persist(struct tcb *tcb, uint64_t now)
{
	if (timers_probes_unanswered(tcb, now)) {
		timers_give_up(tcb, now);
		return;
	}
	if (tcb->backoff < UINT8_MAX)
		tcb->backoff++; /* SHLD-30 */
	if (tcb->probes_unanswered < UINT8_MAX)
		tcb->probes_unanswered++;
	tcb->persist_due = 1;
	tcb_mark_output(tcb);
}

/* RFC 9293 3.10.8 rule 2 */
static void timers_on_rto(struct tcb *tcb, uint64_t delay_us, uint64_t now)
{
	if (timers_r2_reached(tcb, now)) {
		timers_give_up(tcb, now);
		return;
	}
	path_on_rto(tcb, now);
	recovery_on_rto(tcb, delay_us, now);
	if (tcb->backoff >= TIMERS_R1 && !tcb->r1_reached)
		timers_on_r1(tcb);
	tcb_mark_output(tcb);
}

static bool timers_on_probe(struct tcb *tcb, uint64_t delay_us, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {
		.cause = EVTCP_CAUSE_TIMER_PROBE, .delay_us = (uint32_t)delay_us};

	if (delay_us == 0) /* not called for any more */
		return false;
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	tcb->tlp.due = true;
	tcb_mark_output(tcb);
	return true;
}

static bool timers_on_reordering(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_TIMER_REORDERING};

	if (tcb->records.len == 0)
		return false;
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	sack_recovery_on_timer(tcb, now);
	return true;
}

static void timers_on_retransmit(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);
	uint64_t delay_us = rtt_backed_off(&tcb->rtt, tcb->backoff, &bounds);
	bool persist = timers_is_persist(tcb);
	struct evtcp_reason reason = {
		.cause = persist ? EVTCP_CAUSE_TIMER_PERSIST : EVTCP_CAUSE_TIMER_RETRANSMIT,
		.count = (uint16_t)(tcb->backoff + 1),
		.delay_us = (uint32_t)delay_us};

	/* RFC 8985 7.2 rule 5: a probe that would be due after the RTO takes its place. */
	if (!persist && tlp_interval(tcb) != 0) {
		timers_on_probe(tcb, delay_us, due_at_us, now);
		return;
	}
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	tcb->persist = persist;
	if (persist)
		timers_on_persist(tcb, now);
	else if (tcb->records.len > 0)
		timers_on_rto(tcb, delay_us, now);
}

/* RFC 9293 3.10.8 rule 1, USER TIMEOUT (MUST-21). */
static bool timers_on_user(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_TIMER_USER};
	uint64_t due_us = timers_user_deadline(tcb);

	if (due_us == 0 || due_us > now) { /* acknowledged since, in part or all */
		timers_watch_user_timeout(tcb, now);
		return false;
	}
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	timers_give_up(tcb, now);
	return true;
}

static bool timers_on_delayed_ack(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_TIMER_DELAYED_ACK,
		.delay_us = (uint32_t)tcb->tcp->config.delayed_ack_us};

	if (tcb->ack != TCB_ACK_DELAYED)
		return false;
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_DELAYED);
	tcb->ack_reason.delay_us = reason.delay_us;
	return true;
}

static bool timers_on_keepalive(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_TIMER_KEEPALIVE};
	uint64_t idle_since_us = tcb->last_received_us;

	/* MUST-26: only when nothing is outstanding and nothing has come. */
	if (tcb->records.len > 0 || tcb_has_unsent(tcb)) {
		timers_start_keepalive(tcb, now);
		return false;
	}
	if (tcb->probes_unanswered == 0 && now - idle_since_us < timers_keepalive_idle(tcb)) {
		timers_start_keepalive(tcb, idle_since_us);
		return false;
	}
	tcb_trace_timer(tcb, &reason, due_at_us, now);
	if (tcb->probes_unanswered >= tcb->keepalive_max) { /* MUST-29: never after one */
		state_reset(tcb, EVTCP_CAUSE_RST_TIMEOUT, ETIMEDOUT, EVTCP_CAUSE_KEEPALIVE_TIMEOUT,
			now);
		return true;
	}
	tcb->probes_unanswered++;
	tcb->keepalive_due = 1;
	tcb_mark_output(tcb);
	timers_set(tcb, TCB_TIMER_KEEPALIVE, now + tcb->keepalive_interval_us);
	return true;
}

static void timers_on_linger(struct tcb *tcb, uint64_t due_at_us, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_TIMER_LINGER};

	tcb_trace_timer(tcb, &reason, due_at_us, now);
	if (tcb->state == EVTCP_FIN_WAIT_2)
		state_set(tcb, EVTCP_CLOSED, EVTCP_CAUSE_FIN_WAIT_2_TIMEOUT, now);
	else
		state_reset(tcb, EVTCP_CAUSE_RST_TIMEOUT, 0, EVTCP_CAUSE_ORPHAN_TIMEOUT, now);
}

/* Whether it was still needed. */
static bool timers_fire(struct tcb *tcb, enum tcb_timer timer, uint64_t due_at_us, uint64_t now)
{
	switch (timer) {
	case TCB_TIMER_USER:
		return timers_on_user(tcb, due_at_us, now);
	case TCB_TIMER_RETRANSMIT:
		timers_on_retransmit(tcb, due_at_us, now);
		return true;
	case TCB_TIMER_PROBE:
		return timers_on_probe(tcb, tlp_interval(tcb), due_at_us, now);
	case TCB_TIMER_REORDERING:
		return timers_on_reordering(tcb, due_at_us, now);
	case TCB_TIMER_PACING:
		pacing_on_timer(tcb, now);
		return true;
	case TCB_TIMER_DELAYED_ACK:
		return timers_on_delayed_ack(tcb, due_at_us, now);
	case TCB_TIMER_KEEPALIVE:
		return timers_on_keepalive(tcb, due_at_us, now);
	case TCB_TIMER_LINGER:
		timers_on_linger(tcb, due_at_us, now);
		return true;
	case TCB_N_TIMERS:
		break;
	}
	return false;
}

void timers_run(struct tcb *tcb, uint64_t now)
{
	for (int i = 0; i < TCB_N_TIMERS; i++) {
		enum tcb_timer timer = (enum tcb_timer)i;
		uint64_t due_at_us = tcb->deadline_us[i], told;
		if (due_at_us == 0 || due_at_us > now)
			continue;
		tcb->deadline_us[i] = 0;
		told = timers_tell_end(tcb, timer);
		if (!timers_fire(tcb, timer, due_at_us, now))
			timers_tell_no_end(tcb, timer, told);
	}
	timers_trace(tcb, now);
	uint64_t earliest = timers_earliest(tcb);
	if (earliest == UINT64_MAX)
		deadline_queue_remove(&tcb->tcp->deadlines, &tcb->deadline);
	else
		deadline_queue_move(&tcb->tcp->deadlines, &tcb->deadline, earliest);
}
