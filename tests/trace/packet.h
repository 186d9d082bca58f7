/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PACKET_H
#define PACKET_H

/* IPv4 and IPv6 packets as a struct in host byte order and back, written for tests and
 * without any code of the stack, so that it can bear witness against it. Options
 * of TCP stay the octets that they are: a test names them one by one, also those
 * that no sane sender would write.
 *
 * A test speaks of IPv4. Told that a packet is IPv6, packet_build says the same in its
 * words: the address 10.0.0.2 is fd00:e7::a00:2 (whose low half it is), an ICMP message is
 * the ICMPv6 message of that meaning; packet_parse translates back. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
	URG = 32,
	ECE = 64,
	CWR = 128,
	AE = 256,
	ACE = AE | CWR | ECE, /* RFC 9768: a number of three bits */
	ACE_SHIFT = 6
};

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,

	PACKET_MAX_OPTIONS = 40,
	PACKET_MAX = 65535
};

/* What packet_build does wrong on purpose. */
enum {
	QUIRK_BAD_CHECKSUM = 1u << 0, /* of TCP, ICMP or UDP */
	QUIRK_BAD_IP_CHECKSUM = 1u << 1,
	QUIRK_IP_NOPS = 1u << 2,      /* IP options that do nothing */
	QUIRK_SOURCE_ROUTE = 1u << 3, /* a loose source route; a routing header of type 0 */
	QUIRK_BAD_OFFSET = 1u << 4    /* the TCP data offset says 16 octets */
};

struct packet {
	bool ipv6;
	uint32_t src, dst;
	uint8_t protocol, ttl, dscp, ecn; /* PROTOCOL_ICMP also for ICMPv6 */
	unsigned quirks;
	/* TCP; the ports are UDP's too */
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t window, urgent;
	uint16_t flags;
	uint8_t options_len;
	uint8_t options[PACKET_MAX_OPTIONS];
	/* ICMP: type, code and the second word of its header */
	uint8_t type, code;
	uint32_t rest;
	/* what follows the headers */
	const uint8_t *payload;
	uint32_t len;
};

/* packet_build: writes the packet with correct lengths and checksums (but for its
 * quirks) to out, which holds PACKET_MAX octets. Options are padded with EOL.
 * Returns its length. */
size_t packet_build(const struct packet *packet, uint8_t *out);

/* packet_parse: reads len octets into *packet, whose payload points into them.
 * Returns NULL, or what is wrong with them as a phrase: every length, checksum
 * and reserved bit of a packet that was sent is examined. */
const char *packet_parse(struct packet *packet, const uint8_t *octets, size_t len);

/* packet_sockaddr: the address (0: any) and port in this family, for the stack. */
void packet_sockaddr(bool ipv6, uint32_t address, uint16_t port, struct sockaddr_storage *ss);

/* packet_next_option: the option at *at of packet->options, as a pointer to its
 * kind and its length; moves *at behind it. NULL at the end, and *at is less than
 * options_len then if the rest cannot be read. EOL and NOP have length 1. */
uint8_t *packet_next_option(struct packet *packet, unsigned *at, unsigned *len);

/* packet_shift: adds by_seq to the numbers of the sender (seq, TSval by_val) and
 * by_ack to those of the receiver (ack if ACK is set, SACK blocks, TSecr by_ecr).
 * From relative to absolute numbers and back. */
struct packet_shift {
	uint32_t seq, ack, tsval, tsecr;
};
void packet_shift(struct packet *packet, const struct packet_shift *by);

/* packet_get32, packet_put32: a 32-bit number in network byte order at any place. */
uint32_t packet_get32(const uint8_t *at);
void packet_put32(uint8_t *at, uint32_t value);

#endif
