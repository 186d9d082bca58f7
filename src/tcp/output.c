/* SPDX-License-Identifier: BSD-3-Clause */
/* Output: asked after a batch of input, one segment at a time, until there is no more.
 *
 * In this order: a RST that ends the connection; what is lost; new data as the peer's
 * window, the congestion window, Nagle and silly-window avoidance allow; FIN; probes;
 * and, if none of these carried it, the ACK that is due. A segment is a header and
 * pieces of the send queue: nothing is copied. It is as large as may be, whatever the sizes
 * of the writes were (RFC 9293 3.9.1.2, SHLD-27, SHLD-28, MAY-16).
 *
 * FIN rides on the last data that is new: of the application's last bytes and its close, which
 * come in one turn, nothing has left before the turn is over (RFC 9293 3.10.4). Only where the
 * close comes later has it a segment of its own. */

#include "tcp/output.h"
#include "tcp/idle.h"
#include "tcp/rcv_window.h"
#include "tcp/segment_build.h"
#include "tcp/snd_tune.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "util/number.h"
#include <string.h>

/* [seq, end) leaves, for the first time or again. */
static struct transmission output_leaves(
	struct tcb *tcb, uint32_t seq, uint32_t end, bool again, uint64_t now)
{
	recovery_sent(tcb, seq, end, again);
	pacing_sent(tcb, end - seq, now);
	return (struct transmission){
		.at_us = now, .rate = rate_on_send(&tcb->rate, tcb->records.len == 0, now)};
}

/* ---- sending again -------------------------------------------------------------------------- */

/* How many bytes that were never sent may join the tail of what was, of which len bytes go
 * again in a segment with this much room: the octet of a probe, or a small segment, need
 * not stay one for ever. */
static uint32_t output_growth(const struct tcb *tcb, uint32_t len, uint32_t room)
{
	uint32_t sent = tcb->snd_nxt - tcb->snd_una;
	uint32_t window = tcb->snd_wnd > sent ? tcb->snd_wnd - sent : 0;
	uint32_t waiting = tcb->fin_sent ? 0 : tcb_end_of_data(tcb) - tcb->snd_nxt;
	uint32_t most = room > len ? room - len : 0;

	most = waiting < most ? waiting : most;
	return window < most ? window : most;
}

/* Sends again the beginning of a lost record: SYN, data, FIN, whatever it held. */
static bool output_again(
	struct tcb *tcb, struct record *record, uint32_t max, uint64_t now, struct segment_out *out)
{
	uint32_t seq = record->seq, end = record->end;
	bool syn = tcb_is_syn(tcb, seq);

	segment_begin(tcb, out, seq, syn ? TCP_SYN | ecn_syn_flags(tcb, true) : 0, now);
	if (!syn) /* RFC 9768 3.2.3.2.2 rule 3 */
		out->h.options.present &= (uint8_t)~TCP_OPT_ACCECN;
	uint32_t first = seq + syn;
	uint32_t data_end = seq_min(end, tcb_end_of_data(tcb));
	uint32_t len = seq_gt(data_end, first) ? data_end - first : 0;
	uint32_t room = segment_room(tcb, &out->h);
	if (room > max)
		room = max;
	if (syn)
		len = 0; /* data follows when the handshake is over */
	else if (end == tcb->snd_nxt)
		len += output_growth(tcb, len, room);
	segment_payload(tcb, out, first, len < room ? len : room);
	uint32_t sent_end = first + out->payload_len;
	if (seq_gt(sent_end, tcb->snd_nxt)) {
		records_grow_last(&tcb->records, sent_end);
		tcb->snd_nxt = end = sent_end;
	}
	if (tcb->fin_sent && sent_end != end && sent_end + 1 == tcb->snd_nxt) {
		out->h.flags |= TCP_FIN;
		sent_end++;
	}
	if (sent_end == seq)
		return false; /* no piece to be had: without memory for a cursor */
	struct transmission tx = output_leaves(tcb, seq, sent_end, true, now);
	records_sent_again(&tcb->records, record, sent_end - seq, &tx, tcb_limit_records(tcb),
		tcb->tcp->world);
	tcb->losses.retransmits++;
	tcb->losses.bytes_retransmitted += out->payload_len;
	tcb->last_sent_us = now;
	/* RFC 6298 5.1; and what all else waits for has a round trip before it once more. */
	if (!timers_is_set(tcb, TCB_TIMER_RETRANSMIT) ||
		(seq == tcb->snd_una && recovery_is_by_prr(tcb)))
		timers_rearm_retransmit(tcb, now);
	return true;
}

