/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion window validation after idle times (RFC 2861 3.1 rules 1 and 2). In: how long nothing
 * was sent; out: cwnd and ssthresh. It keeps no state. */

#include "tcp/cwv.h"

void cwv_on_idle(struct cc *cc, uint64_t idle_us, uint32_t rto_us, uint32_t mss)
{
	uint32_t restart = cc_initial_window(mss), kept = cc->cwnd - cc->cwnd / 4;

	if (cc->cwnd <= restart)
		return;
	if (cc->ssthresh < kept)
		cc->ssthresh = kept;
	for (; idle_us > rto_us && cc->cwnd > restart; idle_us -= rto_us)
		cc->cwnd /= 2;
	if (cc->cwnd < restart)
		cc->cwnd = restart;
}
