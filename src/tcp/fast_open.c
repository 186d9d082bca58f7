/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP Fast Open (RFC 7413), the server's side. In: SYNs with the option, what becomes of the
 * blocks they made. Out: cookies, a verdict on each SYN, blocks in SYN-RECEIVED.
 *
 * What such a block may do before its handshake is complete is in output.c; that it gives up
 * as a half-open entry would, in timers.c. */

#include "tcp/fast_open.h"
#include "tcp/accept.h"
#include "tcp/input.h"
#include "tcp/listen.h"
#include "tcp/recovery.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "wire/bytes.h"
#include <errno.h>
#include <string.h>

enum {
	FAST_OPEN_COOKIE_LEN = 8, /* octets: a whole hash */
	FAST_OPEN_KEY_S = 3600,
	FAST_OPEN_RESETS_S = 30
};

static const uint64_t fast_open_second_us = 1000000;

/* ---- cookies: RFC 7413 4.1.2 ------------------------------------------------------------- */

void fast_open_share_secret(struct fast_open *fast_open, const struct keyed_hash *secret)
{
	fast_open->secret = *secret;
	fast_open->is_shared = true;
}

/* The keys of the hour that has come, the clock's and not ours: everybody's change at once. */
static void fast_open_derive(struct fast_open *fast_open, uint64_t now)
{
	const uint64_t period_us = FAST_OPEN_KEY_S * fast_open_second_us;
	uint64_t hour = now / period_us + 1; /* so that no moment is 0 */

	if (fast_open->keyed_at_us == hour * period_us)
		return;
	keyed_hash_derive(&fast_open->keys[0], &fast_open->secret, hour);
	keyed_hash_derive(&fast_open->keys[1], &fast_open->secret, hour - 1);
	fast_open->keyed_at_us = hour * period_us;
}

/* Draws the keys that are due (RFC 7413 4.1.2 (5)). A key is the one of now for an hour, and that
 * of before for another, whether anybody came meanwhile or not. */
static void fast_open_rotate(struct tcp *tcp, uint64_t now)
{
	const uint64_t period_us = FAST_OPEN_KEY_S * fast_open_second_us;
	struct fast_open *fast_open = &tcp->fast_open;
	uint64_t age_us = now - fast_open->keyed_at_us;

	if (fast_open->is_shared) {
		fast_open_derive(fast_open, now);
		return;
	}
	if (fast_open->keyed_at_us != 0 && age_us < period_us)
		return;
	if (fast_open->keyed_at_us != 0 && age_us < 2 * period_us) {
		fast_open->keys[1] = fast_open->keys[0];
		fast_open->keyed_at_us += period_us;
	} else {
		keyed_hash_init(&fast_open->keys[1], tcp->world); /* nobody has a cookie of it */
		fast_open->keyed_at_us = now;
	}
	keyed_hash_init(&fast_open->keys[0], tcp->world);
}

/* RFC 7413 4.1.2 (1), (2): of the client's address, by a key that nobody knows. */
static void fast_open_cookie(const struct keyed_hash *key, const struct evtcp_addr *remote,
	uint8_t cookie[FAST_OPEN_COOKIE_LEN])
{
	uint64_t hash = keyed_hash(key, remote->bytes, sizeof(remote->bytes));

	bytes_put32(cookie, (uint32_t)(hash >> 32));
	bytes_put32(cookie + 4, (uint32_t)hash);
}

void fast_open_put_cookie(
	struct tcp *tcp, const struct evtcp_addr *remote, struct tcp_options *options, uint64_t now)
{
	fast_open_rotate(tcp, now);
	fast_open_cookie(&tcp->fast_open.keys[0], remote, options->cookie);
	options->cookie_len = FAST_OPEN_COOKIE_LEN;
	options->present |= TCP_OPT_FAST_OPEN;
	tracer_count(tcp->trace, EVTCP_CAUSE_FAST_OPEN_COOKIE);
}

/* IsCookieValid, of two keys (RFC 7413 4.1.2 (4)): FAST_OPEN_TAKE by the key of now, RENEW by that
 * of before; else GIVE. */
static enum fast_open_verdict fast_open_check(
	struct tcp *tcp, const struct segment *seg, uint64_t now)
{
	static const enum fast_open_verdict verdicts[] = {FAST_OPEN_TAKE, FAST_OPEN_RENEW};
	uint8_t cookie[FAST_OPEN_COOKIE_LEN];

	fast_open_rotate(tcp, now);
	for (int i = 0; i < 2; i++) {
		fast_open_cookie(&tcp->fast_open.keys[i], &seg->tuple.remote.addr, cookie);
		if (seg->h.options.cookie_len == sizeof(cookie) &&
			memcmp(cookie, seg->h.options.cookie, sizeof(cookie)) == 0)
			return verdicts[i];
	}
	tracer_count(tcp->trace, EVTCP_CAUSE_FAST_OPEN_BAD_COOKIE);
	return FAST_OPEN_GIVE;
}

/* ---- how many: RFC 7413 5.1 rules 1 and 2 ---------------------------------------------- */

static void fast_open_age_resets(struct fast_open *fast_open, uint64_t now)
{
	const uint64_t period_us = FAST_OPEN_RESETS_S * fast_open_second_us;
	uint64_t age_us = now - fast_open->resets_since_us;

	if (age_us < period_us)
		return;
	fast_open->resets[1] = age_us < 2 * period_us ? fast_open->resets[0] : 0;
	fast_open->resets[0] = 0;
	fast_open->resets_since_us = now;
}