static struct evtcp_reason output_syn_reason(const struct tcb *tcb)
{
	struct evtcp_reason reason = tcb->loss_reason;

	if (reason.cause == EVTCP_CAUSE_RTO)
		reason.cause = tcb->state == EVTCP_SYN_SENT ? EVTCP_CAUSE_SYN_RETRANSMIT
							    : EVTCP_CAUSE_SYN_ACK_RETRANSMIT;
	return reason;
}

/* As far as the congestion window allows (RFC 8985 9.3 rule 1, RFC 6675 5 (C)). The first segment
 * always: if nothing else is in flight there is nobody else to wait for; but where PRR counts,
 * its word holds, which is yes for the first (RFC 6675 5 (4.3)). */
static bool output_may_send_again(const struct tcb *tcb, const struct record *record, bool first)
{
	uint32_t len = record->end - record->seq, segment = recovery_segment(tcb);
	uint32_t in_flight = tcb->records.in_flight;

	if (in_flight == 0 || (first && !recovery_is_by_prr(tcb)))
		return true;
	return in_flight + (len < segment ? len : segment) <= tcb->cc.cwnd;
}

/* What is marked lost. */
static bool output_lost(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	struct record *record = records_next_lost(&tcb->records);

	if (record == NULL || tcb->recovery.frto == FRTO_SECOND)
		return false;
	bool first = record->seq == tcb->snd_una;
	idle_resume(tcb, now);
	if (!output_may_send_again(tcb, record, first)) {
		tcb->cwnd_limited = 1;
		return false;
	}
	/* RFC 7413 4.2.2 rule 2: until the handshake is complete only the SYN-ACK goes again. */
	if (fast_open_is_pending(tcb) && !tcb_is_syn(tcb, record->seq))
		return false;
	/* MAY-7, SHLD-16: what lies beyond a window that shrank waits, but for the first. */
	uint32_t wnd_end = tcb->snd_una + tcb->snd_wnd;
	if (!first && seq_geq(record->seq, wnd_end))
		return false;
	bool syn = tcb_is_syn(tcb, record->seq);
	if (!output_again(tcb, record, UINT32_MAX, now, out))
		return false;
	segment_finish(tcb, out, syn ? output_syn_reason(tcb) : tcb->loss_reason);
	return true;
}

/* ---- new data -------------------------------------------------------------------------- */

/* What may be sent of len waiting bytes. */
struct output_budget {
	uint32_t waiting; /* not sent yet */
	uint32_t window;  /* room in the peer's window */
	uint32_t cwnd;    /* room in the congestion window */
};

/* RFC 5681 2 rule 1 */
static struct output_budget output_budget(const struct tcb *tcb)
{
	uint32_t sent = tcb->snd_nxt - tcb->snd_una;
	uint32_t in_flight = tcb->records.in_flight;
	uint32_t cwnd = tcb->cc.cwnd + recovery_limited_transmit(tcb);

	return (struct output_budget){
		.waiting = tcb_end_of_data(tcb) - tcb->snd_nxt,
		/* MUST-34, SHLD-15, RFC 7323 2.4 (3); limited transmit, too: RFC 3042 2 rule 2 */
		.window = tcb->snd_wnd > sent ? tcb->snd_wnd - sent : 0,
		.cwnd = cwnd > in_flight ? cwnd - in_flight : 0,
	};
}

/* Data, or FIN, is unacknowledged. A SYN-ACK that is out is neither. */
static bool output_has_data_out(const struct tcb *tcb)
{
	return tcb->snd_nxt - tcb->snd_una > tcb_syn_is_unacked(tcb);
}

