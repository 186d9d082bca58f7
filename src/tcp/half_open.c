/* SPDX-License-Identifier: BSD-3-Clause */
/* Half-open connections: the state between a SYN and the ACK of our SYN-ACK.
 *
 * Input follows RFC 9293 3.10.7.4 for SYN-RECEIVED after a passive OPEN, as far as the
 * fifth step; there a connection block takes over. SYN-ACKs are sent again after 1, 2,
 * 4, ... seconds, syn_ack_retries times. */

#include "tcp/half_open.h"
#include "tcp/accept.h"
#include "tcp/fast_open.h"
#include "tcp/rcv_window.h"
#include "tcp/reply.h"
#include "tcp/tcb.h"
#include "util/memory.h"
#include "util/number.h"
#include "wire/address.h"
#include <string.h>

/* ---- the table ------------------------------------------------------------------- */

static struct half_open *half_open_of_node(struct hash_node *node)
{
	return container_of(node, struct half_open, by_tuple);
}

void half_open_init(struct tcp *tcp)
{
	hash_table_init(&tcp->half_open.by_tuple, tcp->world);
	deadline_queue_init(&tcp->half_open.deadlines, tcp->world);
	list_init(&tcp->half_open.output);
	tcp->half_open.len = 0;
}

static void half_open_remove(struct tcp *tcp, struct half_open *entry)
{
	hash_table_remove(&tcp->half_open.by_tuple, &entry->by_tuple);
	deadline_queue_remove(&tcp->half_open.deadlines, &entry->deadline);
	list_remove(&entry->in_output);
	tcp->half_open.len--;
	memory_free(tcp->world, entry);
}

/* Whose entries to remove: NULL stands for all. */
struct half_open_sweep {
	struct tcp *tcp;
	const struct tcp_listener *listener;
};

static int half_open_sweep_one(struct hash_node *node, void *arg)
{
	struct half_open_sweep *sweep = arg;
	struct half_open *entry = half_open_of_node(node);

	if (sweep->listener == NULL || entry->listener == sweep->listener)
		half_open_remove(sweep->tcp, entry);
	return 0;
}

void half_open_remove_of(struct tcp *tcp, const struct tcp_listener *listener)
{
	struct half_open_sweep sweep = {tcp, listener};
	hash_table_foreach(&tcp->half_open.by_tuple, half_open_sweep_one, &sweep);
}

void half_open_free_all(struct tcp *tcp)
{
	half_open_remove_of(tcp, NULL);
	hash_table_free(&tcp->half_open.by_tuple);
	deadline_queue_free(&tcp->half_open.deadlines);
}

struct half_open *half_open_find(
	const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&tcp->half_open.by_tuple, hash);

	for (; node != NULL; node = hash_table_next(node)) {
		struct half_open *entry = half_open_of_node(node);
		if (endpoint_equal(&entry->tuple.remote, &tuple->remote) &&
			endpoint_equal(&entry->tuple.local, &tuple->local))
			return entry;
	}
	return NULL;
}

/* ---- telling of them ------------------------------------------------------------------- */

/* An entry is no block, but its states are those of a connection: SYN-RECEIVED, and
 * back to LISTEN, since the open was passive (RFC 9293 3.10.7.4). */
void half_open_trace(struct tcp *tcp, const struct half_open *entry, enum evtcp_state to,
	enum evtcp_cause cause, uint64_t now)
{
	tracer_count(tcp->trace, cause);
	if (!tracer_wants(tcp->trace, EVTCP_EVENT_STATE))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = EVTCP_EVENT_STATE,
		.reason = {.cause = cause},
		.tuple = entry->tuple,
		.u.state = {.from = to == EVTCP_SYN_RECEIVED ? EVTCP_LISTEN : EVTCP_SYN_RECEIVED,
			.to = to}};
	tracer_emit(tcp->trace, &event);
}

