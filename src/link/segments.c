/* SPDX-License-Identifier: BSD-3-Clause */

/* One packet of many TCP segments becomes many packets of one.
 *
 *   IP TCP │ payload ....................│      one packet, in pieces
 *   IP TCP │ 1 │   IP TCP │ 2 │   IP TCP │ 3    each with headers of its own, checksums
 *                                               complete; the payload is not copied
 *
 * What differs from segment to segment is what Linux makes differ when it cuts up a packet:
 * lengths, sequence number, FIN and PSH (on the last alone), CWR (on the first alone: RFC 3168
 * 6.1.2 has the sender say it once), checksums. The IPv4 ID is left as it is: with DF set it
 * means nothing (RFC 6864 4.1). */

#include "link/segments.h"

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp_header.h"

#include <errno.h>

/* Places in the headers. */
enum {
	IPV4_TOTAL_LENGTH_AT = 2,
	IPV4_FRAGMENT_AT = 6,
	IPV4_IS_FRAGMENT = 0x3fff, /* of it: offset, and whether more follow */
	IPV4_PROTOCOL_AT = 9,
	IPV4_CHECKSUM_AT = 10,
	IPV6_PAYLOAD_LENGTH_AT = 4,
	TCP_SEQ_AT = 4,
	TCP_DATA_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_CHECKSUM_AT = 16
};

/* ---- what a packet looks like inside ------------------------------------------------------ */

/* Where the upper layer begins; 0 if it is not TCP or cannot be seen. Lengths are judged as of
 * quoted packets, that is not: further pieces follow. */
static size_t segments_find_ipv4(const uint8_t *data, size_t len, struct segments_layout *layout)
{
	size_t header_len = (size_t)(data[0] & 15) * 4;

	if (header_len < IPV4_HEADER_MIN || header_len > len ||
		data[IPV4_PROTOCOL_AT] != IP_PROTOCOL_TCP ||
		(bytes_get16(data + IPV4_FRAGMENT_AT) & IPV4_IS_FRAGMENT) != 0)
		return 0;
	layout->ipv4 = true;
	layout->end = bytes_get16(data + IPV4_TOTAL_LENGTH_AT);
	return header_len;
}

static size_t segments_find_ipv6(const uint8_t *data, size_t len, struct segments_layout *layout)
{
	struct ipv6_header h;
	struct ipv6_chain chain;

	if (ipv6_header_parse_quoted(&h, data, len) != EVTCP_CAUSE_NONE ||
		ipv6_chain_walk(&chain, data, len) != EVTCP_CAUSE_NONE ||
		chain.upper != IP_PROTOCOL_TCP)
		return 0;
	layout->ipv4 = false;
	layout->end = IPV6_HEADER + (uint32_t)h.payload_len;
	return chain.upper_at;
}

bool segments_find(const uint8_t *data, size_t len, struct segments_layout *layout)
{
	size_t tcp_at, payload_at;

	if (len == 0)
		return false;
	tcp_at = data[0] >> 4 == 4 ? segments_find_ipv4(data, len, layout)
				   : segments_find_ipv6(data, len, layout);
	if (tcp_at == 0 || tcp_at + TCP_HEADER_MIN > len)
		return false;
	payload_at = tcp_at + (size_t)(data[tcp_at + TCP_DATA_OFFSET_AT] >> 4) * 4;
	if (payload_at < tcp_at + TCP_HEADER_MIN || payload_at > len || payload_at > layout->end ||
		payload_at > SEGMENTS_HEADERS_MAX)
		return false;
	layout->tcp_at = (uint16_t)tcp_at;
	layout->payload_at = (uint16_t)payload_at;
	return true;
}

/* ---- cutting ---------------------------------------------------------------------------- */

/* A packet that is being cut up, and the segment that is made of it just now. The sums are of what
 * the headers of all segments have in common, so that each adds only what is its own. */
struct cut {
	const struct evtcp_packet *whole;
	struct segments_layout layout;
	size_t payload_len; /* of the whole */
	size_t offset;      /* of it, how much has been cut off */
	int piece;          /* where the next payload begins: in this piece, */
	size_t at;          /* at this byte */
	uint32_t seq;       /* of the first segment */
	uint8_t flags;      /* of the whole */
	struct checksum ip_sum, tcp_sum;
	struct iovec iov[1 + SEGMENTS_PIECES_MAX];
	uint8_t headers[SEGMENTS_HEADERS_MAX];
};