/* RFC 9293 3.8.6.2.1 (MUST-38) with Nagle (3.7.4, SHLD-7): whether len bytes are worth a
 * segment now. FIN queued behind them means that no more will come to join them. What is
 * not waits for an ACK or a timer, never for a PUSH (3.9.1.2, MUST-60). */
static bool output_is_worthwhile(
	const struct tcb *tcb, uint32_t len, uint32_t waiting, uint32_t room)
{
	bool idle = !output_has_data_out(tcb);

	if (len >= room)
		return true; /* RFC 9293 3.8.6.2.1 (1): a full segment */
	bool full = sendq_len(&tcb->sendq) >= snd_tune_buffer(tcb);
	if (tcb->corked && len == waiting && !tcb->fin_queued && !full)
		return false; /* the application has promised more, and there is room for it */
	if (len == waiting && (idle || tcb->nodelay || tcb->fin_queued))
		return true; /* RFC 9293 3.8.6.2.1 (2): all there is, and Nagle agrees */
	if (len >= tcb->max_snd_wnd / 2 && tcb->max_snd_wnd > 0 && (idle || tcb->nodelay))
		return true; /* RFC 9293 3.8.6.2.1 (3): half of the largest window */
	return false;        /* RFC 9293 3.8.6.2.1 (4), the override, is the persist timer */
}

/* [snd_nxt, end) was sent for the first time. */
static void output_sent(struct tcb *tcb, uint32_t end, uint64_t now)
{
	if (tcb->snd_nxt == tcb->snd_una)
		tcb->unacked_since_us = now;
	struct transmission tx = output_leaves(tcb, tcb->snd_nxt, end, false, now);
	records_sent(
		&tcb->records, tcb->snd_nxt, end, &tx, tcb_limit_records(tcb), tcb->tcp->world);
	tcb->snd_nxt = end;
	tcb->last_sent_us = now;
	if (tcb->persist && tcb->snd_wnd > 0) {
		/* No probe any more: the RTO guards it, and the probes' backoff, which came
		 * from waiting, says nothing of the path. */
		tcb->persist = 0;
		tcb->backoff = 0;
		timers_stop(tcb, TCB_TIMER_RETRANSMIT);
	}
	if (!timers_is_set(tcb, TCB_TIMER_RETRANSMIT))
		timers_rearm_retransmit(tcb, now); /* RFC 6298 5.1 */
	timers_rearm_probe(tcb, now);
}

/* Sends `len` bytes of new data, and FIN on the last of them if that is due: in segments of
 * room bytes each, if they are more than that. */
static bool output_data(
	struct tcb *tcb, uint32_t len, bool with_fin, uint64_t now, struct segment_out *out)
{
	uint32_t seq = tcb->snd_nxt, room = segment_room(tcb, &out->h);

	if (len > room)
		segment_burst(tcb, out, len, room);
	else
		segment_payload(tcb, out, seq, len);
	uint32_t end = seq + out->payload_len;
	if (with_fin && end == tcb_end_of_data(tcb)) {
		out->h.flags |= TCP_FIN;
		tcb->fin_sent = 1;
		end++;
	}
	if (end == seq)
		return false;
	output_sent(tcb, end, now);
	return true;
}

/* Whether segments that leave as one may have this header. Options that are told once are told by
 * one of them. And whoever cuts them up lets only the first say CWR (RFC 3168 6.1.2), which is
 * wrong where that is a bit of a number (RFC 9768 3.2.2); classic CWR is not said yet. */
static bool output_may_burst(const struct tcb *tcb, const struct tcp_header *h)
{
	/* Where no record is left the last one takes in what is sent, and is in flight again. */
	if (tcb->records.len >= tcb_limit_records(tcb))
		return false;
	return (h->options.present & ~(unsigned)TCP_OPT_TIMESTAMPS) == 0 &&
	       (h->flags & TCP_CWR) == 0;
}

/* How much leaves in one call, where a full segment of room bytes may: as many of them as
 * are cut up further down, and as there are, and as the windows and pacing let go now. */
