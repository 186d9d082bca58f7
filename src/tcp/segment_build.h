/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SEGMENT_BUILD_H
#define TCP_SEGMENT_BUILD_H

/* The builder of a connection's segments:
 *
 *	segment_begin(tcb, out, seq, flags, now);
 *	segment_payload(tcb, out, seq, len);        at most segment_room(tcb, &out->h)
 *	... what leaves is noted in the records ...
 *	segment_finish(tcb, out, reason);
 */

#include "tcp/tcb.h"

/* segment_begin: an empty segment at seq with the connection's addresses, options and ACK. */
void segment_begin(
	const struct tcb *tcb, struct segment_out *out, uint32_t seq, unsigned flags, uint64_t now);

/* segment_room: how many bytes of payload fit beside these options (MUST-16). */
uint32_t segment_room(const struct tcb *tcb, const struct tcp_header *h);

/* segment_payload: fills in up to len bytes of payload from seq; fewer if pieces run out. */
void segment_payload(struct tcb *tcb, struct segment_out *out, uint32_t seq, uint32_t len);

/* segment_burst: fills in len bytes from where it begins, as segments of room bytes each for the
 * link to cut; where the pieces run out, whole segments, or a part of one. */
void segment_burst(struct tcb *tcb, struct segment_out *out, uint32_t len, uint32_t room);

/* segment_finish: it is complete: window, what its ACK settles, statistics. */
void segment_finish(struct tcb *tcb, struct segment_out *out, struct evtcp_reason reason);

#endif
