/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00, whose sections are meant below):
 * it measures how much a path carries and how long it takes, and sends as much as that, paced, with
 * about as much in flight as twice the product of both. Losses are no signal to it: that keeps it
 * at the rate of a path which drops packets at random, where CUBIC has long given way. Versions 2
 * and 3 (draft-ietf-ccwg-bbr) react to more than 2 % loss in a round, and so are slow on such
 * paths.
 *
 *     STARTUP ──► DRAIN ──► PROBE_BW ◄──► PROBE_RTT
 *     2.89 times   the      1.25, 0.75,   four segments for 200 ms,
 *     a round      queue    then 1 six    where no round trip has been as
 *                           times         short for ten seconds
 *
 * Of the later drafts it has the allowance for acknowledgments that come at once (-02 4.5.5,
 * without which links that aggregate go at a fraction of their speed), the margin of 1 % below
 * the measured rate (-02 4.6.2), and in STARTUP a window of twice the product instead of 2.89
 * times, so that a queue of one product is not flooded (draft-ietf-ccwg-bbr).
 * Recoveries that follow each other without a calm round between them begin with packet
 * conservation only once: on a path that loses some of each flight there would be no growth.
 * It has no long-term sampling of policers, which no draft describes. It does not react to
 * ECN, and therefore sends no ECT (RFC 3168 6.1.2).
 *
 * In: acknowledgments with their rate samples, phases of loss recovery; out: cwnd and
 * pacing_rate. ssthresh is what cwnd was at the last loss, for fast recovery without SACK, which
 * goes by it; it means nothing to BBR. */

#include "tcp/cc.h"
#include "tcp/pacing.h"
#include "tcp/recovery.h"
#include "util/number.h"

enum {
	BBR_HIGH_GAIN = 739,       /* 2/ln 2, in 256ths: doubles the rate each round */
	BBR_DRAIN_GAIN = 88,       /* its inverse: drains in one round what that has queued */
	BBR_CWND_GAIN = 512,       /* 2: for acknowledgments that are late */
	BBR_MARGIN = 99,           /* of a hundred */
	BBR_MIN_PIPE_CWND = 4,     /* BBRMinPipeCwnd: segments */
	BBR_QUANTA = 3,            /* bursts at our side, in the network, at the receiver */
	BBR_GUESSED_RTT_US = 1000, /* while none was measured */
	BBR_PROBE_RTT_MS = 200,    /* ProbeRTTDuration */
	BBR_FULL_ROUNDS = 3,
	BBR_CALM = 2, /* rounds after which a loss is a new trouble */
	BBR_CYCLE = 8,
};

static const uint16_t bbr_cycle_gain[BBR_CYCLE] = {320, 192, 256, 256, 256, 256, 256, 256};

static uint32_t bbr_pacing_gain(const struct bbr *bbr)
{
	switch (bbr->mode) {
	case BBR_STARTUP:
		return BBR_HIGH_GAIN;
	case BBR_DRAIN:
		return BBR_DRAIN_GAIN;
	case BBR_PROBE_BW:
		return bbr_cycle_gain[bbr->cycle];
	default:
		return BBR_UNIT;
	}
}

/* What may be in flight at this gain: 4.2.3.2, BBRInflight. */
static uint32_t bbr_inflight(const struct cc *cc, uint32_t gain, uint32_t mss)
{
	uint32_t bdp = bbr_model_bdp(&cc->bbr.model, gain);

	if (bdp == 0) /* no round trip was measured yet */
		return cc_initial_window(mss);
	return bdp + BBR_QUANTA * pacing_quantum(cc->pacing_rate, mss);
}

/* ---- modes ----------------------------------------------------------------------------- */

/* 4.3.4.2: the first phase is any but the one that drains, so that flows do not march in step:
 * by the microseconds of their round trips. */
static void bbr_enter_probe_bw(struct bbr *bbr, uint64_t now)
{
	unsigned dice = (bbr->model.min_rtt_us + bbr->model.rounds) % (BBR_CYCLE - 1);

	bbr->mode = BBR_PROBE_BW;
	bbr->cycle = (dice == 0 ? 0 : dice + 1) & 7;
	bbr->cycle_us = (uint32_t)now;
}

/* 4.3.4.3, BBRIsNextCyclePhase: a phase lasts a round trip; the one that probes until it has really
 * put more in flight, or something was lost by it; the one that drains no longer than needed. */
