/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_CC_H
#define TCP_CC_H

/* Congestion control as a table of functions. Loss recovery (input_ack.c,
 * recovery.c) says what happened; an algorithm answers with cwnd and ssthresh, in
 * bytes. */

#include <stdbool.h>
#include <stdint.h>

struct cc_ops;

struct cc {
	const struct cc_ops *ops;
	uint32_t cwnd;
	uint32_t ssthresh;    /* UINT32_MAX until the first loss */
	uint32_t bytes_acked; /* towards the next increase in congestion avoidance */
	uint32_t inflate_to;  /* duplicate ACKs raise cwnd to here at most */
	bool in_recovery;     /* fast recovery is under way */
};

struct cc_ops {
	const char *name;
	/* The connection opens: the initial window (RFC 6928 for all). */
	void (*init)(struct cc *cc, uint32_t mss);
	/* acked new bytes outside recovery; limited: the sender filled the window. */
	void (*on_ack)(struct cc *cc, uint32_t acked, uint32_t mss, bool limited);
	/* Fast retransmit: loss seen while flight bytes were out. */
	void (*on_loss)(struct cc *cc, uint32_t flight, uint32_t mss);
	/* One more duplicate ACK during recovery. */
	void (*on_dupack)(struct cc *cc, uint32_t mss);
	/* acked bytes, not all of the recovery; flight bytes are out still. */
	void (*on_partial_ack)(struct cc *cc, uint32_t acked, uint32_t flight, uint32_t mss);
	/* Everything up to the recovery point is acknowledged. */
	void (*on_recovered)(struct cc *cc, uint32_t flight, uint32_t mss);
	/* RTO; again: the same data timed out before. */
	void (*on_rto)(struct cc *cc, uint32_t flight, uint32_t mss, bool again);
	/* Nothing was sent for longer than an RTO. */
	void (*on_idle)(struct cc *cc, uint32_t mss);
};

/* cc_find: the algorithm of this name, NULL if there is none. */
const struct cc_ops *cc_find(const char *name);

/* cc_initial_window: RFC 6928 2, in bytes. */
uint32_t cc_initial_window(uint32_t mss);

extern const struct cc_ops cc_newreno;

#endif