/* An event of the timer of its SYN-ACK. */
static void half_open_tell_timer(struct tcp *tcp, const struct half_open *entry,
	enum evtcp_event_kind kind, uint64_t due_at_us, uint64_t now)
{
	if (!tracer_wants(tcp->trace, kind))
		return;
	struct evtcp_event event = {.at_us = now,
		.kind = kind,
		.tuple = entry->tuple,
		.u.timer = {.due_at_us = due_at_us}};
	if (kind == EVTCP_EVENT_TIMER)
		event.reason = entry->due; /* the SYN-ACK that is due now */
	event.reason.cause = EVTCP_CAUSE_TIMER_RETRANSMIT;
	tracer_emit(tcp->trace, &event);
}

static void half_open_trace_expired(
	struct tcp *tcp, const struct half_open *entry, uint64_t due_at_us, uint64_t now)
{
	tracer_count(tcp->trace, EVTCP_CAUSE_TIMER_RETRANSMIT);
	half_open_tell_timer(tcp, entry, EVTCP_EVENT_TIMER, due_at_us, now);
}

static void half_open_trace_stopped(struct tcp *tcp, const struct half_open *entry, uint64_t now)
{
	if (entry->deadline.position != 0)
		half_open_tell_timer(
			tcp, entry, EVTCP_EVENT_TIMER_STOPPED, entry->deadline.at_us, now);
}

static void half_open_set_timer(
	struct tcp *tcp, struct half_open *entry, uint64_t due_at_us, uint64_t now)
{
	deadline_queue_set(&tcp->half_open.deadlines, &entry->deadline, due_at_us);
	half_open_tell_timer(tcp, entry, EVTCP_EVENT_TIMER_SET, due_at_us, now);
}

static void half_open_end(
	struct tcp *tcp, struct half_open *entry, enum evtcp_cause cause, uint64_t now)
{
	half_open_trace(tcp, entry, EVTCP_LISTEN, cause, now);
	half_open_trace_stopped(tcp, entry, now);
	half_open_remove(tcp, entry);
}

/* ---- making entries ---------------------------------------------------------------- */

/* An entry in the table, for the tuple of seg; nothing is due yet. */
static struct half_open *half_open_new(
	struct tcp *tcp, struct tcp_listener *listener, const struct segment *seg)
{
	struct half_open_table *table = &tcp->half_open;

	if (deadline_queue_reserve(&table->deadlines, table->len + 1) == -1)
		return NULL;
	struct half_open *entry = memory_zalloc(tcp->world, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->listener = listener;
	entry->tuple = seg->tuple;
	if (hash_table_insert(&table->by_tuple, &entry->by_tuple, seg->hash) == -1) {
		memory_free(tcp->world, entry);
		return NULL;
	}
	table->len++;
	return entry;
}

static void half_open_send(struct tcp *tcp, struct half_open *entry, enum evtcp_cause cause)
{
	entry->due = reason_of(cause);
	if (!list_node_is_in(&entry->in_output))
		list_push(&tcp->half_open.output, &entry->in_output);
}

/* What both sides can do, of what the SYN offers. */
static uint8_t half_open_agreed(const struct tcp *tcp, const struct tcp_options *options)
{
	const struct evtcp_tcp_options *ours = &tcp->config.options;
	uint8_t agreed = TCP_OPT_MSS;

	if (ours->window_scale)
		agreed |= TCP_OPT_WSCALE;
	if (ours->timestamps)
		agreed |= TCP_OPT_TIMESTAMPS;
	if (ours->sack)
		agreed |= TCP_OPT_SACK_PERMITTED;
	return agreed & options->present;
}

void half_open_hear(const struct tcp *tcp, struct half_open *entry, const struct segment *seg,
	struct isn_start start)
{
	const struct tcp_options *options = &seg->h.options;

	entry->tuple = seg->tuple;
	entry->by_tuple.hash = seg->hash; /* also of one that never comes into the table */
	entry->iss = start.iss;
	entry->ts_offset = start.ts_offset;
	entry->irs = seg->h.seq;
	entry->snd_wnd = seg->h.window;
	entry->options = half_open_agreed(tcp, options);
	entry->mss = options->mss;
	entry->wscale = options->wscale;
	entry->ts_recent = options->tsval;
	entry->ecn = ecn_hear_syn(tcp, seg);
}

struct half_open *half_open_add(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, struct isn_start start, uint64_t now)
{
	struct half_open *entry = half_open_new(tcp, listener, seg);

