/* SPDX-License-Identifier: BSD-3-Clause */
/* HyStart++ (RFC 9406 4.2). In: acknowledgments of the initial slow start; out: how much the
 * window grows, and when slow start is over. It changes no window itself.
 *
 * A round begins with the first acknowledgment after the end of the one before, not with that
 * end: what was sent in answer to it is known only when its batch is over. */

#include "tcp/hystart.h"
#include "tcp/cc.h"
#include "util/number.h"
#include "wire/seq.h"

/* The constants of RFC 9406 4.3 rule 1. L is that of a sender that does not pace. */
enum {
	HYSTART_MIN_RTT_THRESH_US = 4000,
	HYSTART_MAX_RTT_THRESH_US = 16000,
	HYSTART_MIN_RTT_DIVISOR = 8,
	HYSTART_N_RTT_SAMPLE = 8,
	HYSTART_CSS_GROWTH_DIVISOR = 4,
	HYSTART_CSS_ROUNDS = 5,
	HYSTART_L = 8
};

/* A train is broken by a pause of a sixteenth of the shortest round-trip time, and long when it
 * has lasted for half of that: it has nine acknowledgments or more then. */
enum { HYSTART_TRAIN_PAUSE_DIVISOR = 16, HYSTART_TRAIN_LONG_DIVISOR = 2 };

uint32_t hystart_growth(const struct hystart *hystart, const struct cc_ack *ack)
{
	uint32_t most = HYSTART_L * ack->mss;
	uint32_t growth = ack->acked < most ? ack->acked : most;

	return hystart->css ? growth / HYSTART_CSS_GROWTH_DIVISOR
			    : growth; /* RFC 9406 4.2 rule 4 */
}

/* RFC 9406 4.2 rule 1 */
static void hystart_begin_round(struct hystart *hystart, const struct cc_ack *ack)
{
	hystart->in_round = true;
	hystart->window_end = ack->snd_nxt;
	hystart->last_round_min_rtt = hystart->current_round_min_rtt;
	hystart->current_round_min_rtt = 0;
	hystart->rtt_sample_count = 0;
	hystart->round_began_us = hystart->last_ack_us = (uint32_t)ack->now;
	hystart->train = ack->min_rtt_us > 0;
}

/* RFC 9406 4.2 rule 2 */
static void hystart_sample(struct hystart *hystart, uint32_t rtt_us)
{
	if (rtt_us == 0)
		return;
	if (hystart->current_round_min_rtt == 0 || rtt_us < hystart->current_round_min_rtt)
		hystart->current_round_min_rtt = rtt_us;
	if (hystart->rtt_sample_count < UINT8_MAX)
		hystart->rtt_sample_count++;
}

/* RFC 9406 4.2 rule 3 */
static bool hystart_rtt_rises(const struct hystart *hystart)
{
	uint32_t last = hystart->last_round_min_rtt;
	uint32_t thresh = last / HYSTART_MIN_RTT_DIVISOR;

	if (last == 0)
		return false;
	if (thresh < HYSTART_MIN_RTT_THRESH_US)
		thresh = HYSTART_MIN_RTT_THRESH_US;
	if (thresh > HYSTART_MAX_RTT_THRESH_US)
		thresh = HYSTART_MAX_RTT_THRESH_US;
	return hystart->current_round_min_rtt >= last + thresh;
}

/* Whether this acknowledgment makes the train a long one, which it is only once. */
static bool hystart_train_is_long(struct hystart *hystart, const struct cc_ack *ack)
{
	uint32_t now = (uint32_t)ack->now;

	if (now - hystart->last_ack_us > ack->min_rtt_us / HYSTART_TRAIN_PAUSE_DIVISOR)
		hystart->train = false;
	hystart->last_ack_us = now;
	if (!hystart->train ||
		now - hystart->round_began_us <= ack->min_rtt_us / HYSTART_TRAIN_LONG_DIVISOR)
		return false;
	hystart->train = false;
	return true;
}

static void hystart_begin_css(struct hystart *hystart, uint32_t baseline)
{
	hystart->css = true;
	hystart->css_rounds = 0;
	hystart->css_baseline_min_rtt = baseline;
}

/* Returns whether CSS is over because the round-trip time has risen again. */
static bool hystart_judge(struct hystart *hystart, const struct cc_ack *ack)
{
	bool sampled = hystart->rtt_sample_count >= HYSTART_N_RTT_SAMPLE;
	bool rises = sampled && hystart_rtt_rises(hystart);

	if (hystart->css) { /* RFC 9406 4.2 rule 5 */
		if (sampled && hystart->current_round_min_rtt < hystart->css_baseline_min_rtt)
			hystart->css = false;
		return hystart->css && hystart->css_rounds > 0 && rises;
	}
	if (rises)
		hystart_begin_css(hystart, hystart->current_round_min_rtt);
	else if (hystart_train_is_long(hystart, ack))
		hystart_begin_css(hystart, 0);
	return false;
}

bool hystart_on_ack(struct hystart *hystart, const struct cc_ack *ack)
{
	if (!hystart->in_round)
		hystart_begin_round(hystart, ack);
	hystart_sample(hystart, ack->rtt_us);
	if (hystart_judge(hystart, ack))
		return true;
	if (seq_lt(ack->snd_una, hystart->window_end))
		return false;
	hystart->in_round = false;
	/* RFC 9406 4.2 rule 6. The round in which CSS began counts, though it was not whole. */
	return hystart->css && ++hystart->css_rounds >= HYSTART_CSS_ROUNDS;
}

uint32_t hystart_window(const struct hystart *hystart, uint32_t cwnd, const struct cc_ack *ack)
{
	uint32_t rtt = hystart->current_round_min_rtt, window = cwnd;

	if (rtt != 0 && ack->min_rtt_us != 0 && rtt > ack->min_rtt_us)
		window = number_max(cwnd / 2, (uint32_t)((uint64_t)cwnd * ack->min_rtt_us / rtt));
	/* It is an ssthresh: two segments at least, as after a loss (RFC 9438 4.6). */
	return number_max(window, 2 * ack->mss);
}
