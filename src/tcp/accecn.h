/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_ACCECN_H
#define TCP_ACCECN_H

/* Accurate ECN (RFC 9768): the receiver of data counts the packets that came marked, and the
 * octets that came with each codepoint, and tells the numbers in all that it sends; so the sender
 * knows how much was marked, where by RFC 3168 it hears once in a round trip that something was.
 *
 * The number of packets goes into every segment: its lowest three bits are AE, CWR and ECE, which
 * are called ACE then. The numbers of octets go into an option, as long as they move. The option
 * may be missing; then a jump of the acknowledgment may hide eight marks, and how that is judged
 * is in accecn_decode.h.
 *
 * The handshake is told in another way, for nobody is sure of the other yet: SYN-ACK and its ACK
 * tell in those three bits which codepoint the SYN and the SYN-ACK came with (tables 2 and 3). We
 * send both without ECT, so any other answer says that something on the path rewrites it: then no
 * data of ours has ECT, and marks are obeyed all the same.
 *
 * It works without SACK; where that is, duplicates are told, too (RFC 9768 3.1.1 rule 5). ecn.c
 * alone calls what is here; user.c reads from struct accecn how much was marked. Not done: a look
 * for marks that never end, a memory of paths that drop the option. An entry of TIME-WAIT counts
 * nothing, and its ACKs have zeros, against RFC 9768 3.2.2 rule 3. */

#include "wire/tcp_header.h"

struct recovery_ack;
struct segment;
struct tcb;

/* RFC 9768 3.2.1: where the counters begin. */
enum { ACCECN_FIRST_CEP = 5, ACCECN_FIRST_E0B = 1, ACCECN_FIRST_E1B = 1 };

struct accecn {
	/* What has come: r.cep, r.ceb, r.e0b, r.e1b (RFC 9768 3.2). */
	uint32_t r_cep, r_ceb, r_e0b, r_e1b;
	/* The same of what we have sent, as the peer tells: s.cep and s.ceb. */
	uint32_t s_cep, s_ceb;
	uint32_t heard_tsval; /* the latest among the segments that s_* are of */
	uint16_t acked_avg;   /* full-sized segments that an ACK acknowledges, times 16 */
	uint8_t untold;       /* marks that came since our last ACK */
	/* Since all was acknowledged and an option came with that: */
	uint8_t ect_sent;        /* segments of ours with ECT; 255: or more */
	uint8_t marks;           /* how far s_cep has moved; 255: or more */
	unsigned ceb_moved : 1;  /* s_ceb has moved, as well since then */
	unsigned due : 3;        /* octets that moved since our last option: TCP_ACCECN_* */
	unsigned ever : 3;       /* those that have moved at all */
	unsigned first_ack : 1;  /* the next ACK has an option in any case */
	unsigned silent : 1;     /* no options: they seem to be dropped */
	unsigned options : 1;    /* theirs come through (RFC 9768 3.2.3.2.2 rule 5), */
	unsigned zeroed : 1;     /* but somebody writes over them */
	unsigned checked : 1;    /* their first ACE was seen */
	unsigned deaf : 1;       /* what they tell is not theirs: it is not obeyed */
	unsigned was_marked : 1; /* the segment before was */
	unsigned syn_marked : 1; /* their SYN-ACK told that our SYN was */
	unsigned answers : 1;    /* our next ACK tells how their SYN-ACK came */
};

/* accecn_start: both sides agreed, as far as we know. */
void accecn_start(struct tcb *tcb);

/* accecn_encode: the flags that tell that a SYN or SYN-ACK came with this codepoint (tables 2
 * and 3). */
unsigned accecn_encode(unsigned ecn);

/* accecn_on_syn_ack: the SYN-ACK that brings an active open into this mode.
 * accecn_on_syn_ack_again: it came once more, and an ACK answers it. */
void accecn_on_syn_ack(struct tcb *tcb, const struct segment *seg);
void accecn_on_syn_ack_again(struct tcb *tcb, const struct segment *seg);

/* accecn_syn_was_marked: it told that our SYN was marked, and nobody has asked before. */
bool accecn_syn_was_marked(struct tcb *tcb);

/* accecn_on_segment: counts an acceptable one. May ask for an ACK. */
void accecn_on_segment(struct tcb *tcb, const struct segment *seg);

/* accecn_on_ack: what the peer tells of our marks. Whether it is more than before, and is to be
 * obeyed. */
bool accecn_on_ack(struct tcb *tcb, const struct segment *seg, const struct recovery_ack *ack);

/* accecn_fits: the option is due, and h has room for it and so many octets of others besides.
 * accecn_put: adds that and ACE; all other options stand in h. accecn_sent: h leaves. */
bool accecn_fits(const struct tcb *tcb, const struct tcp_header *h, size_t octets);
void accecn_put(const struct tcb *tcb, struct tcp_header *h);
void accecn_sent(struct tcb *tcb, const struct tcp_header *h);

/* accecn_finish_ack: h is an ACK and nothing else; accecn_sent follows. */
void accecn_finish_ack(const struct tcb *tcb, struct tcp_header *h);

/* accecn_put_first: adds the option to a SYN-ACK that no block stands behind, and whose header may
 * be room octets long. accecn_first_ace: ACE as flags before anything was counted. */
void accecn_put_first(struct tcp_header *h, size_t room);
unsigned accecn_first_ace(void);

#endif