static uint32_t output_burst(
	const struct tcb *tcb, const struct output_budget *budget, uint32_t room, uint64_t now)
{
	uint32_t most = number_min(budget->waiting, number_min(budget->window, budget->cwnd));

	most = number_min(most, tcb->tcp->burst_len);
	if (tcb->cc.pacing_rate != 0) {
		uint64_t paced = pacing_room(&tcb->pacing, tcb->cc.pacing_rate, now) + room - 1;
		most = paced < most ? (uint32_t)paced : most;
	}
	return number_max(most - most % room, room);
}

static bool output_new_data(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	struct output_budget budget;

	if (tcb_end_of_data(tcb) == tcb->snd_nxt || tcb->fin_sent)
		return false;
	idle_resume(tcb, now);
	budget = output_budget(tcb);
	segment_begin(tcb, out, tcb->snd_nxt, 0, now);
	uint32_t room = segment_room(tcb, &out->h);
	uint32_t len = budget.waiting < room ? budget.waiting : room;
	/* The congestion window is counted in whole segments: a rest of it waits. (It may be that
	 * of fast recovery: RFC 5681 3.2 step 5.) */
	if (budget.cwnd < len) {
		tcb->cwnd_limited = 1;
		return false;
	}
	len = budget.window < len ? budget.window : len;
	if (len == 0 || !output_is_worthwhile(tcb, len, budget.waiting, room))
		return false;
	if (len == room && output_may_burst(tcb, &out->h))
		len = output_burst(tcb, &budget, room, now);
	bool with_fin = tcb->fin_queued && state_is_synchronized(tcb->state) &&
			len == budget.waiting && budget.window > len;
	if (!output_data(tcb, len, with_fin, now, out))
		return false;
	ecn_mark_data(tcb, out);
	/* In slow start half a window in use is evidence enough (RFC 7661 4.3). */
	tcb->cwnd_limited = tcb->cc.cwnd < tcb->cc.ssthresh &&
			    2 * (tcb->snd_nxt - tcb->snd_una) >= tcb->cc.cwnd;
	segment_finish(tcb, out, (struct evtcp_reason){.cause = EVTCP_CAUSE_DATA});
	return true;
}

/* ---- SYN, FIN, probes, ACK, RST -------------------------------------------------------------- */

static bool output_syn(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (!tcb_is_syn(tcb, tcb->snd_nxt))
		return false;
	segment_begin(tcb, out, tcb->iss, TCP_SYN | ecn_syn_flags(tcb, false), now);
	if (tcb->cookie_due) /* RFC 7413 4.2.2 step 5 */
		fast_open_put_cookie(tcb->tcp, &tcb->tuple.remote.addr, &out->h.options, now);
	output_sent(tcb, tcb->iss + 1, now);
	segment_finish(tcb, out,
		reason_of(tcb->fast_open ? EVTCP_CAUSE_SYN_ACK_FAST_OPEN : EVTCP_CAUSE_SYN));
	return true;
}

static bool output_fin(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (!tcb->fin_queued || tcb->fin_sent || tcb->snd_nxt != tcb_end_of_data(tcb))
		return false;
	if (!state_is_synchronized(tcb->state)) /* RFC 9293 3.10.4: after ESTABLISHED */
		return false;
	/* FIN takes a number, so it needs room in the window like any octet. */
	if (output_budget(tcb).window == 0)
		return false;
	segment_begin(tcb, out, tcb->snd_nxt, TCP_FIN, now);
	tcb->fin_sent = 1;
	output_sent(tcb, tcb->snd_nxt + 1, now);
	segment_finish(tcb, out, (struct evtcp_reason){.cause = EVTCP_CAUSE_FIN});
	return true;
}

/* The persist timer fired (RFC 9293 3.8.6.1, MUST-36, SHLD-29): one octet beyond a closed
 * window, or, when the window is open a little, what silly-window avoidance held back. */
