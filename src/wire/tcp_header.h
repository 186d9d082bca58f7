/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WIRE_TCP_HEADER_H
#define WIRE_TCP_HEADER_H

/* The TCP header and its options as a struct in host byte order, and back (RFC
 * 9293 3.1, RFC 7323, RFC 2018, RFC 5482, RFC 7413, RFC 9768). Pure functions; the checksum is the
 * caller's. */

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
	TCP_AE = 0x100, /* RFC 9768 3.1.1 */
	/* Where both sides agreed on it, AE, CWR and ECE are a number of three bits (RFC 9768
	 * 3.2.2): ACE is flags >> TCP_ACE_SHIFT & TCP_ACE_MAX. */
	TCP_ACE = TCP_AE | TCP_CWR | TCP_ECE,
	TCP_ACE_SHIFT = 6,
	TCP_ACE_MAX = 7
};

enum {
	TCP_HEADER_MIN = 20,
	TCP_HEADER_MAX = 60,
	TCP_MAX_SACK_BLOCKS = 4,
	TCP_MAX_USER_TIMEOUT_S = 32767 * 60, /* minutes of 15 bits (RFC 5482 3.3) */
	TCP_MAX_COOKIE = 16,                 /* octets; the least is 4 (RFC 7413 4.1.1 rule 1) */
	TCP_MAX_WSCALE = 14                  /* RFC 7323 2.3 */
};

/* Bits of tcp_options.present. */
enum {
	TCP_OPT_MSS = 1u << 0,
	TCP_OPT_WSCALE = 1u << 1,
	TCP_OPT_SACK_PERMITTED = 1u << 2,
	TCP_OPT_SACK = 1u << 3,
	TCP_OPT_TIMESTAMPS = 1u << 4,
	TCP_OPT_FAST_OPEN = 1u << 5, /* on SYNs only (RFC 7413 4.1.1 rule 3) */
	TCP_OPT_USER_TIMEOUT = 1u << 6,
	TCP_OPT_ACCECN = 1u << 7 /* not on a SYN without ACK (RFC 9768 3.2.3.2.1) */
};

/* Bits of tcp_accecn.fields. */
enum {
	TCP_ACCECN_E0B = 1u << 0,
	TCP_ACCECN_CEB = 1u << 1,
	TCP_ACCECN_E1B = 1u << 2,
	TCP_ACCECN_ALL = 7
};

/* The AccECN option (RFC 9768 3.2.3): octets that came with ECT(0), CE and ECT(1), of each the
 * lowest 24 bits. */
struct tcp_accecn {
	uint8_t fields; /* which are there: TCP_ACCECN_* */
	uint32_t e0b, ceb, e1b;
};

/* A range of sequence numbers, [left, right). */
struct tcp_sack_block {
	uint32_t left, right;
};

/* Of what has no bit in present nothing is to be read but numbers, which are 0 then. */
struct tcp_options {
	uint8_t present;
	uint8_t wscale; /* as received; the user of it clamps at TCP_MAX_WSCALE */
	uint8_t n_sack;
	uint8_t cookie_len; /* of Fast Open; 0: a cookie is asked for */
	uint16_t mss;
	uint32_t tsval, tsecr;
	uint32_t user_timeout_s; /* 1 to TCP_MAX_USER_TIMEOUT_S */
	struct tcp_sack_block sack[TCP_MAX_SACK_BLOCKS];
	uint8_t cookie[TCP_MAX_COOKIE];
	struct tcp_accecn accecn;
};

struct tcp_header {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window; /* as in the header: unscaled */
	uint16_t urgent;
	struct tcp_options options;
};

/* tcp_options_clear: none. */
static inline void tcp_options_clear(struct tcp_options *options)
{
	memset(options, 0, offsetof(struct tcp_options, sack));
}

/* tcp_header_parse: reads a header at the start of len bytes. Fills *h and
 * *header_len (20 to 60, never more than len). Options of unknown kind are skipped
 * (MUST-6); a known kind with a wrong length is ignored, the others are kept, and so is
 * Fast Open where there is no SYN (RFC 7413 4.1.1 rule 3), AccECN on a SYN without ACK (RFC 9768
 * 3.2.3.2.1), and a user timeout of 0 (RFC 5482 3.4). AccECN may have any length: of its fields
 * those are read that are whole (RFC 9768 3.2.3). A length of 0, 1 or beyond the header ends the
 * options, those before it are kept (MUST-7). Options may stand at any octet (MUST-64). Of a
 * repeated option the first one counts. Returns EVTCP_CAUSE_NONE, or EVTCP_CAUSE_TCP_TRUNCATED or
 * EVTCP_CAUSE_TCP_DATA_OFFSET; *h is then not to be used. At most 40 steps. */
enum evtcp_cause tcp_header_parse(
	struct tcp_header *h, const uint8_t *data, size_t len, size_t *header_len);

/* tcp_header_len: how many bytes tcp_header_build will write, a multiple of 4. */
size_t tcp_header_len(const struct tcp_header *h);

/* tcp_header_build: writes the header with checksum 0 to out (at least
 * TCP_HEADER_MAX bytes) and returns its length. Option order is that of Linux, so
 * that a capture looks familiar: on SYN: MSS, SACK-permitted, timestamps, NOP,
 * window scale (without timestamps: MSS, NOP, NOP, SACK-permitted, NOP, window
 * scale), user timeout, Fast Open; else NOP, NOP, timestamps, user timeout, then NOP, NOP, SACK
 * with as many blocks as fit; last AccECN. The padding is NOPs, in front of an option or, of Fast
 * Open, behind it, so nothing follows an EOL (MUST-69). A Fast Open option or one of AccECN for
 * which there is no room is left out. */
size_t tcp_header_build(const struct tcp_header *h, uint8_t *out);

/* tcp_accecn_len: how many octets the header grows by for an AccECN option that has these fields:
 * 4 to 12. It may have to tell more than those (RFC 9768 3.2.3, table 5). */
size_t tcp_accecn_len(unsigned fields);

/* tcp_header_set_checksum: stores value, from checksum_finish, in a built header. */
void tcp_header_set_checksum(uint8_t *built, uint16_t value);

/* tcp_header_seal: makes the checksum right (RFC 9293 3.1, MUST-2) of the segment of len bytes that
 * begins tcp_at bytes behind the start of packet, whose IP header tells the addresses. */
void tcp_header_seal(uint8_t *packet, size_t tcp_at, size_t len);

#endif
