/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_PACKET_H
#define TEST_PACKET_H

/* Packets for the tests of those who watch packets: IPv4 and TCP, written octet by
 * octet without the code under test. Checksums are left 0: no watcher looks. */

#include <evtcp/link.h>
#include <stdbool.h>
#include <string.h>

enum {
	TEST_FIN = 1,
	TEST_SYN = 2,
	TEST_RST = 4,
	TEST_PSH = 8,
	TEST_ACK = 16,
	TEST_ECE = 64,
	TEST_CWR = 128,
	TEST_AE = 256
};

/* One segment between the client 10.0.0.1 and the server 10.0.0.2:80. */
struct test_segment {
	bool out;             /* server to client */
	uint16_t client_port; /* 0: 40000 */
	uint16_t flags;
	uint32_t seq, ack;
	uint16_t window;
	size_t payload_len;     /* at most 1400 */
	const uint8_t *options; /* options_len of them, a multiple of 4, at most 40 */
	size_t options_len;
};

struct test_packet {
	struct evtcp_packet packet;
	struct iovec iov;
	uint8_t bytes[1500];
};

static inline void test_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void test_put32(uint8_t *at, uint32_t value)
{
	test_put16(at, value >> 16);
	test_put16(at + 2, value);
}

/* test_packet_build: segment as a packet at at_us with cause. */
static inline struct evtcp_packet *test_packet_build(struct test_packet *p,
	const struct test_segment *segment, uint64_t at_us, enum evtcp_cause cause)
{
	static const uint8_t client[4] = {10, 0, 0, 1}, server[4] = {10, 0, 0, 2};
	uint16_t port = segment->client_port ? segment->client_port : 40000;
	uint8_t *ip = p->bytes, *tcp = p->bytes + 20;
	size_t header_len = 20 + segment->options_len;

	memset(p, 0, sizeof(*p));
	p->iov = (struct iovec){p->bytes, 20 + header_len + segment->payload_len};
	p->packet = (struct evtcp_packet){
		.iov = &p->iov, .iovcnt = 1, .len = p->iov.iov_len, .at_us = at_us};
	p->packet.reason.cause = cause;
	ip[0] = 0x45;
	test_put16(ip + 2, (uint32_t)p->iov.iov_len);
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, segment->out ? server : client, 4);
	memcpy(ip + 16, segment->out ? client : server, 4);
	test_put16(tcp, segment->out ? 80 : port);
	test_put16(tcp + 2, segment->out ? port : 80);
	test_put32(tcp + 4, segment->seq);
	test_put32(tcp + 8, segment->ack);
	tcp[12] = (uint8_t)(header_len / 4 << 4 | segment->flags >> 8);
	tcp[13] = (uint8_t)segment->flags;
	test_put16(tcp + 14, segment->window);
	if (segment->options_len)
		memcpy(tcp + 20, segment->options, segment->options_len);
	return &p->packet;
}

/* test_packet_sum: RFC 1071 over len octets, with sum so far; test_packet_seal: makes the
 * checksums of a TCP packet of len octets right, whose IPv4 header has 20. */
static inline uint32_t test_packet_sum(uint32_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline void test_packet_seal(uint8_t *octets, size_t len)
{
	uint32_t pseudo = test_packet_sum((uint32_t)(len - 20) + 6, octets + 12, 8);

	test_put16(octets + 2, (uint32_t)len);
	test_put16(octets + 10, 0);
	test_put16(octets + 10, ~test_packet_sum(0, octets, 20));
	test_put16(octets + 36, 0);
	test_put16(octets + 36, ~test_packet_sum(pseudo, octets + 20, len - 20));
}

#endif
