/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_UNDO_H
#define TCP_UNDO_H

/* Spurious recoveries: what was believed lost had only been late. Three ways to see it:
 * timestamps (Eifel detection, RFC 3522), reports of duplicates (D-SACK, RFC 3708), and
 * what arrives after an RTO (F-RTO, RFC 5682). The answer to each is the same: the window
 * becomes what it was (Eifel response, RFC 4015). */

#include "tcp/cc.h"
#include "tcp/recovery.h"

/* An episode. A connection that has lost nothing has none. */
struct undo {
	struct cc prior;          /* congestion control when it began */
	uint64_t began_us;        /* nothing of it was sent again before */
	uint32_t again_begin;     /* what was sent again begins here, */
	uint32_t again_end;       /* and ends here */
	uint32_t bytes_again;     /* sent again in this episode */
	uint32_t bytes_duplicate; /* of these, reported to have come twice, */
	uint32_t reported_begin;  /* the last time what begins here, */
	uint32_t reported_end;    /* and ends here; equal: nothing yet */
	uint32_t bytes_spurious;  /* or proved by timestamps to have been in vain */
	bool possible;            /* it may still be undone */
	bool acked;               /* all that was sent again is acknowledged */
};

/* undo_begin: an episode begins: window and threshold are still what they were. The first one
 * takes the memory for tcb.undo; where there is none the episode cannot be undone. undo_free gives
 * it back. undo_forbid: whatever was before, it cannot be undone any more. */
void undo_begin(struct tcb *tcb, uint64_t now);
void undo_free(struct tcb *tcb);
void undo_forbid(struct tcb *tcb);

/* undo_is_possible: there is an episode to be undone. undo_began_us: when it began; 0: there
 * was none. undo_again_end: where what it has sent again ends; SND.UNA if there was none. */
bool undo_is_possible(const struct tcb *tcb);
uint64_t undo_began_us(const struct tcb *tcb);
uint32_t undo_again_end(const struct tcb *tcb);

/* undo_on_sent_again: [seq, end) leaves once more in this episode. */
void undo_on_sent_again(struct tcb *tcb, uint32_t seq, uint32_t end);

/* undo_is_reported: this D-SACK is of something that was sent again in the last episode: not
 * of a probe, and not of what the network itself has doubled. */
bool undo_is_reported(const struct tcb *tcb, const struct sack_news *sack);

/* undo_is_echoed: the timestamp of this acknowledgment proves that something which was sent again
 * in the last episode had come before: of that as well, and of no probe. undo_on_acked: an
 * acknowledgment was worked in. */
bool undo_is_echoed(const struct tcb *tcb, const struct recovery_ack *ack);
void undo_on_acked(struct tcb *tcb);

/* undo_is_due: whether this acknowledgment proves the episode spurious. */
bool undo_is_due(struct tcb *tcb, const struct recovery_ack *ack);

/* undo_apply: congestion control is as before (its window may have become larger since), nothing is
 * lost, the episode is over. */
void undo_apply(struct tcb *tcb, uint64_t now);

#endif
