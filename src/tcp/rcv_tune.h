/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RCV_TUNE_H
#define TCP_RCV_TUNE_H

/* Receive buffer auto-tuning: the buffer, and with it the window, grows to what the path and
 * the application can use. No RFC asks for it: it is the dynamic right-sizing of Fisk and
 * Feng (2001), as the kernels have it. */

#include <stdint.h>

struct tcb;
struct segment;

struct rcv_tune {
	uint32_t rtt_us;        /* as the receiver sees it; 0: not known yet */
	uint64_t since_us;      /* when the present round trip began */
	uint64_t asked_us;      /* when the window below was offered */
	uint32_t position;      /* what the application had read when since_us was */
	uint32_t space;         /* the most it has read in a round trip */
	uint32_t window_end;    /* the right edge at asked_us */
	uint32_t measured_echo; /* TSecr of the last measurement */
};

/* rcv_tune_init: the receive sequence space of tcb begins. */
void rcv_tune_init(struct tcb *tcb);

/* rcv_tune_on_data: seg has brought data in order, of which rcv_nxt tells already: it may
 * measure the round-trip time. */
void rcv_tune_on_data(struct tcb *tcb, const struct segment *seg, uint64_t now);

/* rcv_tune_on_read: the application has taken bytes from input, of which unread tells
 * already: rcv_buf may grow, at most once a round trip, up to rcv_window_largest and
 * never while memory is short. It never shrinks. */
void rcv_tune_on_read(struct tcb *tcb, uint64_t now);

#endif
