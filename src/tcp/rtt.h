/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RTT_H
#define TCP_RTT_H

/* Round-trip time and RTO (RFC 6298), in microseconds. */

#include <stdint.h>

struct rtt {
	uint32_t srtt_us; /* 0 before the first sample */
	uint32_t rttvar_us;
	uint32_t rto_us; /* without backoff, within the bounds */
	/* The shortest of this window of time and of the one before, 0: none yet. */
	uint32_t min_us, min_before_us;
	uint64_t min_since_us;
};

struct rtt_bounds {
	uint64_t min_us, max_us, initial_us;
};

/* rtt_init: no sample, the initial RTO (RFC 6298 2.1). */
void rtt_init(struct rtt *rtt, const struct rtt_bounds *bounds);

/* rtt_sample: one measurement, 0 counts as 1 us (RFC 6298 2.2, 2.3). */
void rtt_sample(struct rtt *rtt, uint64_t sample_us, const struct rtt_bounds *bounds);

/* rtt_note_min: an exact measurement at the time now, for rtt_min. A timestamp's is not:
 * its grain may be coarser than the path. */
void rtt_note_min(struct rtt *rtt, uint64_t sample_us, uint64_t now);

/* rtt_min: the shortest RTT of the last five to ten minutes, 0 without a sample (RFC 8985
 * 6.2 step 1: a path may become longer). */
uint32_t rtt_min(const struct rtt *rtt);

/* rtt_timeout_was_spurious: data came late, but came: sample_us is how long it took. The
 * RTO rises to what covers that (RFC 4015 3.1 (11)). */
void rtt_timeout_was_spurious(struct rtt *rtt, uint64_t sample_us, const struct rtt_bounds *bounds);

/* rtt_syn_was_lost: the handshake needed more than one SYN: without a sample the RTO
 * becomes 3 s (RFC 6298 5.7). */
void rtt_syn_was_lost(struct rtt *rtt, const struct rtt_bounds *bounds);

/* rtt_keep_backoff: data that was sent more than once is acknowledged, which gives no
 * sample: the RTO stays as it was backed off, until there is one (Karn's algorithm; RFC
 * 6298 3, 5). */
void rtt_keep_backoff(struct rtt *rtt, unsigned backoff, const struct rtt_bounds *bounds);

/* rtt_backed_off: the RTO doubled `backoff` times, at most max_us (RFC 6298 5.5, 2.5). */
uint64_t rtt_backed_off(const struct rtt *rtt, unsigned backoff, const struct rtt_bounds *bounds);

#endif