	if (entry == NULL)
		return NULL;
	half_open_hear(tcp, entry, seg, start);
	half_open_trace(tcp, entry, EVTCP_SYN_RECEIVED,
		seg->reuses ? EVTCP_CAUSE_SYN_IN_TIME_WAIT : EVTCP_CAUSE_SYN_ARRIVED, now);
	half_open_send(tcp, entry, EVTCP_CAUSE_SYN_ACK);
	half_open_set_timer(tcp, entry, now + tcp->config.rto_initial_us, now);
	return entry;
}

/* What the cookie that seg returns says of the SYN it answered; mss is of the cookie. No timer
 * keeps such an entry: it lives for this segment only. */
static void half_open_recall(
	const struct tcp *tcp, struct half_open *entry, const struct segment *seg, uint16_t mss)
{
	struct cookie_options cookie = {.wscale = 15};
	const struct tcp_options *options = &seg->h.options;

	if ((entry->options & TCP_OPT_TIMESTAMPS) == 0) /* else its SYN came, too */
		entry->ts_recent = options->tsval;
	entry->iss = seg->h.ack - 1;
	entry->snd_wnd = seg->h.window;
	entry->options = TCP_OPT_MSS;
	entry->mss = mss;
	entry->ecn = ecn_recall(tcp, seg, false);
	if ((options->present & TCP_OPT_TIMESTAMPS) == 0 || !tcp->config.options.timestamps)
		return;
	entry->ts_offset = isn_ts_offset(&tcp->isn, &seg->tuple);
	cookies_from_tsecr(options->tsecr - entry->ts_offset, &cookie);
	entry->wscale = cookie.wscale;
	entry->options |= TCP_OPT_TIMESTAMPS;
	entry->options |= cookie.wscale <= TCP_MAX_WSCALE ? TCP_OPT_WSCALE : 0;
	entry->options |= cookie.sack ? TCP_OPT_SACK_PERMITTED : 0;
	entry->ecn = ecn_recall(tcp, seg, cookie.ecn);
}

struct half_open *half_open_from_cookie(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct evtcp_reason *reason)
{
	uint32_t irs = seg->h.seq - 1;
	uint16_t mss;

	reason->cause = EVTCP_CAUSE_ACK_BAD_COOKIE;
	if (!cookies_check(&tcp->cookies, &seg->tuple, irs, seg->h.ack - 1, &mss, now))
		return NULL;
	reason->cause = EVTCP_CAUSE_NO_MEMORY;
	struct half_open *entry = half_open_new(tcp, listener, seg);
	if (entry == NULL)
		return NULL;
	entry->irs = irs;
	half_open_recall(tcp, entry, seg, mss);
	reason->cause = EVTCP_CAUSE_NONE;
	return entry;
}

/* A SYN-ACK with a cookie may be so slow that its SYN comes again first, and gets an entry
 * where one is free by then. Who returns the cookie has taken that SYN-ACK, so the handshake
 * is that one: the entry becomes what the cookie alone would have made. False if seg returns
 * none. */
static bool half_open_adopt_cookie(
	struct tcp *tcp, struct half_open *entry, const struct segment *seg, uint64_t now)
{
	bool asked = entry->ecn.mode != ECN_NONE && !entry->ecn.no_ect;
	uint16_t mss;