/* The headers, and the sums of them without those fields that each segment has for itself. */
static void cut_begin(struct cut *cut)
{
	uint8_t *h = cut->headers, *tcp = h + cut->layout.tcp_at;

	memcpy(h, cut->whole->iov[0].iov_base, cut->layout.payload_at);
	cut->seq = bytes_get32(tcp + TCP_SEQ_AT);
	cut->flags = tcp[TCP_FLAGS_AT];
	bytes_put32(tcp + TCP_SEQ_AT, 0);
	tcp[TCP_FLAGS_AT] = 0;
	bytes_put16(tcp + TCP_CHECKSUM_AT, 0);
	checksum_init(&cut->tcp_sum);
	checksum_add_pseudo_header_of(&cut->tcp_sum, h, IP_PROTOCOL_TCP, 0);
	checksum_add(&cut->tcp_sum, tcp, (size_t)cut->layout.payload_at - cut->layout.tcp_at);
	checksum_init(&cut->ip_sum);
	if (!cut->layout.ipv4)
		return;
	bytes_put16(h + IPV4_TOTAL_LENGTH_AT, 0);
	bytes_put16(h + IPV4_CHECKSUM_AT, 0);
	checksum_add(&cut->ip_sum, h, cut->layout.tcp_at);
}

/* The next len bytes of payload become the pieces behind the headers. Returns how many. */
static int cut_payload(struct cut *cut, size_t len)
{
	int n = 0;

	while (len > 0) {
		const struct iovec *piece = &cut->whole->iov[cut->piece];
		size_t left = piece->iov_len - cut->at, take = left < len ? left : len;

		if (take > 0)
			cut->iov[1 + n++] =
				(struct iovec){(uint8_t *)piece->iov_base + cut->at, take};
		cut->at += take;
		len -= take;
		if (cut->at == piece->iov_len) {
			cut->piece++;
			cut->at = 0;
		}
	}
	return n;
}

static void cut_ip_header(struct cut *cut, size_t len)
{
	uint8_t *h = cut->headers;
	uint16_t total_len = (uint16_t)(cut->layout.payload_at + len);
	struct checksum sum = cut->ip_sum;

	if (!cut->layout.ipv4) {
		bytes_put16(h + IPV6_PAYLOAD_LENGTH_AT, (uint16_t)(total_len - IPV6_HEADER));
		return;
	}
	checksum_add_number(&sum, total_len);
	bytes_put16(h + IPV4_TOTAL_LENGTH_AT, total_len);
	bytes_put16(h + IPV4_CHECKSUM_AT, checksum_finish(&sum));
}

/* The TCP header of the next len bytes of payload, which are in n pieces. */
static void cut_tcp_header(struct cut *cut, size_t len, int n)
{
	uint8_t *tcp = cut->headers + cut->layout.tcp_at;
	uint32_t tcp_len = (uint32_t)(cut->layout.payload_at - cut->layout.tcp_at + len);
	uint32_t seq = cut->seq + (uint32_t)cut->offset;
	uint8_t flags = cut->flags;
	struct checksum sum = cut->tcp_sum;

	if (cut->offset + len < cut->payload_len)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (cut->offset > 0)
		flags &= (uint8_t)~TCP_CWR;
	checksum_add_number(&sum, tcp_len);
	checksum_add_number(&sum, seq);
	checksum_add_number(&sum, flags);
	checksum_add_iov(&sum, cut->iov + 1, n, len);
	bytes_put32(tcp + TCP_SEQ_AT, seq);
	tcp[TCP_FLAGS_AT] = flags;
	bytes_put16(tcp + TCP_CHECKSUM_AT, checksum_finish(&sum));
}

/* Makes the segment with the next len bytes of payload. */
static struct evtcp_packet cut_segment(struct cut *cut, size_t len)
{
	struct evtcp_packet segment = *cut->whole;
	int n = cut_payload(cut, len);

	cut_ip_header(cut, len);
	cut_tcp_header(cut, len, n);
	cut->iov[0] = (struct iovec){cut->headers, cut->layout.payload_at};
	cut->offset += len;
	segment.iov = cut->iov;
	segment.iovcnt = 1 + n;
	segment.len = cut->layout.payload_at + len;
	segment.segment_len = 0;
	segment.checksum_left = false;
	return segment;
}

/* How much payload each segment has. */
static size_t cut_step(const struct cut *cut)
{
	return cut->whole->segment_len != 0 ? cut->whole->segment_len : cut->payload_len;
}

int segments_each(const struct evtcp_packet *packet,
	int (*one)(void *arg, struct evtcp_packet *segment), void *arg)
{
	struct cut cut;
	int error = 0;

	cut.whole = packet;
	if (packet->iovcnt < 1 || packet->iovcnt > SEGMENTS_PIECES_MAX ||
		!segments_find(packet->iov[0].iov_base, packet->iov[0].iov_len, &cut.layout) ||
		cut.layout.end > packet->len) {
		errno = EINVAL;
		return -1;
	}
	cut.payload_len = cut.layout.end - cut.layout.payload_at;
	cut.offset = 0;
	cut.piece = 0;
	cut.at = cut.layout.payload_at;
	cut_begin(&cut);
	do {
		size_t left = cut.payload_len - cut.offset, step = cut_step(&cut);
		struct evtcp_packet segment = cut_segment(&cut, left < step ? left : step);
		if (one(arg, &segment) < 0 && error == 0)
			error = errno;
	} while (cut.offset < cut.payload_len);
	errno = error;
	return error == 0 ? 0 : -1;
}
