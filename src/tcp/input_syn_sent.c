/* SPDX-License-Identifier: BSD-3-Clause */
/* A segment arrives in state SYN-SENT: RFC 9293 3.10.7.3. */

#include "tcp/input.h"
#include "tcp/reply.h"
#include "tcp/state.h"
#include <errno.h>

/* RFC 9293 3.10.7.3, fourth: their SYN, in answer to ours. With text or other controls the segment
 * goes on at the sixth step; if they are refused there they come again, but the SYN was taken. */
static struct evtcp_reason input_syn_ack(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	struct segment trimmed = *seg;

	input_acked_syn(tcb, seg, now);
	tcb_mark_news(tcb, TCB_NEWS_CONNECTED);
	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_HANDSHAKE);
	input_trim(tcb, &trimmed);
	struct evtcp_reason reason = input_text(tcb, &trimmed, now);
	bool refused = evtcp_cause_class(reason.cause) == EVTCP_CLASS_DROPPED;
	return trimmed.cut || refused ? reason_of(EVTCP_CAUSE_ACCEPTED_TRIMMED) : reason;
}

/* Fourth: their SYN without an ACK: both sides open at once (MUST-10). Our SYN is sent
 * again, now as a SYN-ACK. Text and FIN, which the RFC would keep until the connection is
 * open, are left to be sent again, as they are in LISTEN. */
static struct evtcp_reason input_simultaneous_open(
	struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	bool more = seg->payload_len > 0 || (seg->h.flags & TCP_FIN) != 0;

	state_set(tcb, EVTCP_SYN_RECEIVED, EVTCP_CAUSE_SYN_ARRIVED, now);
	records_mark_all_lost(&tcb->records);
	tcb->loss_reason = reason_of(EVTCP_CAUSE_SYN_ACK);
	tcb_mark_output(tcb);
	return reason_of(more ? EVTCP_CAUSE_ACCEPTED_TRIMMED : EVTCP_CAUSE_ACCEPTED);
}

struct evtcp_reason input_syn_sent(
	struct tcb *tcb, const struct segment *seg, uint64_t now, struct segment_out *reply)
{
	const struct tcp_header *h = &seg->h;
	bool has_ack = (h->flags & TCP_ACK) != 0;

	/* RFC 9293 3.10.7.3, first: ACK. It must be of our SYN; data went with it never. */
	if (has_ack && !seq_between(h->ack, tcb->iss + 1, tcb->snd_nxt + 1)) {
		reply_rst(tcb->tcp, seg, EVTCP_CAUSE_RST_BAD_ACK, reply);
		return reason_of(EVTCP_CAUSE_ACK_UNSENT);
	}
	/* RFC 9293 3.10.7.3, second: RST, believed if it acknowledges our SYN. */
	if ((h->flags & TCP_RST) != 0) {
		if (!has_ack)
			return reason_of(EVTCP_CAUSE_ACK_MISSING);
		state_fail(tcb, ECONNREFUSED, EVTCP_CAUSE_REFUSED, now);
		return reason_of(EVTCP_CAUSE_ACCEPTED);
	}
	/* Third, security, is not of this stack. RFC 9293 3.10.7.3, fifth: neither SYN nor RST. */
	if ((h->flags & TCP_SYN) == 0)
		return reason_of(EVTCP_CAUSE_TCP_FLAGS);
	/* Fourth: SYN. */
	tcb_start_receiving(tcb, h->seq);
	tcb_negotiate(tcb, &h->options, now);
	ecn_on_syn(tcb, seg);
	user_timeout_hear(tcb, &h->options, now);
	tcb->last_received_us = now;
	tcb->snd_wnd = h->window; /* RFC 7323 2.2: never scaled in a SYN */
	tcb->max_snd_wnd = tcb->snd_wnd;
	tcb->snd_wl1 = h->seq;
	tcb->snd_wl2 = has_ack ? h->ack : tcb->iss;
	return has_ack ? input_syn_ack(tcb, seg, now) : input_simultaneous_open(tcb, seg, now);
}
