/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC (RFC 9438): in congestion avoidance the window is a cubic function of the time since
 * the last congestion, so that it does not depend on the round-trip time, is careful near the
 * window at which there was congestion, and quick far from it. Where Reno would be faster
 * (short round trips, small windows) it is as fast as Reno.
 *
 * In: acknowledgments, congestion; out: cwnd and ssthresh. The window grows by whole
 * segments; what is left of one waits in cubic.credit. beta is 0.7, C is 0.4, fast
 * convergence is on. ssthresh comes from cwnd where the sender fills that, else from FlightSize
 * (RFC 9438 4.6 has both). The curve itself is cubic.c. */

#include "tcp/cc.h"
#include "util/number.h"

/* Beyond this t has left the curve (cubic.h). */
static const uint32_t cubic_most_us = UINT32_C(1) << 28;

static void cubic_init(struct cc *cc, uint32_t mss)
{
	cc->cwnd = cc_initial_window(mss);
	cc->ssthresh = UINT32_MAX;
	cc->cubic = (struct cubic){0};
}

/* ---- slow start ------------------------------------------------------------------------- */

/* The first one, while no loss has told what the path carries, is HyStart++ (RFC 9438 4.10 rule
 * 1); RFC 9406 4.3 rule 2 advises against it in later ones, where ssthresh is known. */
static void cubic_first_slow_start(struct cc *cc, const struct cc_ack *ack)
{
	struct hystart *hystart = &cc->cubic.hystart;

	if (ack->limited)
		cc_grow(cc, hystart_growth(hystart, ack));
	if (hystart_on_ack(hystart, ack))
		cc->cwnd = cc->ssthresh = hystart_window(hystart, cc->cwnd, ack);
}

/* RFC 3465 2.2, 2.3 rules 1 to 3: two segments an ACK, but one after a timeout, when large ACKs
 * tell of what arrived long ago. */
static void cubic_slow_start(struct cc *cc, const struct cc_ack *ack)
{
	uint32_t most = cc->cubic.after_rto ? ack->mss : 2 * ack->mss;

	if (cc->ssthresh == UINT32_MAX) /* no loss, no ECE: RFC 9406 4.2 rule 7 */
		cubic_first_slow_start(cc, ack);
	else if (ack->limited)
		cc_grow(cc, number_min(ack->acked, most));
}

/* ---- congestion avoidance ------------------------------------------------------------------- */

/* RFC 9438 4.2 rule 1. After a timeout or a slow start without loss there is no W_max: the epoch
 * begins on the plateau, K is 0 and W_max the window of this moment (RFC 9438 4.8, 4.10 rule 2). */
static void cubic_begin_epoch(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = &cc->cubic;

	if (cubic->w_max < cc->cwnd)
		cubic->w_max = cc->cwnd;
	cubic->k_ms = cubic_k_ms(cubic->w_max - cc->cwnd, ack->mss);
	cubic->w_est = cc->cwnd; /* 4.3 */
	cubic->est_acked = 0;
	cubic->credit = 0;
	cubic->t_us = 0;
	cubic->last_ack_us = ack->now;
	cubic->in_epoch = true;
	cubic->after_rto = false;
}

/* RFC 9438 4.2 rule 3: t does not include periods in which cwnd is not updated since the
 * application does not use it (5.8). */
static void cubic_count_time(struct cubic *cubic, const struct cc_ack *ack)
{
	uint64_t passed_us = ack->now - cubic->last_ack_us;

	cubic->last_ack_us = ack->now;
	if (!ack->limited)
		return;
	if (passed_us > cubic_most_us - cubic->t_us)
		passed_us = cubic_most_us - cubic->t_us;
	cubic->t_us += (uint32_t)passed_us;
}

/* RFC 9438 4.3 rules 1 and 2: W_est grows by alpha segments for each window acknowledged: alpha is
 * 3 * (1 - 0.7) / (1 + 0.7) = 9/17, and 1 from where the last reduction was. */
static void cubic_estimate_reno(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = &cc->cubic;
	uint64_t window = cc->cwnd;
	bool below = cubic->w_est < cubic->cwnd_prior;
	uint32_t needed = (uint32_t)(below ? window * 17 / 9 : window);

	cubic->est_acked += number_min(ack->acked, cc->cwnd);
	if (cubic->est_acked >= needed) {
		cubic->est_acked -= needed;
		cubic->w_est += ack->mss;
	}
}

/* RFC 9438 4.2 rule 2: where the curve will be in a round trip, within reason. */
static uint32_t cubic_target(const struct cc *cc, const struct cc_ack *ack)
{
	uint32_t ahead_ms = (cc->cubic.t_us + number_min(ack->srtt_us, cubic_most_us)) / 1000;
	uint32_t window = cubic_window(&cc->cubic, ahead_ms, ack->mss);

	if (window < cc->cwnd)
		return cc->cwnd;
	return number_min(window, cc->cwnd + cc->cwnd / 2);
}

