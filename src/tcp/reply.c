/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers that belong to no connection block. */

#include "tcp/reply.h"
#include <string.h>

static void reply_begin(const struct tcp *tcp, const struct segment *seg, struct segment_out *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->tuple = seg->tuple; /* MUST-45: from the address it was sent to */
	reply->h.src_port = seg->tuple.local.port;
	reply->h.dst_port = seg->tuple.remote.port;
	reply->ttl = tcp->config.ttl;
}

void reply_rst(const struct tcp *tcp, const struct segment *seg, enum evtcp_cause cause,
	struct segment_out *reply)
{
	if ((seg->h.flags & TCP_RST) != 0)
		return; /* RFC 9293 3.10.7.1: never in answer to one */
	reply_begin(tcp, seg, reply);
	reply->reason.cause = cause;
	if ((seg->h.flags & TCP_ACK) != 0) {
		reply->h.seq = seg->h.ack;
		reply->h.flags = TCP_RST;
	} else {
		reply->h.ack = seg->h.seq + segment_len(seg);
		reply->h.flags = TCP_RST | TCP_ACK;
	}
}

void reply_ack(const struct tcp *tcp, const struct segment *seg, uint32_t seq, uint32_t ack,
	struct segment_out *reply)
{
	reply_begin(tcp, seg, reply);
	reply->h.seq = seq;
	reply->h.ack = ack;
	reply->h.flags = TCP_ACK;
}
