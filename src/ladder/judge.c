/* SPDX-License-Identifier: BSD-3-Clause */

/* Judging segments. Input: a segment, and what its connection has shown so far. Output: what it is.
 *
 * A capture is not the truth of either end: it may begin late, lack packets, or have them in
 * another order. So only bytes that it has seen before are a retransmission; and where bytes fill a
 * gap, it says so and no more. */

#include "ladder/judge.h"

#include "trace/duration.h"
#include "wire/seq.h"

#include <inttypes.h>

enum { JUDGE_DUPLICATES = 3 /* that make a sender send again: RFC 5681 3.2 */ };

/* The sequence numbers that a segment occupies, relative. */
struct judge_range {
	int64_t begin, end;
};

static struct judge_range judge_range_of(
	const struct connection *connection, const struct ladder_segment *segment)
{
	const struct ladder_flow *flow =
		segment->outbound ? &connection->conn.out : &connection->conn.in;
	int64_t begin = ladder_flow_relative(flow, segment->seq);

	return (struct judge_range){begin, begin + segment->payload_len +
						   ((segment->flags & TCP_SYN) != 0) +
						   ((segment->flags & TCP_FIN) != 0)};
}

/* ---- what it sends ---------------------------------------------------------- */

/* One byte into a window that is closed, or a byte that is acknowledged already, which is to make
 * the peer answer (RFC 9293 3.8.6.1, 3.8.4). */
static enum verdict judge_probe(const struct side *side, const struct side *peer,
	const struct ladder_segment *segment, struct judge_range range)
{
	if (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST) || segment->payload_len > 1 ||
		!side->seen.any || !peer->has_acked)
		return VERDICT_NONE;
	if (range.begin == side->seen.top - 1 && peer->acked == side->seen.top)
		return VERDICT_KEEPALIVE;
	if (peer->window == 0 && segment->payload_len == 1 && range.begin == peer->acked)
		return VERDICT_PROBE;
	return VERDICT_NONE;
}

static struct judgement judge_range(const struct side *peer, struct judge_range range,
	const struct seen_look *look, uint64_t at_us)
{
	struct judgement judgement = {.timed = look->timed && at_us >= look->last_at_us,
		.since_us = at_us - look->last_at_us,
		.bytes = look->again};
	uint64_t len = (uint64_t)(range.end - range.begin);

	if (peer->has_acked && peer->acked == range.begin)
		judgement.duplicates = peer->duplicates;
	if (look->again == len)
		judgement.verdict = peer->has_acked && peer->acked >= range.end
					    ? VERDICT_AGAIN_ACKED
					    : VERDICT_AGAIN;
	else if (look->again > 0)
		judgement.verdict = VERDICT_AGAIN_PARTLY;
	else if (look->late > 0)
		judgement.verdict = VERDICT_LATE;
	else if (look->unknown > 0)
		judgement.verdict = VERDICT_BEFORE;
	else if (look->before > 0)
		judgement = (struct judgement){.verdict = VERDICT_GAP, .bytes = look->before};
	return judgement;
}

static struct judgement judge_data(struct connection *connection,
	const struct ladder_segment *segment, struct judge_range range, enum ladder_fate fate)
{
	struct side *side = connection_side(connection, segment->outbound);
	const struct side *peer = connection_side(connection, !segment->outbound);
	struct seen_look look = seen_look(&side->seen, range.begin, range.end);
	struct judgement judgement = judge_range(peer, range, &look, segment->at_us);
	enum verdict probe = judge_probe(side, peer, segment, range);
	uint64_t first = look.new + look.late + look.unknown;

	if (probe != VERDICT_NONE)
		judgement.verdict = probe;
	else if (fate == LADDER_LOST && judgement.verdict == VERDICT_GAP)
		judgement.verdict = VERDICT_NONE; /* those before it may come yet */
	side->again += look.again > 0 && probe == VERDICT_NONE;
	if (fate == LADDER_REFUSED)
		return judgement; /* what the receiver has refused may not be the sender's at all */
	side->bytes += first < segment->payload_len ? first : segment->payload_len;
	seen_add(&side->seen, range.begin, range.end, segment->at_us, fate == LADDER_LOST);
	return judgement;
}

/* ---- what it acknowledges ----------------------------------------------------- */

/* It tells of bytes that came behind a gap. */
static bool judge_sacks(const struct ladder_segment *segment)
{
	const struct tcp_options *options = segment->options;

	for (unsigned i = 0; (options->present & TCP_OPT_SACK) && i < options->n_sack; i++)
		if (seq_gt(options->sack[i].left, segment->ack))
			return true;
	return false;
}

/* The same is acknowledged again: a duplicate while data is out, if nothing else is new but SACK
 * blocks (RFC 5681 2, RFC 6675 2). A window that is closed is told again to whoever probes it:
 * nothing is missing. */
