/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_INPUT_H
#define TCP_INPUT_H

/* RFC 9293 3.10.7 for connections that have a block. The steps that are large have
 * files of their own; each works on the segment as earlier steps may have trimmed it to the
 * window. */

#include "tcp/tcb.h"

/* input_segment: a segment for the block, in any state. Returns what became of it.
 * Reply is filled where the answer is not the block's (RST in SYN-SENT). */
struct evtcp_reason input_segment(
	struct tcb *tcb, const struct segment *seg, uint64_t now, struct segment_out *reply);

/* input_from_ack: steps five to eight only, for the segment that made the block. */
struct evtcp_reason input_from_ack(struct tcb *tcb, const struct segment *seg, uint64_t now);

/* input_trim: cuts off what lies outside the window: left of it (already received), right of
 * it: then seg->cut. A SYN left of it goes, too. */
void input_trim(const struct tcb *tcb, struct segment *seg);

/* input_syn_sent: 3.10.7.3, state SYN-SENT. */
struct evtcp_reason input_syn_sent(
	struct tcb *tcb, const struct segment *seg, uint64_t now, struct segment_out *reply);

/* input_check_ack: whether the ACK field is one that our peer may have sent; cause NONE,
 * or why not: then the segment is answered, and nothing of it may be believed. */
struct evtcp_reason input_check_ack(
	struct tcb *tcb, const struct segment *seg, uint64_t now, struct segment_out *reply);

/* input_ack: the fifth step of 3.10.7.4, for a segment that input_check_ack lets pass.
 * Cause NONE: go on with the next step; any other: the segment is dealt with. */
struct evtcp_reason input_ack(struct tcb *tcb, const struct segment *seg, uint64_t now);

/* input_acked_syn: our SYN is acknowledged by this segment: the connection is
 * established (from SYN-SENT or SYN-RECEIVED). */
void input_acked_syn(struct tcb *tcb, const struct segment *seg, uint64_t now);

/* input_text: the sixth to eighth steps: URG, text, FIN. */
struct evtcp_reason input_text(struct tcb *tcb, const struct segment *seg, uint64_t now);

/* input_syn_text: the text of the SYN that made the block (fast_open.h), as much of it as fits
 * into the window that a SYN-ACK announces. */
struct evtcp_reason input_syn_text(struct tcb *tcb, const struct segment *seg, uint64_t now);

#endif
