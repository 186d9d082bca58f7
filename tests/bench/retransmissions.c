/* SPDX-License-Identifier: BSD-3-Clause */

/* In: each segment of a sender, with its fate. Out: counts of what was sent again, needed or
 * not.
 *
 *      carried     ████████████░░░░████████            ░ every copy so far was lost
 *      a segment         |------------|
 *                          vain  needed
 *
 * It looks at no clock: a copy that is on its way and late has been carried, and sending it
 * again was in vain, however sensible it may have looked to the sender. */

#include "retransmissions.h"

#include "wire/seq.h"

/* The first octet's: far enough from 0 that what comes before it has a position, too. */
#define RETRANSMISSIONS_ORIGIN (UINT64_C(1) << 32)

/* How many octets of [first, end) were carried. */
static uint64_t retransmissions_carried(
	struct retransmissions *sender, uint64_t first, uint64_t end)
{
	uint64_t sum = 0;

	ranges_clear(&sender->overlap);
	ranges_add_common(&sender->overlap, &sender->carried, first, end);
	for (size_t i = 0; i < sender->overlap.len; i++)
		sum += sender->overlap.items[i].end - sender->overlap.items[i].first;
	return sum;
}

static void retransmissions_count(struct retransmissions *sender, uint64_t first, uint64_t end)
{
	uint64_t old_end = end < sender->next ? end : sender->next;
	uint64_t vain = retransmissions_carried(sender, first, end);

	sender->segments++;
	sender->octets += end - first;
	if (first >= old_end)
		return;
	sender->again_segments++;
	sender->again_octets += old_end - first;
	sender->vain_segments += vain == end - first;
	sender->vain_octets += vain;
}

void retransmissions_note(
	struct retransmissions *sender, uint32_t seq, uint32_t len, bool is_carried)
{
	uint64_t first, end;

	if (len == 0)
		return;
	if (sender->segments == 0) {
		sender->next = RETRANSMISSIONS_ORIGIN;
		sender->next_seq = seq;
	}
	first = sender->next + (uint64_t)(int64_t)seq_diff(sender->next_seq, seq);
	end = first + len;
	retransmissions_count(sender, first, end);
	if (end > sender->next) {
		sender->next = end;
		sender->next_seq = seq + len;
	}
	if (is_carried)
		ranges_add(&sender->carried, first, end);
	else
		sender->lost_segments++;
}

void retransmissions_free(struct retransmissions *sender)
{
	ranges_free(&sender->carried);
	ranges_free(&sender->overlap);
}
