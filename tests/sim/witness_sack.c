/* SPDX-License-Identifier: BSD-3-Clause */

/* The rules of SACK blocks.
 *
 * In: an ACK with blocks, and what has come to its sender. Out: a verdict with the rule
 * that was broken. */

#include "sighting.h"

#include <inttypes.h>

/* RFC 2883 5 rule 1: whether the first block tells of what came twice: it is acknowledged, or a
 * part of the second. */
static bool sack_begins_with_dsack(const struct sighting *s)
{
	const struct packet_sack *first = &s->packet->sack[0], *second = first + 1;

	if (s->packet->n_sack == 0)
		return false;
	if ((int32_t)(s->packet->ack - first->right) >= 0)
		return true;
	return s->packet->n_sack > 1 && (int32_t)(first->left - second->left) >= 0 &&
	       (int32_t)(second->right - first->right) >= 0;
}

/* RFC 2883 4, rules 1 and 2: it came once more since the last ACK, which had the chance to
 * tell of what was before. */
static void rule_dsack(const struct sighting *s, uint64_t acked)
{
	const struct packet_sack *block = &s->packet->sack[0];
	int64_t left = witness_position(s->other->iss, acked, block->left);
	int64_t right = witness_position(s->other->iss, acked, block->right);

	if (left < 0 || left >= right)
		sighting_fail(s, "D-SACK is empty");
	else if (!ranges_contain(&s->self->again, (uint64_t)left, (uint64_t)right))
		sighting_fail(s, "D-SACK of what came only once, or was told before");
	s->witness->stats.dsacks++;
}

void sighting_rule_sack(const struct sighting *s, uint64_t acked)
{
	const struct packet *p = s->packet;
	uint64_t lefts[PACKET_SACK_BLOCKS], rights[PACKET_SACK_BLOCKS];
	unsigned first = sack_begins_with_dsack(s);

	if (p->has_timestamps && p->n_sack > 3)
		sighting_fail(s, "more than three SACK blocks beside timestamps");
	if (first)
		rule_dsack(s, acked);
	for (unsigned i = first; i < p->n_sack; i++) {
		int64_t left = witness_position(s->other->iss, acked, p->sack[i].left);
		int64_t right = witness_position(s->other->iss, acked, p->sack[i].right);

		if (left >= right || left <= (int64_t)acked)
			sighting_fail(s, "SACK block %u is empty or acknowledged", i);
		else if (!ranges_contain(&s->self->came, (uint64_t)left, (uint64_t)right))
			sighting_fail(s, "SACK block %u has not come", i);
		lefts[i] = (uint64_t)left;
		rights[i] = (uint64_t)right;
		for (unsigned j = first; j < i; j++) {
			if (lefts[i] <= rights[j] && lefts[j] <= rights[i])
				sighting_fail(s, "SACK blocks %u and %u touch", j, i);
		}
	}
	s->witness->stats.sack_blocks += p->n_sack;
}

/* RFC 2018 4: the first block holds the segment that came last, unless that is below
 * the acknowledgment by now. A host that keeps few ranges may have had to drop it (8). */
void sighting_rule_sack_is_recent(const struct sighting *s, uint64_t acked)
{
	const struct packet *p = s->packet;
	uint64_t last = s->self->queued_last;
	unsigned first = sack_begins_with_dsack(s), found = first;

	if (last <= acked || p->n_sack == first)
		return;
	for (; found < p->n_sack; found++) {
		const struct packet_sack *block = &p->sack[found];

		if ((int64_t)last >= witness_position(s->other->iss, acked, block->left) &&
			(int64_t)last < witness_position(s->other->iss, acked, block->right))
			break;
	}
	s->witness->stats.recent_blocks++;
	/* The second may be the whole that a duplicate is part of (RFC 2883 4, rule 4). */
	if (found > 2 * first && (found < p->n_sack || s->witness->hosts[s->host].ranges >= 64))
		sighting_fail(s, "the first SACK block is not the most recent: %" PRIu64, last);
}
