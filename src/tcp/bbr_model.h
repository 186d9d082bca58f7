/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_BBR_MODEL_H
#define TCP_BBR_MODEL_H

/* What BBR knows of a path (cc_bbr.c acts on it): how much it carries in a second, how long it
 * takes when nothing is queued, and how many acknowledgments come at once. Names in capitals
 * are those of draft-cardwell-iccrg-bbr-congestion-control-00; extra_acked is of -02 4.5.5.
 *
 * A round trip is counted when something is acknowledged that was sent after the last one
 * ended. Amounts of what was delivered go round at 2^32. */

#include "util/max_filter.h"
#include <stdbool.h>
#include <stdint.h>

struct cc_delivery;

/* Gains are in 256ths. */
enum { BBR_UNIT = 256 };

struct bbr_model {
	struct max_filter bw;      /* BBR.BtlBwFilter, in 16 bytes a second, over rounds */
	uint32_t rounds;           /* BBR.round_count */
	uint32_t round_end;        /* BBR.next_round_delivered */
	uint32_t min_rtt_us;       /* BBR.RTprop; 0: unknown */
	uint32_t min_rtt_at_ms;    /* BBR.rtprop_stamp */
	uint32_t epoch_us;         /* acknowledgments have come faster than bw since then, */
	uint32_t epoch_acked;      /* so many bytes */
	uint32_t extra_acked[2];   /* most that they were ahead: in this window, in the last */
	unsigned extra_rounds : 5; /* of this window */
	unsigned round_start : 1;  /* BBR.round_start: this acknowledgment begins a round */
};

/* bbr_model_on_ack: takes in an acknowledgment, but for its round-trip time. cwnd: more than
 * that cannot have been ahead. */
void bbr_model_on_ack(struct bbr_model *model, const struct cc_delivery *d, uint32_t cwnd);

/* bbr_model_take_rtt: takes in its round-trip time. Returns whether the shortest so far is older
 * than ten seconds, whatever has become of it now: then it is time to look for one. */
bool bbr_model_take_rtt(struct bbr_model *model, const struct cc_delivery *d);

/* bbr_model_begin_round: a round begins with what is sent when so much is delivered. */
void bbr_model_begin_round(struct bbr_model *model, uint32_t delivered);

/* bbr_model_resume: nothing was in flight until now. */
void bbr_model_resume(struct bbr_model *model, uint64_t now);

/* bbr_model_bw: BBR.BtlBw in bytes a second; 0: unknown. */
uint64_t bbr_model_bw(const struct bbr_model *model);

/* bbr_model_bdp: what the path holds without a queue, times gain, in bytes; 0: unknown. */
uint32_t bbr_model_bdp(const struct bbr_model *model, uint32_t gain);

/* bbr_model_extra: what acknowledgments that come at once may be ahead, in bytes. */
uint32_t bbr_model_extra(const struct bbr_model *model);

#endif