/* RFC 9438 4.4, 4.5: (target - cwnd) / cwnd segments for each segment acknowledged. What is
 * acknowledged is multiplied up, so that no division is needed until a segment is due. */
static void cubic_grow_towards(struct cc *cc, uint32_t target, const struct cc_ack *ack)
{
	struct cubic *cubic = &cc->cubic;
	uint64_t segment = (uint64_t)cc->cwnd * ack->mss;

	cubic->credit += (uint64_t)number_min(ack->acked, cc->cwnd) * (target - cc->cwnd);
	if (cubic->credit < segment)
		return;
	cc_grow(cc, (uint32_t)(cubic->credit / segment) * ack->mss);
	cubic->credit %= segment;
}

static void cubic_avoid_congestion(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = &cc->cubic;

	if (!cubic->in_epoch)
		cubic_begin_epoch(cc, ack);
	cubic_count_time(cubic, ack);
	if (!ack->limited) /* RFC 9438 5.8 */
		return;
	cubic_estimate_reno(cc, ack);
	if (cubic_window(cubic, cubic->t_us / 1000, ack->mss) >= cubic->w_est)
		cubic_grow_towards(cc, cubic_target(cc, ack), ack);
	else if (cubic->w_est > cc->cwnd) /* the Reno-friendly region: RFC 9438 4.3 rule 3 */
		cc_grow(cc, cubic->w_est - cc->cwnd);
}

static void cubic_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	if (cc->cwnd < cc->ssthresh)
		cubic_slow_start(cc, ack);
	else
		cubic_avoid_congestion(cc, ack);
}

/* ---- congestion --------------------------------------------------------------------------- */

/* beta in hundredths: RFC 9438 4.6 rule 1, and RFC 8511 3.1 rule 2 (ABE): where short queues mark
 * early, less is reduction enough; but not in slow start, which overshoots by more. */
enum { CUBIC_BETA = 70, CUBIC_BETA_ECN = 85 };

/* Never below two segments: RFC 9438 4.6 rule 2. */
static uint32_t cubic_ssthresh(uint32_t flight, uint32_t mss, unsigned beta)
{
	uint32_t reduced = (uint32_t)((uint64_t)flight * beta / 100);

	return reduced > 2 * mss ? reduced : 2 * mss;
}

static void cubic_on_congestion(struct cc *cc, uint32_t flight, uint32_t mss, enum cc_signal signal)
{
	struct cubic *cubic = &cc->cubic;
	bool gently = signal == CC_ECN && cc->cwnd >= cc->ssthresh; /* RFC 8511 3 rules 1, 2 */

	/* RFC 9438 4.7, fast convergence: a second loss before W_max was reached again means that
	 * others want a share: W_max becomes cwnd * (1 + beta) / 2. */
	if (cc->cwnd < cubic->w_max)
		cubic->w_max = (uint32_t)((uint64_t)cc->cwnd * 17 / 20);
	else
		cubic->w_max = cc->cwnd;
	cubic->cwnd_prior = cc->cwnd;
	cubic->in_epoch = false;
	cc->ssthresh = cubic_ssthresh(flight, mss, gently ? CUBIC_BETA_ECN : CUBIC_BETA);
}

static void cubic_on_rto(struct cc *cc, uint32_t flight, uint32_t mss, bool again)
{
	struct cubic *cubic = &cc->cubic;

	if (!again) { /* RFC 5681 3.1 rule 9: held at the first timeout of the same data */
		cc->ssthresh = cubic_ssthresh(flight, mss, CUBIC_BETA);
		cubic->cwnd_prior = cc->cwnd;
	}
	cubic->w_max = 0; /* RFC 9438 4.8 */
	cubic->in_epoch = false;
	cubic->after_rto = true;
	cc->cwnd = mss;
}

static void cubic_on_resume(struct cc *cc, const struct cc_resume *resume)
{
	cc->cubic.last_ack_us = resume->now;
}

static void cubic_info(const struct cc *cc, struct evtcp_conn_info *info)
{
	info->cubic_w_max = cc->cubic.w_max;
	info->cubic_k_ms = cc->cubic.k_ms;
	if (info->cc_state == EVTCP_CC_SLOW_START && cc->cubic.hystart.css)
		info->cc_state = EVTCP_CC_CONSERVATIVE_SLOW_START;
}

const struct cc_ops cc_cubic = {
	.name = "cubic",
	.reduces_cwnd = true,
	.init = cubic_init,
	.on_ack = cubic_on_ack,
	.on_congestion = cubic_on_congestion,
	.on_rto = cubic_on_rto,
	.on_resume = cubic_on_resume,
	.info = cubic_info,
};
