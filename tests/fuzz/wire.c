/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F1 of the test plan: everything that reads a stranger's bytes before a
 * connection is known.
 *
 * In: one byte that chooses, then bytes. Out: nothing, or an abort.
 *      bits 0-1  what the bytes are: an IP packet, a TCP header, an ICMP message, the
 *                body of an ICMP error
 *      bit 2     the IP and ICMP checksums are made right first
 *
 * Beyond "no crash": lengths that are reported lie within the input, which is a heap
 * block of exactly its size; what was parsed, built and parsed again is the same; a
 * reply is itself a sound packet, not longer than what caused it plus its headers. */

#include "fuzz/target.h"

#include "ip/icmp.h"
#include "wire/address.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/tcp_header.h"

#include <stdlib.h>
#include <string.h>

enum { AS_PACKET, AS_TCP, AS_ICMP, AS_QUOTE, FILL_CHECKSUMS = 4, MTU = 1500 };

static void zeros(void *arg, void *buf, size_t len)
{
	(void)arg;
	memset(buf, 0, len);
}

/* ---- TCP ----------------------------------------------------------------- */

static void fuzz_tcp(const uint8_t *data, size_t len)
{
	uint8_t first[TCP_HEADER_MAX], second[TCP_HEADER_MAX];
	struct tcp_header h, again;
	size_t header_len, first_len, again_len;

	if (tcp_header_parse(&h, data, len, &header_len) != EVTCP_CAUSE_NONE)
		return;
	require(header_len >= TCP_HEADER_MIN && header_len <= TCP_HEADER_MAX && header_len <= len);
	require(h.options.n_sack <= TCP_MAX_SACK_BLOCKS);
	first_len = tcp_header_build(&h, first);
	require(first_len == tcp_header_len(&h) && first_len <= TCP_HEADER_MAX);
	require(tcp_header_parse(&again, first, first_len, &again_len) == EVTCP_CAUSE_NONE);
	require(again_len == first_len);
	require(tcp_header_build(&again, second) == first_len);
	require(memcmp(first, second, first_len) == 0);
}

/* ---- ICMP ---------------------------------------------------------------- */

static const struct evtcp_addr us = {{[10] = 0xff, 0xff, 10, 0, 0, 2}};
static const struct evtcp_addr peer = {{[10] = 0xff, 0xff, 10, 0, 0, 1}};

static void fill_icmp(const struct icmp_ends *ends, uint8_t *data, size_t len)
{
	struct checksum c;

	if (len < ICMP_HEADER)
		return;
	bytes_put16(data + 2, 0);
	checksum_init(&c);
	if (!evtcp_addr_is_ipv4(ends->src))
		checksum_add_pseudo_header(
			&c, ends->src, ends->dst, IP_PROTOCOL_ICMPV6, (uint32_t)len);
	checksum_add(&c, data, len);
	bytes_put16(data + 2, checksum_finish(&c));
}

static void fuzz_quote(const uint8_t *data, size_t len)
{
	struct icmp_quote quote;

	if (icmp_quote_parse(&quote, data, len) == EVTCP_CAUSE_NONE)
		require(quote.payload + quote.payload_len == data + len);
}

static void fuzz_icmp(const uint8_t *data, size_t len)
{
	struct icmp_ends ends = {&peer, &us};
	struct icmp_message m;

	if (icmp_parse(&m, &ends, data, len) != EVTCP_CAUSE_NONE)
		return;
	require(m.body + m.body_len == data + len);
	fuzz_quote(m.body, m.body_len);
}

/* ---- IP ------------------------------------------------------------------- */

static void make_ip(struct ip *ip)
{
	static const struct evtcp_world world = {.random = zeros};
	static const struct evtcp_addr us_ipv6 = {{0xfd, 0, 0, 0xe7, [15] = 2}};

	ip_init(ip, &world, 64, 1000);
	require(ip_add_address(ip, &us, 24) == 0);
	require(ip_add_address(ip, &us_ipv6, 64) == 0);
}