static bool output_probe(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (!tcb->persist_due)
		return false;
	struct evtcp_reason reason = {
		.cause = EVTCP_CAUSE_ZERO_WINDOW_PROBE, .count = tcb->backoff};
	uint64_t last_sent_us = tcb->last_sent_us;
	bool sent;

	tcb->persist_due = 0;
	if (tcb->records.len > 0) { /* the octet of an earlier probe, or data that was cut off */
		records_mark_first_lost(&tcb->records, 1, tcb_limit_records(tcb), tcb->tcp->world);
		sent = output_again(tcb, records_next_lost(&tcb->records), 1, now, out);
	} else {
		uint32_t window = output_budget(tcb).window;
		segment_begin(tcb, out, tcb->snd_nxt, 0, now);
		uint32_t room = segment_room(tcb, &out->h);
		uint32_t len = tcb_end_of_data(tcb) - tcb->snd_nxt;
		uint32_t most = window == 0 ? 1 : window < room ? window : room;
		sent = tcb_has_unsent(tcb) && output_data(tcb, len < most ? len : most,
						      len < most && tcb->fin_queued, now, out);
	}
	timers_rearm_retransmit(tcb, now);
	if (tcb->snd_wnd == 0)
		tcb->last_sent_us =
			last_sent_us; /* RFC 5681 4.1: a probe does not end an idle time */
	if (!sent)
		return false;
	segment_finish(tcb, out, reason);
	return true;
}

/* A tail-loss probe (RFC 8985 7.3 rules 3, 4 and 5): new data if there is some and the peer has
 * room for it, whatever cwnd says, else the last segment once more. */
static bool output_tail_probe(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (!tcb->tlp.due)
		return false;
	struct output_budget budget = output_budget(tcb);
	uint32_t len = budget.waiting < budget.window ? budget.waiting : budget.window;
	bool again = len == 0 || tcb->fin_sent, sent;

	tcb->tlp.due = false;
	if (again) {
		struct record *tail =
			records_tail(&tcb->records, recovery_segment(tcb) + tcb->fin_sent,
				tcb_limit_records(tcb), tcb->tcp->world);
		sent = tail != NULL && output_again(tcb, tail, UINT32_MAX, now, out);
	} else {
		segment_begin(tcb, out, tcb->snd_nxt, 0, now);
		uint32_t room = segment_room(tcb, &out->h);
		sent = output_data(tcb, len < room ? len : room, false, now, out);
		ecn_mark_data(tcb, out);
	}
	if (sent) {
		tlp_sent(tcb, again);
		segment_finish(tcb, out,
			(struct evtcp_reason){
				.cause = again ? EVTCP_CAUSE_TLP : EVTCP_CAUSE_TLP_NEW});
	}
	timers_stop(tcb, TCB_TIMER_PROBE);
	timers_rearm_retransmit(tcb, now);
	return sent;
}

/* SHLD-12: a keepalive carries no data; its number is one that was acknowledged long ago,
 * so it must be answered. */
static bool output_keepalive(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (!tcb->keepalive_due)
		return false;
	tcb->keepalive_due = 0;
	segment_begin(tcb, out, tcb->snd_nxt - 1, 0, now);
	segment_finish(tcb, out,
		(struct evtcp_reason){
			.cause = EVTCP_CAUSE_KEEPALIVE_PROBE, .count = tcb->probes_unanswered});
	return true;
}

/* The number of a segment that carries nothing: SND.NXT, or the edge of the peer's window
 * where what was sent reaches beyond it (the octet of a zero-window probe, a window that
 * shrank). Beyond the edge the peer need take neither its ACK nor its RST (RFC 9293
 * 3.10.7.4, first and second check; RFC 5961 3.2: a RST counts at RCV.NXT only). */
static uint32_t output_empty_seq(const struct tcb *tcb)
{
	uint32_t edge = tcb->snd_una + tcb->snd_wnd;

	if (tcb_syn_is_unacked(tcb)) /* only the SYN is out, which no window holds */
		return tcb->snd_nxt;
	return seq_lt(edge, tcb->snd_nxt) ? edge : tcb->snd_nxt;
}

static bool output_ack(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	bool due = tcb->ack == TCB_ACK_NOW;

	if (!due && !rcv_window_update_due(tcb))
		return false;
	struct evtcp_reason reason = due ? tcb->ack_reason : reason_of(EVTCP_CAUSE_WINDOW_UPDATE);

	segment_begin(tcb, out, output_empty_seq(tcb), 0, now);
	ecn_finish_ack(tcb, &out->h);
	segment_finish(tcb, out, reason);
	return true;
}

