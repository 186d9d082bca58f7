/* SPDX-License-Identifier: BSD-3-Clause */
/* Delivery rate samples. In: what leaves, and what acknowledgments deliver; out: marks for the
 * records to keep, and a sample for each acknowledgment. It knows of no record, no connection
 * and no congestion control. */

#include "tcp/rate.h"
#include "tcp/records.h"
#include "util/number.h"
#include "wire/seq.h"
#include <string.h>

void rate_init(struct rate *rate)
{
	memset(rate, 0, sizeof(*rate));
}

static uint32_t rate_span(uint64_t from_us, uint64_t to_us)
{
	return to_us - from_us < RATE_LONGEST_US ? (uint32_t)(to_us - from_us) : RATE_LONGEST_US;
}

struct rate_mark rate_on_send(struct rate *rate, bool nothing_out, uint64_t now)
{
	if (nothing_out)
		rate->first_sent_us = rate->delivered_us = now;
	return (struct rate_mark){.delivered = rate->delivered,
		.send_elapsed_us = rate_span(rate->first_sent_us, now),
		.unheard_us = rate_span(rate->delivered_us, now) & RATE_LONGEST_US,
		.app_limited = rate->app_limited};
}

/* A sample that the application has limited is a lower bound. */
static void rate_show(struct rate *rate, const struct rate_sample *sample)
{
	uint64_t rate_now = (uint64_t)sample->delivered * rate->seen_interval_us;
	uint64_t rate_seen = (uint64_t)rate->seen_delivered * sample->interval_us;

	if (sample->app_limited && rate->seen_interval_us != 0 && rate_now < rate_seen)
		return;
	rate->seen_delivered = sample->delivered;
	rate->seen_interval_us = sample->interval_us;
	rate->seen_app_limited = sample->app_limited;
}

struct rate_sample rate_on_ack(struct rate *rate, const struct records_delivered *delivered,
	uint32_t min_rtt_us, uint64_t now)
{
	const struct rate_mark *newest = &delivered->newest_rate;
	struct rate_sample sample = {0};

	if (delivered->bytes == 0)
		return sample;
	rate->delivered += delivered->bytes;
	rate->delivered_us = now;
	if (rate->app_limited && seq_gt(rate->delivered, rate->app_limited_until))
		rate->app_limited = false;
	if (!delivered->has_newest)
		return sample;
	rate->first_sent_us = delivered->newest_sent_us;
	uint32_t ack_elapsed_us = rate_span(delivered->newest_sent_us - newest->unheard_us, now);
	uint32_t interval_us = number_max(newest->send_elapsed_us, ack_elapsed_us);

	sample.has_mark = true;
	sample.prior_delivered = newest->delivered;
	sample.delivered = rate->delivered - newest->delivered;
	sample.app_limited = newest->app_limited;
	if (interval_us > 0 && interval_us >= min_rtt_us) {
		sample.interval_us = interval_us;
		rate_show(rate, &sample);
	}
	return sample;
}

void rate_note_app_limited(struct rate *rate, uint32_t in_flight)
{
	rate->app_limited = true;
	rate->app_limited_until = rate->delivered + in_flight;
}

uint64_t rate_bytes_per_s(uint32_t delivered, uint32_t interval_us)
{
	return delivered * UINT64_C(1000000) / interval_us;
}

uint64_t rate_seen(const struct rate *rate)
{
	if (rate->seen_interval_us == 0)
		return 0;
	return rate_bytes_per_s(rate->seen_delivered, rate->seen_interval_us);
}
