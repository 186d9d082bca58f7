/* SPDX-License-Identifier: BSD-3-Clause */
/* Listeners, and RFC 9293 3.10.7.2: a segment arrives in state LISTEN. */

#include "tcp/listen.h"
#include "tcp/rcv_window.h"
#include "tcp/reply.h"
#include "tcp/state.h"
#include "wire/address.h"
#include <errno.h>

static struct tcp_listener *listener_of_node(struct list_node *node)
{
	return container_of(node, struct tcp_listener, in_listeners);
}

int listen_add(struct tcp *tcp, struct tcp_listener *listener)
{
	struct list_node *node = tcp->listeners.head.next;

	for (; node != &tcp->listeners.head; node = node->next) {
		const struct tcp_listener *other = listener_of_node(node);
		if (endpoint_equal(&other->local, &listener->local)) {
			errno = EADDRINUSE;
			return -1;
		}
	}
	list_push(&tcp->listeners, &listener->in_listeners);
	return 0;
}

void listen_remove(struct tcp *tcp, struct tcp_listener *listener, uint64_t now)
{
	struct list_node *node = tcp->connections.head.next, *next;

	list_remove(&listener->in_listeners);
	half_open_remove_of(tcp, listener);
	for (; node != &tcp->connections.head; node = next) {
		struct tcb *tcb = container_of(node, struct tcb, in_connections);
		next = node->next;
		if (tcb->listener != listener)
			continue;
		tcb->news &= (uint8_t)~TCB_NEWS_ACCEPTED;
		listen_announce(tcb);
		tcb->owned = 0;
		tcp->n_orphans++;
		if (state_is_over(tcb->state))
			tcb_bury(tcb);
		else
			state_reset(
				tcb, EVTCP_CAUSE_RST_REFUSED, 0, EVTCP_CAUSE_ABORTED_BY_USER, now);
	}
}

struct tcp_listener *listen_announce(struct tcb *tcb)
{
	struct tcp_listener *listener = tcb->listener;

	if (listener != NULL)
		tcb->tcp->n_unannounced--;
	tcb->listener = NULL;
	return listener;
}

struct tcp_listener *listen_find(struct tcp *tcp, const struct evtcp_endpoint *local)
{
	struct list_node *node = tcp->listeners.head.next;
	struct tcp_listener *any = NULL;

	for (; node != &tcp->listeners.head; node = node->next) {
		struct tcp_listener *listener = listener_of_node(node);
		if (listener->local.port != local->port)
			continue;
		if (address_equal(&listener->local.addr, &local->addr))
			return listener;
		if (listener->any_address &&
			address_is_ipv4(&listener->local.addr) == address_is_ipv4(&local->addr))
			any = listener;
	}
	return any;
}

/* ---- a SYN -------------------------------------------------------------------------- */

/* Keeps nothing, takes no data (RFC 7413 8.2): what the SYN said goes into the ISS and TSval of the
 * answer. Where the SYN reuses a tuple, the cookie must be above the old numbers (RFC 9293 MAY-2
 * (1)), and cannot be made so: then there is no answer (false). The SYN comes again, and within 64
 * s so does another cookie, or TIME-WAIT ends. */
static bool listen_answer_cookie(
	struct tcp *tcp, const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	const struct tcp_options *theirs = &seg->h.options;
	const struct evtcp_tcp_options *config = &tcp->config.options;
	struct tcp_options *ours = &reply->h.options;
	uint16_t mss = (theirs->present & TCP_OPT_MSS) != 0
			       ? theirs->mss
			       : tcp_default_mss(&seg->tuple.remote.addr);
	struct ecn_handshake ecn = ecn_hear_syn(tcp, seg);
	uint32_t buf = tcp->config.limits.receive_buffer;
	uint32_t iss = cookies_iss(&tcp->cookies, &seg->tuple, seg->h.seq, mss, now);

	if (seg->reuses && !seq_gt(iss, seg->iss_above))
		return false;
	reply_ack(tcp, seg, iss, seg->h.seq + 1, reply);
	reply->h.flags = TCP_SYN | TCP_ACK;
	reply->h.window = rcv_window_of_syn(buf);
	reply->reason.cause = EVTCP_CAUSE_SYN_COOKIE;
	ours->present = TCP_OPT_MSS;
	ours->mss = tcp_mss(tcp, &seg->tuple.remote.addr);
	if (ecn.mode == ECN_ACCURATE) /* who returns the cookie tells */
		reply->h.flags |= (uint16_t)ecn_syn_ack_flags(&ecn, 0);
	if ((theirs->present & TCP_OPT_TIMESTAMPS) == 0 || !config->timestamps)
		return true;
	/* With timestamps there is room to remember window scale and SACK. */
	struct cookie_options cookie = {.wscale = 15};
	ours->present |= TCP_OPT_TIMESTAMPS;
	if ((theirs->present & TCP_OPT_WSCALE) != 0 && config->window_scale) {
		ours->present |= TCP_OPT_WSCALE;
		ours->wscale = rcv_window_scale(&tcp->config.limits);
		cookie.wscale = theirs->wscale > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : theirs->wscale;
	}
	if ((theirs->present & TCP_OPT_SACK_PERMITTED) != 0 && config->sack) {
		ours->present |= TCP_OPT_SACK_PERMITTED;
		cookie.sack = true;
	}
	if (ecn.mode == ECN_CLASSIC) {
		reply->h.flags |= (uint16_t)ecn_syn_ack_flags(&ecn, 0);
		cookie.ecn = true;
	}
	uint32_t offset = isn_ts_offset(&tcp->isn, &seg->tuple);
	ours->tsval = offset + cookies_tsval(isn_tsval(0, now), &cookie);
	ours->tsecr = theirs->tsval;
	return true;
}