static bool output_rst(struct tcb *tcb, struct segment_out *out)
{
	if (!tcb->rst_pending)
		return false;
	tcb->rst_pending = 0;
	memset(out, 0, sizeof(*out));
	out->tuple = tcb->tuple;
	out->ttl = tcb->ttl;
	out->dscp = tcb->dscp;
	out->h.src_port = tcb->tuple.local.port;
	out->h.dst_port = tcb->tuple.remote.port;
	/* Before our SYN-ACK as from CLOSED (RFC 9293 3.10.7.1): nobody knows our numbers. */
	out->h.seq = tcb_is_syn(tcb, tcb->snd_nxt) ? 0 : output_empty_seq(tcb);
	out->h.ack = tcb->rcv_nxt;
	out->h.flags = TCP_RST | TCP_ACK;
	ecn_put(tcb, &out->h);
	out->reason = tcb->rst_reason;
	tcb->stats.segments_sent++;
	return true;
}

/* ---- the whole ------------------------------------------------------------------------- */

/* Nothing more can be sent: the retransmission timer guards what is in flight, the persist
 * timer what waits for a window, the user timeout how long it may take; and a
 * window that memory keeps closed is remembered. No wake-up is ever lost
 * (ATTACKS 3.4, 7). */
static void output_settle(struct tcb *tcb, uint64_t now)
{
	pacing_settle(tcb);
	idle_settle(tcb);
	bool waits = tcb->records.len == 0 && tcb_has_unsent(tcb) &&
		     state_is_synchronized(tcb->state) && !timers_is_set(tcb, TCB_TIMER_PACING);

	if (waits && !tcb->persist) {
		tcb->persist = 1;
		tcb->backoff = 0;
		timers_stop(tcb, TCB_TIMER_RETRANSMIT);
	} else if (!waits && tcb->records.len == 0) {
		tcb->persist = 0;
		timers_stop(tcb, TCB_TIMER_RETRANSMIT);
	}
	if ((waits || tcb->records.len > 0) && !timers_is_set(tcb, TCB_TIMER_RETRANSMIT))
		timers_rearm_retransmit(tcb, now);
	timers_watch_user_timeout(tcb, now);
	rcv_window_settle(tcb);
	busy_settle(tcb, now);
}

/* What the window allows: first what is lost; if that waits for cwnd it is not overtaken,
 * however small what is new (RFC 6675 4 (1), (2)). RFC 7413 4.2.2 step 6: with Fast Open, as far as
 * the first window, before the connection is open. */
static bool output_stream(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (output_lost(tcb, now, out))
		return true;
	if ((!state_is_synchronized(tcb->state) && !fast_open_is_pending(tcb)) ||
		(tcb->records.n_lost > 0 && tcb->recovery.frto != FRTO_SECOND))
		return false;
	return output_new_data(tcb, now, out) || output_fin(tcb, now, out);
}

bool output_next(struct tcb *tcb, uint64_t now, struct segment_out *out)
{
	if (output_rst(tcb, out))
		return true;
	if (tcb->state == EVTCP_CLOSED)
		return false;
	if (tcb->state == EVTCP_TIME_WAIT) /* the ACK of their FIN, and that is all */
		return tcb->ack == TCB_ACK_NOW && output_ack(tcb, now, out);
	if (path_may_be_another(tcb))
		path_follow(tcb, now);
	if (output_syn(tcb, now, out) || output_probe(tcb, now, out) ||
		output_tail_probe(tcb, now, out))
		return true;
	if (ecn_wants_ack_first(tcb) && output_ack(tcb, now, out))
		return true;
	if (!pacing_holds(tcb, now) && output_stream(tcb, now, out))
		return true;
	if (output_keepalive(tcb, now, out))
		return true;
	/* Before our SYN-ACK is acknowledged something may ask for an ACK, too. */
	if (tcb->state != EVTCP_SYN_SENT && output_ack(tcb, now, out))
		return true;
	output_settle(tcb, now);
	return false;
}
