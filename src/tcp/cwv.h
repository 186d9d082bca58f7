/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CWV_H
#define TCP_CWV_H

/* Congestion window validation (RFC 2861): what cwnd says about a path grows old when the path
 * is not used. The same for all algorithms; that a window which is not filled does not grow
 * either is theirs (cc_ack.limited).
 *
 * RFC 7661, which supersedes RFC 2861, would keep the window for five minutes: it asks the
 * sender to pace what it sends then, and this one does not pace. Halving for each RTO is what
 * Linux does, too. */

#include "tcp/cc.h"

/* cwv_on_idle: nothing was sent for idle_us, more than an RTO, and something is about to be:
 * for each RTO of it cwnd is halved, down to the initial window (RFC 5681 4.1's restart
 * window); ssthresh remembers three quarters of what it was, so that slow start leads back. */
void cwv_on_idle(struct cc *cc, uint64_t idle_us, uint32_t rto_us, uint32_t mss);

#endif
