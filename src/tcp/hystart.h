/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_HYSTART_H
#define TCP_HYSTART_H

/* HyStart++ (RFC 9406): slow start that ends before it fills the queue of the bottleneck. When
 * the round-trip time of one round is clearly longer than that of the round before, growth
 * goes on at a quarter of its speed (conservative slow start, CSS); if the round-trip time
 * comes down again it was jitter, and slow start resumes; else it is over after five rounds.
 *
 * Three things are not of the RFC. The first is that CSS begins, too, with a long train of
 * acknowledgments, as in the HyStart that went before (Ha and Rhee, 2011). A round's shortest
 * round-trip time is that of its first segments, which find the queue as the round before has
 * left it: empty, until the window is larger than what the path holds. In the round after that
 * it doubles, and a queue of one bandwidth-delay product is full before any of its segments
 * has been acknowledged. But acknowledgments come at the pace of the bottleneck. When they
 * have come without a pause for half of the shortest round-trip time, half of what the path
 * holds has been acknowledged, and the window, which was twice as much, holds all of it. RFC
 * 9406 does without since trains end slow start too early; here they do not end it.
 *
 * The second is that CSS ends as soon as the round-trip time clearly rises once more: that is
 * a queue, and it grows. The third, that what stands in that queue then is given back: it is
 * the part of the window by which the round-trip time is longer than the shortest. The
 * bottleneck stays busy, and a queue that is half full would soon be full.
 *
 * The variables have the RFC's names where it has any; times are microseconds. */

#include <stdbool.h>
#include <stdint.h>

struct cc_ack;

struct hystart {
	uint32_t window_end;         /* if in_round: it ends when this is acknowledged */
	uint32_t last_round_min_rtt; /* 0: unknown, the RFC's infinity; so in the others */
	uint32_t current_round_min_rtt;
	uint32_t css_baseline_min_rtt; /* if css; 0: it began with a train */
	uint32_t round_began_us;       /* of the clock, as far as 32 bits hold it; so is this: */
	uint32_t last_ack_us;
	uint8_t rtt_sample_count; /* of this round; it stops at 255 */
	uint8_t css_rounds;       /* that have ended in this CSS */
	bool in_round;
	bool css;
	bool train; /* the acknowledgments of this round have come without a pause so far */
};

/* hystart_growth: by how many bytes the window grows at this acknowledgment. */
uint32_t hystart_growth(const struct hystart *hystart, const struct cc_ack *ack);

/* hystart_on_ack: looks at the round-trip time, and at the time itself; also of acknowledgments
 * that only report what came out of order. Returns whether slow start is over: cwnd and ssthresh
 * become what hystart_window says. */
bool hystart_on_ack(struct hystart *hystart, const struct cc_ack *ack);

/* hystart_window: what of cwnd, in bytes, is on the path and not in its queue: at least half,
 * and at least two segments. */
uint32_t hystart_window(const struct hystart *hystart, uint32_t cwnd, const struct cc_ack *ack);

#endif
