/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_ECN_H
#define TCP_ECN_H

/* Explicit congestion notification (RFC 3168): a router marks a packet (CE) that it would
 * soon have to drop, the receiver tells of it (ECE) until the sender says that it has
 * reduced its window (CWR).
 *
 * Negotiation: a SYN with ECE and CWR asks, a SYN-ACK with ECE agrees. We agree unless
 * options.ecn is off, and ask only where it says so; a SYN that has to be sent again asks no
 * more, for something on the path may drop what asks (6.1.1.1). Half-open entries remember
 * it, and so do SYN cookies, in the timestamp; without timestamps these do not agree.
 *
 * ECT(0) is on data that is sent for the first time, and on nothing else (RFC 3168 6.1.1 rule 8,
 * 6.1.4, 6.1.5 rule 1, 6.1.6). */

#include "tcp/segment.h"

struct tcb;
struct recovery_ack;

/* The ECN field of IP (RFC 3168 5). */
enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

struct ecn {
	bool sends;   /* agreed: our data has ECT, and their ECE counts */
	bool echoes;  /* their data may have ECT, and we tell of CE */
	bool asked;   /* our SYN asked, and no other SYN of ours did not */
	bool echo;    /* CE came: ECE until CWR comes */
	bool cwr_due; /* our next new data says CWR */
	bool reduced; /* the window was reduced for data before reduced_at, */
	bool by_echo; /* because of ECE and not of a loss */
	uint32_t reduced_at;
	uint32_t ce_received; /* segments with CE */
	uint32_t reductions;  /* because of ECE */
};

/* ecn_is_asked_by: whether these flags, of a SYN, ask for ECN. */
static inline bool ecn_is_asked_by(unsigned flags)
{
	return (flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR);
}

/* ecn_agree: the entry or cookie of a passive open says that ECN was agreed upon. */
void ecn_agree(struct tcb *tcb);

/* ecn_syn_flags: what our SYN or SYN-ACK says; again: it was sent before. */
unsigned ecn_syn_flags(struct tcb *tcb, bool again);

/* ecn_on_syn: their SYN, or SYN-ACK, in SYN-SENT. */
void ecn_on_syn(struct tcb *tcb, const struct segment *seg);

/* ecn_on_syn_again: the SYN that made this block, in SYN-RECEIVED, once more. */
void ecn_on_syn_again(struct tcb *tcb, const struct segment *seg);

/* ecn_on_data: data within the window. May ask for an ACK. */
void ecn_on_data(struct tcb *tcb, const struct segment *seg);

/* ecn_on_ack: an acknowledgment, which SND.UNA follows already. Reduces the window where it
 * has ECE, once in a round trip. */
void ecn_on_ack(struct tcb *tcb, const struct recovery_ack *ack, uint64_t now);

/* ecn_has_reduced: the window was reduced by ECE for what is in flight first: a loss of the
 * same window is no second reason (RFC 3168 6.1.2 rule 7). */
bool ecn_has_reduced(const struct tcb *tcb);

/* ecn_note_loss: the window was reduced because of a loss: the peer hears of that, too.
 * ecn_note_undo: there was none. */
void ecn_note_loss(struct tcb *tcb);
void ecn_note_undo(struct tcb *tcb);

/* ecn_mark_data: out is data that was never sent before. */
void ecn_mark_data(struct tcb *tcb, struct segment_out *out);

#endif
