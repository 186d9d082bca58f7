/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_PATH_H
#define TCP_PATH_H

/* The size of segments on their way: SND.MSS follows what the path carries (RFC 1191 6.4
 * rule 1, RFC 8201 5.4 rule 1), as far as that is known. Nothing is fragmented (RFC 7323 5.7).
 *
 * Routers that should say so and do not, or whose word is lost, make a black hole: small
 * segments arrive and large ones never do. Then smaller ones are tried (the idea of RFC 4821
 * 7.7 rule 1 and RFC 8899 4.3), and larger ones again later. */

#include "tcp/tcp.h"

struct path {
	uint16_t peer_mss;    /* what the peer takes; UINT16_MAX until its SYN came */
	uint16_t guess;       /* the largest MSS believed to pass a black hole; 0: there is none */
	bool guessed_wrong;   /* since the last progress: small ones die as well */
	uint32_t changes;     /* tcp->path_changes when SND.MSS was last made to follow */
	uint64_t guess_until; /* when larger ones are tried again */
};

/* path_init: of a block that is about to send its SYN, or to negotiate. */
void path_init(struct tcb *tcb);

/* path_negotiated: the peer takes segments of peer_mss. */
void path_negotiated(struct tcb *tcb, uint16_t peer_mss);

/* path_changed: some path is larger or smaller than it was; connections notice when they
 * send next, so that nothing is too large twice (RFC 1191 3 rule 2). */
void path_changed(struct tcp *tcp);

/* path_follow: SND.MSS is what the path carries now. The congestion window keeps its number
 * of segments when they become smaller (RFC 5681 3.1 rule 4). */
void path_follow(struct tcb *tcb, uint64_t now);

/* path_is_in_flight: seq is of a segment that we have sent on this connection and that is not
 * acknowledged (RFC 5927 4.1). */
bool path_is_in_flight(struct tcp *tcp, const struct evtcp_tuple *tuple, uint32_t seq);

/* path_too_large: segments of this connection were too large for the path, which has just
 * changed: they go again at once, in the new size. No congestion: the window stays as it is
 * (RFC 1191 6.4 rules 2, 4; RFC 8201 5.4 rule 2), and so does the backoff. */
void path_too_large(struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t now);

/* path_on_rto: the retransmission timer has fired, and its consequences are about to be
 * drawn: from the third time on a smaller segment is tried, in a few steps; when the
 * smallest dies as well it was no matter of size, and SND.MSS becomes what it was. */
void path_on_rto(struct tcb *tcb, uint64_t now);

#endif