static bool bbr_is_next_phase(const struct cc *cc, const struct cc_delivery *d)
{
	const struct bbr *bbr = &cc->bbr;
	bool full = (uint32_t)d->now - bbr->cycle_us > bbr->model.min_rtt_us;
	uint32_t gain = bbr_cycle_gain[bbr->cycle];

	if (gain > BBR_UNIT)
		return full &&
		       (d->lost > 0 || d->in_flight_before >= bbr_inflight(cc, gain, d->mss));
	if (gain < BBR_UNIT)
		return full || d->in_flight_before <= bbr_inflight(cc, BBR_UNIT, d->mss);
	return full;
}

static void bbr_follow_cycle(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;

	if (bbr->mode != BBR_PROBE_BW || !bbr_is_next_phase(cc, d))
		return;
	bbr->cycle = (bbr->cycle + 1) & (BBR_CYCLE - 1);
	bbr->cycle_us = (uint32_t)d->now;
}

/* 4.3.2.2, BBRCheckFullPipe: three rounds in a row have not made it a quarter faster. */
static void bbr_check_full_pipe(struct bbr *bbr, const struct cc_delivery *d)
{
	uint32_t bw = max_filter_get(&bbr->model.bw);

	if (bbr->filled_pipe || !bbr->model.round_start || d->rate.app_limited)
		return;
	if (bw >= (uint64_t)bbr->full_bw * 5 / 4) {
		bbr->full_bw = bw;
		bbr->full_bw_count = 0;
		return;
	}
	bbr->full_bw_count = (bbr->full_bw_count + 1) & 3;
	bbr->filled_pipe = bbr->full_bw_count >= BBR_FULL_ROUNDS;
}

static void bbr_check_drain(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;

	if (bbr->mode == BBR_STARTUP && bbr->filled_pipe)
		bbr->mode = BBR_DRAIN;
	if (bbr->mode == BBR_DRAIN && d->in_flight <= bbr_inflight(cc, BBR_UNIT, d->mss))
		bbr_enter_probe_bw(bbr, d->now);
}

/* What cwnd was before something that makes it small for a while. */
static void bbr_save_cwnd(struct cc *cc)
{
	struct bbr *bbr = &cc->bbr;

	if (bbr->phase == RECOVERY_OPEN && bbr->mode != BBR_PROBE_RTT)
		bbr->prior_cwnd = cc->cwnd;
	else
		bbr->prior_cwnd = number_max(bbr->prior_cwnd, cc->cwnd);
}

static void bbr_leave_probe_rtt(struct cc *cc, uint64_t now)
{
	struct bbr *bbr = &cc->bbr;
	uint32_t now_ms = (uint32_t)(now / 1000);

	if (!bbr->probe_rtt_timed || now_ms - bbr->probe_rtt_done_ms > UINT32_MAX / 2)
		return;
	bbr->model.min_rtt_at_ms = now_ms;
	cc->cwnd = number_max(cc->cwnd, bbr->prior_cwnd);
	if (bbr->filled_pipe)
		bbr_enter_probe_bw(bbr, now);
	else
		bbr->mode = BBR_STARTUP;
}

/* 4.3.5, BBRHandleProbeRTT: once no more than four segments are in flight, 200 ms and a round. */
static void bbr_probe_rtt(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;

	if (!bbr->probe_rtt_timed) {
		if (d->in_flight > BBR_MIN_PIPE_CWND * d->mss)
			return;
		bbr->probe_rtt_timed = 1;
		bbr->probe_rtt_round_done = 0;
		bbr->probe_rtt_done_ms = (uint32_t)(d->now / 1000) + BBR_PROBE_RTT_MS;
		bbr_model_begin_round(&bbr->model, d->delivered);
		return;
	}
	if (bbr->model.round_start)
		bbr->probe_rtt_round_done = 1;
	if (bbr->probe_rtt_round_done)
		bbr_leave_probe_rtt(cc, d->now);
}

/* BBRUpdateRTprop, BBRCheckProbeRTT. */
static void bbr_check_probe_rtt(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;
	bool expired = bbr_model_take_rtt(&bbr->model, d);

	if (expired && !bbr->idle_restart && bbr->mode != BBR_PROBE_RTT) {
		bbr_save_cwnd(cc);
		bbr->mode = BBR_PROBE_RTT;
		bbr->probe_rtt_timed = 0;
	}
	if (bbr->mode == BBR_PROBE_RTT)
		bbr_probe_rtt(cc, d);
	if (d->bytes > 0)
		bbr->idle_restart = 0;
}

