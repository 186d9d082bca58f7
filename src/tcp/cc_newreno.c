/* SPDX-License-Identifier: BSD-3-Clause */
/* NewReno: slow start and congestion avoidance (RFC 5681 3.1; RFC 9293 3.8.2, MUST-19) with
 * appropriate byte counting (RFC 3465, L = 2). It is what the RFCs of other mechanisms compare
 * themselves with, so it has none of them: no HyStart++ (RFC 9406), which is CUBIC's here. */

#include "tcp/cc.h"

/* RFC 8511 3.1 rule 1 (ABE): where short queues mark early, 0.8 is reduction enough; in slow start,
 * which overshoots by more, it is half as ever. */
static uint32_t newreno_ssthresh_of_ecn(uint32_t flight, uint32_t mss)
{
	uint32_t reduced = (uint32_t)((uint64_t)flight * 4 / 5);
	return reduced > 2 * mss ? reduced : 2 * mss;
}

static uint32_t newreno_ssthresh(uint32_t flight, uint32_t mss)
{
	/* RFC 5681 3.1 equation 4, 4.3 rule 1 */
	return flight / 2 > 2 * mss ? flight / 2 : 2 * mss;
}

static void newreno_init(struct cc *cc, uint32_t mss)
{
	cc->cwnd = cc_initial_window(mss);
	cc->ssthresh = UINT32_MAX; /* RFC 5681 3.1 rule 5: arbitrarily high */
	cc->newreno.bytes_acked = 0;
}

static void newreno_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	/* A sender that does not fill its window has no evidence that a larger one
	 * would fit (RFC 7661 4.3 in its simplest form). */
	if (!ack->limited)
		return;
	if (cc->cwnd < cc->ssthresh) { /* RFC 5681 3.1 rule 6 */
		/* Slow start: RFC 5681 3.1 equation 2; RFC 3465 2.2, 2.3 rules 1 to 3: L = 2, but 1
		 * after a timeout, when large ACKs tell of what arrived long ago. */
		uint32_t most = cc->ssthresh == UINT32_MAX ? 2 * ack->mss : ack->mss;
		cc_grow(cc, ack->acked < most ? ack->acked : most);
		return;
	}
	/* Congestion avoidance: RFC 3465 2.1, RFC 5681 3.1 rules 7 and 8. */
	cc->newreno.bytes_acked += ack->acked;
	if (cc->newreno.bytes_acked >= cc->cwnd) {
		cc->newreno.bytes_acked -= cc->cwnd;
		cc_grow(cc, ack->mss);
	}
}

static void newreno_on_congestion(
	struct cc *cc, uint32_t flight, uint32_t mss, enum cc_signal signal)
{
	bool gently = signal == CC_ECN && cc->cwnd >= cc->ssthresh; /* RFC 8511 3 rules 1, 2 */

	cc->ssthresh = (gently ? newreno_ssthresh_of_ecn : newreno_ssthresh)(flight, mss);
	cc->newreno.bytes_acked = 0;
}

static void newreno_on_rto(struct cc *cc, uint32_t flight, uint32_t mss, bool again)
{
	if (!again) /* RFC 5681 3.1 rule 9: held at the first timeout of the same data */
		cc->ssthresh = newreno_ssthresh(flight, mss);
	cc->cwnd = mss; /* the loss window: RFC 5681 3.1 rule 10 */
	cc->newreno.bytes_acked = 0;
}

const struct cc_ops cc_newreno = {
	.name = "newreno",
	.init = newreno_init,
	.on_ack = newreno_on_ack,
	.on_congestion = newreno_on_congestion,
	.on_rto = newreno_on_rto,
};
