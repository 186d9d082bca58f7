/* SPDX-License-Identifier: BSD-3-Clause */

/* Specifications as structs: the perfect one, and whether one is possible.
 *
 * In: a struct that a program filled in. Out: yes or no. Text is the business of parse.c
 * and format.c. */

#include "link/impair/spec.h"

#include "link/impair/way.h"

void evtcp_impair_spec_init(struct evtcp_impair_spec *spec)
{
	*spec = (struct evtcp_impair_spec){.seed = 1};
}

static bool spec_span_is_sound(const struct evtcp_impair_span *span)
{
	return span->us <= SPEC_SPAN_MAX_US && span->jitter_us <= span->us;
}

static bool spec_chances_are_sound(const struct evtcp_impair_way *way)
{
	return way->loss_ppm <= SPEC_PPM_MAX && way->burst.begin_ppm <= SPEC_PPM_MAX &&
	       way->burst.end_ppm <= SPEC_PPM_MAX && way->burst.loss_bad_ppm <= SPEC_PPM_MAX &&
	       way->burst.loss_good_ppm <= SPEC_PPM_MAX && way->reorder_ppm <= SPEC_PPM_MAX &&
	       way->duplicate_ppm <= SPEC_PPM_MAX && way->corrupt_ppm <= SPEC_PPM_MAX &&
	       way->truncate_ppm <= SPEC_PPM_MAX;
}

static bool spec_way_is_sound(const struct evtcp_impair_way *way)
{
	return spec_chances_are_sound(way) && spec_span_is_sound(&way->delay) &&
	       spec_span_is_sound(&way->hold) && way->rate_bps <= SPEC_RATE_MAX_BPS &&
	       way->queue_packets <= SPEC_QUEUE_MAX_PACKETS && way->queue_bytes <= SPEC_BYTES_MAX &&
	       way->duplicate_max <= WAY_COPIES_MAX && way->corrupt_max <= WAY_FLIPS_MAX &&
	       (way->mtu == 0 || way->mtu >= SPEC_MTU_MIN) && way->limit_bytes <= SPEC_BYTES_MAX;
}

bool spec_is_sound(const struct evtcp_impair_spec *spec)
{
	return spec_way_is_sound(&spec->ways[EVTCP_IMPAIR_TX]) &&
	       spec_way_is_sound(&spec->ways[EVTCP_IMPAIR_RX]);
}

static bool spec_way_is_idle(const struct evtcp_impair_way *way)
{
	return (way->loss_ppm | way->burst.begin_ppm | way->burst.loss_bad_ppm |
		       way->burst.loss_good_ppm | way->reorder_ppm | way->duplicate_ppm |
		       way->corrupt_ppm | way->truncate_ppm) == 0 &&
	       way->rate_bps == 0 && way->delay.us == 0 && way->mtu == 0;
}

bool spec_is_idle(const struct evtcp_impair_spec *spec)
{
	return spec_way_is_idle(&spec->ways[EVTCP_IMPAIR_TX]) &&
	       spec_way_is_idle(&spec->ways[EVTCP_IMPAIR_RX]);
}
