/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_USER_TIMEOUT_H
#define TCP_USER_TIMEOUT_H

/* The user timeout option (RFC 5482): each end tells the other how long it would wait for an
 * acknowledgment before it gives up (ADV_UTO), and takes the other's word for advice:
 *
 *      USER_TIMEOUT = max(min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), more than the RTO)
 *
 * which, up to U_LIMIT, is at least as long as either wants it, so that a connection survives what either
 * side's application expects it to. ADV_UTO is the application's (0: the option is neither
 * sent nor heard, ENABLED of the RFC), REMOTE_UTO the peer's, L_LIMIT and U_LIMIT are
 * limits.user_timeout_min and user_timeout_max, in seconds. An application that sets its own
 * user timeout keeps that (CHANGEABLE is off), and its peer is still told.
 *
 * It is sent with the SYN, with the first segment after it, and with the next segment whenever
 * there is something new to tell; never reliably: what is lost was advice (3.2). From the SYN
 * of a client nothing is kept: the segment after it says the same. */

#include <stdint.h>

struct tcb;
struct tcp_options;

struct user_timeout {
	uint32_t adv_s;     /* ADV_UTO; 0: not ENABLED */
	uint32_t remote_s;  /* REMOTE_UTO, 0: none was heard */
	unsigned fixed : 1; /* not CHANGEABLE: the application has set tcb.user_timeout_us */
	unsigned due : 1;   /* the next segment tells adv_s */
};

/* user_timeout_seconds: us, rounded up to what the option can tell, at most 22 days. */
uint32_t user_timeout_seconds(uint64_t us);

/* user_timeout_init: the stack's defaults, for a new block. */
void user_timeout_init(struct tcb *tcb);

/* user_timeout_advertise: ADV_UTO is us from here on, as user_timeout_seconds has it; 0 switches
 * the option off, and gives up what the peer's word has brought. */
void user_timeout_advertise(struct tcb *tcb, uint64_t us, uint64_t now);

/* user_timeout_set: the application sets its own, us; 0: it does not care any more. */
void user_timeout_set(struct tcb *tcb, uint64_t us, uint64_t now);

/* user_timeout_hear: the options of a segment that is believed. */
void user_timeout_hear(struct tcb *tcb, const struct tcp_options *options, uint64_t now);

/* user_timeout_tell: adds the option to those of a segment that is built, if it is due; syn: it
 * is a SYN, which always has it. user_timeout_told: such a segment leaves. */
void user_timeout_tell(const struct tcb *tcb, struct tcp_options *options, int syn);
void user_timeout_told(struct tcb *tcb, const struct tcp_options *options, int syn);

#endif
