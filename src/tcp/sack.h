/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SACK_H
#define TCP_SACK_H

/* The SACK blocks that the peer sends (RFC 2018), and among them reports of what it
 * received twice (D-SACK, RFC 2883). The scoreboard itself are the records. */

#include "tcp/records.h"
#include "tcp/segment.h"

struct tcb;

struct sack_news {
	bool blocks;                   /* there was a SACK option */
	bool dsack;                    /* its first block tells of a duplicate: this range */
	uint32_t dsack_seq, dsack_end; /* [seq, end) */
};

/* sack_apply: marks what the blocks of this segment say, and adds to *delivered. Blocks of
 * what is not in flight are ignored, and counted when it was never sent. To be called
 * after records_ack. */
void sack_apply(struct tcb *tcb, const struct segment *seg, struct records_delivered *delivered,
	struct sack_news *news);

#endif
