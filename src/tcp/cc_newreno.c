/* SPDX-License-Identifier: BSD-3-Clause */
/* NewReno: slow start and congestion avoidance (RFC 5681 3.1; RFC 9293 3.8.2, MUST-19) with
 * appropriate byte counting (RFC 3465, L = 2), window arithmetic of fast recovery (RFC 6582 3.2).
 * When to enter and leave recovery is decided by recovery.c. */

#include "tcp/cc.h"

/* No window grows without end: 2^30 is the largest that window scale can name. */
static const uint32_t newreno_max_window = UINT32_C(1) << 30;

static uint32_t newreno_ssthresh(uint32_t flight, uint32_t mss)
{
	/* RFC 5681 3.1 equation 4 */
	return flight / 2 > 2 * mss ? flight / 2 : 2 * mss;
}

static void newreno_grow(struct cc *cc, uint32_t bytes)
{
	cc->cwnd = cc->cwnd + bytes > newreno_max_window ? newreno_max_window : cc->cwnd + bytes;
}

static void newreno_init(struct cc *cc, uint32_t mss)
{
	cc->cwnd = cc_initial_window(mss);
	cc->ssthresh = UINT32_MAX; /* RFC 5681 3.1: arbitrarily high */
	cc->bytes_acked = 0;
	cc->in_recovery = false;
}

static void newreno_on_ack(struct cc *cc, uint32_t acked, uint32_t mss, bool limited)
{
	/* A sender that does not fill its window has no evidence that a larger one
	 * would fit (RFC 7661 4.3's rule in its simplest form). */
	if (!limited)
		return;
	if (cc->cwnd < cc->ssthresh) {
		/* Slow start: RFC 3465 2.2, 2.3: L = 2, but 1 after a timeout, when large
		 * ACKs tell of what arrived long ago. */
		uint32_t most = cc->ssthresh == UINT32_MAX ? 2 * mss : mss;
		newreno_grow(cc, acked < most ? acked : most);
		return;
	}
	cc->bytes_acked += acked; /* congestion avoidance: RFC 3465 2.1 */
	if (cc->bytes_acked >= cc->cwnd) {
		cc->bytes_acked -= cc->cwnd;
		newreno_grow(cc, mss);
	}
}

/* Each segment that is out can bring one duplicate ACK; those that leave from here on are
 * behind what was sent again, whose ACK ends the duplicates. A receiver that sends more of
 * them inflates nothing (RFC 5681 3.2 step 4; ATTACKS T19). */
static uint32_t newreno_inflate_to(const struct cc *cc, uint32_t flight)
{
	return cc->ssthresh + flight;
}

static void newreno_on_loss(struct cc *cc, uint32_t flight, uint32_t mss)
{
	cc->ssthresh = newreno_ssthresh(flight, mss); /* RFC 6582 3.2 step 2 */
	cc->cwnd = cc->ssthresh + 3 * mss;
	cc->inflate_to = newreno_inflate_to(cc, flight);
	cc->bytes_acked = 0;
	cc->in_recovery = true;
}

static void newreno_on_dupack(struct cc *cc, uint32_t mss)
{
	if (cc->cwnd < cc->inflate_to)
		newreno_grow(cc, mss); /* RFC 6582 3.2 step 3: one more has left the network */
}

static void newreno_on_partial_ack(struct cc *cc, uint32_t acked, uint32_t flight, uint32_t mss)
{
	/* RFC 6582 3.2 step 3: deflate by what was acknowledged, and give back one
	 * segment if that was at least one. */
	cc->cwnd = cc->cwnd > acked ? cc->cwnd - acked : 0;
	if (acked >= mss)
		newreno_grow(cc, mss);
	if (cc->cwnd < mss)
		cc->cwnd = mss;
	cc->inflate_to = newreno_inflate_to(cc, flight);
}

static void newreno_on_recovered(struct cc *cc, uint32_t flight, uint32_t mss)
{
	/* RFC 6582 3.2 step 3, full acknowledgment, option 1: no burst. */
	uint32_t deflated = (flight > mss ? flight : mss) + mss;
	cc->cwnd = deflated < cc->ssthresh ? deflated : cc->ssthresh;
	cc->bytes_acked = 0;
	cc->in_recovery = false;
}

static void newreno_on_rto(struct cc *cc, uint32_t flight, uint32_t mss, bool again)
{
	if (!again) /* RFC 5681 3.1: held at the first timeout of the same data */
		cc->ssthresh = newreno_ssthresh(flight, mss);
	cc->cwnd = mss; /* the loss window */
	cc->bytes_acked = 0;
	cc->in_recovery = false;
}

static void newreno_on_idle(struct cc *cc, uint32_t mss)
{
	/* RFC 5681 4.1: the restart window is min (IW, cwnd). */
	uint32_t restart = cc_initial_window(mss);
	if (cc->cwnd > restart)
		cc->cwnd = restart;
	cc->bytes_acked = 0;
}

const struct cc_ops cc_newreno = {
	.name = "newreno",
	.init = newreno_init,
	.on_ack = newreno_on_ack,
	.on_loss = newreno_on_loss,
	.on_dupack = newreno_on_dupack,
	.on_partial_ack = newreno_on_partial_ack,
	.on_recovered = newreno_on_recovered,
	.on_rto = newreno_on_rto,
	.on_idle = newreno_on_idle,
};
