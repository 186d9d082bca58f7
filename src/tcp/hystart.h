/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_HYSTART_H
#define TCP_HYSTART_H

/* HyStart++ (RFC 9406): slow start that ends before it fills the queue of the bottleneck. When
 * the round-trip time of one round is clearly longer than that of the round before, growth
 * goes on at a quarter of its speed (conservative slow start, CSS); if the round-trip time
 * comes down again it was jitter, and slow start resumes; else it is over after five rounds.
 * The variables have the RFC's names; times are microseconds. */

#include <stdbool.h>
#include <stdint.h>

struct cc_ack;

struct hystart {
	uint32_t window_end;         /* if in_round: it ends when this is acknowledged */
	uint32_t last_round_min_rtt; /* 0: unknown, the RFC's infinity; so in the others */
	uint32_t current_round_min_rtt;
	uint32_t css_baseline_min_rtt; /* if css */
	uint8_t rtt_sample_count;      /* of this round; it stops at 255 */
	uint8_t css_rounds;            /* that have ended in this CSS */
	bool in_round;
	bool css;
};

/* hystart_growth: by how many bytes the window grows at this acknowledgment. */
uint32_t hystart_growth(const struct hystart *hystart, const struct cc_ack *ack);

/* hystart_on_ack: looks at the round-trip time. Returns whether slow start is over: ssthresh
 * becomes cwnd. */
bool hystart_on_ack(struct hystart *hystart, const struct cc_ack *ack);

#endif