/* Where a connection by this SYN begins; its ISS is above the old one when it reuses a tuple. */
static struct isn_start listen_start(const struct tcp *tcp, const struct segment *seg, uint64_t now)
{
	/* Far enough that no old segment can be in the new window. */
	const uint32_t step = UINT16_MAX + 2;
	struct isn_start start = isn_start(&tcp->isn, &seg->tuple, now);

	if (seg->reuses && seq_leq(start.iss, seg->iss_above))
		start.iss = seg->iss_above + step;
	return start;
}

/* A handshake of its own for this SYN, or a block at once where its Fast Open cookie is good
 * for that. */
static struct evtcp_reason listen_open(
	struct tcp *tcp, struct tcp_listener *listener, const struct segment *seg, uint64_t now)
{
	enum fast_open_verdict verdict = fast_open_judge(tcp, listener, seg, now);
	struct isn_start start = listen_start(tcp, seg, now);

	if (verdict == FAST_OPEN_TAKE || verdict == FAST_OPEN_RENEW) {
		struct half_open heard = {.listener = listener};
		half_open_hear(tcp, &heard, seg, start);
		if (fast_open_accept(tcp, &heard, seg, verdict, now) != NULL)
			return reason_of(EVTCP_CAUSE_ACCEPTED);
	}
	struct half_open *entry = half_open_add(tcp, listener, seg, start, now);
	if (entry == NULL)
		return reason_of(EVTCP_CAUSE_NO_MEMORY);
	if (verdict == FAST_OPEN_GIVE) /* RFC 7413 4.2.2 step 5 */
		entry->options |= TCP_OPT_FAST_OPEN;
	return reason_of(EVTCP_CAUSE_ACCEPTED);
}

static struct evtcp_reason listen_on_syn(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	const struct evtcp_limits *limits = &tcp->config.limits;
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_ACCEPTED};

	if (tcp->draining) {
		reason.cause = EVTCP_CAUSE_DRAINING;
	} else if (limits->connections != 0 && tcp->n_connections >= limits->connections) {
		reason.cause = EVTCP_CAUSE_CONNECTION_LIMIT;
	} else if (limits->half_open != 0 && tcp->half_open.len >= limits->half_open) {
		if (listen_answer_cookie(tcp, seg, now, reply))
			tracer_count(tcp->trace, EVTCP_CAUSE_SYN_BACKLOG);
		else
			reason.cause = EVTCP_CAUSE_SYN_BACKLOG;
	} else {
		reason = listen_open(tcp, listener, seg, now);
	}
	return reason;
}

/* An ACK in LISTEN: of a cookie, or of nothing. */
static struct evtcp_reason listen_on_ack(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	struct evtcp_reason reason;
	bool plain = (seg->h.flags & TCP_SYN) == 0;
	struct half_open *entry =
		plain ? half_open_from_cookie(tcp, listener, seg, now, &reason) : NULL;

	if (entry != NULL)
		return reason_of(EVTCP_CAUSE_NONE);
	if (plain && reason.cause == EVTCP_CAUSE_NO_MEMORY)
		return reason;
	reply_rst(tcp, seg, EVTCP_CAUSE_RST_NO_CONNECTION, reply);
	return reason_of(EVTCP_CAUSE_ACK_BAD_COOKIE);
}

struct evtcp_reason listen_input(struct tcp *tcp, struct tcp_listener *listener,
	const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	/* RFC 9293 3.10.7.2, first: RST is ignored. */
	if ((seg->h.flags & TCP_RST) != 0)
		return reason_of(EVTCP_CAUSE_NO_CONNECTION);
	/* RFC 9293 3.10.7.2, second: any ACK is bad here, unless it returns a cookie. */
	if ((seg->h.flags & TCP_ACK) != 0)
		return listen_on_ack(tcp, listener, seg, now, reply);
	/* RFC 9293 3.10.7.2, third: SYN. Text and FIN that come with it are not kept, unless
	 * Fast Open takes them: they will come again when the connection exists, which is when a
	 * cheap SYN has proven its address. */
	if ((seg->h.flags & TCP_SYN) != 0)
		return listen_on_syn(tcp, listener, seg, now, reply);
	/* RFC 9293 3.10.7.2, fourth: anything else is dropped. */
	return reason_of(EVTCP_CAUSE_TCP_FLAGS);
}