static bool fast_open_is_full(struct tcp *tcp, uint64_t now)
{
	struct fast_open *fast_open = &tcp->fast_open;
	uint32_t limit = tcp->config.limits.fast_open_pending;

	fast_open_age_resets(fast_open, now);
	return limit != 0 &&
	       (uint64_t)fast_open->pending + fast_open->resets[0] + fast_open->resets[1] >= limit;
}

void fast_open_settled(struct tcb *tcb, bool was_reset, uint64_t now)
{
	struct fast_open *fast_open = &tcb->tcp->fast_open;

	fast_open->pending--;
	if (!was_reset)
		return;
	/* Who floods by the name of others is helped by their RSTs: but for those, what he
	 * may start at a time would be what he may start in a round trip. */
	fast_open_age_resets(fast_open, now);
	fast_open->resets[0]++;
}

/* ---- a SYN: RFC 7413 4.2.2 ------------------------------------------------------------------ */

/* What cannot be taken before its handshake: a FIN, which would leave SYN-RECEIVED, and an
 * urgent pointer; and a SYN whose tuple is in TIME-WAIT, where that must stay until the SYN has
 * proven to be new (RFC 9293 3.6.1, MAY-2 (2)). */
static bool fast_open_must_wait(const struct segment *seg)
{
	return (seg->h.flags & (TCP_FIN | TCP_URG)) != 0 || seg->reuses;
}

/* RFC 7413 4.2.2 steps 1 to 3; 4.2.1 step 2. */
enum fast_open_verdict fast_open_judge(struct tcp *tcp, const struct tcp_listener *listener,
	const struct segment *seg, uint64_t now)
{
	enum fast_open_verdict verdict = FAST_OPEN_GIVE;

	if (!listener->fast_open || (seg->h.options.present & TCP_OPT_FAST_OPEN) == 0)
		return FAST_OPEN_NONE;
	if (fast_open_is_full(tcp, now)) {
		tracer_count(tcp->trace, EVTCP_CAUSE_FAST_OPEN_LIMIT);
		return FAST_OPEN_NONE;
	}
	if (seg->h.options.cookie_len > 0)
		verdict = fast_open_check(tcp, seg, now);
	return verdict != FAST_OPEN_GIVE && fast_open_must_wait(seg) ? FAST_OPEN_NONE : verdict;
}

/* RFC 7413 4.2.2 step 4. */
struct tcb *fast_open_accept(struct tcp *tcp, const struct half_open *heard,
	const struct segment *seg, enum fast_open_verdict verdict, uint64_t now)
{
	struct evtcp_reason reason;
	struct tcb *tcb = accept_block(tcp, heard, now, &reason);

	if (tcb == NULL) {
		tracer_count(tcp->trace, reason.cause);
		return NULL;
	}
	half_open_trace(tcp, heard, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_FAST_OPENED, now);
	tcp->fast_open.pending++;
	tcb->fast_open = 1;
	tcb->cookie_due = verdict == FAST_OPEN_RENEW;
	reason = input_syn_text(tcb, seg, now);
	if (evtcp_cause_class(reason.cause) == EVTCP_CLASS_DROPPED) /* it will come again */
		tracer_count(tcp->trace, reason.cause);
	tcb->syn_data = tcb->rcv_nxt != tcb->irs + 1;
	tcb_mark_news(tcb, TCB_NEWS_ACCEPTED);
	tcb_mark_output(tcb);
	return tcb;
}

/* ---- until the third segment ----------------------------------------------------------------- */

bool fast_open_is_pending(const struct tcb *tcb)
{
	return tcb->fast_open && tcb->state == EVTCP_SYN_RECEIVED;
}

bool fast_open_is_same_syn(const struct tcb *tcb, const struct segment *seg)
{
	return fast_open_is_pending(tcb) && seg->h.seq == tcb->irs &&
	       (seg->h.flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN;
}

struct evtcp_reason fast_open_on_syn_again(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;

	if (tcb->snd_nxt == tcb->iss) /* twice in one batch: the SYN-ACK has not left yet */
		return reason_of(EVTCP_CAUSE_OLD_DUPLICATE);
	/* RFC 7323 4.3 (2), as in half_open.c. */
	if (tcb->ts_ok && (options->present & TCP_OPT_TIMESTAMPS) != 0 &&
		seq_gt(options->tsval, tcb->ts_recent)) {
		tcb->ts_recent = options->tsval;
		tcb->ts_recent_at_us = now;
	}
	if (!ecn_on_syn_again(tcb, seg)) {
		state_reset(tcb, EVTCP_CAUSE_RST_ECN_MIXED, ECONNRESET, EVTCP_CAUSE_ECN_MIXED, now);
		return reason_of(EVTCP_CAUSE_TCP_FLAGS);
	}
	records_mark_all_lost(&tcb->records);
	recovery_will_send(tcb, EVTCP_CAUSE_SYN_ACK_AGAIN);
	tcb->cc.cwnd = tcb->snd_mss; /* RFC 5681 3.1 rule 3: a SYN was lost */
	/* It is as if the timer had fired, and counts like that: no SYN prolongs the handshake
	 * beyond what all retries take. */
	if (tcb->backoff < tcb->tcp->config.limits.syn_ack_retries && tcb->backoff < UINT8_MAX) {
		tcb->backoff++;
		timers_rearm_retransmit(tcb, now);
	}
	return reason_of(EVTCP_CAUSE_OLD_DUPLICATE);
}
