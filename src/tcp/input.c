/* SPDX-License-Identifier: BSD-3-Clause */
/* A segment arrives at a connection: RFC 9293 3.10.7.4, first to fourth, in the RFC's
 * order. In front of the first step stands RFC 7323's PAWS, and RST and SYN obey
 * RFC 5961 3 and 4. Security and compartment (third step) are not of this stack. */

#include "tcp/input.h"
#include "tcp/rcv_window.h"
#include "tcp/state.h"
#include <errno.h>

/* RFC 7323 5.5: a timestamp kept longer than this may have wrapped. */
static const uint64_t input_ts_recent_valid_us = UINT64_C(24) * 86400 * 1000000;

/* An ACK in answer to something unacceptable (RFC 9293 3.5.2 rule 3). Data asks for one because its
 * sender may have lost our last; anything else is limited, lest two stacks answer each other for
 * ever (ATTACKS T10). */
static void input_answer(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	if (segment_len(seg) > 0 && (seg->h.flags & TCP_SYN) == 0)
		tcb_ack_now(tcb, EVTCP_CAUSE_ACK_UNACCEPTABLE);
	else
		tcb_challenge(tcb, EVTCP_CAUSE_ACK_UNACCEPTABLE, now);
}

/* What of the segment had come before, text or FIN, is told by the ACK that it asks for (RFC
 * 2883 4 rules 1 and 3, 4.2: the first part of what had), which goes at once. Of several such
 * segments in one batch those that touch are told as one, else the latest is: there is one ACK, and
 * it has one place. */
static void input_note_duplicate(struct tcb *tcb, const struct segment *seg)
{
	uint32_t first = seg->h.seq + ((seg->h.flags & TCP_SYN) != 0);
	uint32_t end = seg->h.seq + segment_len(seg);
	struct tcp_sack_block twice = {first, seq_min(end, tcb->rcv_nxt)}, *told = &tcb->dsack;

	if (!tcb->sack_ok || first == end)
		return;
	bool old = seq_lt(twice.left, twice.right);
	/* Before the first octet of this connection: of an earlier one. */
	if (old && tcb->rcv_nxt - twice.left > tcb->stats.bytes_received + tcb->fin_received)
		return;
	if (!old && (tcb->reass == NULL || !reass_find_held(tcb->reass, first, end, &twice)))
		return;
	if (told->left != told->right && seq_leq(twice.left, told->right) &&
		seq_leq(told->left, twice.right)) {
		twice.left = seq_min(twice.left, told->left);
		twice.right = seq_max(twice.right, told->right);
	}
	*told = twice;
	tcb_ack_now(tcb, EVTCP_CAUSE_ACK_DUPLICATE);
}

/* ---- before the first step: timestamps (RFC 7323 5.3 R1, rule 1) ------------------------
 *
 * R1 drops what is older than TS.Recent. That spares what is late, because TS.Recent stands
 * still while something is missing: it is taken from the left edge of the window alone. But it
 * leaps as soon as the one gap is filled by a retransmission, and what is late in the next gap
 * was sent before that: PAWS would drop all of it, each drop asks for a retransmission, and
 * that leaps again. So reordering would become loss after the first real one.
 *
 * Segments were first sent in the order of their numbers. So what is missing beyond RCV.NXT
 * cannot be older than what came before it in its own time: ts_floor, which is TS.Recent while
 * nothing is missing, and else the TSval of the first segment of what was taken last, or
 * TS.Recent if that is older. That is within the present window as well, so that PAWS protects
 * from what it is made for: numbers that come again 2^31 octets later. */

