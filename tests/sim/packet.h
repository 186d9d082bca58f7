/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

/* A reader of IP and TCP packets of the simulator's own: it shares nothing with
 * the library, so that a mistake in one is seen by the other.
 *
 * An address is a number, that of IPv4: over IPv6 10.0.0.1 is fd00:e7::a00:1, loopback is
 * ::1, multicast and broadcast are groups of ff02::/16, "this host" is ::. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_FIN = 1,
	PACKET_SYN = 2,
	PACKET_RST = 4,
	PACKET_PSH = 8,
	PACKET_ACK = 16,
	PACKET_URG = 32,
	PACKET_ECE = 64,
	PACKET_CWR = 128,
	PACKET_AE = 256,
	PACKET_ACE = PACKET_AE | PACKET_CWR | PACKET_ECE /* RFC 9768: a number */
};

enum { PACKET_SACK_BLOCKS = 4 };

struct packet_sack {
	uint32_t left, right;
};

/* Numbers are in host byte order. */
struct packet {
	bool ipv6;
	uint32_t source, destination; /* addresses */
	uint8_t protocol, ttl;
	uint8_t ecn; /* 2 is ECT(0) */
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window; /* as written */
	uint16_t urgent;
	size_t len; /* of the whole packet, by its own account */
	/* options: whether each is there, and what it says */
	bool has_mss, has_window_scale, has_sack_permitted, has_timestamps, has_user_timeout;
	uint16_t mss;
	uint8_t window_scale;
	uint32_t ts_value, ts_echo;
	uint16_t user_timeout; /* as written: RFC 5482 3 */
	bool has_accecn;       /* RFC 9768 3.2.3, with these counters, by codepoint: */
	bool has_octets[4];
	uint32_t octets[4]; /* as written */
	unsigned n_sack;
	struct packet_sack sack[PACKET_SACK_BLOCKS];
	size_t options_len;
	const uint8_t *payload; /* points into the packet */
	uint32_t payload_len;
};

/* packet_parse: reads the len bytes at bytes. NULL when everything is right: lengths,
 * both checksums, options whole, aligned and each at most once; else what is wrong,
 * in static storage. A protocol other than TCP is not read beyond its IP header and
 * is right. */
const char *packet_parse(const uint8_t *bytes, size_t len, struct packet *packet);

/* packet_address: where an IPv6 packet has the address for this number: 16 bytes. */
void packet_address(uint32_t address, uint8_t bytes[16]);

/* packet_destination: where the packet goes, by its own account; 0 if that is nowhere. */
uint32_t packet_destination(const uint8_t *bytes, size_t len);

/* packet_sums_match: whether a receiver that knows nothing but the packet's own
 * lengths and checksums must take it for undamaged; a fragment, until it has the whole. */
bool packet_sums_match(const uint8_t *bytes, size_t len);

/* packet_build: the packet's IP and TCP header with right lengths and checksums, no
 * options, then payload_len bytes of payload; at most size bytes, which must suffice
 * (asserted). Returns the length. */
size_t packet_build(const struct packet *packet, uint8_t *bytes, size_t size);

/* packet_build_icmp: the ICMP error, of the family's own type and code, that the receiver
 * of `about` could send to its sender; rest is the second word of its header (an MTU, say).
 * It quotes the headers of `about`, which need not have been sent. At most size bytes, which
 * must suffice (asserted: 112 do). Returns the length. */
struct packet_icmp {
	uint8_t type, code;
	uint32_t rest;
};
size_t packet_build_icmp(
	const struct packet *about, const struct packet_icmp *icmp, uint8_t *bytes, size_t size);

/* packet_set_window: writes another window into a packet that packet_parse found right,
 * and keeps its checksum so. */
void packet_set_window(uint8_t *bytes, uint16_t window);

/* packet_segment_len: the sequence numbers that it occupies. */
uint32_t packet_segment_len(const struct packet *packet);

/* packet_format: one line for a person, in the manner of tcpdump, with absolute
 * numbers. Always terminated. Returns text. */
#define PACKET_TEXT 256
char *packet_format(const struct packet *packet, char *text, size_t size);

#endif
