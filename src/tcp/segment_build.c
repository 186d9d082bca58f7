/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection's segments have in common: addresses, options, payload, and what follows from
 * their leaving. In: a block, numbers and flags. Out: a segment to send. Which segment is due is
 * output.c's to say; those of handshakes without a block are built in half_open.c. */

#include "tcp/segment_build.h"
#include "tcp/rcv_window.h"
#include "tcp/timers.h"
#include <string.h>

/* ---- options ------------------------------------------------------------------------------ */

static void segment_syn_options(const struct tcb *tcb, struct tcp_options *options, bool syn_ack)
{
	const struct evtcp_tcp_options *offer = &tcb->tcp->config.options;

	/* SHLD-5, MAY-3, MUST-65: MSS in all SYNs, and nowhere else; so SACK-permitted (RFC 2018
	 * 2, rules 1 and 2); RFC 7323 2.2 rule 1, 3.2 rule 3. */
	options->present = TCP_OPT_MSS;
	options->mss = tcp_mss(tcb->tcp, &tcb->tuple.remote.addr);
	options->wscale = rcv_window_scale(&tcb->tcp->config.limits);
	if (syn_ack ? tcb->ws_ok : offer->window_scale)
		options->present |= TCP_OPT_WSCALE;
	if (syn_ack ? tcb->ts_ok : offer->timestamps)
		options->present |= TCP_OPT_TIMESTAMPS;
	if (syn_ack ? tcb->sack_ok : offer->sack)
		options->present |= TCP_OPT_SACK_PERMITTED;
}

/* How many SACK blocks fit: four, or three beside timestamps (RFC 2018 3 rule 2); fewer where the
 * smallest of MTUs leaves no room for all of them and an octet of text. */
static int segment_sack_room(const struct tcb *tcb, const struct tcp_header *h)
{
	const int head = 4, block = 8; /* the option's own kind and length, padded */
	int fit = (tcb->snd_mss - (tcb->ts_ok ? 12 : 0) - head - 1) / block;
	int most = tcb->ts_ok ? 3 : TCP_MAX_SACK_BLOCKS;

	/* RFC 9768 3.2.3.3 rule 1: two blocks go before the counters of marks, and these before
	 * more. */
	if (ecn_fits(tcb, h, (size_t)(head + block * (most - 1))))
		most--;
	return fit < most ? fit : most;
}

/* What came twice and, where that is out of order, the whole block that it is part of (RFC 2883
 * 4, rule 4): without that one it would be taken for a block of what is new, so where there is
 * room for one alone it is not told. Then what else is out of order, the newest first, as much
 * as fits (RFC 2883 4 rule 5, RFC 2018 4 rules 2, 4 and 5). */
static void segment_sack(const struct tcb *tcb, struct tcp_header *h)
{
	struct tcp_options *options = &h->options;
	struct tcp_sack_block blocks[TCP_MAX_SACK_BLOCKS], whole = {0};
	int room, n = 0, n_blocks = 0;

	if (tcb->reass == NULL && tcb->dsack.left == tcb->dsack.right)
		return; /* there is nothing to tell */
	room = segment_sack_room(tcb, h);
	if (tcb->reass != NULL)
		n_blocks = reass_blocks(tcb->reass, blocks, TCP_MAX_SACK_BLOCKS);
	bool beyond = n_blocks > 0 && reass_block_of(tcb->reass, tcb->dsack.left, &whole);
	if (tcb->dsack.left != tcb->dsack.right && (!beyond || room > 1)) {
		options->sack[n++] = tcb->dsack;
		if (beyond)
			options->sack[n++] = whole;
	} else {
		whole = (struct tcp_sack_block){0};
	}
	for (int i = 0; i < n_blocks && n < room; i++) {
		if (blocks[i].left != whole.left || blocks[i].right != whole.right)
			options->sack[n++] = blocks[i];
	}
	options->n_sack = (uint8_t)n;
	if (n > 0)
		options->present |= TCP_OPT_SACK;
}

