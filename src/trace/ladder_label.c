/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments in words, for ladders. Input: a segment and the connection that it belongs to, as far as
 * it is known. Output: text, made of numbers and of our own words: no byte of a peer's gets
 * into it. */

#include "trace/ladder_label.h"

#include "wire/seq.h"

#include <inttypes.h>

static void ladder_label_flags(struct ladder_text label, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} names[] = {{TCP_AE, "AE "}, {TCP_CWR, "CWR "}, {TCP_ECE, "ECE "}, {TCP_URG, "URG "},
		{TCP_RST, "RST "}, {TCP_SYN, "SYN "}, {TCP_FIN, "FIN "}, {TCP_PSH, "PSH "}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			ladder_add(label, "%s", names[i].name);
}

void ladder_label(struct ladder_text label, const struct ladder_conn *conn,
	const struct ladder_segment *segment)
{
	const struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	const struct ladder_flow *other = segment->outbound ? &conn->in : &conn->out;
	int64_t seq = ladder_flow_relative(flow, segment->seq);
	bool pure_ack = (segment->flags & (TCP_ACK | TCP_SYN | TCP_FIN | TCP_RST)) == TCP_ACK &&
			segment->payload_len == 0;
	bool counts = (segment->flags & TCP_SYN) == 0 && ladder_conn_is_accurate(conn);

	ladder_label_flags(label, segment->flags & (uint16_t)(counts ? ~TCP_ACE : ~0));
	if (segment->payload_len > 0)
		ladder_add(label, "%" PRId64 ":%" PRId64 " (%" PRIu32 ")", seq,
			seq + segment->payload_len, segment->payload_len);
	else if (!pure_ack)
		ladder_add(label, "%" PRId64, seq);
	if (segment->flags & TCP_ACK)
		ladder_add(label, "%sACK %" PRId64, pure_ack ? "" : "  ",
			ladder_flow_relative(other, segment->ack));
}

/* A fault script has made the window another, or it is as it should be again. */
static bool ladder_is_forged_window(const struct ladder_segment *segment)
{
	return segment->fate == EVTCP_CAUSE_FAULT_WINDOW ||
	       segment->earlier_fate == EVTCP_CAUSE_FAULT_WINDOW ||
	       segment->reason.cause == EVTCP_CAUSE_FAULT_OVER;
}

void ladder_label_window(struct ladder_text label, struct ladder_conn *conn,
	const struct ladder_segment *segment, bool always)
{
	struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	bool syn = (segment->flags & TCP_SYN) != 0, was_zero = flow->zero;

	if (segment->flags & TCP_RST)
		return;
	flow->zero = segment->window == 0;
	if (always || syn || flow->zero || was_zero ||
		segment->reason.cause == EVTCP_CAUSE_WINDOW_UPDATE ||
		ladder_is_forged_window(segment))
		ladder_add(label, "  win %" PRIu32, ladder_conn_window(conn, segment));
}

/* Fast Open (RFC 7413): it explains why a SYN has data, or why its data is acknowledged. */
static void ladder_label_cookie(struct ladder_text label, const struct ladder_segment *segment)
{
	const struct tcp_options *options = segment->options;

	if (options && options->present & TCP_OPT_FAST_OPEN)
		ladder_add(label, options->cookie_len > 0 ? "  cookie" : "  cookie wanted");
}

/* Accurate ECN (RFC 9768), where it is not as before: the number of marked packets, of which three
 * bits are told, and of the octets in them. */
static void ladder_label_marks(
	struct ladder_text label, struct ladder_conn *conn, const struct ladder_segment *segment)
{
	struct ladder_flow *flow = segment->outbound ? &conn->out : &conn->in;
	const struct tcp_options *options = segment->options;
	uint8_t ace = segment->flags >> TCP_ACE_SHIFT & TCP_ACE_MAX;

	if (segment->flags & (TCP_SYN | TCP_RST) || !ladder_conn_is_accurate(conn))
		return;
	if (ace != flow->ace)
		ladder_add(label, "  ACE %u", (unsigned)ace);
	flow->ace = ace;
	if (!options || !(options->present & TCP_OPT_ACCECN) ||
		!(options->accecn.fields & TCP_ACCECN_CEB) || options->accecn.ceb == flow->ceb)
		return;
	flow->ceb = options->accecn.ceb;
	ladder_add(label, "  marked %" PRIu32, flow->ceb);
}

void ladder_label_news(
	struct ladder_text label, struct ladder_conn *conn, const struct ladder_segment *segment)
{
	ladder_label_cookie(label, segment);
	ladder_label_marks(label, conn, segment);
}

/* One of a list: a comma before it unless it is the first. */
static const char *ladder_label_comma(struct ladder_text detail)
{
	return detail.text[0] ? ", " : "";
}

static void ladder_label_syn(struct ladder_text detail, const struct tcp_options *options)
{
	if (options->present & TCP_OPT_MSS)
		ladder_add(detail, "mss %u", (unsigned)options->mss);
	if (options->present & TCP_OPT_SACK_PERMITTED)
		ladder_add(detail, "%sSACK", ladder_label_comma(detail));
	if (options->present & TCP_OPT_TIMESTAMPS)
		ladder_add(detail, "%stimestamps", ladder_label_comma(detail));
	if (options->present & TCP_OPT_WSCALE)
		ladder_add(detail, "%swin scale %u", ladder_label_comma(detail),
			(unsigned)options->wscale);
}

/* The first block tells of what came twice if it is acknowledged, or inside the second
 * (RFC 2883 4). */
static bool ladder_label_is_dsack(const struct ladder_segment *segment)
{
	const struct tcp_sack_block *sack = segment->options->sack;

	return seq_lt(sack[0].left, segment->ack) ||
	       (segment->options->n_sack > 1 && seq_geq(sack[0].left, sack[1].left) &&
		       seq_leq(sack[0].right, sack[1].right));
}

static void ladder_label_sack(struct ladder_text detail, const struct ladder_flow *acknowledged,
	const struct ladder_segment *segment)
{
	bool dsack = ladder_label_is_dsack(segment);

	for (unsigned i = 0; i < segment->options->n_sack; i++) {
		const struct tcp_sack_block *block = &segment->options->sack[i];
		const char *word = i == 0 ? "SACK " : "";

		if (dsack && i < 2)
			word = i == 0 ? "D-SACK " : "SACK ";
		ladder_add(detail, "%s%s%" PRId64 ":%" PRId64, detail.text[0] ? " " : "", word,
			ladder_flow_relative(acknowledged, block->left),
			ladder_flow_relative(acknowledged, block->right));
	}
}

void ladder_label_detail(struct ladder_text detail, const struct ladder_conn *conn,
	const struct ladder_segment *segment)
{
	if (!segment->options)
		return;
	if (segment->flags & TCP_SYN)
		ladder_label_syn(detail, segment->options);
	if (segment->options->present & TCP_OPT_SACK)
		ladder_label_sack(detail, segment->outbound ? &conn->in : &conn->out, segment);
}