/* ---- rate and window ------------------------------------------------------------------- */

static uint64_t bbr_rate(const struct bbr *bbr, uint32_t gain)
{
	uint64_t rate = bbr_model_bw(&bbr->model) * gain / BBR_UNIT * BBR_MARGIN / 100;

	return rate > 0 ? rate : 1;
}

/* 4.2.1: before anything was measured, as if the window were sent in each round trip. */
static void bbr_guess_pacing_rate(struct cc *cc, uint32_t rtt_us)
{
	uint64_t window = (uint64_t)cc->cwnd * 1000000;

	cc->pacing_rate =
		window / (rtt_us != 0 ? rtt_us : BBR_GUESSED_RTT_US) * BBR_HIGH_GAIN / BBR_UNIT;
	cc->bbr.has_rtt = rtt_us != 0;
}

static void bbr_set_pacing_rate(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;
	uint64_t rate = bbr_rate(bbr, bbr_pacing_gain(bbr));

	if (!bbr->has_rtt && d->srtt_us != 0)
		bbr_guess_pacing_rate(cc, d->srtt_us);
	if (bbr->filled_pipe || rate > cc->pacing_rate)
		cc->pacing_rate = rate;
}

/* 4.2.3.4, BBRModulateCwndForRecovery. Returns whether it has the last word. */
static bool bbr_follow_recovery(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;
	unsigned before = bbr->phase;
	uint32_t conserved = d->in_flight + number_max(d->bytes, d->mss);

	bbr->phase = d->phase & 3;
	if (d->lost > 0)
		cc->cwnd = cc->cwnd > d->lost + d->mss ? cc->cwnd - d->lost : d->mss;
	if (before != d->phase && d->phase == RECOVERY_OPEN) {
		bbr->conservation = 0;
		cc->cwnd = number_max(cc->cwnd, bbr->prior_cwnd);
		bbr->calm = 0;
	} else if (before != d->phase) {
		if (d->phase == RECOVERY_TIMEOUT || bbr->calm == BBR_CALM) {
			bbr->conservation = d->phase == RECOVERY_FAST;
			bbr_model_begin_round(&bbr->model, d->delivered);
			cc->cwnd = conserved;
		}
	} else if (bbr->model.round_start) {
		bbr->conservation = 0;
		if (d->phase == RECOVERY_OPEN && bbr->calm < BBR_CALM)
			bbr->calm = (bbr->calm + 1) & 3;
	}
	if (bbr->conservation)
		cc->cwnd = number_max(cc->cwnd, conserved);
	return bbr->conservation;
}

/* 4.2.3.6, BBRSetCwnd. */
static void bbr_set_cwnd(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;
	uint32_t floor = BBR_MIN_PIPE_CWND * d->mss;

	if (!bbr_follow_recovery(cc, d)) {
		uint32_t target = bbr_inflight(cc, BBR_CWND_GAIN, d->mss);
		if (bbr->filled_pipe)
			target += bbr_model_extra(&bbr->model);
		if (bbr->filled_pipe)
			cc->cwnd = number_min(cc->cwnd + d->bytes, target);
		else if (cc->cwnd < target || d->delivered < cc_initial_window(d->mss))
			cc_grow(cc, d->bytes);
		cc->cwnd = number_max(cc->cwnd, floor);
	}
	if (bbr->mode == BBR_PROBE_RTT) /* 4.2.3.5 */
		cc->cwnd = number_min(cc->cwnd, floor);
}

/* ---- what happens ---------------------------------------------------------------------- */

static void bbr_init(struct cc *cc, uint32_t mss)
{
	cc->cwnd = cc_initial_window(mss);
	cc->ssthresh = UINT32_MAX;
	cc->bbr = (struct bbr){.mode = BBR_STARTUP, .calm = BBR_CALM};
	bbr_guess_pacing_rate(cc, 0);
}

/* Why the window is another now. */
static enum evtcp_cause bbr_news(const struct bbr *bbr, unsigned mode, unsigned phase)
{
	static const enum evtcp_cause modes[] = {[BBR_STARTUP] = EVTCP_CAUSE_CC_STARTUP,
		[BBR_DRAIN] = EVTCP_CAUSE_CC_DRAIN,
		[BBR_PROBE_BW] = EVTCP_CAUSE_CC_PROBE_BW,
		[BBR_PROBE_RTT] = EVTCP_CAUSE_CC_PROBE_RTT};

