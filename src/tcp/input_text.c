/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 9293 3.10.7.4, sixth to eighth: URG, the segment's text, FIN. In-order
 * bytes go to input, which is the application's; others to reass. The segment has been
 * trimmed to the window before. */

#include "tcp/input.h"
#include "tcp/rcv_tune.h"
#include "tcp/rcv_window.h"
#include "tcp/state.h"
#include "tcp/timers.h"
#include "util/number.h"

/* ---- sixth step: URG -------------------------------------------------------------------- */

/* The data is delivered in line (RFC 6093 is of the same mind); the pointer only tells
 * how much of it is urgent, and is never a length (MUST-30, -31, -32, -62; T16). */
static void input_urgent(struct tcb *tcb, const struct segment *seg)
{
	if ((seg->h.flags & TCP_URG) == 0 || !state_may_receive(tcb->state))
		return;
	uint32_t up = seg->h.seq + seg->h.urgent; /* the octet after the urgent data */
	if (!seq_gt(up, tcb->rcv_nxt - tcb->unread) || (tcb->urgent && !seq_gt(up, tcb->rcv_up)))
		return;
	tcb->rcv_up = up;
	tcb->urgent = 1;
	tcb_mark_news(tcb, TCB_NEWS_READABLE);
}

/* ---- seventh step: text ------------------------------------------------------------------- */

static void input_delivered(struct tcb *tcb, uint32_t bytes)
{
	tcb->unread += bytes;
	tcb->tcp->receive_bytes += bytes;
	tcb->stats.bytes_received += bytes;
	tcb_mark_news(tcb, TCB_NEWS_READABLE);
}

/* Acknowledge: soon, or now if two full-sized segments wait (RFC 9293 3.8.6.3, SHLD-18,
 * SHLD-19; RFC 5681 4.2 rules 1 and 2). The first full-sized ones at once, too: the sender is in
 * slow start, and has perhaps no second one to send before the ACK of the first. */
static void input_schedule_ack(struct tcb *tcb, uint32_t len)
{
	if (tcb->rcv_nxt - tcb->last_ack_sent >= 2 * tcb->rcv_mss) {
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_SECOND);
	} else if (tcb->quick_acks > 0 && len >= tcb->rcv_mss) {
		tcb->quick_acks--;
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_QUICK);
	} else if (tcb->ack == TCB_ACK_NONE) {
		tcb->ack = TCB_ACK_DELAYED;
		tcb_mark_output(tcb); /* which starts the timer */
	}
}

/* What the arrival of in-order bytes brings in order, too. */
static void input_take_reassembled(struct tcb *tcb)
{
	uint32_t taken = reass_take(tcb->reass, &tcb->rcv_nxt, tcb->input);

	if (taken == 0)
		return;
	input_delivered(tcb, taken);
	/* Never beyond TS.Recent: it is of the left edge (RFC 7323 5.3 R3), and whoever forges
	 * what lies beyond a gap would have to hit that. */
	tcb->ts_floor = seq_max(tcb->ts_floor, seq_min(tcb->reass->taken_tsval, tcb->ts_recent));
}

/* How many ranges there may be: so many that each second full-sized segment of what the buffer
 * holds can be lost. Who sends smaller ones gets no more memory for it (ATTACKS T22, T23). */
static uint32_t input_limit_ranges(const struct tcb *tcb)
{
	uint32_t limit = tcb->tcp->config.limits.out_of_order;
	uint32_t fit = number_max(REASS_FEW_RANGES, tcb->rcv_buf / REASS_RANGE_COST);

	return limit == 0 ? fit : number_min(limit, fit);
}

static bool input_reassemble(struct tcb *tcb, const struct segment *seg)
{
	struct reass_piece piece = {.seq = seg->h.seq,
		.len = seg->payload_len,
		.tsval = seg->h.options.tsval,
		.data = seg->payload};

	return reass_add(tcb->reass, &piece, input_limit_ranges(tcb));
}

/* In-order bytes. Where they overlap what waits beyond a gap, they go the way of that: of
 * bytes that come twice the first copy is kept (ATTACKS T24). False without memory. */
