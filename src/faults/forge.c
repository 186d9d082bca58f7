/* SPDX-License-Identifier: BSD-3-Clause */

/* Packets written for one end of a connection by somebody between both.
 *
 * In: what the connection's ends have said last (follow.h), flags and numbers. Out: one
 * IP packet, complete. Who gets it is decided elsewhere. */

#include "faults/forge.h"

#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum { FORGE_TTL = 64 };

static size_t forge_ip(const struct evtcp_endpoint *src, const struct evtcp_endpoint *dst,
	size_t tcp_len, uint8_t *bytes)
{
	struct ipv4_header ipv4 = {
		.src = src->addr,
		.dst = dst->addr,
		.total_len = (uint16_t)(IPV4_HEADER_MIN + tcp_len),
		.ttl = FORGE_TTL,
		.protocol = IP_PROTOCOL_TCP,
		.dont_fragment = true,
	};
	struct ipv6_header ipv6 = {
		.src = src->addr,
		.dst = dst->addr,
		.payload_len = (uint16_t)tcp_len,
		.next_header = IP_PROTOCOL_TCP,
		.hop_limit = FORGE_TTL,
	};

	if (evtcp_addr_is_ipv4(&dst->addr)) {
		ipv4_header_build(&ipv4, bytes);
		return IPV4_HEADER_MIN;
	}
	ipv6_header_build(&ipv6, bytes);
	return IPV6_HEADER;
}

size_t forge_build(const struct follow_conn *conn, const struct forge *forge, uint8_t *bytes)
{
	const struct evtcp_endpoint *src =
		forge->outbound ? &conn->tuple.local : &conn->tuple.remote;
	const struct evtcp_endpoint *dst =
		forge->outbound ? &conn->tuple.remote : &conn->tuple.local;
	const struct follow_flow *ours = forge->outbound ? &conn->out : &conn->in;
	const struct follow_flow *theirs = forge->outbound ? &conn->in : &conn->out;
	struct tcp_header h = {
		.src_port = src->port,
		.dst_port = dst->port,
		.seq = forge->seq,
		.ack = forge->ack,
		.flags = forge->flags,
		.window = forge->window,
	};
	size_t tcp_len, ip_len;

	if (ours->timestamps && theirs->timestamps && (forge->flags & TCP_RST) == 0) {
		h.options.present = TCP_OPT_TIMESTAMPS;
		h.options.tsval = ours->tsval;
		h.options.tsecr = theirs->tsval;
	}
	tcp_len = tcp_header_len(&h);
	ip_len = forge_ip(src, dst, tcp_len, bytes);
	tcp_header_build(&h, bytes + ip_len);
	tcp_header_seal(bytes, ip_len, tcp_len);
	return ip_len + tcp_len;
}