static struct evtcp_reason input_check_timestamps(
	struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;

	/* RFC 7323 5.2 rule 1 */
	if (!tcb->ts_ok || (seg->h.flags & TCP_RST) != 0)
		return reason_of(EVTCP_CAUSE_NONE);
	if ((options->present & TCP_OPT_TIMESTAMPS) == 0) {
		/* RFC 7323 3.2 rules 6 and 7: once agreed they are in every segment but RST. A
		 * SYN that begins anew is judged by step four. */
		return reason_of((seg->h.flags & TCP_SYN) != 0 ? EVTCP_CAUSE_NONE
							       : EVTCP_CAUSE_NO_TIMESTAMP);
	}
	bool valid = now - tcb->ts_recent_at_us <= input_ts_recent_valid_us;
	if (!valid || !seq_lt(options->tsval, tcb->ts_floor))
		return reason_of(EVTCP_CAUSE_NONE);
	if ((seg->h.flags & TCP_SYN) == 0) {
		input_answer(tcb, seg, now);
		/* RFC 2883 4.3, but what an earlier connection of these ports sent is no
		 * duplicate of ours, though its numbers may be among those that we hold. */
		if (!seq_lt(options->tsval, tcb->ts_first))
			input_note_duplicate(tcb, seg);
	} else {
		tcb_challenge(tcb, EVTCP_CAUSE_CHALLENGE_SYN, now);
	}
	return reason_of(EVTCP_CAUSE_PAWS);
}

/* RFC 7323 4.3 (2), 5.3 R3: what we echo; RFC 7323 4.3 (A), (B), (C) follow from it. */
static void input_update_ts_recent(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	const struct tcp_options *options = &seg->h.options;

	if (!tcb->ts_ok || (options->present & TCP_OPT_TIMESTAMPS) == 0 ||
		(seg->h.flags & TCP_RST) != 0)
		return;
	bool expired = now - tcb->ts_recent_at_us > input_ts_recent_valid_us;
	if ((!expired && seq_lt(options->tsval, tcb->ts_recent)) ||
		seq_gt(seg->h.seq, tcb->last_ack_sent))
		return;
	tcb->ts_recent = options->tsval;
	tcb->ts_recent_at_us = now;
	if (expired || tcb->reass == NULL || tcb->reass->len == 0)
		tcb->ts_floor = tcb->ts_recent;
	if (expired && tcb->reass != NULL)
		reass_renew(tcb->reass, tcb->ts_recent);
}

/* ---- first step: the sequence number -------------------------------------------------- */

void input_trim(const struct tcb *tcb, struct segment *seg)
{
	if (seq_lt(seg->h.seq, tcb->rcv_nxt)) {
		uint32_t old = tcb->rcv_nxt - seg->h.seq, first = seg->h.seq;
		if ((seg->h.flags & TCP_SYN) != 0) {
			seg->h.flags &= (uint16_t)~TCP_SYN; /* an old SYN of this connection */
			seg->had_syn = true;
			seg->h.seq++;
			old--;
		}
		if (old > seg->payload_len) /* the FIN is old, too: cannot be, it is acceptable */
			old = seg->payload_len;
		seg->payload += old;
		seg->payload_len -= old;
		seg->h.seq += old;
		/* The pointer counts from SEG.SEQ; what it pointed at may be old, too. */
		old = seg->h.seq - first;
		if (seg->h.urgent > old)
			seg->h.urgent -= (uint16_t)old;
		else
			seg->h.flags &= (uint16_t)~TCP_URG;
	}
	uint32_t room = tcb->rcv_adv - seg->h.seq;
	if (segment_len(seg) <= room)
		return;
	seg->h.flags &= (uint16_t)~TCP_FIN;
	if (seg->payload_len > room)
		seg->payload_len = room;
	seg->cut = true;
}

/* Most segments are what comes next, and have room: they are acceptable as they are (RFC 9293
 * 3.10.7.4, first), and nothing of them is cut off, whatever else they say. */
static bool input_is_next(const struct tcb *tcb, const struct segment *seg)
{
	return seg->h.seq == tcb->rcv_nxt && segment_len(seg) <= tcb_rcv_wnd(tcb);
}

/* RFC 9293 3.5, figure 7, line 6: both sides answer the other's SYN with SYN-ACK. Its SYN
 * is not new, which makes it unacceptable by the letter; its ACK is what opens. */