static bool input_append(struct tcb *tcb, const struct segment *seg)
{
	struct reass *r = tcb->reass;
	struct evbuffer *input = tcb_input(tcb);
	uint32_t end = seg->h.seq + seg->payload_len;

	if (input == NULL)
		return false;
	if (r == NULL || r->len == 0 || seq_leq(end, r->ranges[0].seq)) {
		if (evbuffer_add(input, seg->payload, seg->payload_len) == -1)
			return false;
		tcb->rcv_nxt = end;
		input_delivered(tcb, seg->payload_len);
		return true;
	}
	return input_reassemble(tcb, seg);
}

static struct evtcp_reason input_in_order(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	bool gaps = tcb->reass != NULL && tcb->reass->len > 0;
	bool kept = input_append(tcb, seg);

	if (gaps) {
		input_take_reassembled(tcb);
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_GAP_FILLED); /* RFC 5681 4.2 rule 4: at once */
	}
	if (!kept)
		return reason_of(EVTCP_CAUSE_NO_MEMORY);
	uint32_t segment_len = number_min(seg->segment_len, seg->payload_len);
	if (segment_len > tcb->rcv_mss)
		tcb->rcv_mss = segment_len;
	rcv_tune_on_data(tcb, seg, now);
	if (!gaps)
		input_schedule_ack(tcb, seg->payload_len);
	return reason_of(EVTCP_CAUSE_ACCEPTED);
}

/* Whether there may be len more bytes beyond a gap: cause NONE, and tcb->reass is there. */
static enum evtcp_cause input_make_room(struct tcb *tcb, uint32_t len)
{
	const struct tcp *tcp = tcb->tcp;
	uint64_t limit = tcp->config.limits.out_of_order_bytes;

	if (limit != 0 && tcp->out_of_order_bytes + reass_growth(tcb->reass, len) > limit)
		return EVTCP_CAUSE_OUT_OF_ORDER_LIMIT;
	if (tcb->reass == NULL && (tcb->reass = reass_new(tcp->world)) == NULL)
		return EVTCP_CAUSE_NO_MEMORY;
	return EVTCP_CAUSE_NONE;
}

/* Kept if there is room (SHLD-31); told at once, so that the sender can recover (RFC 5681 4.2
 * rule 3, RFC 2018 4 rule 3, MAY-13). */
static struct evtcp_reason input_out_of_order(struct tcb *tcb, const struct segment *seg)
{
	enum evtcp_cause refused = input_make_room(tcb, seg->payload_len);

	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_OUT_OF_ORDER);
	if (refused != EVTCP_CAUSE_NONE)
		return reason_of(refused);
	bool kept = input_reassemble(tcb, seg);
	return reason_of(kept ? EVTCP_CAUSE_QUEUED_OUT_OF_ORDER : EVTCP_CAUSE_OUT_OF_ORDER_LIMIT);
}

/* Data for an application that has gone: it will never be read, and the peer should know
 * (RFC 9293 3.6.1, SHLD-3). */
static struct evtcp_reason input_after_release(struct tcb *tcb, uint64_t now)
{
	state_reset(tcb, EVTCP_CAUSE_RST_AFTER_CLOSE, 0, EVTCP_CAUSE_ABORTED_BY_USER, now);
	return reason_of(EVTCP_CAUSE_ACCEPTED);
}

/* Whether len more bytes have room among all buffers when so many of those have been freed. */
static bool input_fits(const struct tcp *tcp, uint32_t len, uint32_t freed)
{
	uint64_t limit = tcp->config.limits.buffer_bytes;

	return limit == 0 || tcp_held_bytes(tcp) - freed + len <= limit;
}

/* Whether the text of seg has room among all buffers. What waits beyond a gap gives way to what
 * fills the gap (RFC 2018 8 allows it; ATTACKS T23): there would be room for neither, ever, if what
 * waits had taken all. Not where that would not be enough: then it would go for nothing. */
static bool input_find_room(struct tcb *tcb, const struct segment *seg)
{
	if (input_fits(tcb->tcp, seg->payload_len, 0))
		return true;
	if (seg->h.seq != tcb->rcv_nxt || tcb->reass == NULL ||
		!input_fits(tcb->tcp, seg->payload_len, tcb->reass_counted))
		return false;
	tcb_drop_out_of_order(tcb);
	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_GAP_FILLED);
	return true;
}

