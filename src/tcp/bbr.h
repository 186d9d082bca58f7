/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_BBR_H
#define TCP_BBR_H

/* What BBR remembers of a connection (cc_bbr.c). */

#include "tcp/bbr_model.h"

enum bbr_mode { BBR_STARTUP, BBR_DRAIN, BBR_PROBE_BW, BBR_PROBE_RTT };

struct bbr {
	struct bbr_model model;
	uint32_t cycle_us;          /* BBR.cycle_stamp: this phase of PROBE_BW began */
	uint32_t probe_rtt_done_ms; /* BBR.probe_rtt_done_stamp, if probe_rtt_timed */
	uint32_t prior_cwnd;        /* before recovery, or before PROBE_RTT */
	uint32_t full_bw;           /* the last that was a good deal more, in the filter's unit */
	unsigned mode : 2;          /* enum bbr_mode */
	unsigned cycle : 3;         /* BBR.cycle_index */
	unsigned filled_pipe : 1;   /* more would not be delivered faster */
	unsigned full_bw_count : 2; /* rounds without a good deal more */
	unsigned phase : 2;         /* enum recovery_phase at the acknowledgment before */
	unsigned conservation : 1;  /* first round of recovery: one leaves for one that arrives */
	unsigned calm : 2;          /* rounds since the last recovery, up to BBR_CALM */
	unsigned idle_restart : 1;
	unsigned probe_rtt_timed : 1;
	unsigned probe_rtt_round_done : 1;
	unsigned has_rtt : 1; /* the first pacing rate is of a round trip, not of a guess */
};

#endif