static void segment_options(const struct tcb *tcb, struct tcp_header *h, uint64_t now)
{
	struct tcp_options *options = &h->options;
	bool syn = (h->flags & TCP_SYN) != 0;

	if (syn)
		segment_syn_options(tcb, options, (h->flags & TCP_ACK) != 0);
	else if (tcb->ts_ok) /* RFC 7323 3.2 rule 4 */
		options->present = TCP_OPT_TIMESTAMPS;
	options->tsval = isn_tsval(tcb->ts_offset, now);
	/* RFC 7323 3.2 rules 1 and 2 */
	options->tsecr = (h->flags & TCP_ACK) != 0 ? tcb->ts_recent : 0;
	user_timeout_tell(tcb, options, syn);
	if (!syn && tcb->sack_ok) /* RFC 2018 4 rule 1 */
		segment_sack(tcb, h);
	ecn_put(tcb, h);
}

/* ---- the segment -------------------------------------------------------------------------- */

void segment_begin(
	const struct tcb *tcb, struct segment_out *out, uint32_t seq, unsigned flags, uint64_t now)
{
	out->segment_len = 0;
	out->n_payload = 0;
	out->payload_len = 0;
	out->tuple = tcb->tuple;
	out->ttl = tcb->ttl;
	out->dscp = tcb->dscp; /* SHLD-22 */
	out->ecn = ECN_NOT_ECT;
	out->h.src_port = tcb->tuple.local.port;
	out->h.dst_port = tcb->tuple.remote.port;
	out->h.seq = seq;
	out->h.ack = 0;
	out->h.flags = (uint16_t)flags;
	out->h.urgent = 0;
	tcp_options_clear(&out->h.options);
	if (tcb->state != EVTCP_SYN_SENT) {
		out->h.flags |= TCP_ACK;
		out->h.ack = tcb->rcv_nxt;
	}
	segment_options(tcb, &out->h, now);
}

void segment_finish(struct tcb *tcb, struct segment_out *out, struct evtcp_reason reason)
{
	bool syn = (out->h.flags & TCP_SYN) != 0;

	out->reason = reason; /* an ACK that is due is sent once: RFC 5681 4.2 rule 5 */
	out->h.window = tcb->state == EVTCP_SYN_SENT ? rcv_window_of_syn(tcb->rcv_buf)
						     : rcv_window_field(tcb, syn);
	ecn_sent(tcb, &out->h);
	if ((out->h.flags & TCP_ACK) != 0) {
		tcb->last_ack_sent = tcb->rcv_nxt;
		tcb->dsack = (struct tcp_sack_block){0}; /* RFC 2883 4, rule 2: told once */
		tcb->ack = TCB_ACK_NONE;
		timers_stop(tcb, TCB_TIMER_DELAYED_ACK);
	}
	user_timeout_told(tcb, &out->h.options, syn);
	tcb->stats.segments_sent += segment_out_count(out);
	tcb->stats.bytes_sent += out->payload_len;
}

uint32_t segment_room(const struct tcb *tcb, const struct tcp_header *h)
{
	return tcb->snd_mss - (uint32_t)(tcp_header_len(h) - TCP_HEADER_MIN);
}

void segment_payload(struct tcb *tcb, struct segment_out *out, uint32_t seq, uint32_t len)
{
	out->n_payload =
		sendq_view(&tcb->sendq, seq, len, out->payload, SEGMENT_IOVECS, &out->payload_len);
	/* MUST-61: PSH on the last byte there is. */
	if (out->payload_len > 0 && seq + out->payload_len == tcb_end_of_data(tcb))
		out->h.flags |= TCP_PSH;
}

void segment_burst(struct tcb *tcb, struct segment_out *out, uint32_t len, uint32_t room)
{
	uint32_t seq = out->h.seq;

	segment_payload(tcb, out, seq, len);
	if (out->payload_len < len && out->payload_len > room)
		segment_payload(tcb, out, seq, out->payload_len - out->payload_len % room);
	if (out->payload_len > room)
		out->segment_len = (uint16_t)room;
}