static struct evtcp_reason input_data(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	if (!tcb->owned)
		return input_after_release(tcb, now);
	ecn_on_data(tcb, seg); /* within the window: RFC 3168 6.1.5 rule 2 */
	if (!input_find_room(tcb, seg))
		return reason_of(EVTCP_CAUSE_RECEIVE_BUFFER);
	if (seg->h.seq == tcb->rcv_nxt)
		return input_in_order(tcb, seg, now);
	return input_out_of_order(tcb, seg);
}

/* ---- eighth step: FIN ------------------------------------------------------------------ */

/* Remembers a FIN that came before what precedes it; cause NONE, or why not. */
static enum evtcp_cause input_keep_fin(struct tcb *tcb, uint32_t fin_seq)
{
	enum evtcp_cause refused = tcb->reass == NULL ? input_make_room(tcb, 0) : EVTCP_CAUSE_NONE;

	if (refused == EVTCP_CAUSE_NONE) {
		tcb->reass->has_fin = true;
		tcb->reass->fin_seq = fin_seq;
	}
	return refused;
}

static void input_fin(struct tcb *tcb, uint64_t now)
{
	tcb->fin_received = 1;
	tcb->rcv_nxt++;
	/* The window may have been full to the last byte. */
	tcb->rcv_adv = seq_max(tcb->rcv_adv, tcb->rcv_nxt);
	tcb_mark_news(tcb, TCB_NEWS_EOF);
	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_FIN);
	switch (tcb->state) {
	case EVTCP_SYN_RECEIVED:
	case EVTCP_ESTABLISHED:
		state_set(tcb, EVTCP_CLOSE_WAIT, EVTCP_CAUSE_FIN_ARRIVED, now);
		break;
	case EVTCP_FIN_WAIT_1: /* our FIN is not acknowledged yet: else FIN-WAIT-2 */
		state_set(tcb, EVTCP_CLOSING, EVTCP_CAUSE_FIN_ARRIVED, now);
		break;
	case EVTCP_FIN_WAIT_2:
		state_set(tcb, EVTCP_TIME_WAIT, EVTCP_CAUSE_FIN_ARRIVED, now);
		break;
	default: /* CLOSE-WAIT and later: the FIN was counted before */
		break;
	}
}

/* The FIN of this segment, or one that was kept, if it is next. Cause NONE, or why a FIN that
 * came early, and alone, is not kept. */
static enum evtcp_cause input_check_fin(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	uint32_t fin_seq = seg->h.seq + seg->payload_len;
	enum evtcp_cause refused = EVTCP_CAUSE_NONE;

	if (tcb->fin_received || tcb->state == EVTCP_CLOSED)
		return refused;
	if ((seg->h.flags & TCP_FIN) != 0 && fin_seq != tcb->rcv_nxt) {
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_OUT_OF_ORDER);
		refused = input_keep_fin(tcb, fin_seq);
	}
	bool kept =
		tcb->reass != NULL && tcb->reass->has_fin && tcb->reass->fin_seq == tcb->rcv_nxt;
	if (kept || ((seg->h.flags & TCP_FIN) != 0 && fin_seq == tcb->rcv_nxt))
		input_fin(tcb, now);
	return refused;
}

struct evtcp_reason input_text(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	struct evtcp_reason reason = {.cause = EVTCP_CAUSE_ACCEPTED};

	input_urgent(tcb, seg);
	if (seg->payload_len > 0) {
		if (!state_may_receive(tcb->state)) /* after their FIN: nonsense, ignored */
			return reason_of(EVTCP_CAUSE_OUTSIDE_WINDOW);
		reason = input_data(tcb, seg, now);
	}
	if (evtcp_cause_class(reason.cause) != EVTCP_CLASS_DROPPED) {
		enum evtcp_cause refused = input_check_fin(tcb, seg, now);
		if (refused != EVTCP_CAUSE_NONE)
			reason = reason_of(refused);
	}
	if (tcb->reass != NULL && (tcb->fin_received || reass_is_empty(tcb->reass)))
		tcb_drop_out_of_order(tcb);
	else if (tcb->reass != NULL)
		tcb_count_out_of_order(tcb);
	return reason;
}

struct evtcp_reason input_syn_text(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	struct segment text = *seg;

	input_trim(tcb, &text); /* the SYN goes */
	text.ecn = ECN_NOT_ECT; /* a SYN is never ECT (RFC 3168 6.1.1): a mark means nothing */
	if (text.payload_len == 0)
		return reason_of(EVTCP_CAUSE_ACCEPTED);
	return input_data(tcb, &text, now);
}
