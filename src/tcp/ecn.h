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
 * 6.1.4, 6.1.5 rule 1, 6.1.6). Congestion control with a model of the path (cc.h) does not heed
 * marks: its data has no ECT, and what is told of marks is counted and no more, though RFC 9768
 * would have it obeyed (3.1.5 rules 19 and 20). Nothing of ours invites a mark then.
 *
 * Accurate ECN (RFC 9768), where options.accurate_ecn says so: a SYN asks for it by AE beside the
 * two, and is one by RFC 3168 for who does not know AE. Which of the two it is stays as the first
 * SYN, or the first SYN-ACK, has it. What is different then is in accecn.c. A SYN asks twice, then
 * for nothing; so does a SYN-ACK agree, with an option the first time. An ACK that returns a cookie
 * tells which it is by its flags. TIME-WAIT remembers nothing of it (RFC 9768 3.1.2 rule 6). */

#include "tcp/segment.h"

struct recovery_ack;
struct tcb;
struct tcp;

/* The ECN field of IP (RFC 3168 5). */
enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

enum ecn_mode { ECN_NONE, ECN_CLASSIC, ECN_ACCURATE };

/* From as many on they are all alike. */
enum { ECN_SYN_ACKS = 2 };

/* What a handshake has come to. */
struct ecn_handshake {
	uint8_t mode : 2;   /* enum ecn_mode, by their first SYN or SYN-ACK */
	uint8_t heard : 2;  /* the ECN field of the latest, where it is accurate */
	uint8_t no_ect : 1; /* a SYN, or a SYN-ACK of ours, said no: our data has no ECT */
};

struct ecn {
	uint32_t reduced_at;  /* where reduced: SND.NXT then */
	uint32_t ce_received; /* segments with CE */
	uint32_t reductions;  /* because of ECE */
	struct ecn_handshake handshake;
	unsigned sends : 1;    /* agreed: our data has ECT, and their ECE counts */
	unsigned echoes : 1;   /* classic: their data may have ECT, and we tell of CE */
	unsigned asked : 1;    /* our SYN asked, and no other SYN of ours did not */
	unsigned echo : 1;     /* CE came: ECE until CWR comes */
	unsigned cwr_due : 1;  /* our next new data says CWR */
	unsigned reduced : 1;  /* the window was reduced for data before reduced_at, */
	unsigned by_echo : 1;  /* because of ECE and not of a loss */
	unsigned syn_acks : 2; /* that have left; ECN_SYN_ACKS: or more */
};

/* ecn_hear_syn: what their first SYN comes to. ecn_hear_syn_again: it comes once more; false if it
 * asks for the other kind of ECN than before: then nobody knows what the other side believes, and
 * the connection has to be reset. */
struct ecn_handshake ecn_hear_syn(const struct tcp *tcp, const struct segment *seg);
bool ecn_hear_syn_again(
	struct ecn_handshake *handshake, const struct tcp *tcp, const struct segment *seg);

/* ecn_recall: the same, by the segment that returns a cookie; classic: the cookie says so, and then
 * it is that. Else a SYN-ACK that agreed to accurate ECN is answered by an ACE of 2 or more, and
 * one that agreed to nothing never is. */
struct ecn_handshake ecn_recall(const struct tcp *tcp, const struct segment *seg, bool classic);

/* ecn_syn_ack_flags: what a SYN-ACK says that was sent so often before. ecn_put_first: and what the
 * first says by options; all others stand in h, which may be room octets long. ecn_entry_flags:
 * what other segments say as long as there is no block. */
unsigned ecn_syn_ack_flags(struct ecn_handshake *handshake, unsigned sent);
void ecn_put_first(const struct ecn_handshake *handshake, struct tcp_header *h, size_t room);
unsigned ecn_entry_flags(const struct ecn_handshake *handshake);

/* ecn_start: what a handshake has come to is the block's; sent: how often its SYN-ACK has left. Its
 * options are agreed upon already. */
void ecn_start(struct tcb *tcb, const struct ecn_handshake *handshake, unsigned sent);

/* ecn_syn_flags: what our SYN or SYN-ACK says; again: it was sent before. */
unsigned ecn_syn_flags(struct tcb *tcb, bool again);

/* ecn_on_syn: their SYN, or SYN-ACK, in SYN-SENT. */
void ecn_on_syn(struct tcb *tcb, const struct segment *seg);

/* ecn_on_syn_again: the SYN that made this block, in SYN-RECEIVED, once more; false as for
 * ecn_hear_syn_again. ecn_on_syn_ack_again: what may be the SYN-ACK that opened this block, once
 * more, where an ACK answers it. */
bool ecn_on_syn_again(struct tcb *tcb, const struct segment *seg);
void ecn_on_syn_ack_again(struct tcb *tcb, const struct segment *seg);

/* ecn_on_segment: an acceptable segment, before it is trimmed. ecn_on_data: data within the window.
 * Both may ask for an ACK. */
void ecn_on_segment(struct tcb *tcb, const struct segment *seg);
void ecn_on_data(struct tcb *tcb, const struct segment *seg);

/* ecn_is_told: whether an ACK tells of marks that are to be obeyed; where they are counted, of more
 * than before. ack says what it has delivered; SND.UNA follows it already. */
bool ecn_is_told(struct tcb *tcb, const struct segment *seg, const struct recovery_ack *ack);

/* ecn_may_be_told: there are segments that tell of marks. */
static inline bool ecn_may_be_told(const struct ecn *ecn)
{
	return ecn->sends || ecn->handshake.mode == ECN_ACCURATE;
}

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

/* ecn_put: adds flags and options to a segment whose other options stand in h. ecn_fits: an option
 * will be among them, also if so many octets of others are added before. ecn_finish_ack: h is an
 * ACK and nothing else. ecn_sent: h leaves. */
void ecn_put(const struct tcb *tcb, struct tcp_header *h);
bool ecn_fits(const struct tcb *tcb, const struct tcp_header *h, size_t octets);
void ecn_finish_ack(const struct tcb *tcb, struct tcp_header *h);
void ecn_sent(struct tcb *tcb, const struct tcp_header *h);

/* ecn_wants_ack_first: an ACK without text leaves before text does (RFC 9768 3.2.2.1 rule 2). */
bool ecn_wants_ack_first(const struct tcb *tcb);

#endif
