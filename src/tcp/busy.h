/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_BUSY_H
#define TCP_BUSY_H

/* How long a connection has been sending, and what kept it from sending faster. */

#include <stdint.h>

struct tcb;

enum busy_with {
	BUSY_IDLE,      /* nothing is in flight, nothing waits */
	BUSY_SENDING,   /* as fast as congestion control, or the application, will have it */
	BUSY_BY_WINDOW, /* data waits for the peer's window */
	BUSY_BY_BUFFER, /* all that the send buffer holds is in flight; cwnd has room */
	BUSY_N
};

struct busy {
	uint64_t since_us;
	uint64_t spent_us[BUSY_N];
	uint8_t with; /* enum busy_with: since since_us */
};

/* busy_settle: nothing more can be sent now: what has passed is counted to what it was spent
 * with, and what comes to what keeps it from sending now. */
void busy_settle(struct tcb *tcb, uint64_t now);

#endif