	if (!cookies_check(&tcp->cookies, &entry->tuple, entry->irs, seg->h.ack - 1, &mss, now))
		return false;
	list_remove(&entry->in_output);
	deadline_queue_remove(&tcp->half_open.deadlines, &entry->deadline);
	entry->sent = 0;
	half_open_recall(tcp, entry, seg, mss);
	entry->ecn.no_ect = !asked; /* as that SYN would have had it */
	return true;
}

/* ---- input --------------------------------------------------------------------------- */

static uint16_t half_open_rcv_wnd(const struct tcp *tcp)
{
	return rcv_window_of_syn(tcp->config.limits.receive_buffer);
}

/* The low bits of a clock suffice: no entry lives for days. */
static bool half_open_was_just_answered(const struct half_open *entry, uint64_t now)
{
	return entry->challenge_at_ms != 0 &&
	       (int32_t)((uint32_t)(now / 1000) - entry->challenge_at_ms) < 0;
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, as to any unacceptable segment. To one without
 * text only now and then: the other side may be an old TIME-WAIT, which answers ACKs
 * that are not the one it knows, and so they would go on for ever (ATTACKS T10). Before our
 * SYN-ACK has left, which is due in this batch and says the same, nothing is answered. */
static void half_open_ack(const struct tcp *tcp, struct half_open *entry, const struct segment *seg,
	uint64_t now, struct segment_out *reply)
{
	uint8_t scale = 0;

	if (entry->sent == 0)
		return;
	if (seg->payload_len == 0) {
		if (half_open_was_just_answered(entry, now))
			return;
		entry->challenge_at_ms =
			number_max((uint32_t)(now / 1000) +
					   number_min(tcp->config.limits.challenge_ms, INT32_MAX),
				1);
	}
	reply_ack(tcp, seg, entry->iss + 1, entry->irs + 1, reply);
	reply->h.flags |= (uint16_t)ecn_entry_flags(&entry->ecn);
	reply->reason.cause = EVTCP_CAUSE_ACK_UNACCEPTABLE;
	/* RFC 7323 2.2 rule 4: only the window of a SYN is never scaled. */
	if ((entry->options & TCP_OPT_WSCALE) != 0)
		scale = rcv_window_scale(&tcp->config.limits);
	reply->h.window = (uint16_t)(half_open_rcv_wnd(tcp) >> scale);
	if ((entry->options & TCP_OPT_TIMESTAMPS) != 0) {
		reply->h.options.present = TCP_OPT_TIMESTAMPS;
		reply->h.options.tsval = isn_tsval(entry->ts_offset, now);
		reply->h.options.tsecr = entry->ts_recent;
	}
}

/* How long to wait for the ACK of the n-th SYN-ACK, counted from 0 (RFC 6298 5.5). */
static uint64_t half_open_wait_us(const struct tcp *tcp, unsigned n)
{
	struct rtt_bounds bounds = {.max_us = tcp->config.rto_max_us};
	struct rtt rtt = {.rto_us = (uint32_t)tcp->config.rto_initial_us};

	return rtt_backed_off(&rtt, n, &bounds);
}

/* A SYN-ACK that leaves out of turn is a retransmission like that of the timer, which
 * begins anew and waits twice as long (RFC 6298 5.5); but no SYN lets an entry live
 * longer than all of its retries take. */
static void half_open_rearm(struct tcp *tcp, struct half_open *entry, uint64_t now)
{
	if (entry->sent > tcp->config.limits.syn_ack_retries)
		return;
	deadline_queue_remove(&tcp->half_open.deadlines, &entry->deadline); /* it is lazy */
	half_open_set_timer(tcp, entry, now + half_open_wait_us(tcp, entry->sent), now);
}

/* RFC 7323 4.3 (2): a SYN that comes again brings a newer timestamp to echo. With that of the
 * first the peer would take its wait for the round-trip time. */
static void half_open_update_ts_recent(struct half_open *entry, const struct tcp_options *options)
{
	if ((entry->options & options->present & TCP_OPT_TIMESTAMPS) != 0 &&
		seq_gt(options->tsval, entry->ts_recent))
		entry->ts_recent = options->tsval;
}

/* Fourth step: a SYN. The same one again: our SYN-ACK was lost. Another one in the
 * window: RFC 9293 returns a passive open to LISTEN. */
static struct evtcp_reason half_open_on_syn(struct tcp *tcp, struct half_open *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	bool same = seg->h.seq == entry->irs && (seg->h.flags & TCP_ACK) == 0;

	if (same && ecn_hear_syn_again(&entry->ecn, tcp, seg)) {
		half_open_update_ts_recent(entry, &seg->h.options);
		half_open_send(tcp, entry, EVTCP_CAUSE_SYN_ACK_AGAIN);
		half_open_rearm(tcp, entry, now);
		return reason_of(EVTCP_CAUSE_OLD_DUPLICATE);
	}
	if (same)
		reply_rst(tcp, seg, EVTCP_CAUSE_RST_ECN_MIXED, reply);
	half_open_end(tcp, entry, same ? EVTCP_CAUSE_ECN_MIXED : EVTCP_CAUSE_SYN_ARRIVED, now);
	return reason_of(same ? EVTCP_CAUSE_TCP_FLAGS : EVTCP_CAUSE_SYN_ON_CONNECTION);
}

struct evtcp_reason half_open_input(struct tcp *tcp, struct half_open *entry,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	const struct tcp_header *h = &seg->h;
	uint32_t rcv_nxt = entry->irs + 1;
	bool same_syn =
		(h->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN && h->seq == entry->irs;

	if (same_syn)
		return half_open_on_syn(tcp, entry, seg, now, reply);
	/* RFC 7323 5.3: PAWS before anything else, but not for RST */
	if ((entry->options & h->options.present & TCP_OPT_TIMESTAMPS) != 0 &&
		(h->flags & TCP_RST) == 0 && seq_lt(h->options.tsval, entry->ts_recent)) {
		half_open_ack(tcp, entry, seg, now, reply);
		return reason_of(EVTCP_CAUSE_PAWS);
	}
	/* First: sequence number. */
	uint32_t rcv_wnd = half_open_rcv_wnd(tcp);
	if (!segment_is_acceptable(seg, rcv_nxt, rcv_wnd)) {
		if ((h->flags & TCP_RST) != 0)
			return reason_of(EVTCP_CAUSE_RST_OUTSIDE_WINDOW);
		half_open_ack(tcp, entry, seg, now, reply);
		return reason_of(EVTCP_CAUSE_OUTSIDE_WINDOW);
	}
	/* Second: RST, by RFC 5961 3.2. */
	if ((h->flags & TCP_RST) != 0) {
		if (!seq_between(h->seq, rcv_nxt, rcv_nxt + rcv_wnd))
			return reason_of(EVTCP_CAUSE_RST_OUTSIDE_WINDOW);
		if (h->seq != rcv_nxt) {
			half_open_ack(tcp, entry, seg, now, reply);
			if (reply->h.flags != 0)
				reply->reason.cause = EVTCP_CAUSE_CHALLENGE_RST;
			return reason_of(EVTCP_CAUSE_RST_NOT_EXACT);
		}
		half_open_end(tcp, entry, EVTCP_CAUSE_RST_ARRIVED, now);
		return reason_of(EVTCP_CAUSE_ACCEPTED);
	}
	/* Third, security, is not of this stack. Fourth: SYN. */
	if ((h->flags & TCP_SYN) != 0)
		return half_open_on_syn(tcp, entry, seg, now, reply);
	/* Fifth: ACK. */
	if ((h->flags & TCP_ACK) == 0)
		return reason_of(EVTCP_CAUSE_ACK_MISSING);
	if (h->ack != entry->iss + 1 && !half_open_adopt_cookie(tcp, entry, seg, now)) {
		reply_rst(tcp, seg, EVTCP_CAUSE_RST_BAD_ACK, reply);
		return reason_of(EVTCP_CAUSE_ACK_UNSENT);
	}
	return reason_of(EVTCP_CAUSE_NONE);
}

/* ---- the third segment came -------------------------------------------------------------- */

/* An entry that a cookie made is there for one segment only: it has no timer. */
static bool half_open_is_of_cookie(const struct half_open *entry)
{
	return entry->deadline.position == 0;
}

/* When the SYN-ACK that was acknowledged left; 0 if there is no telling: it was sent more than
 * once, or by a cookie (Karn). */
static uint64_t half_open_sent_at(const struct tcp *tcp, const struct half_open *entry)
{
	return entry->sent == 1 ? entry->deadline.at_us - tcp->config.rto_initial_us : 0;
}

struct tcb *half_open_accept(
	struct tcp *tcp, struct half_open *entry, uint64_t now, struct evtcp_reason *reason)
{
	bool of_cookie = half_open_is_of_cookie(entry);
	struct tcb *tcb = accept_block(tcp, entry, now, reason);

	if (tcb != NULL) {
		tcb->by_cookie = of_cookie;
		tcb->backoff = entry->sent > 1 ? entry->sent - 1 : 0; /* the SYN-ACK was lost */
		accept_syn_ack_was_sent(tcb, half_open_sent_at(tcp, entry), now);
	}
	if (tcb != NULL || of_cookie) {
		half_open_trace_stopped(tcp, entry, now);
		half_open_remove(tcp, entry);
	}
	return tcb;
}

/* ---- output and timers ------------------------------------------------------------------- */

bool half_open_output(struct tcp *tcp, uint64_t now, struct segment_out *out)
{
	struct list_node *node = list_pop(&tcp->half_open.output);

	if (node == NULL)
		return false;
	struct half_open *entry = container_of(node, struct half_open, in_output);
	struct tcp_options *options = &out->h.options;
	memset(out, 0, sizeof(*out));
	out->tuple = entry->tuple;
	out->h.src_port = entry->tuple.local.port;
	out->h.dst_port = entry->tuple.remote.port;
	out->h.seq = entry->iss;
	out->h.ack = entry->irs + 1;
	out->h.flags = TCP_SYN | TCP_ACK;
	out->h.flags |= (uint16_t)ecn_syn_ack_flags(&entry->ecn, entry->sent);
	out->h.window = half_open_rcv_wnd(tcp);
	/* MUST-14, SHLD-5: MSS in every SYN; the others only if the SYN had them (RFC
	 * 7323 2.3 rule 1, 3.2 rule 3) */
	options->present = TCP_OPT_MSS | (entry->options & (uint8_t)~TCP_OPT_FAST_OPEN);
	options->mss = tcp_mss(tcp, &entry->tuple.remote.addr);
	options->wscale = rcv_window_scale(&tcp->config.limits);
	options->tsval = isn_tsval(entry->ts_offset, now);
	options->tsecr = entry->ts_recent;
	if (tcp->config.user_timeout_s != 0) {
		options->present |= TCP_OPT_USER_TIMEOUT;
		options->user_timeout_s = tcp->config.user_timeout_s;
	}
	/* RFC 7413 4.2.1 rule 1: something on the path may drop what has a cookie. */
	if ((entry->options & TCP_OPT_FAST_OPEN) != 0 && entry->sent == 0)
		fast_open_put_cookie(tcp, &entry->tuple.remote.addr, options, now);
	if (entry->sent == 0)
		ecn_put_first(
			&entry->ecn, &out->h, tcp_header_room(tcp, &entry->tuple.remote.addr));
	out->ttl = tcp->config.ttl;
	out->reason = entry->due;
	entry->due.cause = EVTCP_CAUSE_NONE;
	if (entry->sent < UINT8_MAX)
		entry->sent++;
	return true;
}

static void half_open_on_timer(struct tcp *tcp, struct half_open *entry, uint64_t now)
{
	const struct tcp_config *config = &tcp->config;
	uint8_t retries = entry->sent > 0 ? entry->sent - 1 : 0;
	uint64_t due_at_us = entry->deadline.at_us;

	if (retries >= config->limits.syn_ack_retries) {
		half_open_end(tcp, entry, EVTCP_CAUSE_HALF_OPEN_TIMEOUT, now);
		return;
	}
	uint64_t delay_us = half_open_wait_us(tcp, retries + 1u);
	uint64_t passed_us = half_open_wait_us(tcp, retries);
	half_open_send(tcp, entry, EVTCP_CAUSE_SYN_ACK_RETRANSMIT);
	entry->due.count = (uint16_t)(retries + 1);
	entry->due.delay_us = (uint32_t)passed_us;
	half_open_trace_expired(tcp, entry, due_at_us, now);
	half_open_set_timer(tcp, entry, now + delay_us, now);
}

unsigned half_open_run_timers(struct tcp *tcp, uint64_t now, unsigned budget)
{
	unsigned run = 0;

	while (budget == 0 || run < budget) {
		struct deadline_node *node = deadline_queue_pop_due(&tcp->half_open.deadlines, now);
		if (node == NULL)
			break;
		half_open_on_timer(tcp, container_of(node, struct half_open, deadline), now);
		run++;
	}
	return run;
}
