/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CUBIC_H
#define TCP_CUBIC_H

/* What CUBIC remembers of a connection (cc_cubic.c), and its curve, in whole numbers
 * (RFC 9438 4.2 rule 1):
 *
 *     W_cubic(t) = W_max + C * (t - K)^3        K = cubic root of (W_max - cwnd_epoch) / C
 *
 * The RFC counts windows in segments and time in seconds; here windows are bytes and times
 * are milliseconds, and C is 0.4 segments per cubic second. The variables have the RFC's
 * names. */

#include "tcp/hystart.h"
#include <stdbool.h>
#include <stdint.h>

struct cubic {
	uint32_t w_max;       /* 0: none known: the next epoch begins on its plateau */
	uint32_t cwnd_prior;  /* cwnd before the last reduction */
	uint32_t w_est;       /* what Reno would have by now */
	uint32_t est_acked;   /* bytes acknowledged since W_est grew */
	uint32_t k_ms;        /* when the curve is at W_max */
	uint32_t t_us;        /* how long this epoch has lasted, while the window was in use */
	uint64_t credit;      /* bytes acknowledged times bytes below the target */
	uint64_t last_ack_us; /* up to where t_us was counted */
	bool in_epoch;        /* in congestion avoidance: the fields above are of this epoch */
	bool after_rto;       /* slow start repairs what a timeout found */
	struct hystart hystart;
};

/* cubic_root: the largest r with r * r * r <= x. */
uint32_t cubic_root(uint64_t x);

/* cubic_k_ms: K for a window that starts `below` bytes (at most 2^30) below W_max. */
uint32_t cubic_k_ms(uint32_t below, uint32_t mss);

/* cubic_window: W_cubic t_ms after the epoch began, in bytes; at least 0, at most 2^32 - 1.
 * More than 262 s away from K the curve is as it was there: by then it has left every
 * window that TCP can have. */
uint32_t cubic_window(const struct cubic *cubic, uint32_t t_ms, uint32_t mss);

#endif