static struct judgement judge_same_ack(struct side *side, const struct side *peer,
	const struct ladder_segment *segment, uint32_t window)
{
	struct judgement judgement = {VERDICT_NONE};

	if ((window == side->window || judge_sacks(segment)) && window != 0 && peer->seen.any &&
		peer->seen.top > side->acked) {
		judgement.verdict = VERDICT_DUPLICATE;
		judgement.duplicates = ++side->duplicates;
	} else if (window > side->window) {
		judgement.verdict = VERDICT_WINDOW_OPENS;
	}
	return judgement;
}

static struct judgement judge_ack(struct connection *connection,
	const struct ladder_segment *segment, struct judge_range range)
{
	struct side *side = connection_side(connection, segment->outbound);
	const struct side *peer = connection_side(connection, !segment->outbound);
	const struct ladder_flow *acknowledged =
		segment->outbound ? &connection->conn.in : &connection->conn.out;
	int64_t acked = ladder_flow_relative(acknowledged, segment->ack);
	uint32_t window = ladder_conn_window(&connection->conn, segment);
	bool first = !side->has_acked;
	struct judgement judgement = {VERDICT_NONE};

	if (!first && acked < side->acked)
		return judgement; /* an old one: it says nothing of now */
	if (!first && acked == side->acked && range.begin == range.end)
		judgement = judge_same_ack(side, peer, segment, window);
	if (first || acked > side->acked)
		side->duplicates = 0;
	if ((first || acked > side->acked) && peer->seen.any && acked > peer->seen.top)
		judgement = (struct judgement){
			.verdict = VERDICT_UNSEEN, .bytes = (uint64_t)(acked - peer->seen.top)};
	side->has_acked = true;
	side->acked = acked;
	side->window = window;
	return judgement;
}

struct judgement judge_segment(
	struct connection *connection, const struct ladder_segment *segment, enum ladder_fate fate)
{
	struct side *side = connection_side(connection, segment->outbound);
	const struct side *peer = connection_side(connection, !segment->outbound);
	struct judge_range range = judge_range_of(connection, segment);
	struct judgement judgement = {VERDICT_NONE}, of_ack = {VERDICT_NONE};

	side->segments++;
	side->lost += fate == LADDER_LOST;
	side->fin |= (segment->flags & TCP_FIN) != 0;
	side->rst |= (segment->flags & TCP_RST) != 0 && fate != LADDER_REFUSED;
	if (segment->flags & TCP_RST)
		return judgement; /* its numbers may be anything */
	if (range.begin == range.end)
		judgement.verdict = judge_probe(side, peer, segment, range);
	else
		judgement = judge_data(connection, segment, range, fate);
	if (segment->flags & TCP_ACK && fate != LADDER_REFUSED)
		of_ack = judge_ack(connection, segment, range);
	return judgement.verdict == VERDICT_NONE ? of_ack : judgement;
}

bool judge_is_again(enum verdict verdict)
{
	return verdict == VERDICT_AGAIN || verdict == VERDICT_AGAIN_ACKED ||
	       verdict == VERDICT_AGAIN_PARTLY;
}

/* ---- in words ------------------------------------------------------------------- */

/* ", 204 ms after the last" */
static void judge_format_again(struct ladder_text text, const struct judgement *judgement)
{
	char span[DURATION_TEXT];

	if (judgement->duplicates >= JUDGE_DUPLICATES)
		ladder_add(text, " after %u duplicate ACKs", judgement->duplicates);
	if (judgement->timed)
		ladder_add(text, ", %s after the last",
			duration_format(judgement->since_us, span, sizeof(span)));
}

void judge_format(struct ladder_text text, const struct judgement *judgement)
{
	uint64_t bytes = judgement->bytes;

	switch (judgement->verdict) {
	case VERDICT_NONE:
		break;
	case VERDICT_COPY:
		ladder_add(text, "the same packet, captured again");
		break;
	case VERDICT_AGAIN:
		ladder_add(text, "retransmission");
		judge_format_again(text, judgement);
		break;
	case VERDICT_AGAIN_ACKED:
		ladder_add(text, "retransmission of what is acknowledged");
		judge_format_again(text, judgement);
		break;
	case VERDICT_AGAIN_PARTLY:
		ladder_add(text, "retransmission of %" PRIu64 ", the others new", bytes);
		judge_format_again(text, judgement);
		break;
	case VERDICT_LATE:
		ladder_add(text, "fills a gap: out of order, or sent again");
		break;
	case VERDICT_BEFORE:
		ladder_add(text, "from before the first seen");
		break;
	case VERDICT_GAP:
		ladder_add(text, "after a gap of %" PRIu64, bytes);
		break;
	case VERDICT_KEEPALIVE:
		ladder_add(text, "keep-alive");
		break;
	case VERDICT_PROBE:
		ladder_add(text, "zero-window probe");
		break;
	case VERDICT_DUPLICATE:
		ladder_add(text, "duplicate ACK #%u", judgement->duplicates);
		break;
	case VERDICT_UNSEEN:
		ladder_add(text, "acknowledges %" PRIu64 " that are not in the file", bytes);
		break;
	case VERDICT_WINDOW_OPENS:
		ladder_add(text, "window update");
		break;
	}
}