/* Only what stands right behind the header: what is behind extension headers is found by
 * mutation of a seed. */
static void fill_ipv6(uint8_t *data, size_t len)
{
	struct ipv6_header h;
	struct icmp_ends ends = {&h.src, &h.dst};

	if (ipv6_header_parse(&h, data, len) == EVTCP_CAUSE_NONE &&
		h.next_header == IP_PROTOCOL_ICMPV6)
		fill_icmp(&ends, data + IPV6_HEADER, h.payload_len);
}

static void fill_packet(uint8_t *data, size_t len)
{
	struct icmp_ends ends = {&peer, &us};
	size_t header_len = len > 0 ? (size_t)(data[0] & 15) * 4 : 0;
	struct checksum c;

	if (len > 0 && data[0] >> 4 == 6) {
		fill_ipv6(data, len);
		return;
	}
	if (header_len < IPV4_HEADER_MIN || header_len > len)
		return;
	bytes_put16(data + 10, 0);
	checksum_init(&c);
	checksum_add(&c, data, header_len);
	bytes_put16(data + 10, checksum_finish(&c));
	if (data[9] == IP_PROTOCOL_ICMP && bytes_get16(data + 2) == len)
		fill_icmp(&ends, data + header_len, len - header_len);
}

/* A reply goes from where the packet went to where it came from, and amplifies by no
 * more than two headers. */
static void check_reply(const struct ip_view *view, const struct ip_reply *reply)
{
	size_t header_len = ip_header_len(&view->src);
	struct ipv4_header h;
	struct ipv6_header h6;

	if (reply->len == 0)
		return;
	require(reply->len <= reply->capacity);
	require(reply->len <= view->packet_len + header_len + ICMP_HEADER);
	if (header_len == IPV6_HEADER) {
		require(ipv6_header_parse(&h6, reply->buffer, reply->len) == EVTCP_CAUSE_NONE);
		require(reply->len == IPV6_HEADER + (size_t)h6.payload_len);
		require(address_equal(&h6.src, &view->dst) && address_equal(&h6.dst, &view->src));
		return;
	}
	require(ipv4_header_parse(&h, reply->buffer, reply->len) == EVTCP_CAUSE_NONE);
	require(h.total_len == reply->len && h.header_len == IPV4_HEADER_MIN);
	require(ipv4_header_is_intact(reply->buffer, h.header_len));
	require(address_equal(&h.src, &view->dst) && address_equal(&h.dst, &view->src));
}

