/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_REPLY_H
#define TCP_REPLY_H

/* Answers that belong to no connection block: built from the segment they answer. */

#include "tcp/tcp.h"

/* reply_rst: RFC 9293 3.5.2, rules 1 and 2: the RST that seg deserves. Nothing for a RST. */
void reply_rst(const struct tcp *tcp, const struct segment *seg, enum evtcp_cause cause,
	struct segment_out *reply);

/* reply_ack: <SEQ=seq><ACK=ack><CTL=ACK> back to the sender of seg; the caller fills in
 * window, options and reason. */
void reply_ack(const struct tcp *tcp, const struct segment *seg, uint32_t seq, uint32_t ack,
	struct segment_out *reply);

#endif
