/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip time and RTO by RFC 6298. The clock has a grain of a microsecond, so
 * that the term max(G, K*RTTVAR) is K*RTTVAR in practice. The lower bound is the
 * caller's: RFC 6298 2.4 recommends one second, today's stacks use 200 ms, which is
 * our default for the same reason as theirs: delayed ACKs are shorter than that. Like theirs it
 * is also a bound of the variation, so that an RTO is not just above the RTT. */

#include "tcp/rtt.h"

enum { RTT_K = 4, RTT_GRAIN_US = 1, RTT_AFTER_LOST_SYN_US = 3000000 };

static uint32_t rtt_clamp(uint64_t us, const struct rtt_bounds *bounds)
{
	if (us < bounds->min_us)
		us = bounds->min_us;
	if (us > bounds->max_us)
		us = bounds->max_us;
	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void rtt_init(struct rtt *rtt, const struct rtt_bounds *bounds)
{
	*rtt = (struct rtt){.rto_us = rtt_clamp(bounds->initial_us, bounds)}; /* RFC 6298 2.1 */
}

/* What the RTO is longer than SRTT by, at least. On a steady path RTTVAR decays, and the RTO would
 * come down to the RTT itself: then the next delayed ACK, or a queue that fills, is a timeout. So
 * it is the lower bound, or two round trips where that is less. RFC 6298 2.4 has a whole
 * second for the same purpose. */
static uint64_t rtt_least_variation(const struct rtt *rtt, const struct rtt_bounds *bounds)
{
	uint64_t least = 2 * (uint64_t)rtt->srtt_us;

	if (least > bounds->min_us)
		least = bounds->min_us;
	return least > RTT_GRAIN_US ? least : RTT_GRAIN_US; /* RFC 6298 4 */
}

/* The RTO from SRTT and RTTVAR: RFC 6298 2.3. */
static void rtt_set_rto(struct rtt *rtt, const struct rtt_bounds *bounds)
{
	uint64_t variation = (uint64_t)RTT_K * rtt->rttvar_us;
	uint64_t least = rtt_least_variation(rtt, bounds);

	if (variation < least)
		variation = least;
	rtt->rto_us = rtt_clamp(rtt->srtt_us + variation, bounds);
}

/* A sample beyond an hour is a stopped clock, not a path (ATTACKS T26). */
static uint32_t rtt_sane(uint64_t sample_us)
{
	const uint32_t longest_us = 3600000000u;

	if (sample_us == 0)
		return 1;
	return sample_us > longest_us ? longest_us : (uint32_t)sample_us;
}

void rtt_sample(struct rtt *rtt, uint64_t sample_us, const struct rtt_bounds *bounds)
{
	uint64_t r = rtt_sane(sample_us);

	if (rtt->srtt_us == 0) { /* RFC 6298 2.2 */
		rtt->srtt_us = (uint32_t)r;
		rtt->rttvar_us = (uint32_t)(r / 2);
	} else { /* RFC 6298 2.3: alpha 1/8, beta 1/4 */
		uint64_t srtt = rtt->srtt_us;
		uint64_t error = r > srtt ? r - srtt : srtt - r;
		rtt->rttvar_us = (uint32_t)((3 * (uint64_t)rtt->rttvar_us + error) / 4);
		rtt->srtt_us = (uint32_t)((7 * srtt + r) / 8);
		if (rtt->srtt_us == 0)
			rtt->srtt_us = 1; /* 0 means "no sample" */
	}
	rtt_set_rto(rtt, bounds);
}

void rtt_timeout_was_spurious(struct rtt *rtt, uint64_t sample_us, const struct rtt_bounds *bounds)
{
	uint32_t r = rtt_sane(sample_us);

	if (r > rtt->srtt_us)
		rtt->srtt_us = r;
	if (r / 2 > rtt->rttvar_us)
		rtt->rttvar_us = r / 2;
	rtt_set_rto(rtt, bounds);
}

void rtt_note_min(struct rtt *rtt, uint64_t sample_us, uint64_t now)
{
	const uint64_t window_us = UINT64_C(300000000);
	uint32_t r = rtt_sane(sample_us);

	if (rtt->min_us == 0 || now - rtt->min_since_us >= window_us) {
		rtt->min_before_us = rtt->min_us;
		rtt->min_us = r;
		rtt->min_since_us = now;
	} else if (r < rtt->min_us) {
		rtt->min_us = r;
	}
}

uint32_t rtt_min(const struct rtt *rtt)
{
	if (rtt->min_before_us != 0 && rtt->min_before_us < rtt->min_us)
		return rtt->min_before_us;
	return rtt->min_us;
}

void rtt_syn_was_lost(struct rtt *rtt, const struct rtt_bounds *bounds)
{
	if (rtt->srtt_us == 0)
		rtt->rto_us = rtt_clamp(RTT_AFTER_LOST_SYN_US, bounds);
}

uint64_t rtt_backed_off(const struct rtt *rtt, unsigned backoff, const struct rtt_bounds *bounds)
{
	uint64_t us = rtt->rto_us;

	while (backoff-- > 0 && us < bounds->max_us) /* RFC 6298 5.5 */
		us *= 2;
	return us > bounds->max_us ? bounds->max_us : us;
}

void rtt_keep_backoff(struct rtt *rtt, unsigned backoff, const struct rtt_bounds *bounds)
{
	rtt->rto_us = rtt_clamp(rtt_backed_off(rtt, backoff, bounds), bounds);
}