static void fuzz_packet(const uint8_t *data, size_t len)
{
	uint8_t buffer[MTU];
	struct ip_reply reply = {.buffer = buffer, .capacity = sizeof(buffer)};
	struct ip_icmp_error error;
	struct ip_view view;
	struct ip ip;

	make_ip(&ip);
	if (ip_input(&ip, data, len, &view) != EVTCP_CAUSE_NONE) {
		if (view.problem.due) {
			require(view.problem.at < len);
			ip_icmp_complain(&ip, &view, 1, &reply);
			check_reply(&view, &reply);
		}
		return;
	}
	require(view.packet == data && view.packet_len <= len);
	require(view.payload >= data + ip_header_len(&view.src));
	require(view.payload + view.payload_len == data + view.packet_len);
	if (view.protocol == IP_PROTOCOL_TCP) {
		fuzz_tcp(view.payload, view.payload_len);
		return;
	}
	if (ip_icmp_is_for(&view))
		ip_icmp_input(&ip, &view, 1, &reply, &error);
	else
		ip_icmp_refuse(&ip, &view, 1, &reply);
	check_reply(&view, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	size_t len = size > 0 ? size - 1 : 0;
	uint8_t *data;

	if (size == 0)
		return 0;
	data = malloc(len);
	if (len > 0)
		memcpy(data, input + 1, len);
	switch (input[0] & 3) {
	case AS_PACKET:
		if (input[0] & FILL_CHECKSUMS)
			fill_packet(data, len);
		fuzz_packet(data, len);
		break;
	case AS_TCP:
		fuzz_tcp(data, len);
		break;
	case AS_ICMP:
		if (input[0] & FILL_CHECKSUMS)
			fill_icmp(&(struct icmp_ends){&peer, &us}, data, len);
		fuzz_icmp(data, len);
		break;
	default:
		fuzz_quote(data, len);
		break;
	}
	free(data);
	return 0;
}

/* ---- where the driver starts from ------------------------------------------ */

// clang-format off
static const uint8_t syn[] = {FILL_CHECKSUMS | AS_PACKET,
	0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x9c, 0x40, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0xa0, 2, 0xfa, 0xf0, 0, 0, 0, 0,
	2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
static const uint8_t echo[] = {FILL_CHECKSUMS | AS_PACKET,
	0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4};
static const uint8_t unreachable[] = {FILL_CHECKSUMS | AS_PACKET,
	0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 10, 0, 0, 2,
	3, 3, 0, 0, 0, 0, 0, 0,
	0x45, 0, 5, 220, 0, 0, 0x40, 0, 60, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
	0, 80, 0x9c, 0x40, 1, 2, 3, 4};
static const uint8_t udp[] = {FILL_CHECKSUMS | AS_PACKET,
	0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x9c, 0x40, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4};
static const uint8_t routed[] = {FILL_CHECKSUMS | AS_PACKET,
	0x47, 0, 0, 28, 0, 0, 0x40, 0, 64, 41, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	7, 7, 4, 0, 0, 0, 0, 0};
static const uint8_t sack[] = {AS_TCP,
	0x9c, 0x40, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0xf0, 0x10, 0xfa, 0xf0, 0, 0, 0, 0,
	1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8,
	1, 1, 5, 26, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
#define IPV6(next, len, hops) 0x60, 0, 0, 0, 0, len, next, hops, \
	0xfd, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, \
	0xfd, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define IPV6_BACK(next, len, hops) 0x60, 0, 0, 0, 0, len, next, hops, \
	0xfd, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, \
	0xfd, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
static const uint8_t syn6[] = {AS_PACKET, IPV6(6, 20, 64),
	0x9c, 0x40, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0};
static const uint8_t echo6[] = {FILL_CHECKSUMS | AS_PACKET, IPV6(58, 12, 64),
	128, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4};
static const uint8_t too_big6[] = {FILL_CHECKSUMS | AS_PACKET, IPV6(58, 56, 64),
	2, 0, 0, 0, 0, 0, 5, 0, IPV6_BACK(6, 220, 60),
	0, 80, 0x9c, 0x40, 1, 2, 3, 4};
static const uint8_t chain6[] = {AS_PACKET, IPV6(0, 52, 64),
	60, 0, 0x1e, 4, 0, 0, 0, 0, 43, 0, 5, 2, 0, 0, 1, 0, 44, 0, 0, 0, 0, 0, 0, 0,
	6, 0, 0, 0, 1, 2, 3, 4,
	0x9c, 0x40, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0};
static const uint8_t option6[] = {AS_PACKET, IPV6(60, 16, 64),
	58, 0, 0xc9, 4, 0, 0, 0, 0, 128, 0, 0, 0, 0, 1, 0, 1};
static const uint8_t unknown6[] = {AS_PACKET, IPV6(41, 8, 64), 1, 2, 3, 4, 5, 6, 7, 8};
// clang-format on

const struct fuzz_seed fuzz_seeds[] = {
	{syn, sizeof(syn)},
	{echo, sizeof(echo)},
	{unreachable, sizeof(unreachable)},
	{udp, sizeof(udp)},
	{routed, sizeof(routed)},
	{sack, sizeof(sack)},
	{syn6, sizeof(syn6)},
	{echo6, sizeof(echo6)},
	{too_big6, sizeof(too_big6)},
	{chain6, sizeof(chain6)},
	{option6, sizeof(option6)},
	{unknown6, sizeof(unknown6)},
	{NULL, 0},
};