static bool input_is_syn_ack_of_simultaneous_open(const struct tcb *tcb, const struct segment *seg)
{
	return tcb->state == EVTCP_SYN_RECEIVED && !tcb->passive &&
	       seg->h.seq + 1 == tcb->rcv_nxt &&
	       (seg->h.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
	       seg->h.ack == tcb->snd_nxt;
}

/* Who probes a closed window numbers its ACKs from the edge of that window, one below the
 * octet that it has sent beyond. If the other side has taken that octet, but probes as well
 * (the updates of both windows were lost), each is below what the other expects, and
 * neither would ever take the other's ACK. So, while we probe, one that is short by this
 * octet counts, though RFC 9293 3.10.7.4, first check, would drop it. */
static bool input_is_ack_of_other_prober(const struct tcb *tcb, const struct segment *seg)
{
	return tcb->persist && seg->h.seq + 1 == tcb->rcv_nxt && segment_len(seg) == 0 &&
	       (seg->h.flags & (TCP_ACK | TCP_URG)) == TCP_ACK &&
	       seq_lt(tcb->snd_una, seg->h.ack) && seq_leq(seg->h.ack, tcb->snd_nxt);
}

/* Whether the segment may go on, trimmed; the cause says why not. */
static struct evtcp_reason input_check_sequence(struct tcb *tcb, struct segment *seg, uint64_t now)
{
	if (input_is_syn_ack_of_simultaneous_open(tcb, seg)) {
		input_trim(tcb, seg);
		return reason_of(EVTCP_CAUSE_NONE);
	}
	if (segment_is_acceptable(seg, tcb->rcv_nxt, tcb_rcv_wnd(tcb))) {
		if ((seg->h.flags & TCP_SYN) == 0)
			input_trim(tcb, seg);
		return reason_of(EVTCP_CAUSE_NONE);
	}
	/* MUST-66: with a zero window RST is processed, too, though its text has no room. */
	bool closed = tcb_rcv_wnd(tcb) == 0 && seg->h.seq == tcb->rcv_nxt;
	if ((seg->h.flags & TCP_RST) != 0)
		return reason_of(closed ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_RST_OUTSIDE_WINDOW);
	/* RFC 5961 4: a SYN is challenged wherever it stands. */
	if ((seg->h.flags & TCP_SYN) != 0) {
		tcb_challenge(tcb, EVTCP_CAUSE_CHALLENGE_SYN, now);
		ecn_on_syn_ack_again(tcb, seg);
		return reason_of(EVTCP_CAUSE_SYN_ON_CONNECTION);
	}
	input_answer(tcb, seg, now);
	input_note_duplicate(tcb, seg);
	/* MUST-66: so are ACK and URG. What came is a probe; its octet is not taken. */
	if (closed) {
		tcb->ack_reason.cause = EVTCP_CAUSE_ACK_PROBE;
		seg->payload_len = 0;
		seg->h.flags &= (uint16_t)~TCP_FIN;
		seg->cut = true;
		return reason_of(EVTCP_CAUSE_NONE);
	}
	if (input_is_ack_of_other_prober(tcb, seg))
		return reason_of(EVTCP_CAUSE_NONE);
	bool old = seq_leq(seg->h.seq + segment_len(seg), tcb->rcv_nxt);
	return reason_of(old ? EVTCP_CAUSE_OLD_DUPLICATE : EVTCP_CAUSE_OUTSIDE_WINDOW);
}

/* ---- second and fourth step: RST, SYN -------------------------------------------------- */

static struct evtcp_reason input_rst(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	/* RFC 5961 3.2 steps 1 to 3: only the exact number resets; another one in the window is
	 * challenged, and the real peer's answer to that will be exact. It may carry text
	 * (SHLD-2). Text that reaches into the window does not make a number left of it a better
	 * guess. */
	if (!seq_between(seg->h.seq, tcb->rcv_nxt, tcb->rcv_adv) && seg->h.seq != tcb->rcv_nxt)
		return reason_of(EVTCP_CAUSE_RST_OUTSIDE_WINDOW);
	if (seg->h.seq != tcb->rcv_nxt) {
		tcb_challenge(tcb, EVTCP_CAUSE_CHALLENGE_RST, now);
		return reason_of(EVTCP_CAUSE_RST_NOT_EXACT);
	}
	switch (tcb->state) {
	case EVTCP_SYN_RECEIVED: /* after an active open: refused; else the application has it */
		state_fail(tcb, tcb->passive ? ECONNRESET : ECONNREFUSED, EVTCP_CAUSE_RST_ARRIVED,
			now);
		break;
	case EVTCP_CLOSING:
	case EVTCP_LAST_ACK:
		/* Nothing is lost: both sides had finished. */
		state_set(tcb, EVTCP_CLOSED, EVTCP_CAUSE_RST_ARRIVED, now);
		break;
	default:
		state_fail(tcb, ECONNRESET, EVTCP_CAUSE_RST_ARRIVED, now); /* MUST-12 */
		break;
	}
	return reason_of(EVTCP_CAUSE_ACCEPTED);
}

/* ---- the whole --------------------------------------------------------------------------- */

/* A sign of life. */
static void input_note_arrival(struct tcb *tcb, uint64_t now)
{
	if (tcb->last_received_us != now) /* the first of a batch */
		tcb->recovery.flight_before = recovery_flight(tcb);
	tcb->last_received_us = now;
	tcb->probes_unanswered = 0;
}

/* The fifth step and what follows, for a segment that may be believed. */
static struct evtcp_reason input_believed(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	struct evtcp_reason reason = input_ack(tcb, seg, now);

	if (reason.cause == EVTCP_CAUSE_NONE)
		reason = input_text(tcb, seg, now);
	if (seg->cut && reason.cause == EVTCP_CAUSE_ACCEPTED)
		reason.cause = EVTCP_CAUSE_ACCEPTED_TRIMMED;
	return reason;
}

struct evtcp_reason input_from_ack(struct tcb *tcb, const struct segment *seg, uint64_t now)
{
	struct segment trimmed = *seg;

	input_trim(tcb, &trimmed);
	input_update_ts_recent(tcb, &trimmed, now);
	user_timeout_hear(tcb, &seg->h.options, now);
	input_note_arrival(tcb, now);
	ecn_on_segment(tcb, seg);
	tcb->stats.segments_received += segment_count(seg);
	return input_believed(tcb, &trimmed, now);
}

struct evtcp_reason input_segment(
	struct tcb *tcb, const struct segment *original, uint64_t now, struct segment_out *reply)
{
	const struct segment *seg = original;
	bool is_next = input_is_next(tcb, original);
	struct segment trimmed;

	tcb->stats.segments_received += segment_count(original);
	if (tcb->state == EVTCP_SYN_SENT)
		return input_syn_sent(tcb, original, now, reply);
	if (fast_open_is_same_syn(tcb, original))
		return fast_open_on_syn_again(tcb, original, now);
	struct evtcp_reason reason = input_check_timestamps(tcb, original, now);
	if (reason.cause == EVTCP_CAUSE_NONE && !is_next) {
		trimmed = *original;
		seg = &trimmed;
		reason = input_check_sequence(tcb, &trimmed, now);
	}
	if (reason.cause != EVTCP_CAUSE_NONE)
		return reason;
	if ((seg->h.flags & TCP_RST) != 0)
		return input_rst(tcb, original, now);
	if ((seg->h.flags & TCP_SYN) != 0) {
		tcb_challenge(tcb, EVTCP_CAUSE_CHALLENGE_SYN, now); /* RFC 5961 4.2 */
		return reason_of(EVTCP_CAUSE_SYN_ON_CONNECTION);
	}
	if ((seg->h.flags & TCP_ACK) == 0)
		return reason_of(EVTCP_CAUSE_ACK_MISSING);
	/* Before anything of it is believed: who forges a segment does not know what we sent,
	 * and could stop the connection for ever by a TS.Recent of the future. */
	reason = input_check_ack(tcb, seg, now, reply);
	if (reason.cause != EVTCP_CAUSE_NONE)
		return reason;
	input_update_ts_recent(tcb, original, now);
	user_timeout_hear(tcb, &seg->h.options, now);
	input_note_arrival(tcb, now);
	if (tcb_rcv_wnd(tcb) > 0 || original->payload_len == 0) /* else its text was refused */
		ecn_on_segment(tcb, original);
	if (!is_next || tcb->reass != NULL) /* else nothing of it has come before */
		input_note_duplicate(tcb, original);
	return input_believed(tcb, seg, now);
}
