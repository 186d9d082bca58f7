/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RETRANSMISSIONS_H
#define BENCH_RETRANSMISSIONS_H

/* What a sender sent again, and what of that was in vain, as told by somebody who stands at
 * the entry of the path and knows which packets the path then loses. Any TCP is judged the
 * same way: nothing is believed of what it says itself. */

#include "../sim/ranges.h"

/* One sender of one connection. All counts are of payload: SYN and FIN are none. Zeroed, it
 * has sent nothing. */
struct retransmissions {
	uint64_t segments, octets;             /* everything that entered */
	uint64_t lost_segments;                /* that the path then lost */
	uint64_t again_segments, again_octets; /* sent before, whole or (octets) in part */
	/* Of those: sent again although an earlier copy was carried. A segment counts if that
	 * is so of each of its octets. */
	uint64_t vain_segments, vain_octets;

	struct ranges carried; /* positions of which a copy was carried */
	struct ranges overlap; /* memory for a sum */
	uint64_t next;         /* the position behind all that was sent */
	uint32_t next_seq;     /* its sequence number */
};

/* retransmissions_note: a segment of len octets from seq on enters the path, which carries it
 * (now or later) or loses it. Sequence numbers may wrap; seq is within 2^31 of the highest
 * so far. Ends the process when there is no memory. */
void retransmissions_note(
	struct retransmissions *sender, uint32_t seq, uint32_t len, bool is_carried);

/* retransmissions_free: releases the memory; the counts stay. */
void retransmissions_free(struct retransmissions *sender);

#endif
