/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_FAST_OPEN_H
#define TCP_FAST_OPEN_H

/* TCP Fast Open, the server's side (RFC 7413): what a SYN carries goes to the application
 * before the handshake is complete, and its answer leaves before the third segment comes, if
 * the SYN brings a cookie that we gave to its address.
 *
 *      first connection                        later ones
 *
 *      SYN, cookie wanted  ─────►              SYN, cookie, request  ─────►  callbacks
 *                          ◄─────  SYN-ACK,                          ◄─────  SYN-ACK
 *                                  cookie                            ◄─────  answer
 *
 * A cookie is a keyed hash of the client's address: eight octets. The key changes every hour,
 * and that of before counts for another: a cookie lives one to two hours. Who brings one of
 * the key before is given a new one.
 *
 * Such a connection has a block from its SYN on, in SYN-RECEIVED, which an application holds
 * and spends work on, and which sends up to the initial window to an address that has proven
 * itself an hour ago (RFC 7413 5.2). So there are at most limits.fast_open_pending of them; those
 * that were reset count for another half to whole minute (RFC 7413 5.1 rule 2). With as many, or
 * with half-open entries at their limit, all SYNs are as if there were no Fast Open (RFC 7413 4.2
 * rule 2, 8.2).
 *
 * Nothing is remembered of SYNs: one that comes twice, and the second time after its connection
 * has ended, is served twice (RFC 7413 2.1, 6.1). Who listens has to know that, and so it is off
 * unless a listener asks for it (2).
 *
 * Not offered: data in our SYN (the client's side), data on our SYN-ACK (4.2.2 rule 1; Linux's
 * client drops it), the experimental option 254. */

#include "tcp/segment.h"
#include "util/keyed_hash.h"
#include <stdbool.h>

struct half_open;
struct tcb;
struct tcp;
struct tcp_listener;

struct fast_open {
	struct keyed_hash keys[2]; /* of now, and of before */
	uint64_t keyed_at_us;      /* when keys[0] became the one of now; 0: there is none yet */
	uint32_t pending;          /* blocks whose handshake is not complete */
	uint32_t resets[2];        /* of such: in the present half minute, in the one before */
	uint64_t resets_since_us;  /* when the present one began */
	struct keyed_hash secret;  /* of which the keys are made, */
	bool is_shared;            /* if others have it, too; else they are drawn */
};

/* What the Fast Open option of a SYN comes to. */
enum fast_open_verdict {
	FAST_OPEN_NONE, /* there is none, or it is as if there were none */
	FAST_OPEN_GIVE, /* it asks, or its cookie is not valid: the SYN-ACK brings one */
	FAST_OPEN_TAKE, /* the data is taken */
	FAST_OPEN_RENEW /* so it is, and the SYN-ACK brings a new cookie */
};

/* fast_open_share_secret: the keys are made of secret and of the hour by the clock from here on:
 * who has the same secret and the same clock takes our cookies, and we theirs. Before the first
 * SYN. */
void fast_open_share_secret(struct fast_open *fast_open, const struct keyed_hash *secret);

/* fast_open_judge: RFC 7413 4.2.2 steps 1 to 3. A SYN with FIN or URG, and one that
 * reuses a tuple in TIME-WAIT, gets its handshake first: FAST_OPEN_NONE. */
enum fast_open_verdict fast_open_judge(struct tcp *tcp, const struct tcp_listener *listener,
	const struct segment *seg, uint64_t now);

/* fast_open_accept: RFC 7413 4.2.2 step 4, for a verdict of TAKE or RENEW: a block with the data of
 * the SYN in its input, which is to be announced, and its SYN-ACK to be sent. NULL if there can be
 * none (limits.accept_queue, memory): the SYN then gets its handshake first. */
struct tcb *fast_open_accept(struct tcp *tcp, const struct half_open *heard,
	const struct segment *seg, enum fast_open_verdict verdict, uint64_t now);

/* fast_open_put_cookie: adds the cookie of the client at remote to options (GetCookie of RFC
 * 7413 4.1.2). */
void fast_open_put_cookie(struct tcp *tcp, const struct evtcp_addr *remote,
	struct tcp_options *options, uint64_t now);

/* fast_open_is_pending: the block is one of Fast Open, and its handshake is not complete. */
bool fast_open_is_pending(const struct tcb *tcb);

/* fast_open_is_same_syn, fast_open_on_syn_again: the SYN that made the pending block comes
 * again: the SYN-ACK was lost, and with it all that followed it, for who has not got it takes
 * nothing else (RFC 9293 3.10.7.3). */
bool fast_open_is_same_syn(const struct tcb *tcb, const struct segment *seg);
struct evtcp_reason fast_open_on_syn_again(
	struct tcb *tcb, const struct segment *seg, uint64_t now);

/* fast_open_settled: the pending block leaves SYN-RECEIVED (RFC 7413 4.2.2 rule 3); was_reset:
 * by a RST. */
void fast_open_settled(struct tcb *tcb, bool was_reset, uint64_t now);

#endif
