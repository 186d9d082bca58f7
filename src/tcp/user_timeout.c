/* SPDX-License-Identifier: BSD-3-Clause */
/* The user timeout option (RFC 5482). In: what the application wants, what the peer tells. Out:
 * tcb.user_timeout_us, which timers.c obeys, and the option when it is due. */

#include "tcp/user_timeout.h"
#include "tcp/tcb.h"
#include "tcp/timers.h"
#include "util/number.h"

static const uint64_t user_timeout_second_us = 1000000;

/* A span that added to any moment does not overflow: at most 35 years. */
static const uint64_t user_timeout_forever_us = UINT64_C(1) << 50;

/* Up to nine hours seconds can be told, then minutes. */
uint32_t user_timeout_seconds(uint64_t us)
{
	uint64_t seconds = (us + user_timeout_second_us - 1) / user_timeout_second_us;

	if (us > TCP_MAX_USER_TIMEOUT_S * user_timeout_second_us)
		return TCP_MAX_USER_TIMEOUT_S;
	return (uint32_t)(seconds <= INT16_MAX ? seconds : (seconds + 59) / 60 * 60);
}

void user_timeout_init(struct tcb *tcb)
{
	tcb->user_timeout = (struct user_timeout){.adv_s = tcb->tcp->config.user_timeout_s};
	tcb->user_timeout.due = tcb->user_timeout.adv_s != 0; /* RFC 5482 3 rule 3 */
}

/* RFC 5482 3.1 rule 6: what is shorter than the RTO would end a connection that is well, whatever
 * the limits. */
static uint32_t user_timeout_above_rto(const struct tcb *tcb)
{
	struct rtt_bounds bounds = tcb_rtt_bounds(tcb);
	uint64_t rto_us = rtt_backed_off(&tcb->rtt, tcb->backoff, &bounds);

	return (uint32_t)(rto_us / user_timeout_second_us) + 1;
}

/* RFC 5482 3.1 rules 1 to 4. */
static void user_timeout_adapt(struct tcb *tcb, uint64_t now)
{
	const struct evtcp_limits *limits = &tcb->tcp->config.limits;
	struct user_timeout *ut = &tcb->user_timeout;
	uint32_t seconds = 0, before = (uint32_t)(tcb->user_timeout_us / user_timeout_second_us);

	if (ut->fixed)
		return;
	if (ut->adv_s != 0 && ut->remote_s != 0) {
		seconds = number_max(ut->adv_s, ut->remote_s);
		seconds = number_max(seconds, limits->user_timeout_min);
		seconds = number_min(seconds, limits->user_timeout_max);
		seconds = number_max(seconds, user_timeout_above_rto(tcb));
	}
	tcb->user_timeout_us = seconds * user_timeout_second_us;
	if (seconds == before)
		return;
	ut->due = ut->adv_s != 0; /* RFC 5482 3 rule 4 */
	timers_watch_user_timeout(tcb, now);
	if (timers_is_set(tcb, TCB_TIMER_KEEPALIVE)) /* RFC 5482 4.2: it is not the shorter one */
		timers_start_keepalive(tcb, tcb->last_received_us);
	tracer_count(tcb->tcp->trace, EVTCP_CAUSE_USER_TIMEOUT_ADAPTED);
}

void user_timeout_advertise(struct tcb *tcb, uint64_t us, uint64_t now)
{
	struct user_timeout *ut = &tcb->user_timeout;
	uint32_t seconds = user_timeout_seconds(us);

	ut->due = seconds != 0 && (ut->due || seconds != ut->adv_s);
	ut->adv_s = seconds;
	user_timeout_adapt(tcb, now);
}

void user_timeout_set(struct tcb *tcb, uint64_t us, uint64_t now)
{
	tcb->user_timeout_us = us < user_timeout_forever_us ? us : user_timeout_forever_us;
	tcb->user_timeout.fixed = us != 0;           /* RFC 5482 3 rule 2 */
	if (us != 0 && tcb->user_timeout.adv_s != 0) /* RFC 5482 3 rule 4 */
		user_timeout_advertise(tcb, us, now);
	user_timeout_adapt(tcb, now);
	timers_watch_user_timeout(tcb, now);
}

void user_timeout_hear(struct tcb *tcb, const struct tcp_options *options, uint64_t now)
{
	struct user_timeout *ut = &tcb->user_timeout;

	if ((options->present & TCP_OPT_USER_TIMEOUT) == 0 ||
		ut->adv_s == 0) /* RFC 5482 3 rule 1 */
		return;
	ut->remote_s =
		options->user_timeout_s; /* RFC 5482 3.2: if it comes; nothing waits for it */
	user_timeout_adapt(tcb, now);
}

void user_timeout_tell(const struct tcb *tcb, struct tcp_options *options, int syn)
{
	const struct user_timeout *ut = &tcb->user_timeout;

	if (ut->adv_s == 0 || (!syn && (!ut->due || tcb->snd_mss < TCB_LEAST_MSS)))
		return;
	options->present |= TCP_OPT_USER_TIMEOUT;
	options->user_timeout_s = ut->adv_s;
}

void user_timeout_told(struct tcb *tcb, const struct tcp_options *options, int syn)
{
	if (!syn && (options->present & TCP_OPT_USER_TIMEOUT) != 0)
		tcb->user_timeout.due = 0;
}
