/* SPDX-License-Identifier: BSD-3-Clause */
/* SACK blocks that came in. In: a segment whose ACK was found acceptable; out: marks in the
 * records, and whether the peer tells of a duplicate. What follows from it is decided by
 * rack.c and undo.c. Blocks are a peer's word: nothing beyond SND.NXT is believed, and what
 * is SACKed does not go again, but stays in the send queue until it is acknowledged (RFC 2018 5
 * rule 1, 8 rule 4). */

#include "tcp/sack.h"
#include "tcp/tcb.h"

/* RFC 2883 5 rules 1 and 2: the first block tells of a duplicate if the ACK of the same segment
 * covers it, or the second block contains it. */
static bool sack_first_is_duplicate(const struct tcp_options *options, uint32_t ack)
{
	const struct tcp_sack_block *first = &options->sack[0], *second = &options->sack[1];

	if (seq_leq(first->right, ack))
		return true;
	return options->n_sack > 1 && seq_leq(second->left, first->left) &&
	       seq_leq(first->right, second->right);
}

/* How many records blocks may make of what is in flight: with two for each full segment a
 * gap beside each can be told. Who names single octets would otherwise have each sent again
 * by itself (ATTACKS T21; CVE-2019-11478). */
static uint32_t sack_limit_records(const struct tcb *tcb)
{
	enum { SACK_SMALL_SEGMENTS = 8 };
	uint32_t most = 2 * (recovery_flight(tcb) / recovery_segment(tcb)) + SACK_SMALL_SEGMENTS;
	uint32_t limit = tcb_limit_records(tcb);

	return most < limit ? most : limit;
}

void sack_apply(struct tcb *tcb, const struct segment *seg, struct records_delivered *delivered,
	struct sack_news *news)
{
	const struct tcp_options *options = &seg->h.options;

	*news = (struct sack_news){0};
	if (!tcb->sack_ok || (options->present & TCP_OPT_SACK) == 0)
		return;
	for (unsigned i = 0; i < options->n_sack; i++) {
		const struct tcp_sack_block *block = &options->sack[i];
		if (!seq_lt(block->left, block->right) || seq_gt(block->right, tcb->snd_nxt)) {
			tracer_count(tcb->tcp->trace, EVTCP_CAUSE_SACK_INVALID);
			continue;
		}
		news->blocks = true;
		if (i == 0 && sack_first_is_duplicate(options, seg->h.ack)) {
			news->dsack = true;
			news->dsack_seq = block->left;
			news->dsack_end = block->right;
		}
		if (seq_gt(block->right, tcb->snd_una))
			records_sack(&tcb->records, seq_max(block->left, tcb->snd_una),
				block->right, delivered, sack_limit_records(tcb), tcb->tcp->world);
	}
}
