/* SPDX-License-Identifier: BSD-3-Clause */
/* The path as BBR sees it. In: what acknowledgments deliver, with their rate samples; out:
 * bandwidth, shortest round trip, and what they make together. It sets no window and no rate. */

#include "tcp/bbr_model.h"
#include "tcp/cc.h"
#include "util/number.h"
#include "wire/seq.h"

enum {
	BBR_BW_UNIT = 16,            /* bytes a second: up to 500 Gbit/s in 32 bits */
	BBR_BW_ROUNDS = 10,          /* BtlBwFilterLen */
	BBR_MIN_RTT_MS = 10000,      /* RTpropFilterLen */
	BBR_EXTRA_ROUNDS = 5,        /* of each of the two windows of extra_acked */
	BBR_EXTRA_MOST_US = 100000,  /* what is ahead by more is no aggregation */
	BBR_EPOCH_BYTES = 1 << 30,   /* longer than a window lasts no epoch */
	BBR_LONGEST_RTT_US = 1 << 27 /* beyond two minutes: so that products fit */
};

static const uint64_t bbr_second_us = 1000000, bbr_most_bytes = UINT64_C(1) << 30;

void bbr_model_begin_round(struct bbr_model *model, uint32_t delivered)
{
	model->round_end = delivered;
}

/* BBRUpdateRound. */
static void bbr_model_count_round(struct bbr_model *model, const struct cc_delivery *d)
{
	model->round_start = d->rate.has_mark && seq_geq(d->rate.prior_delivered, model->round_end);
	if (!model->round_start)
		return;
	model->rounds++;
	bbr_model_begin_round(model, d->delivered);
}

/* BBRUpdateBtlBw: a sample that the application has limited counts if it is larger. */
static void bbr_model_take_rate(struct bbr_model *model, const struct cc_delivery *d)
{
	if (d->rate.interval_us == 0)
		return;
	uint64_t bw = rate_bytes_per_s(d->rate.delivered, d->rate.interval_us) / BBR_BW_UNIT;
	uint32_t value = bw > UINT32_MAX ? UINT32_MAX : number_max((uint32_t)bw, 1);

	if (!d->rate.app_limited || value >= max_filter_get(&model->bw))
		max_filter_add(&model->bw, BBR_BW_ROUNDS, value, model->rounds);
}

uint64_t bbr_model_bw(const struct bbr_model *model)
{
	return (uint64_t)max_filter_get(&model->bw) * BBR_BW_UNIT;
}

/* ---- acknowledgments that come at once ------------------------------------------------- */

static void bbr_model_turn_extra(struct bbr_model *model)
{
	if (!model->round_start || ++model->extra_rounds < BBR_EXTRA_ROUNDS)
		return;
	model->extra_rounds = 0;
	model->extra_acked[1] = model->extra_acked[0];
	model->extra_acked[0] = 0;
}

static void bbr_model_begin_epoch(struct bbr_model *model, uint64_t now)
{
	model->epoch_us = (uint32_t)now;
	model->epoch_acked = 0;
}

/* What bw delivers in so many microseconds, at most bbr_most_bytes. */
static uint32_t bbr_model_bytes_in(const struct bbr_model *model, uint32_t us)
{
	uint64_t bytes = bbr_model_bw(model) * number_min(us, BBR_LONGEST_RTT_US) / bbr_second_us;

	return (uint32_t)(bytes < bbr_most_bytes ? bytes : bbr_most_bytes);
}

/* BBRUpdateACKAggregation. */
static void bbr_model_aggregate(struct bbr_model *model, const struct cc_delivery *d, uint32_t cwnd)
{
	uint32_t expected = bbr_model_bytes_in(model, (uint32_t)d->now - model->epoch_us);

	bbr_model_turn_extra(model);
	if (model->epoch_acked <= expected || model->epoch_acked >= BBR_EPOCH_BYTES) {
		bbr_model_begin_epoch(model, d->now);
		expected = 0;
	}
	model->epoch_acked += d->bytes;
	uint32_t extra = model->epoch_acked > expected ? model->epoch_acked - expected : 0;
	model->extra_acked[0] = number_max(model->extra_acked[0], number_min(extra, cwnd));
}

uint32_t bbr_model_extra(const struct bbr_model *model)
{
	return number_min(number_max(model->extra_acked[0], model->extra_acked[1]),
		bbr_model_bytes_in(model, BBR_EXTRA_MOST_US));
}

/* ---- the whole ------------------------------------------------------------------------------ */

void bbr_model_on_ack(struct bbr_model *model, const struct cc_delivery *d, uint32_t cwnd)
{
	bbr_model_count_round(model, d);
	bbr_model_take_rate(model, d);
	if (d->bytes > 0)
		bbr_model_aggregate(model, d, cwnd);
}

bool bbr_model_take_rtt(struct bbr_model *model, const struct cc_delivery *d)
{
	uint32_t now_ms = (uint32_t)(d->now / 1000);
	bool known = model->min_rtt_us != 0;
	bool expired = known && now_ms - model->min_rtt_at_ms > BBR_MIN_RTT_MS;

	if (d->rtt_us != 0 && (!known || expired || d->rtt_us <= model->min_rtt_us)) {
		model->min_rtt_us = d->rtt_us;
		model->min_rtt_at_ms = now_ms;
	}
	return expired;
}

void bbr_model_resume(struct bbr_model *model, uint64_t now)
{
	bbr_model_begin_epoch(model, now);
}

uint32_t bbr_model_bdp(const struct bbr_model *model, uint32_t gain)
{
	uint64_t bdp = (uint64_t)bbr_model_bytes_in(model, model->min_rtt_us) * gain / BBR_UNIT;

	return (uint32_t)(bdp < bbr_most_bytes ? bdp : bbr_most_bytes);
}