	if (bbr->mode != mode)
		return modes[bbr->mode];
	if (bbr->phase == phase || bbr->phase == RECOVERY_TIMEOUT)
		return EVTCP_CAUSE_NONE;
	return bbr->phase == RECOVERY_FAST ? EVTCP_CAUSE_CC_RECOVERY_ENTERED
					   : EVTCP_CAUSE_CC_RECOVERY_LEFT;
}

static enum evtcp_cause bbr_on_delivered(struct cc *cc, const struct cc_delivery *d)
{
	struct bbr *bbr = &cc->bbr;
	unsigned mode = bbr->mode, phase = bbr->phase;

	bbr_model_on_ack(&bbr->model, d, cc->cwnd);
	bbr_follow_cycle(cc, d);
	bbr_check_full_pipe(bbr, d);
	bbr_check_drain(cc, d);
	bbr_check_probe_rtt(cc, d);
	bbr_set_pacing_rate(cc, d);
	if (d->window_is_held)
		bbr->phase = d->phase & 3;
	else
		bbr_set_cwnd(cc, d);
	return bbr_news(bbr, mode, phase);
}

static void bbr_on_congestion(struct cc *cc, uint32_t flight, uint32_t mss, enum cc_signal signal)
{
	(void)flight;
	(void)mss;
	(void)signal;
	bbr_save_cwnd(cc);
	cc->ssthresh = number_max(cc->cwnd, 2 * mss);
}

/* 4.2.3.4. The next acknowledgment says what is still in flight beside what goes again. */
static void bbr_on_rto(struct cc *cc, uint32_t flight, uint32_t mss, bool again)
{
	(void)flight;
	if (!again)
		bbr_save_cwnd(cc);
	cc->bbr.full_bw = 0;
	cc->cwnd = mss;
}

/* 4.3.4.4, BBRHandleRestartFromIdle. */
static void bbr_on_resume(struct cc *cc, const struct cc_resume *resume)
{
	struct bbr *bbr = &cc->bbr;

	if (!bbr->has_rtt && resume->srtt_us != 0)
		bbr_guess_pacing_rate(cc, resume->srtt_us);
	if (!resume->app_limited)
		return;
	bbr->idle_restart = 1;
	bbr_model_resume(&bbr->model, resume->now);
	if (bbr->mode == BBR_PROBE_BW)
		cc->pacing_rate = bbr_rate(bbr, BBR_UNIT);
}

/* The model has learned nothing wrong of a loss that was none, and goes on. */
static void bbr_undo(struct cc *cc, const struct cc *prior)
{
	struct bbr *bbr = &cc->bbr;

	bbr->full_bw = prior->bbr.full_bw;
	bbr->full_bw_count = prior->bbr.full_bw_count;
	bbr->prior_cwnd = number_max(bbr->prior_cwnd, prior->cwnd);
	cc->cwnd = number_max(cc->cwnd, prior->cwnd);
	cc->ssthresh = prior->ssthresh;
}

static bool bbr_holds_back(const struct cc *cc)
{
	return cc->bbr.mode == BBR_PROBE_RTT;
}

static void bbr_info(const struct cc *cc, struct evtcp_conn_info *info)
{
	static const enum evtcp_cc_state states[] = {[BBR_STARTUP] = EVTCP_CC_STARTUP,
		[BBR_DRAIN] = EVTCP_CC_DRAIN,
		[BBR_PROBE_BW] = EVTCP_CC_PROBE_BW,
		[BBR_PROBE_RTT] = EVTCP_CC_PROBE_RTT};

	info->cc_state = states[cc->bbr.mode];
	info->bbr_bw = bbr_model_bw(&cc->bbr.model);
	info->bbr_min_rtt_us = cc->bbr.model.min_rtt_us;
}

const struct cc_ops cc_bbr = {
	.name = "bbr",
	.init = bbr_init,
	.on_delivered = bbr_on_delivered,
	.on_congestion = bbr_on_congestion,
	.on_rto = bbr_on_rto,
	.on_resume = bbr_on_resume,
	.undo = bbr_undo,
	.holds_back = bbr_holds_back,
	.info = bbr_info,
};
